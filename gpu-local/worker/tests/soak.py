"""Memory over many jobs: `python -m tests.soak [JOBS]`, as `npm run proof` runs it.

One worker process makes videos with four models in turn, LoRAs put on and taken off, embeddings,
prompts of every length. After the first round, which fills every cache, memory must stay flat.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from . import files
from .test_process import MIB, Process, generate

JOBS = 20
#: What a round may add: what an allocator keeps, a tenth of what one leaked model would be.
MOST_GROWTH_MIB = 60


def round_of(folder: Path) -> list[tuple[str, dict]]:
    """Jobs that use everything which is put on for a job and taken off again."""

    def lora(name: str, strength: float) -> list[dict]:
        path = str(folder / "loras" / f"{name}.safetensors")
        return [{"model_name": name, "path": path, "strength": strength}]

    embedding = {
        "model_name": "badhandv4",
        "path": str(folder / "embeddings/badhandv4.safetensors"),
    }
    return [
        ("wan", {}),
        ("wan", {"loras": lora("wan", 1)}),
        ("animatediff", {"loras": lora("kohya", 0.5)}),
        ("animatediff", {"embeddings": [embedding], "negative_prompt": "badhandv4"}),
        ("ltx", {"loras": lora("ltx", 1), "prompt": "a storm " * 60}),
        ("cogvideox", {"loras": lora("cogvideox", 1)}),
        ("wan", {"loras": lora("wan", 0.5), "output_format": "gif"}),
    ]


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else JOBS
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        files.write_all(folder)
        process = Process()
        process.hear("hello")
        kinds = round_of(folder)
        sizes = []
        for number in range(len(kinds) + jobs):
            family, fields = kinds[number % len(kinds)]
            # Not two files of one kind are alike.
            generate(process, folder, f"job-{number}", family, **{"seed": number, **fields})
            done = process.hear("done", "error")
            if done["type"] != "done":
                raise SystemExit(f"Job {number} ({family}) failed: {done}")
            sizes.append(process.memory_bytes() / MIB)
            print(f"{number:3} {family:12} {sizes[-1]:7.0f} MiB", flush=True)
        process.child.stdin.close()
        process.child.wait(60)
    # Each job beside the same one of the round before.
    warm = sizes[len(kinds) :]
    first, last = sizes[: len(kinds)][-1], max(warm[-len(kinds) :])
    print(f"after the first round {first:.0f} MiB, at most {last:.0f} MiB in the last")
    if last - max(first, max(warm[: len(kinds)])) > MOST_GROWTH_MIB:
        raise SystemExit("Memory grows.")


if __name__ == "__main__":
    main()

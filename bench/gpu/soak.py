"""Memory over many jobs: one worker that swaps models and LoRAs, on tiny models and the processor.

    python bench/gpu/soak.py [jobs]

What grows with every job or every swap would show as a slope: the main memory after each job of the
second half beside that of the first. Random weights on the spot; run it with the Python that
`npm run test:worker -- lint` makes, in any folder.
"""

from __future__ import annotations

import gc
import io
import json
import statistics
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

WORKER = Path(__file__).resolve().parents[2] / "gpu-local" / "worker"
sys.path.insert(0, str(WORKER))

import psutil  # noqa: E402
from tests import files  # noqa: E402
from tests.requests import raw  # noqa: E402
from text_to_video_worker.engine.worker import Worker  # noqa: E402
from text_to_video_worker.protocol import Channel  # noqa: E402

JOBS = 20
#: Fewer than there are models, so that every swap drops one and loads one.
WARM_MODELS = 2
FAMILIES = ("wan", "ltx", "cogvideox", "animatediff")
LORA_FAMILIES = ("wan", "ltx", "cogvideox")
#: Of the mean, how much more the second half may take; the allocator alone moves by some.
GOAL_SHARE = 0.05
MIB = 2**20


def job(folder: Path, index: int) -> dict[str, Any]:
    """Another model each time, with its LoRA every other round."""
    family = FAMILIES[index % len(FAMILIES)]
    lora = {
        "model_name": "lora",
        "path": str(folder / "loras" / f"{family}.safetensors"),
        "strength": 0.5,
    }
    with_lora = family in LORA_FAMILIES and (index // len(FAMILIES)) % 2 == 1
    return {
        "type": "generate",
        "id": str(index),
        "model": {"alias": family, "family": family, "path": str(folder / family)},
        "request": raw(seed=index, num_frames=9, **({"loras": [lora]} if with_lora else {})),
        "output": str(folder / f"{index}.mp4"),
    }


def soak(folder: Path, jobs: int) -> list[float]:
    """Main memory after each job, in MiB."""
    stream, process = io.BytesIO(), psutil.Process()
    environment = {"TEXT_TO_VIDEO_DEVICE": "cpu", "TEXT_TO_VIDEO_WARM_MODELS": str(WARM_MODELS)}
    worker = Worker(Channel(stream), environment)
    taken = []
    for index in range(jobs):
        ended = threading.Event()
        worker.handle(job(folder, index), threading.Event(), ended.set)
        ended.wait()
        last = json.loads(stream.getvalue().splitlines()[-1])
        if last["type"] != "done":
            raise SystemExit(f"Job {index} failed: {last}")
        stream.seek(0)
        stream.truncate()
        (folder / f"{index}.mp4").unlink()
        gc.collect()
        taken.append(process.memory_info().rss / MIB)
    return taken


def growth(taken: list[float]) -> tuple[float, float]:
    """Medians of the first and the second half, without the first round, which loads libraries."""
    later = taken[len(FAMILIES) :]
    half = len(later) // 2
    return statistics.median(later[:half]), statistics.median(later[half:])


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else JOBS
    with tempfile.TemporaryDirectory() as folder:
        files.write_all(Path(folder))
        taken = soak(Path(folder), jobs)
    first, second = growth(taken)
    print(" ".join(f"{one:.0f}" for one in taken), "MiB after each job")
    print(f"first half {first:.0f} MiB, second half {second:.0f} MiB: {second / first - 1:+.1%}")
    if second > first * (1 + GOAL_SHARE):
        raise SystemExit(f"More than {GOAL_SHARE:.0%} is not flat.")


if __name__ == "__main__":
    main()

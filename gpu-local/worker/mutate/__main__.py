"""How much the tests notice of the worker's decisions: small faults, one at a time.

    python -m mutate [--seed 1] [--count 120] [--parallel 2] [FILE …]

FILE are modules of `text_to_video_worker` (by default those of `TESTS`). Faults are drawn by the
seed, evenly over the files; each is put into a copy, where the tests of the file run. What no test
notices survives and is printed. Faults that change nothing anybody could notice are written down
in equivalent.json, with the reason: they are not drawn. Exit code 1 where a file or the whole is
below its goal.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, zip_longest
from pathlib import Path
from queue import SimpleQueue

from .faults import Fault, faults_of

HERE = Path(__file__).resolve().parent
WORKER = HERE.parent
PACKAGE = "text_to_video_worker"
#: Files with decisions, and the tests that hold them, as pytest is told of them.
TESTS = {
    "plan.py": ["tests/test_plan.py"],
    "profiles.py": ["tests/test_profiles.py"],
    "request.py": ["tests/test_request.py"],
    "prompt_weights.py": ["tests/test_prompt_weights.py"],
    "model_spec.py": ["tests/test_model_spec.py"],
    "gguf_header.py": ["tests/test_gguf_header.py"],
    "engine/schedulers.py": ["tests/test_schedulers.py", "-k", "chosen"],
}
GOAL_PERCENT, FILE_GOAL_PERCENT = 90, 80
#: A fault may let a test run for ever: it gets this long, and some times as long as without it.
LEAST_LIMIT_SECONDS, TIMES_AS_LONG = 60, 10

#: File, kind, line and what is now there.
Key = tuple[str, str, str, str]


def key_of(fault: Fault) -> Key:
    return fault.file, fault.kind, fault.was, fault.now


def equivalent() -> set[Key]:
    entries = json.loads((HERE / "equivalent.json").read_text(encoding="utf-8"))
    return {(one["file"], one["kind"], one["was"], one["now"]) for one in entries}


def draw(files: list[str], seed: int, count: int) -> list[Fault]:
    """Evenly over the files, none that is equivalent."""
    unnoticeable = equivalent()

    def told(file: str) -> Iterator[Fault]:
        text = (WORKER / PACKAGE / file).read_text(encoding="utf-8")
        return (fault for fault in faults_of(file, text, seed) if key_of(fault) not in unnoticeable)

    rounds = zip_longest(*(told(file) for file in files))
    drawn = (fault for one in rounds for fault in one if fault is not None)
    return list(islice(drawn, count))


def passes(folder: Path, tests: list[str], limit_seconds: float, *, keep: bool = False) -> bool:
    """`keep`: Python keeps what it compiles, which a fault in a file of the same size must not."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "" if keep else "1"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=env, capture_output=True, timeout=limit_seconds
        )
    except subprocess.TimeoutExpired:
        # A fault that lets a test run for ever is noticed too.
        return False
    # Where no test was chosen, nothing is noticed.
    return done.returncode in (0, 5)


class Copies:
    """Copies of the worker, in each of which one fault at a time is tried."""

    def __init__(self, parent: Path, files: list[str], count: int) -> None:
        first = parent / "0"
        skipped = shutil.ignore_patterns("__pycache__", ".*_cache")
        shutil.copytree(WORKER, first, ignore=skipped)
        self._limits = {file: _limit(first, file) for file in files}
        self._free: SimpleQueue[Path] = SimpleQueue()
        self._free.put(first)
        for number in range(1, count):
            self._free.put(shutil.copytree(first, parent / str(number)))

    def notices(self, fault: Fault) -> bool:
        folder = self._free.get()
        path = folder / PACKAGE / fault.file
        original = path.read_text(encoding="utf-8")
        path.write_text(fault.text, encoding="utf-8")
        try:
            return not passes(folder, TESTS[fault.file], self._limits[fault.file])
        finally:
            path.write_text(original, encoding="utf-8")
            self._free.put(folder)


def _limit(folder: Path, file: str) -> float:
    """Seconds that the tests of a file may take, which all pass without any fault."""
    before = time.monotonic()
    if not passes(folder, TESTS[file], 1800, keep=True):
        raise SystemExit(f"The tests of {file} fail without any fault.")
    return LEAST_LIMIT_SECONDS + TIMES_AS_LONG * (time.monotonic() - before)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m mutate")
    parser.add_argument("files", nargs="*", default=list(TESTS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--parallel", type=int, default=2)
    asked = parser.parse_args()
    faults = draw(asked.files, asked.seed, asked.count)
    outcomes: dict[str, list[bool]] = defaultdict(list)
    survivors = []
    with (
        tempfile.TemporaryDirectory() as temporary,
        ThreadPoolExecutor(asked.parallel) as threads,
    ):
        copies = Copies(Path(temporary), asked.files, asked.parallel)
        tried = threads.map(copies.notices, faults)
        for number, (fault, noticed) in enumerate(zip(faults, tried, strict=True), 1):
            outcomes[fault.file].append(noticed)
            word = "killed" if noticed else "SURVIVED"
            said = f"{number} of {len(faults)} {word:9} {fault.file}:{fault.line} {fault.kind}"
            print(said, flush=True)
            if not noticed:
                survivors.append(fault)
    report(outcomes, survivors)


def report(outcomes: dict[str, list[bool]], survivors: list[Fault]) -> None:
    print(f"\n{'file':28} killed  all  percent")
    low = []
    for file, noticed in sorted(outcomes.items()):
        percent = 100 * sum(noticed) / len(noticed)
        print(f"{file:28} {sum(noticed):6} {len(noticed):4} {percent:8.0f}")
        if percent < FILE_GOAL_PERCENT:
            low.append(file)
    every = [one for noticed in outcomes.values() for one in noticed]
    whole = 100 * sum(every) / len(every)
    print(f"{'all':28} {sum(every):6} {len(every):4} {whole:8.0f}")
    for fault in survivors:
        print(f"survived: {fault.file}:{fault.line} {fault.kind}: {fault.was} -> {fault.now}")
    give_proof(outcomes)
    if low or whole < GOAL_PERCENT:
        sys.exit(1)


def give_proof(outcomes: dict[str, list[bool]]) -> None:
    """As `scripts/proof/rows.ts`: a line of JSON a figure, where a proof is being made."""
    file = os.environ.get("PROOF_ROWS")
    if not file:
        return
    every = [one for noticed in outcomes.values() for one in noticed]
    rows: list[tuple[str, int | str]] = [
        ("faults put in", len(every)),
        ("noticed by a test", sum(every)),
        ("not noticed", len(every) - sum(every)),
        *(
            (name, f"{sum(noticed)} of {len(noticed)} ({100 * sum(noticed) / len(noticed):.0f} %)")
            for name, noticed in sorted(outcomes.items())
        ),
    ]
    with Path(file).open("a", encoding="utf-8") as lines:
        for figure, value in rows:
            lines.write(json.dumps({"figure": figure, "value": value}) + "\n")


if __name__ == "__main__":
    main()

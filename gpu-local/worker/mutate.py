"""How much the tests notice of the worker's decisions: small faults, one at a time.

    python mutate.py [--seed 1] [--count 60] [FILE …]

FILE are modules of `text_to_video_worker` (by default those of `TESTS`). Faults are drawn by the
seed, evenly over the files; each is put into a copy, where the tests of the file run. What
no test notices survives and is printed. Exit code 1 where a file or the whole is below its goal.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = "text_to_video_worker"
#: Files with decisions, and the tests that hold them, as pytest is told of them.
TESTS = {
    "plan.py": ["tests/test_plan.py"],
    "profiles.py": ["tests/test_profiles.py"],
    "request.py": ["tests/test_request.py"],
    "prompt_weights.py": ["tests/test_prompt_weights.py", "-k", "weights_are_read or numbers_are"],
    "gguf_header.py": ["tests/test_gguf.py", "-k", "header"],
    "engine/schedulers.py": ["tests/test_schedulers.py"],
}
GOAL_PERCENT, FILE_GOAL_PERCENT = 90, 80
LIMIT_SECONDS = 600

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Add,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
}


CHANGED = (ast.Compare, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Constant, ast.IfExp, ast.If)


@dataclass(frozen=True)
class Fault:
    file: str
    line: int
    kind: str
    was: str
    #: The whole file with the fault in it.
    text: str


def faults_of(file: str, text: str, chance: random.Random) -> Iterator[Fault]:
    """Every fault that can be put into a file, in an order by chance."""
    lines = text.split("\n")
    nodes = enumerate(ast.walk(ast.parse(text)))
    places = [(i, choice) for i, node in nodes if isinstance(node, CHANGED) for choice in range(2)]
    chance.shuffle(places)
    for index, choice in places:
        tree = ast.parse(text)
        node = next(node for i, node in enumerate(ast.walk(tree)) if i == index)
        kind = _change(node, choice)
        if kind is not None:
            line = getattr(node, "lineno", 0)
            yield Fault(file, line, kind, lines[line - 1].strip(), ast.unparse(tree))


def _change(node: ast.AST, choice: int) -> str | None:
    """Puts a fault into a node; what it is, or None where there is none of this number."""
    if choice == 1:
        if isinstance(node, ast.Constant) and type(node.value) is int and node.value > 1:
            node.value -= 1
            return "a number is one less"
        return None
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        before = type(node.ops[0])
        node.ops[0] = COMPARISONS[before]()
        return f"{before.__name__} is {COMPARISONS[before].__name__}"
    if isinstance(node, ast.BoolOp):
        before_or = isinstance(node.op, ast.Or)
        node.op = ast.And() if before_or else ast.Or()
        return "or is and" if before_or else "and is or"
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        kind = type(node.op)
        node.op = OPERATORS[kind]()
        return f"{kind.__name__} is {OPERATORS[kind].__name__}"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        node.op = ast.UAdd()
        node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
        return "not is left out"
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        node.value = not node.value
        return f"{not node.value} is {node.value}"
    if isinstance(node, ast.Constant) and type(node.value) is int:
        node.value += 1
        return "a number is one more"
    if isinstance(node, ast.IfExp):
        node.body, node.orelse = node.orelse, node.body
        return "the two branches are exchanged"
    if isinstance(node, ast.If):
        node.test = ast.Constant(False)
        return "a branch is never taken"
    return None


def draw(files: list[str], seed: int, count: int) -> list[Fault]:
    """Evenly over the files."""
    chance = random.Random(seed)  # noqa: S311
    lines = [
        faults_of(file, (HERE / PACKAGE / file).read_text(encoding="utf-8"), chance)
        for file in files
    ]
    rounds = zip_longest(*lines)
    drawn = (fault for one in rounds for fault in one if fault is not None)
    return list(islice(drawn, count))


def killed(folder: Path, fault: Fault) -> bool:
    path = folder / PACKAGE / fault.file
    original = path.read_text(encoding="utf-8")
    path.write_text(fault.text, encoding="utf-8")
    try:
        return not passes(folder, TESTS[fault.file])
    finally:
        path.write_text(original, encoding="utf-8")


def passes(folder: Path, tests: list[str]) -> bool:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests],
            cwd=folder,
            capture_output=True,
            timeout=LIMIT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        # A fault that lets a test run for ever is noticed too.
        return False
    return done.returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*", default=list(TESTS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    asked = parser.parse_args()
    faults = draw(asked.files, asked.seed, asked.count)
    outcomes: dict[str, list[bool]] = defaultdict(list)
    survivors = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "worker"
        skipped = shutil.ignore_patterns("__pycache__", ".*_cache")
        shutil.copytree(HERE, folder, ignore=skipped)
        for file in asked.files:
            if not passes(folder, TESTS[file]):
                raise SystemExit(f"The tests of {file} fail without any fault.")
        for number, fault in enumerate(faults, 1):
            noticed = killed(folder, fault)
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
        print(f"survived: {fault.file}:{fault.line} {fault.kind}: {fault.was}")
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

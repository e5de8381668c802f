"""The faults that the worker's own tests are tried by."""

from __future__ import annotations

import json

import pytest

from mutate.__main__ import HERE, PACKAGE, TESTS, WORKER, draw, key_of
from mutate.faults import faults_of


def texts(code: str) -> set[str]:
    return {fault.text for fault in faults_of("one.py", code, 1)}


@pytest.mark.parametrize(
    ("code", "faults"),
    [
        ("a < b", {"a <= b"}),
        ("a <= b < c", {"a < b < c", "a <= b <= c"}),
        ("a is None", {"a is not None"}),
        ("a not in b", {"a in b"}),
        ("a and b", {"a or b", "a", "b"}),
        ("a or b or c", {"a and b and c", "a or b", "b or c", "a or c"}),
        ("not a", {"+bool(a)"}),
        ("a - b", {"a + b"}),
        ("a | b", set()),
        ("a = 1", {"a = 2"}),
        ("a = 5", {"a = 4", "a = 6"}),
        ("a = 0.5", {"a = 1.0"}),
        ("a = 0.0", {"a = 1.0"}),
        ("a = True", {"a = False"}),
        ("a = 'width'", {"a = 'widthx'"}),
        ("a = 'A sentence.'", set()),
        ("a if b else c", {"c if b else a"}),
        ("if a:\n    b", {"if False:\n    b", "if True:\n    b"}),
        ("[a for a in b if c]", {"[a for a in b]"}),
        ("call(a)", {"None"}),
        ("a = call(b=c, d=e)", {"a = call(d=e)", "a = call(b=c)"}),
        # Without a field, a record cannot be made at all, which anything notices.
        ("a = Record(b=c)", set()),
        ("raise SomeError(a, field=b)", {"raise SomeError(a)"}),
        # What only people and type checkers read.
        ("def f(a: Literal['b']) -> Literal['c']:\n    'd'", set()),
        ("a: Literal['b'] = c", set()),
        ("a = Literal['b']", set()),
        ("a = f'b{c:d}'", set()),
        ("@dataclass(frozen=True)\nclass A:\n    pass", set()),
    ],
)
def test_a_fault_changes_one_thing(code, faults):
    assert texts(code) == faults


def test_a_fault_tells_its_place_and_what_stands_there_now():
    (fault,) = faults_of("one.py", "a = b\nc = f(a < b)", 1)
    told = (fault.file, fault.line, fault.kind, fault.was, fault.now)
    assert told == ("one.py", 2, "Lt is LtE", "c = f(a < b)", "a <= b")


def test_faults_are_drawn_evenly_by_a_seed():
    def drawn(seed):
        return [key_of(fault) for fault in draw(["plan.py", "request.py"], seed, 20)]

    assert [file for file, *_ in drawn(3)] == ["plan.py", "request.py"] * 10
    assert drawn(3) == drawn(3) != drawn(4)


def test_each_fault_that_is_called_equivalent_is_still_there_and_says_why():
    entries = json.loads((HERE / "equivalent.json").read_text(encoding="utf-8"))
    there = {
        key_of(fault)
        for file in TESTS
        for fault in faults_of(file, (WORKER / PACKAGE / file).read_text(encoding="utf-8"), 1)
    }
    for entry in entries:
        assert (entry["file"], entry["kind"], entry["was"], entry["now"]) in there
        assert len(entry["why"]) > 10

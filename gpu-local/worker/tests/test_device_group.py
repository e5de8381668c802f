"""How a group of processes gets through failures; a script stands in for the other process."""

from __future__ import annotations

import json
import sys
import threading
import time

import pytest
import torch

from text_to_video_worker.engine import device_group
from text_to_video_worker.engine.device import is_out_of_memory
from text_to_video_worker.engine.device_group import DeviceGroup
from text_to_video_worker.errors import Cancelled, WorkerError

#: Answers each kind of message as it was told to; "die" ends it, "wait" says nothing.
SCRIPT = """#!{python}
import json, sys
answers = json.loads({answers!r})
for line in sys.stdin:
    answer = answers.get(json.loads(line)["type"], "done")
    if answer == "die":
        sys.exit(3)
    if answer != "wait":
        said = dict(type="done") if answer == "done" else dict(type="failed", **answer)
        print(json.dumps(said), flush=True)
"""
OUT_OF_MEMORY = {"code": "engine_failed", "message": "no room", "out_of_memory": True}
USELESS_LORA = {"code": "invalid_request", "message": "useless", "out_of_memory": False}
TWO = (torch.device("cpu"), torch.device("cpu"))
NEVER_SECONDS = 60


@pytest.fixture
def group(monkeypatch, tmp_path):
    """Makes a group of two whose second process answers as it is told, and has loaded its model."""
    made: list[DeviceGroup] = []
    script = tmp_path / "python"
    python = sys.executable

    def make(**answers) -> DeviceGroup:
        script.write_text(SCRIPT.format(python=python, answers=json.dumps(answers)))
        script.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(script))
        one = DeviceGroup(TWO)
        made.append(one)
        one.load({})
        if "load" not in answers:
            one._wait_for_all(NEVER_SECONDS)
        return one

    yield make
    for one in made:
        one.close()
        assert all(member.process.returncode is not None for member in one._members)


def until_it_ends(group: DeviceGroup) -> None:
    """A step that waits for the other process, as gloo does: until that is gone."""
    for member in group._members:
        member.process.wait(NEVER_SECONDS)
    raise RuntimeError("Connection closed by peer")


def test_a_made_job_leaves_a_group_that_makes_the_next_one(group):
    one = group()
    for _ in range(2):
        with one.job({}, threading.Event()):
            pass
    assert not one.broken


def test_a_job_is_cancelled_alone_only_when_nobody_waits_any_more(group):
    asked = threading.Event()
    one = group(generate="wait")

    def cancel() -> None:
        with one.job({}, asked) as agreement:
            asked.set()
            assert not agreement.is_set()
            # What it answers is that it is done.
            one._members[0].tell(type="finish")
            deadline = time.monotonic() + NEVER_SECONDS
            while not agreement.is_set():
                assert time.monotonic() < deadline
                time.sleep(0.01)
            raise Cancelled

    with pytest.raises(Cancelled):
        cancel()
    assert not one.broken


@pytest.mark.parametrize("others", [USELESS_LORA, "done"])
def test_what_all_processes_refuse_or_only_this_one_sees_costs_no_model(group, others):
    one = group(generate=others)
    with pytest.raises(WorkerError, match=r"^mine$"), one.job({}, threading.Event()):
        raise WorkerError("invalid_request", "mine")
    assert not one.broken


def test_a_process_that_ends_is_named_instead_of_what_follows_from_it(group):
    one = group(generate="die")
    with (
        pytest.raises(WorkerError, match=r"device cpu.* ended \(exit code 3\)"),
        one.job({}, threading.Event()),
    ):
        until_it_ends(one)
    assert one.broken


def test_a_process_that_fails_alone_is_ended_and_quoted(group, monkeypatch):
    monkeypatch.setattr(device_group, "GRACE_SECONDS", 0.1)
    one = group(generate=OUT_OF_MEMORY)
    with pytest.raises(MemoryError, match="no room") as caught, one.job({}, threading.Event()):
        until_it_ends(one)
    assert is_out_of_memory(caught.value)
    assert one.broken


def test_a_job_that_fails_here_alone_ends_the_others(group, monkeypatch):
    monkeypatch.setattr(device_group, "GRACE_SECONDS", 0.1)
    one = group(generate="wait")
    with pytest.raises(ZeroDivisionError), one.job({}, threading.Event()):
        raise ZeroDivisionError
    assert one.broken


def test_a_video_that_is_made_is_kept_whatever_becomes_of_the_others(group):
    one = group(generate="die")
    with one.job({}, threading.Event()):
        one._members[0].process.wait(NEVER_SECONDS)
    assert one.broken


def test_a_process_that_is_lost_between_two_jobs_costs_none_of_them(group):
    one = group()
    one._members[0].process.kill()
    deadline = time.monotonic() + NEVER_SECONDS
    while not one.broken:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_process_that_waits_in_vain_ends_with_the_reason(group, monkeypatch):
    ended = threading.Event()
    said: list[str] = []

    def end(why: str) -> None:
        said.append(why)
        ended.set()

    monkeypatch.setattr(device_group, "_end", end)
    monkeypatch.setattr(device_group, "NOTICE_SECONDS", 0.1)
    one = group(generate="die")

    def wait_in_vain() -> None:
        with one.job({}, threading.Event()):
            assert ended.wait(NEVER_SECONDS)
            raise RuntimeError

    with pytest.raises(WorkerError, match="exit code 3"):
        wait_in_vain()
    assert "exit code 3" in said[0]


@pytest.mark.parametrize(
    ("answer", "why"), [("die", "exit code 3"), (USELESS_LORA, "On the device cpu: useless")]
)
def test_a_model_that_another_process_cannot_load_is_told_at_once(group, answer, why):
    with pytest.raises(WorkerError, match=why):
        group(load=answer).join(lambda: None)


def test_a_model_that_is_never_loaded_is_not_waited_for_without_end(group, monkeypatch):
    monkeypatch.setattr(device_group, "LOAD_SECONDS", 0.1)
    with pytest.raises(WorkerError, match=r"not ready within 0\.1 seconds"):
        group(load="wait").join(lambda: None)

"""One video on several devices: processors here, which talk by gloo as GPUs do by NCCL."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import psutil
import pytest

from text_to_video_worker.engine.model_cache import ModelCache
from text_to_video_worker.errors import WorkerError
from text_to_video_worker.model_spec import parse_model

from .harness import CPU
from .process import Process, generate

MOST_STEPS = 1000
BOUND_SECONDS = 120


@pytest.fixture(scope="module")
def process():
    process = Process(device="cpu+cpu")
    yield process
    process.child.kill()
    process.child.wait(60)


def other(process: Process) -> psutil.Process:
    (one,) = psutil.Process(process.child.pid).children()
    return one


def made(process: Process, output: Path) -> tuple[dict, str]:
    done = process.hear("done", "error")
    assert done["type"] == "done", done
    return done["result"], hashlib.sha256(output.read_bytes()).hexdigest()


def ask(process: Process, tiny: Path, job_id: str, gpus: int = 2, **fields) -> Path:
    """A video of a model with two experts."""
    model = {"alias": "wan22", "path": str(tiny / "wan22"), "gpus": gpus}
    return generate(process, tiny, job_id, model=model, **fields)


def begin(process: Process, tiny: Path, job_id: str) -> None:
    """A job that is in the middle of its steps."""
    ask(process, tiny, job_id, num_inference_steps=MOST_STEPS)
    while (message := process.hear("progress", "error")).get("step", 0) < 2:
        assert message["type"] == "progress", message


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_two_devices_make_the_video_of_one(process, tiny):
    """In two clips."""
    scenes = [{"prompt": "one", "frames": 8}, {"prompt": "two", "frames": 8}]
    fields = {"prompts": scenes, "num_inference_steps": 3}
    expected, digest = made(process, ask(process, tiny, "alone", 1, **fields))
    assert "gpus" not in expected["settings"]
    found, same = made(process, ask(process, tiny, "both", **fields))
    assert found["settings"] == {**expected["settings"], "gpus": 2}
    assert same == digest


def test_a_picture_that_cannot_be_shared_out_evenly_is_made_wider_and_cropped(process, tiny):
    """Of 3 x 3 patches."""
    output = ask(process, tiny, "odd", width=48, height=48)
    found, _ = made(process, output)
    assert (found["width"], found["height"]) == (48, 48)


def test_a_job_is_cancelled_on_both_and_the_next_one_runs(process, tiny):
    output = ask(process, tiny, "before")
    before = made(process, output)
    pid = other(process).pid
    begin(process, tiny, "long")
    process.send(type="cancel", id="long")
    error = process.hear("error", "done")
    assert (error["id"], error["code"]) == ("long", "cancelled")
    output = ask(process, tiny, "after")
    assert made(process, output)[1] == before[1]
    # And no model was loaded anew for it.
    assert other(process).pid == pid


def test_what_both_refuse_is_told_and_costs_no_model(process, tiny):
    pid = other(process).pid
    lora = {"model_name": "zero", "path": str(tiny / "loras" / "zero.safetensors"), "strength": 1}
    ask(process, tiny, "useless", loras=[lora])
    error = process.hear("error", "done")
    assert (error["code"], error["field"]) == ("invalid_request", "loras")
    assert other(process).pid == pid


def test_a_lost_process_fails_its_job_and_is_started_anew_for_the_next_one(process, tiny):
    begin(process, tiny, "lost")
    lost = other(process)
    lost.kill()
    error = process.hear("error", "done")
    assert (error["id"], error["code"]) == ("lost", "engine_failed")
    assert "exit code -9" in error["message"]
    made(process, ask(process, tiny, "next"))
    assert other(process).pid != lost.pid


def test_nothing_is_left_when_the_worker_is_killed_in_the_middle_of_a_job(process, tiny):
    begin(process, tiny, "orphaned")
    left = other(process)
    folder = Path(left.environ()["TEXT_TO_VIDEO_GROUP"])
    assert folder.is_dir()
    os.kill(process.child.pid, 9)
    deadline = time.monotonic() + BOUND_SECONDS
    while not gone(left):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("family", "fields", "devices", "why"),
    [
        ("wan", {"gpus": 3}, 2, r"asks for 3 devices .*gpus=3.*, and this worker has 2"),
        ("ltx", {"gpus": 2}, 2, r"models of LTX-Video use one"),
        ("wan", {"gpus": 3}, 3, r"2 attention heads cannot be shared out"),
        ("wan", {"gpus": 2, "profile": "fast,cache=sea:0.2,storage=fp8"}, 2, r"cache=sea:0\.2, st"),
        ("wan", {"gpus": 2, "profile": "compile=on"}, 2, r"compile=on, which does not go"),
        ("wan", {"gpus": 2, "profile": "memory=group_offload"}, 2, r"memory=group_offload"),
    ],
)
def test_a_model_that_cannot_have_several_devices_is_refused(tiny, family, fields, devices, why):
    cache = ModelCache(CPU, 2, (CPU,) * (devices - 1))
    raw = {"alias": "one", "family": family, "path": str(tiny / family), **fields}
    with pytest.raises(WorkerError, match=why) as caught:
        cache.get(parse_model(raw), 1, lambda: None)
    assert caught.value.field == "model"

"""The worker as a process of its own, spoken to over its pipes as the server does."""

from __future__ import annotations

import resource
import signal
import time

import pytest

from .process import Process, generate

MIB = 1024 * 1024


#: Runs a worker that has written its file and waits, before it gives it its name, to be stopped.
NEVER_DONE_WRITING = """
import time
from text_to_video_worker import __main__
from text_to_video_worker.engine import export

write = export._write_mp4

def never(frames, fps, path, sound, check):
    write(frames, fps, path, sound, check)
    while True:
        check()
        time.sleep(0.01)

export._write_mp4 = never
__main__.main()
"""


@pytest.fixture(scope="module")
def process():
    process = Process()
    yield process
    process.child.stdin.close()
    assert process.child.wait(60) == 0
    assert process.child.stdout.read() == b""


def test_it_says_hello_with_its_device_and_versions(process):
    hello = process.hear("hello")
    assert hello["device"]["type"] == "cpu"
    assert hello["memory_bytes"] > 0
    assert {"python", "torch", "diffusers"} <= hello["versions"].keys()


def test_it_beats_while_it_has_nothing_to_do(process):
    assert process.hear("heartbeat")


def test_it_makes_a_video_and_tells_its_stages(process, tiny):
    output = generate(process, tiny, "one")
    stages = []
    while (message := process.hear("progress", "done", "error"))["type"] == "progress":
        stages.append(message["stage"])
    assert message["type"] == "done", message
    order = ["loading", "encoding_prompt", "denoising", "decoding", "muxing"]
    assert list(dict.fromkeys(stages)) == order
    assert message["result"]["file"] == str(output)
    assert output.is_file()


@pytest.mark.parametrize("family", ["animatediff", "wan"])
def test_no_prompt_stands_in_the_log_not_even_one_that_is_too_long(process, tiny, family):
    words = " ".join(f"unreleased{n}" for n in range(300))
    generate(process, tiny, f"long-{family}", family=family, prompt=words, negative_prompt=words)
    done = process.hear("done", "error")
    assert done["type"] == "done", done
    process.log.seek(0)
    assert b"unreleased" not in process.log.read()


def test_nonsense_is_answered_and_survived(process, tiny):
    process.say("{not json")
    assert process.hear("error")["code"] == "invalid_request"
    process.send(type="dance", id="x")
    assert process.hear("error")["id"] == "x"
    process.send(type="generate", id="y", model={"family": "wan"})
    assert process.hear("error")["code"] == "model_not_found"
    generate(process, tiny, "after")
    assert process.hear("done", "error")["type"] == "done"


def test_a_job_is_cancelled_between_steps_and_the_next_one_runs(process, tiny):
    generate(process, tiny, "long", num_inference_steps=1000, width=32, height=32)
    generate(process, tiny, "next")
    while process.hear("progress").get("step", 0) < 2:
        pass
    process.send(type="cancel", id="long")
    error = process.hear("error", "done")
    assert (error["id"], error["code"]) == ("long", "cancelled")
    assert process.hear("done", "error")["id"] == "next"


def test_it_lets_its_parent_say_what_control_c_is_to_end(process, tiny):
    output = generate(process, tiny, "kept", num_inference_steps=20)
    process.hear("progress")
    process.child.send_signal(signal.SIGINT)
    assert process.hear("done", "error")["type"] == "done"
    assert output.is_file()


def test_a_device_that_is_too_small_is_named_and_survived(process, tiny):
    """The processor stands in for the device: torch's allocator really fails here."""
    limits = resource.prlimit(process.child.pid, resource.RLIMIT_AS)
    room = process.memory_bytes() + 256 * MIB
    resource.prlimit(process.child.pid, resource.RLIMIT_AS, (room, limits[1]))
    generate(process, tiny, "huge", width=4096, height=4096, num_frames=33, num_inference_steps=1)
    error = process.hear("error", "done")
    resource.prlimit(process.child.pid, resource.RLIMIT_AS, limits)
    assert error["code"] == "gpu_oom", error
    assert "this size" in error["message"]
    generate(process, tiny, "small")
    done = process.hear("done", "error")
    assert done["type"] == "done", done
    # And one large video makes no smaller one slower.
    assert done["result"]["settings"]["profile"] == "memory=full"
    assert done["result"]["warnings"] == []


def test_it_leaves_nothing_behind_when_its_parent_goes_while_it_writes(tiny, tmp_path):
    process = Process(NEVER_DONE_WRITING)
    process.hear("hello")
    generate(process, tiny, "half", folder=tmp_path)
    process.hear("device_free")
    while not (tmp_path / "half.mp4.part").exists():
        assert process.child.poll() is None
        time.sleep(0.01)
    process.child.stdin.close()
    assert process.child.wait(60) == 0
    assert list(tmp_path.iterdir()) == []


def test_it_goes_when_its_parent_goes_even_in_the_middle_of_a_job(tiny):
    process = Process()
    process.hear("hello")
    generate(process, tiny, "long", num_inference_steps=1000)
    process.hear("progress")
    process.child.stdin.close()
    assert process.child.wait(60) == 0

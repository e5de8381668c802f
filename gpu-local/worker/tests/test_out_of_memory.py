"""Out of memory on the way: the device is a stand-in that is too small for untiled decoding."""

from __future__ import annotations

import io
import json
import threading

import pytest
import torch

from text_to_video_worker.engine import worker as engine
from text_to_video_worker.protocol import Channel

from .harness import pictures
from .requests import raw


@pytest.fixture
def said(monkeypatch, tiny, tmp_path):
    """Makes one video with a worker of its own; gives what the worker said at the end."""

    def make(enough: set[str], family: str = "wan") -> tuple[dict, list[str]]:
        tried: list[str] = []

        def too_small(loaded, *rest):
            tried.append(loaded.profile.memory)
            decode = loaded.pipe.vae.decode

            def fail(*args, **options):
                raise torch.OutOfMemoryError("out of memory")

            loaded.pipe.vae.decode = decode if loaded.profile.memory in enough else fail
            return generate(loaded, *rest)

        generate = engine_generate
        monkeypatch.setattr(engine, "generate", too_small)
        stream = io.BytesIO()
        worker = engine.Worker(Channel(stream), {"TEXT_TO_VIDEO_DEVICE": "cpu"})
        model = {"alias": family, "family": family, "path": str(tiny / family)}
        message = {
            "type": "generate",
            "id": "job",
            "model": model,
            "request": raw(width=32, height=32, num_frames=5),
            "output": str(tmp_path / "video.mp4"),
        }
        worker.handle(message, threading.Event())
        return json.loads(stream.getvalue().splitlines()[-1]), tried

    engine_generate = engine.generate
    return make


def test_the_next_profile_makes_the_video_and_the_result_says_so(said):
    done, tried = said({"tiling"})
    assert done["type"] == "done", done
    assert tried == ["full", "tiling"]
    assert done["result"]["settings"]["profile"] == "memory=tiling"
    assert [w for w in done["result"]["warnings"] if "ran out of memory" in w and "tiling" in w]
    assert len(pictures(done["result"])) == 5


def test_enough_memory_is_not_spoken_of(said):
    done, tried = said({"full", "tiling"})
    assert tried == ["full"]
    assert done["result"]["warnings"] == []
    assert done["result"]["settings"]["profile"] == "memory=full"


def test_it_is_tried_again_once_and_then_named(said):
    error, tried = said(set())
    assert tried == ["full", "tiling"]
    assert (error["type"], error["code"]) == ("error", "gpu_oom")
    assert "also with the memory profile tiling" in error["message"]
    assert error["remedy"]


def test_a_model_that_does_not_even_load_is_tried_smaller_than_it_was_to_be(said, monkeypatch):
    """Not smaller than "full": what the device's memory had already chosen has just failed."""
    from text_to_video_worker.engine import loading, model_cache

    monkeypatch.setattr(loading, "choose_memory", lambda *_: "tiling")
    monkeypatch.setattr(engine, "next_memory", lambda used, *_: asked.append(used))
    asked: list[str] = []

    def full(*_):
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(model_cache, "load", full)
    error, tried = said(set())
    assert (error["code"], asked, tried) == ("gpu_oom", ["tiling"], [])
    assert error["message"] == "The device ran out of memory, with the profile tiling."

"""Out of memory on the way: the device is a stand-in in which only some profiles have room."""

from __future__ import annotations

import io
import json
import threading

import pytest
import torch

from text_to_video_worker.engine import loading, model_cache
from text_to_video_worker.engine import worker as engine
from text_to_video_worker.errors import WorkerError
from text_to_video_worker.model_spec import parse_model
from text_to_video_worker.profiles import ladder
from text_to_video_worker.protocol import Channel

from .harness import pictures
from .requests import raw

#: Pixels x frames of the two videos that tests ask for.
SMALL, LARGE = {"width": 32, "height": 32}, {"width": 64, "height": 64}


def out_of_memory(*_, **__):
    raise torch.OutOfMemoryError("out of memory")


class Device:
    """A worker on the CPU that has the profiles of a GPU, and runs out of memory where it is told.

    `denoising` and `decoding` are asked with the loaded model, all warm models, and the frame's
    width; where they answer true, that part of the work has no room.
    """

    def __init__(self, tiny, folder, monkeypatch):
        self._tiny, self._folder = tiny, folder
        self.denoising = lambda loaded, warm, width: False
        self.decoding = lambda loaded, warm, width: False
        self.attempts, self.loads, self.steps = [], [], 0
        plain_generate, plain_load, plain_ladder = engine.generate, model_cache.load, ladder

        def generate(loaded, plan, *rest):
            warm = self.worker._models.aliases()
            self.attempts.append((loaded.spec.alias, loaded.profile.memory))
            vae, denoiser = loaded.pipe.vae, loaded.pipe.transformer
            plain_decode, plain_forward = vae.decode, denoiser.forward

            def decode(*args, **options):
                if self.decoding(loaded, warm, plan.width):
                    out_of_memory()
                return plain_decode(*args, **options)

            def forward(*args, **options):
                self.steps += 1
                if self.denoising(loaded, warm, plan.width):
                    out_of_memory()
                return plain_forward(*args, **options)

            vae.decode, denoiser.forward = decode, forward
            try:
                return plain_generate(loaded, plan, *rest)
            finally:
                vae.decode, denoiser.forward = plain_decode, plain_forward

        def load(spec, device, memory):
            self.loads.append((spec.alias, memory))
            return plain_load(spec, device, memory)

        monkeypatch.setattr(engine, "generate", generate)
        monkeypatch.setattr(model_cache, "load", load)
        # On the CPU, weights that wait in main memory are where they are used.
        monkeypatch.setattr(
            model_cache, "ladder", lambda first, _, family: plain_ladder(first, "cuda", family)
        )
        self._stream = io.BytesIO()
        self.worker = engine.Worker(Channel(self._stream), {"TEXT_TO_VIDEO_DEVICE": "cpu"})

    def make(self, family="wan", **fields):
        """What the worker says at the end of a job."""
        message = {
            "type": "generate",
            "id": "job",
            "model": {"alias": family, "family": family, "path": str(self._tiny / family)},
            "request": raw(num_frames=9, **{**SMALL, **fields}),
            "output": str(self._folder / "video.mp4"),
        }
        ended = threading.Event()
        self.worker.handle(message, threading.Event(), ended.set)
        assert ended.wait(120)
        return json.loads(self._stream.getvalue().splitlines()[-1])

    def warm(self):
        return self.worker._models.aliases()


@pytest.fixture
def device(tiny, tmp_path, monkeypatch):
    return Device(tiny, tmp_path, monkeypatch)


def profile(done):
    assert done["type"] == "done", done
    return done["result"]["settings"]["profile"]


def test_enough_memory_is_not_spoken_of(device):
    done = device.make()
    assert profile(done) == "memory=full"
    assert done["result"]["warnings"] == []
    assert device.attempts == [("wan", "full")]


def test_a_decode_that_is_too_large_is_made_in_tiles_and_no_step_is_made_twice(device):
    device.decoding = lambda loaded, warm, width: not loaded.tiled
    done = device.make(num_inference_steps=3)
    assert profile(done) == "memory=tiling"
    (warning,) = done["result"]["warnings"]
    assert "ran out of memory" in warning
    assert "memory=tiling" in warning
    # Three steps, each with and without the prompt.
    assert device.steps == 6
    assert device.loads == [("wan", "full")]
    assert len(pictures(done["result"])) == 9


def test_the_next_large_video_begins_in_tiles_and_a_smaller_one_does_not(device):
    device.decoding = lambda loaded, warm, width: not loaded.tiled and width == 64
    tries = []
    plain = device.decoding

    def counted(loaded, warm, width):
        tries.append(width)
        return plain(loaded, warm, width)

    device.decoding = counted
    assert profile(device.make(**LARGE)) == "memory=tiling"
    assert tries == [64, 64]
    assert profile(device.make(**LARGE)) == "memory=tiling"
    assert tries == [64, 64, 64]
    done = device.make(**SMALL)
    assert profile(done) == "memory=full"
    assert done["result"]["warnings"] == []
    assert device.loads == [("wan", "full")]


def test_other_models_go_before_the_profile_gets_smaller(device):
    device.denoising = lambda loaded, warm, width: len(warm) > 1
    assert profile(device.make("ltx")) == "memory=full"
    done = device.make("wan")
    assert profile(done) == "memory=full"
    assert done["result"]["warnings"] == []
    assert device.warm() == ["wan"]
    assert device.loads == [("ltx", "full"), ("wan", "full")]


def test_alone_it_goes_down_the_ladder_until_it_fits_and_comes_back_for_a_smaller_one(device):
    device.denoising = lambda loaded, warm, width: (
        width == 64
        and loaded.profile.memory
        in (
            "full",
            "text_offload",
        )
    )
    done = device.make(**LARGE)
    assert profile(done) == "memory=model_offload"
    assert "memory=model_offload, which is slower" in done["result"]["warnings"][0]
    assert device.attempts == [("wan", m) for m in ("full", "text_offload", "model_offload")]
    # Known from now on.
    device.attempts.clear()
    assert profile(device.make(**LARGE)) == "memory=model_offload"
    assert device.attempts == [("wan", "model_offload")]
    # One user's large video makes nobody else slow.
    done = device.make(**SMALL)
    assert profile(done) == "memory=full"
    assert done["result"]["warnings"] == []


def test_where_nothing_is_left_it_is_named_and_the_next_job_begins_afresh(device):
    device.denoising = lambda *_: True
    error = device.make()
    assert (error["type"], error["code"]) == ("error", "gpu_oom")
    assert "text_offload, model_offload, group_offload" in error["message"]
    assert error["remedy"]
    assert [memory for _, memory in device.attempts] == [
        "full",
        "text_offload",
        "model_offload",
        "group_offload",
    ]
    device.denoising = lambda *_: False
    assert profile(device.make()) == "memory=full"


def test_a_model_that_does_not_even_load_is_named(device, monkeypatch):
    monkeypatch.setattr(model_cache, "load", out_of_memory)
    error = device.make()
    assert (error["code"], device.attempts) == ("gpu_oom", [])


@pytest.mark.parametrize("failure", [RuntimeError("no such kernel"), ValueError("odd")])
def test_another_failure_is_neither_tried_again_nor_called_a_lost_worker(device, failure):
    def fail(*_):
        raise failure

    device.denoising = fail
    error = device.make()
    assert (error["type"], error["code"]) == ("error", "engine_failed")
    assert str(failure) in error["message"]
    assert len(device.attempts) == 1


GIB = 1024**3


def test_offloaded_models_make_room_in_main_memory_before_the_system_runs_out(tiny, monkeypatch):
    cache = model_cache.ModelCache(torch.device("cpu"), most=3)
    for name in ("wan", "ltx"):
        spec = parse_model({"alias": name, "family": name, "path": str(tiny / name)})
        loaded = cache.get(spec, 1, lambda: None)
        loaded.profile = loaded.profile.with_memory("group_offload")
    free = iter([1 * GIB, 50 * GIB, 50 * GIB])
    monkeypatch.setattr(model_cache, "host_free_bytes", lambda: next(free))
    monkeypatch.setattr(
        model_cache, "weight_sizes", lambda *_, **__: loading.Sizes(0, 40 * GIB, 0, 40 * GIB)
    )
    cache._device = torch.device("cuda")
    spec = parse_model({"alias": "large", "family": "wan", "path": str(tiny / "wan22")})
    cache._make_room_in_main_memory(spec, "group_offload")
    assert cache.aliases() == ["ltx"]


def test_a_model_that_main_memory_cannot_hold_is_refused_with_numbers(tiny, monkeypatch):
    cache = model_cache.ModelCache(torch.device("cpu"), most=3)
    monkeypatch.setattr(model_cache, "host_free_bytes", lambda: 16 * GIB)
    monkeypatch.setattr(
        model_cache, "weight_sizes", lambda *_, **__: loading.Sizes(0, 40 * GIB, 0, 40 * GIB)
    )
    cache._device = torch.device("cuda")
    spec = parse_model({"alias": "large", "family": "wan", "path": str(tiny / "wan22")})
    with pytest.raises(WorkerError, match=r"40 GiB of main memory .* 16 GiB are free") as caught:
        cache._make_room_in_main_memory(spec, "model_offload")
    assert caught.value.code == "gpu_oom"
    # On the device the weights only pass through.
    cache._make_room_in_main_memory(spec, "full")

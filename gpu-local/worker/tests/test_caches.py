"""What is skipped between steps: that it truly is, that it is named, and where it is refused."""

from __future__ import annotations

import contextlib
import json
import threading

import pytest
from PIL import Image

from text_to_video_worker.engine import caches
from text_to_video_worker.engine.families import PIPELINE_FAMILIES
from text_to_video_worker.errors import WorkerError

from .harness import digest

STEPS = {"num_inference_steps": 12, "num_frames": 5, "width": 32, "height": 32}
#: Random weights change more from step to step than trained ones: numbers at which they skip.
OFFERED = [
    *[("wan", "first_block:2"), ("wan", "sea:5"), ("wan", "mag:10"), ("wan", "taylorseer:3")],
    *[("wan-i2v", "first_block:2"), ("wan-i2v", "mag:10"), ("wan-i2v", "taylorseer:3")],
    *[("wan22", "first_block:2"), ("wan22", "taylorseer:3")],
    *[("ltx", "first_block:2"), ("ltx", "mag:10"), ("ltx", "taylorseer:3")],
    *[("cogvideox", "first_block:2"), ("cogvideox", "mag:10"), ("cogvideox", "taylorseer:3")],
    *[("ltx2", "taylorseer:3"), ("hunyuanvideo15", "taylorseer:3")],
]


def model(harness, folder, cache=None, **more):
    family = folder.split("-")[0].removesuffix("22")
    profile = {} if cache is None else {"profile": f"cache={cache}"}
    return harness.model(family, path=str(harness.tiny / folder), alias=folder, **profile, **more)


def fields(harness, folder):
    if folder == "hunyuanvideo15":
        # The slowest of the tiny ones.
        return {**STEPS, "num_inference_steps": 6}
    if not folder.endswith("i2v"):
        return STEPS
    picture = harness.tiny / "red.png"
    Image.new("RGB", (32, 32), "red").save(picture)
    return {**STEPS, "input_reference": str(picture)}


@contextlib.contextmanager
def counted(loaded):
    """How often the last block of every network that steps ask really worked."""
    calls: list[int] = []
    hooks = []
    for denoiser in PIPELINE_FAMILIES[loaded.family.name].denoisers(loaded.pipe):
        blocks = getattr(denoiser, "blocks", None) or denoiser.transformer_blocks
        inside = next(blocks[-1].children())
        hooks.append(inside.register_forward_hook(lambda *_: calls.append(1)))
    try:
        yield calls
    finally:
        for hook in hooks:
            hook.remove()


def made_and_counted(harness, loaded, folder):
    with counted(loaded) as calls:
        made = harness.make(loaded, **fields(harness, folder))
    return made, len(calls)


@pytest.mark.parametrize(("folder", "cache"), OFFERED)
def test_a_cache_skips_the_network_in_some_steps_and_is_named(harness, folder, cache):
    _, all_calls = made_and_counted(harness, model(harness, folder), folder)
    loaded = model(harness, folder, cache)
    if cache.startswith("mag"):
        harness.make(loaded, **fields(harness, folder))
    first, calls = made_and_counted(harness, loaded, folder)
    again, same_calls = made_and_counted(harness, loaded, folder)
    assert 0 < calls < all_calls
    assert calls == same_calls
    assert first["settings"]["profile"].endswith(f"cache={cache}")
    assert digest(first) == digest(again)


@pytest.mark.parametrize(
    ("folder", "cache"),
    [
        *[("animatediff", f"{kind}:2") for kind in ("first_block", "mag", "sea", "taylorseer")],
        *[("ltx2", f"{kind}:2") for kind in ("first_block", "mag", "sea")],
        *[("hunyuanvideo15", f"{kind}:2") for kind in ("first_block", "mag", "sea")],
        *[("ltx", "sea:1"), ("cogvideox", "sea:1"), ("wan-i2v", "sea:1"), ("wan22", "mag:0.06")],
    ],
)
def test_a_cache_that_a_model_cannot_use_is_refused(harness, folder, cache):
    with pytest.raises(WorkerError, match="cannot use the cache") as caught:
        model(harness, folder, cache)
    assert "profile" in caught.value.remedy


def test_mag_measures_a_model_once_on_a_video_without_it_and_keeps_that(
    harness, tmp_path, monkeypatch
):
    monkeypatch.setenv(caches.FOLDER_VARIABLE, str(tmp_path / "kept"))
    plain, all_calls = made_and_counted(harness, model(harness, "wan"), "wan")
    loaded = model(harness, "wan", "mag:8")
    first, calls = made_and_counted(harness, loaded, "wan")
    assert (calls, digest(first)) == (all_calls, digest(plain))
    assert "cache" not in first["settings"]["profile"]
    assert "measured" in first["warnings"][-1]
    (file,) = (tmp_path / "kept").iterdir()
    ratios = json.loads(file.read_text())
    assert len(ratios) == STEPS["num_inference_steps"]
    second, fewer = made_and_counted(harness, loaded, "wan")
    assert fewer < all_calls
    assert second["warnings"] == []
    # Another process reads what this one measured.
    loaded.mag_ratios = []
    third = harness.make(loaded, **fields(harness, "wan"))
    assert digest(third) == digest(second)
    # Nothing that is no measurement is believed.
    for broken in ("not json", '["x"]', "[NaN]", "{}", "3"):
        file.write_text(broken)
        loaded.mag_ratios = []
        assert "cache" not in harness.make(loaded, **fields(harness, "wan"))["settings"]["profile"]


def test_mag_goes_by_what_it_measured_at_another_number_of_steps(harness):
    loaded = model(harness, "ltx", "mag:7")
    harness.make(loaded, **fields(harness, "ltx"))
    for steps in (13, 20):
        more = {**fields(harness, "ltx"), "num_inference_steps": steps}
        with counted(loaded) as calls:
            made = harness.make(loaded, **more)
        assert 0 < len(calls) < steps
        assert made["settings"]["profile"].endswith("cache=mag:7")


def test_mag_measures_nothing_on_a_video_of_few_steps(harness):
    loaded = model(harness, "ltx", "mag:6")
    few = {**fields(harness, "ltx"), "num_inference_steps": 4}
    made = harness.make(loaded, **few)
    assert "12 steps" in made["warnings"][-1]
    assert loaded.mag_ratios == []
    assert "measured" in harness.make(loaded, **fields(harness, "ltx"))["warnings"][-1]


def test_a_cancelled_job_leaves_no_step_behind(harness):
    loaded = model(harness, "ltx", "taylorseer:4")
    first = harness.make(loaded, **fields(harness, "ltx"))
    stop = threading.Event()

    def stop_soon(stage, step, _steps):
        if stage == "denoising" and step == 7:
            stop.set()

    with pytest.raises(WorkerError) as caught:
        harness.make(loaded, cancelled=stop, report=stop_soon, **fields(harness, "ltx"))
    assert caught.value.code == "cancelled"
    assert digest(harness.make(loaded, **fields(harness, "ltx"))) == digest(first)

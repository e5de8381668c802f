"""LTX-Video: what its later versions need."""

from __future__ import annotations

import pytest
from diffusers import LTXConditionPipeline

from text_to_video_worker.errors import WorkerError
from text_to_video_worker.families import FAMILIES

from .harness import digest
from .tiny.ltx import ltx


@pytest.fixture(scope="module")
def later(tmp_path_factory):
    """A model as 0.9.5 and later are published: another pipeline, and a VAE that denoises."""
    folder = tmp_path_factory.mktemp("ltx-later")
    LTXConditionPipeline(**ltx(denoising_vae=True).components).save_pretrained(folder)
    return str(folder)


def decoded_at(monkeypatch, loaded):
    """The noise level that the VAE is told, at each call."""
    told = []
    decode = type(loaded.pipe.vae).decode
    monkeypatch.setattr(
        type(loaded.pipe.vae),
        "decode",
        lambda self, z, temb=None, **k: told.append(float(temb)) or decode(self, z, temb, **k),
    )
    return told


def test_the_pipeline_of_later_versions_makes_videos(harness, later):
    loaded = harness.model("ltx", path=later)
    assert type(loaded.pipe) is LTXConditionPipeline
    made = harness.make(loaded, num_frames=12, width=70, height=50)
    assert (made["frames"], made["width"], made["height"]) == (12, 70, 50)
    assert made["warnings"] == []
    assert digest(made) == digest(harness.make(loaded, num_frames=12, width=70, height=50))


@pytest.mark.parametrize("scheduler", [None, *FAMILIES["ltx"].schedulers])
@pytest.mark.parametrize("steps", [2, 7])
def test_every_scheduler_makes_videos_there_or_is_said_not_to(harness, later, scheduler, steps):
    loaded = harness.model("ltx", path=later)
    fields = {"scheduler": scheduler, "num_inference_steps": steps}
    made = harness.make(loaded, num_frames=9, **fields)
    assert made["frames"] == 9
    # LCM's step knows no time of each token, which this pipeline gives.
    assert ("LCMScheduler" in "".join(made["warnings"])) == (scheduler == "LCMScheduler")


def test_a_distilled_model_stops_at_its_own_noise_levels_there_too(harness, later):
    loaded = harness.model("ltx", path=later, sigmas=[1.0, 0.75, 0.4])
    harness.make(loaded, num_frames=9)
    assert [s for stage, s, _ in harness.events if stage == "denoising"][-1] == 3


def test_a_vae_that_denoises_is_told_the_noise_that_it_was_made_for(harness, later, monkeypatch):
    loaded = harness.model("ltx", path=later)
    told = decoded_at(monkeypatch, loaded)
    harness.make(loaded, num_frames=9)
    assert told == [pytest.approx(0.05)]


def test_a_model_may_have_its_own(harness, later, monkeypatch):
    own = {"decode_timestep": 0.2, "decode_noise_scale": 0.1, "guidance_rescale": 0.7}
    loaded = harness.model("ltx", path=later, defaults=own)
    told = decoded_at(monkeypatch, loaded)
    made = harness.make(loaded, num_frames=9)
    assert told == [pytest.approx(0.2)]
    assert {name: made["settings"][name] for name in own} == own


@pytest.mark.parametrize("model", ["ltx", "later"])
def test_what_stands_beyond_token_128_counts(harness, later, model):
    loaded = harness.model("ltx", path=later) if model == "later" else harness.model("ltx")
    long = "a " * 70
    one, other = (harness.make(loaded, prompt=f"{long} {end}") for end in ("cat", "dog"))
    assert digest(one) != digest(other)
    assert one["warnings"] == []


def test_what_stands_beyond_token_256_is_said(harness):
    made = harness.make("ltx", prompt="a " * 130 + "lighthouse")
    assert "longer than the 256 tokens" in made["warnings"][0]
    assert "lighthouse" in made["warnings"][0].replace(" ", "")
    with pytest.raises(WorkerError) as caught:
        harness.make("ltx", prompt="a " * 140, strict=True)
    assert (caught.value.code, caught.value.field) == ("unsupported_field", "prompt")

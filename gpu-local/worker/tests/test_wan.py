"""Wan 2.2: two experts that share the steps, and the dense model with a time for every token."""

from __future__ import annotations

import shutil

import pytest

from text_to_video_worker.engine.loras import experts_of
from text_to_video_worker.request import Adapter

from .harness import digest, pictures

MANY_STEPS = {"num_inference_steps": 12, "num_frames": 9}


def calls(part):
    """How often a denoiser is asked, counted at the model itself."""
    count = [0]
    part.register_forward_hook(lambda *_: count.__setitem__(0, count[0] + 1))
    return count


def test_both_experts_make_steps_of_one_video(harness):
    loaded = harness.model("wan", path=str(harness.tiny / "wan22"))
    high, low = calls(loaded.pipe.transformer), calls(loaded.pipe.transformer_2)
    made = harness.make(loaded, **MANY_STEPS)
    assert made["frames"] == 9
    # Each step asks once with the prompt and once without.
    assert high[0] > 0
    assert low[0] > 0
    assert high[0] + low[0] == 24
    assert digest(made) != digest(harness.make("wan", **MANY_STEPS))


def test_the_second_experts_guidance_is_the_models_own_and_is_reported(harness):
    path = str(harness.tiny / "wan22")
    same = harness.model("wan", path=path, defaults={"guidance_scale": 4})
    loaded = harness.model("wan", path=path, defaults={"guidance_scale": 4, "guidance_scale_2": 9})
    made = harness.make(loaded, **MANY_STEPS)
    assert made["settings"]["guidance_scale"] == 4
    assert made["settings"]["guidance_scale_2"] == 9
    one = harness.make(same, **MANY_STEPS)
    assert "guidance_scale_2" not in one["settings"]
    assert digest(made) != digest(one)
    # A request's own scale rules both experts.
    asked = harness.make(loaded, guidance_scale=6, **MANY_STEPS)
    assert "guidance_scale_2" not in asked["settings"]


def test_a_lora_goes_into_both_experts_or_into_the_one_that_it_names(harness, tmp_path):
    loaded = harness.model("wan", path=str(harness.tiny / "wan22"))
    plain = harness.make(loaded, **MANY_STEPS)
    source = harness.tiny / "loras" / "wan22.safetensors"
    files = {}
    for name in ("style", "style_high_noise", "style_low_noise"):
        path = tmp_path / f"{name}.safetensors"
        shutil.copy(source, path)
        lora = {"model_name": name, "path": str(path), "strength": 1.0}
        made = harness.make(loaded, loras=[lora], **MANY_STEPS)
        files[name] = digest(made)
        adapters = loaded.pipe.get_list_adapters()
        assert ("transformer" in adapters) == (name != "style_low_noise")
        assert ("transformer_2" in adapters) == (name != "style_high_noise")
    assert len({digest(plain), *files.values()}) == 4
    pair = [
        {"model_name": name, "path": str(tmp_path / f"{name}.safetensors"), "strength": 1.0}
        for name in ("style_high_noise", "style_low_noise")
    ]
    both = harness.make(loaded, loras=pair, **MANY_STEPS)
    assert len(both["settings"]["loras"]) == 2
    # The same weights in the same places, however they came there.
    assert digest(both) == files["style"]
    assert digest(harness.make(loaded, **MANY_STEPS)) == digest(plain)


@pytest.mark.parametrize(
    ("name", "experts"),
    [
        ("wan22-lightning-high", ("high",)),
        ("Wan2.2_HIGH_noise_v1", ("high",)),
        ("lowNoise", ("low",)),
        ("low-light-photography", ("high", "low")),
        ("high_noise_and_low_noise", ("high", "low")),
        ("highlands", ("high", "low")),
    ],
)
def test_the_expert_of_a_lora_is_told_by_its_name(name, experts):
    assert experts_of(Adapter(name, "/loras/file.safetensors"), two=True) == experts
    assert experts_of(Adapter("any", f"/loras/{name}.safetensors"), two=True) == experts
    assert experts_of(Adapter(name, "/loras/file.safetensors"), two=False) == ("high",)


def test_the_dense_model_makes_exactly_the_asked_size_of_larger_blocks(harness):
    loaded = harness.model("wan", path=str(harness.tiny / "wan22-5b"))
    assert loaded.family.size_multiple == 32
    assert loaded.pipe.config.expand_timesteps
    made = harness.make(loaded, width=70, height=50, num_frames=10)
    assert pictures(made).shape == (10, 50, 70, 3)
    assert made["warnings"] == []
    assert digest(harness.make(loaded, width=70, height=50, num_frames=10)) == digest(made)

"""Noise levels and defaults of distilled models."""

from __future__ import annotations


def test_defaults_and_noise_levels_of_a_distilled_model_are_used(harness):
    loaded = harness.model(
        "ltx",
        defaults={"num_inference_steps": 3, "guidance_scale": 1},
        sigmas=[1.0, 0.75, 0.4],
    )
    made = harness.make(loaded, num_inference_steps=None, num_frames=9)
    assert made["settings"]["num_inference_steps"] == 3
    assert [i for stage, i, _ in harness.events if stage == "denoising"][-1] == 3
    # The model's own shift acts on them, as it does on any others.
    assert len(loaded.pipe.scheduler.sigmas[:-1]) == 3

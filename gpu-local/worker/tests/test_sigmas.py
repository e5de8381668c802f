"""Noise levels and defaults of distilled models."""

from __future__ import annotations

import pytest
from diffusers import FlowMatchEulerDiscreteScheduler


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


@pytest.mark.parametrize("scheduler", ["EulerDiscreteScheduler", "LCMScheduler"])
def test_a_shift_moves_the_noise_levels_to_those_of_the_training(harness, scheduler):
    loaded = harness.model(
        "wan",
        defaults={"num_inference_steps": 4, "guidance_scale": 1, "flow_shift": 5},
        sigmas=[1.0, 0.75, 0.5, 0.25],
        scheduler=scheduler,
    )
    harness.make(loaded, num_inference_steps=None, num_frames=5)
    # 5 s / (1 + 4 s), in thousandths.
    trained = [1000, 937.5, 833.3333, 625]
    assert loaded.pipe.scheduler.timesteps.tolist() == pytest.approx(trained)


def test_nothing_but_a_shift_moves_noise_levels(harness):
    loaded = harness.model("ltx", sigmas=[1.0, 0.75, 0.4])
    loaded.scheduler_config.update(use_dynamic_shifting=True, shift=1.0, shift_terminal=0.1)
    harness.make(loaded, num_inference_steps=None, num_frames=9)
    assert loaded.pipe.scheduler.timesteps.tolist() == pytest.approx([1000, 750, 400])


def test_sound_is_made_at_the_same_noise_levels(harness, monkeypatch):
    loaded = harness.model("ltx2", sigmas=[1.0, 0.75, 0.4])
    step, seen = FlowMatchEulerDiscreteScheduler.step, []

    def recorded(self, *args, **options):
        seen.append((id(self), self.timesteps.tolist()))
        return step(self, *args, **options)

    monkeypatch.setattr(FlowMatchEulerDiscreteScheduler, "step", recorded)
    harness.make(loaded, num_inference_steps=None, num_frames=9)
    # One scheduler for the pictures, one for the sound.
    assert len({who for who, _ in seen}) == 2
    assert all(len(levels) == 3 and levels == seen[0][1] for _, levels in seen)
    assert type(loaded.pipe.scheduler) is FlowMatchEulerDiscreteScheduler

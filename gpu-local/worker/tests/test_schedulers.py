"""Schedulers by the names that requests know."""

from __future__ import annotations

import pytest
import torch

from text_to_video_worker.families import FAMILIES, SCHEDULER_NAMES

ALL = list(FAMILIES)


@pytest.mark.parametrize("family", ALL)
@pytest.mark.parametrize("name", SCHEDULER_NAMES)
def test_every_documented_scheduler_runs_or_is_said_not_to(harness, family, name):
    made = harness.make(family, scheduler=name, num_frames=9, num_inference_steps=4)
    assert made["frames"] == 9
    honoured = FAMILIES[family].schedulers.get(name)
    own = harness.model(family).scheduler_class
    assert made["settings"]["scheduler"] == (honoured or own)
    assert (name in "".join(made["warnings"])) == (honoured is None)


@pytest.mark.parametrize(
    ("family", "names"),
    [
        ("wan", ["DPMSolverMultistepScheduler", "DEISMultistepScheduler"]),
        ("ltx", ["EulerDiscreteScheduler", "LCMScheduler"]),
    ],
)
def test_a_swapped_flow_scheduler_stops_at_the_models_own_noise_levels(harness, family, names):
    loaded = harness.model(family)
    levels = []
    for name in (None, *names):
        harness.make(loaded, scheduler=name, num_frames=9, num_inference_steps=6)
        levels.append(loaded.pipe.scheduler.sigmas[:-1])
    for other in levels[1:]:
        assert torch.allclose(levels[0], other, atol=5e-3)


@pytest.mark.parametrize("name", ["EulerDiscreteScheduler", "LCMScheduler"])
def test_wans_shift_is_carried_into_the_flow_form(harness, name):
    loaded = harness.model("wan")
    harness.make(loaded, scheduler=name, num_frames=5)
    assert loaded.pipe.scheduler.config.shift == loaded.scheduler_config["flow_shift"]

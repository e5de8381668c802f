"""Loops, rolled and played forth and back."""

from __future__ import annotations

import numpy as np
import pytest

from text_to_video_worker.families import FAMILIES

from .harness import digest, pictures
from .requests import FOUR_PROMPTS

ALL = list(FAMILIES)


@pytest.mark.parametrize("family", ALL)
@pytest.mark.parametrize("frames", [8, 13])
def test_a_closed_loop_returns_to_its_beginning(harness, family, frames):
    # DPMSolver remembers earlier steps, so AnimateDiff plays forth and back with it as well.
    made = harness.make(
        family, closed_loop=True, num_frames=frames, scheduler="DPMSolverMultistepScheduler"
    )
    shown = pictures(made).astype(float)
    assert len(shown) == frames
    # Frame k and frame -k are the same picture, up to the codec.
    for k in range(1, frames // 2):
        assert np.abs(shown[k] - shown[-k]).mean() < 8


@pytest.mark.parametrize("travel", [False, True])
def test_the_latent_shift_changes_the_video_and_keeps_the_prompts_in_place(harness, travel):
    fields = {"prompts": FOUR_PROMPTS[:2]} if travel else {}
    plain = harness.make("animatediff", num_inference_steps=6, **fields)
    loop = harness.make("animatediff", num_inference_steps=6, closed_loop=True, **fields)
    assert loop["settings"]["closed_loop_method"] == "latent-shift"
    assert loop["frames"] == plain["frames"]
    assert digest(loop) != digest(plain)

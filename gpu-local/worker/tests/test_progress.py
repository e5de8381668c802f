"""Stages, steps, and stopping in each of them."""

from __future__ import annotations

import threading

import pytest

from text_to_video_worker.errors import Cancelled
from text_to_video_worker.families import FAMILIES

from .harness import digest
from .requests import FOUR_PROMPTS

ALL = list(FAMILIES)


def test_progress_counts_the_steps_that_are_really_made(harness):
    harness.make("animatediff", scheduler="PNDMScheduler", num_inference_steps=4)
    stages = list(dict.fromkeys(stage for stage, _, _ in harness.events))
    assert stages == ["encoding_prompt", "denoising", "decoding", "muxing", "done"]
    counted = [(step, steps) for stage, step, steps in harness.events if stage == "denoising"]
    # PNDM asks the model 13 times for 4 steps.
    assert counted[-1] == (13, 13)


def test_progress_of_several_clips_is_one_count(harness):
    harness.make("wan", prompts=FOUR_PROMPTS[:3], num_inference_steps=2, width=32, height=32)
    counted = [(i, n) for stage, i, n in harness.events if stage == "denoising" and i]
    assert counted[-1] == (6, 6)
    assert [i for i, _ in counted] == sorted(i for i, _ in counted)


@pytest.mark.parametrize("family", ALL)
@pytest.mark.parametrize("stage", ["encoding_prompt", "denoising", "decoding", "muxing"])
def test_cancelled_in_any_stage_it_stops_there_and_the_model_stays_usable(harness, family, stage):
    plain = harness.make(family)
    cancelled = threading.Event()

    def when(now, i, n):
        if now == stage and (stage != "denoising" or i == 1):
            cancelled.set()

    with pytest.raises(Cancelled):
        harness.make(family, cancelled=cancelled, report=when)
    assert harness.events[-1][0] == stage
    assert digest(harness.make(family)) == digest(plain)

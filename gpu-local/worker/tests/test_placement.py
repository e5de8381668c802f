"""Memory and speed profiles on real pipelines."""

from __future__ import annotations

import pytest

from text_to_video_worker.errors import WorkerError

from .harness import digest
from .requests import FOUR_PROMPTS


@pytest.mark.parametrize(
    "profile",
    ["memory=tiling", "storage=fp8", "attention=_native_math", "cache=first_block:0.5"],
)
@pytest.mark.parametrize("family", ["wan", "ltx", "cogvideox"])
def test_a_profile_runs_more_than_once_and_is_reported(harness, family, profile):
    loaded = harness.model(family, profile=profile)
    first, second = harness.make(loaded), harness.make(loaded)
    assert digest(first) == digest(second)
    assert profile in first["settings"]["profile"]


def test_animatediff_runs_in_less_memory_with_travel(harness):
    loaded = harness.model("animatediff", profile="memory=tiling")
    assert harness.make(loaded, prompts=FOUR_PROMPTS, width=32, height=32)["frames"] == 128


def test_a_profile_that_the_model_cannot_have_is_refused(harness):
    with pytest.raises(WorkerError, match="first-block cache"):
        harness.model("animatediff", profile="cache=first_block:0.1")

"""From decoded values to pictures of 8 bits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from diffusers.video_processor import VideoProcessor

from text_to_video_worker.engine.frames import to_pictures
from text_to_video_worker.errors import WorkerError

from .harness import pictures


def as_diffusers_does(video, width, height):
    """Through floats in main memory, as a pipeline gives them when it is asked for numpy."""
    floats = VideoProcessor().postprocess_video(video[None], output_type="np")[0]
    top, left = (floats.shape[1] - height) // 2, (floats.shape[2] - width) // 2
    cropped = floats[:, top : top + height, left : left + width]
    return (cropped * 255).round().clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("size", [(64, 48), (50, 48), (33, 31), (1, 1)])
def test_pictures_are_bit_for_bit_what_diffusers_floats_give(size):
    chance = torch.Generator().manual_seed(4)
    video = torch.randn(3, 5, 48, 64, generator=chance) * 1.5
    made = to_pictures(video, *size)
    assert made.dtype == np.uint8
    assert np.array_equal(made, as_diffusers_does(video, *size))


def test_half_precision_is_widened_before_it_is_rounded():
    exact = torch.linspace(-1, 1, 3 * 16 * 16, dtype=torch.float32).reshape(3, 1, 16, 16)
    half = exact.to(torch.bfloat16)
    assert np.array_equal(to_pictures(half, 16, 16), to_pictures(half.float(), 16, 16))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("frame", [0, 4])
def test_a_value_that_is_no_number_is_named(bad, frame):
    video = torch.zeros(3, 5, 16, 16)
    video[1, frame, 8, 8] = bad
    with pytest.raises(WorkerError, match="not numbers") as caught:
        to_pictures(video, 16, 16)
    assert caught.value.code == "engine_failed"


def test_what_a_file_does_not_show_may_be_anything():
    """Cropped edges and frames beyond the asked length."""
    video = torch.zeros(3, 5, 16, 16)
    video[:, :, 0, :] = float("nan")
    assert to_pictures(video, 16, 14).shape == (5, 14, 16, 3)


@pytest.mark.parametrize("family", ["animatediff", "wan", "ltx", "cogvideox"])
def test_no_pipeline_makes_floats_of_the_whole_video(harness, monkeypatch, family):
    loaded = harness.model(family)

    def as_floats(*_, **__):
        pytest.fail("the whole video was made into floats")

    monkeypatch.setattr(type(loaded.pipe.video_processor), "pt_to_numpy", as_floats)
    made = harness.make(loaded, num_frames=10, width=70, height=50)
    assert pictures(made).shape == (10, 50, 70, 3)
    # And the pipeline is its own again.
    assert "postprocess_video" not in vars(loaded.pipe.video_processor)

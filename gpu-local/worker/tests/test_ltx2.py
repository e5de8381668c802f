"""LTX-2: a video with sound."""

from __future__ import annotations

import av
import numpy as np
import pytest

from text_to_video_worker.engine.sound import Sound, joined

from .harness import digest
from .tiny.ltx2 import SAMPLES_A_SECOND


def heard(result) -> tuple[np.ndarray, av.AudioStream]:
    with av.open(result["file"]) as container:
        stream = container.streams.audio[0]
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
        return np.concatenate(frames, axis=1), stream


@pytest.mark.parametrize(
    "fields",
    [
        {"num_frames": 10, "fps": 8},
        {"prompts": [{"prompt": "one", "frames": 6}, {"prompt": "two", "frames": 9}], "fps": 12},
        {"num_frames": 12, "closed_loop": True},
    ],
    ids=["plain", "two-prompts", "loop"],
)
def test_the_file_has_sound_as_long_as_its_pictures(harness, fields):
    made = harness.make("ltx2", **fields)
    samples, stream = heard(made)
    assert stream.codec_context.name == "aac"
    assert (stream.codec_context.sample_rate, stream.codec_context.layout.name) == (
        SAMPLES_A_SECOND,
        "stereo",
    )
    assert made["settings"]["audio"] == {
        "codec": "aac",
        "sample_rate": SAMPLES_A_SECOND,
        "channels": 2,
    }
    seconds = made["frames"] / made["fps"]
    # AAC comes in blocks of 1024 samples.
    assert samples.shape[1] / SAMPLES_A_SECOND == pytest.approx(seconds, abs=2 * 1024 / 16_000)
    assert np.abs(samples).max() > 0


def test_the_same_seed_sounds_the_same_and_another_prompt_does_not(harness):
    one, again = harness.make("ltx2"), harness.make("ltx2")
    assert digest(one) == digest(again)
    other = harness.make("ltx2", prompt="somebody else")
    assert not np.array_equal(heard(one)[0], heard(other)[0])


def test_a_gif_has_no_sound_and_that_is_said(harness):
    made = harness.make("ltx2", output_format="gif")
    assert "sound" in made["warnings"][0]
    assert "audio" not in made["settings"]


def test_without_guidance_a_step_asks_the_model_once(harness):
    loaded = harness.model("ltx2")
    calls = [0]
    hook = loaded.pipe.transformer.register_forward_hook(
        lambda *_: calls.__setitem__(0, calls[0] + 1)
    )
    harness.make(loaded, guidance_scale=1, num_inference_steps=3)
    once = calls[0]
    harness.make(loaded, guidance_scale=4, num_inference_steps=3)
    hook.remove()
    assert (once, calls[0] - once) == (3, 9)


def test_sound_is_cut_and_lengthened_to_the_sample():
    tone = Sound(np.ones((2, 100), np.float32), 100)
    assert tone.part(0.2, 0.5).samples.shape == (2, 50)
    late = tone.part(0.9, 0.5).samples
    assert late.shape == (2, 50)
    assert late.sum() == 20
    rising = Sound(np.arange(4, dtype=np.float32)[None] / 10, 4)
    loop = joined([rising], 2.0)
    assert loop is not None
    assert (loop.samples * 10).round().tolist() == [[0, 1, 2, 3, 3, 2, 1, 0]]
    assert joined([], 1.0) is None

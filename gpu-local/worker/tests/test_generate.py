"""Every documented field on every family: real diffusers, tiny random models, on the CPU."""

from __future__ import annotations

import pytest

from text_to_video_worker.errors import WorkerError
from text_to_video_worker.families import FAMILIES

from .harness import difference, digest, pictures
from .requests import FOUR_PROMPTS

ALL = list(FAMILIES)


@pytest.mark.parametrize("family", ALL)
@pytest.mark.parametrize(
    ("frames", "width", "height", "fps"),
    [(1, 64, 64, 8), (8, 64, 96, 12), (10, 70, 50, 24), (17, 64, 64, 7.5), (33, 32, 48, 30)],
)
def test_the_file_has_exactly_the_asked_size_length_and_rate(
    harness, family, frames, width, height, fps
):
    made = harness.make(family, num_frames=frames, width=width, height=height, fps=fps)
    assert (made["width"], made["height"]) == (width, height)
    assert (made["frames"], made["fps"]) == (frames, fps)
    assert pictures(made).shape == (frames, height, width, 3)
    assert made["warnings"] == []


@pytest.mark.parametrize("family", ALL)
def test_the_same_seed_gives_the_same_file_and_another_seed_another(harness, family):
    first, again, other = (harness.make(family, seed=seed) for seed in (5, 5, 6))
    assert digest(first) == digest(again)
    assert digest(first) != digest(other)
    assert harness.make(family, seed=2**32 - 1)["seed"] == 2**32 - 1


@pytest.mark.parametrize("family", ALL)
def test_prompt_negative_prompt_steps_and_guidance_all_change_the_picture(harness, family):
    plain = harness.make(family, guidance_scale=6)
    for change in (
        {"prompt": "something else entirely"},
        {"negative_prompt": "blurry, low quality"},
        {"num_inference_steps": 5},
        {"guidance_scale": 12},
    ):
        changed = harness.make(family, **{"guidance_scale": 6, **change})
        assert digest(changed) != digest(plain), change


def test_clip_skip_takes_an_earlier_layer_each_time(harness):
    layers = harness.model("animatediff").family.clip_layers
    files = [digest(harness.make("animatediff", clip_skip=skip)) for skip in range(layers + 1)]
    assert len(set(files)) == layers + 1
    with pytest.raises(WorkerError, match="layers"):
        harness.make("animatediff", clip_skip=layers + 1)


@pytest.mark.parametrize("family", ALL)
def test_four_prompts_and_128_frames(harness, family):
    made = harness.make(family, prompts=FOUR_PROMPTS, width=32, height=32)
    assert made["frames"] == 128
    one = harness.make(family, prompt="scene number 0", num_frames=128, width=32, height=32)
    assert difference(made, one) > 0


def test_travel_with_a_lora_an_embedding_and_clip_skip_then_a_plain_job(harness):
    plain = harness.make("animatediff")
    made = harness.make(
        "animatediff",
        prompts=[{"prompt": "badhandv4 one", "frames": 10}, {"prompt": "two", "frames": 10}],
        loras=[harness.lora("animatediff", 0.5)],
        embeddings=[harness.embedding("badhandv4")],
        clip_skip=2,
        closed_loop=True,
    )
    assert (made["frames"], made["settings"]["closed_loop_method"]) == (20, "latent-shift")
    assert digest(harness.make("animatediff")) == digest(plain)


@pytest.mark.parametrize(("family", "tokens"), [("wan", 512), ("ltx", 256), ("cogvideox", 64)])
@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
def test_words_beyond_what_the_text_encoder_reads_are_said_or_refused(
    harness, family, tokens, field
):
    long = {field: "a " * tokens + "lighthouse", "num_frames": 9, "guidance_scale": 6}
    made = harness.make(family, **long)
    assert f"longer than the {tokens} tokens" in "".join(made["warnings"])
    with pytest.raises(WorkerError) as caught:
        harness.make(family, **long, strict=True)
    assert caught.value.code == "unsupported_field"
    short = {**long, field: "a lighthouse"}
    assert harness.make(family, **short)["warnings"] == []


def test_a_models_own_negative_prompt_is_used_and_named(harness):
    own = harness.model("wan", negative_prompt="blurry, low quality")
    default, asked = harness.make(own), harness.make("wan", negative_prompt="blurry, low quality")
    assert digest(default) == digest(asked) != digest(harness.make("wan"))
    assert default["settings"]["negative_prompt"] == "blurry, low quality"
    assert "negative_prompt" not in asked["settings"]

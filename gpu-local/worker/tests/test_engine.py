"""Every documented field on every family: real diffusers, tiny random models, on the CPU."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from text_to_video_worker.capabilities import FAMILIES, SCHEDULER_NAMES
from text_to_video_worker.engine.warm import WarmModels
from text_to_video_worker.errors import Cancelled, WorkerError
from text_to_video_worker.models import parse_model

from .bench import CPU, difference, digest, pictures

ALL = list(FAMILIES)
FOUR_PROMPTS = [{"prompt": f"scene number {i}", "frames": 32} for i in range(4)]


@pytest.mark.parametrize("family", ALL)
@pytest.mark.parametrize("name", SCHEDULER_NAMES)
def test_every_documented_scheduler_runs_or_is_said_not_to(bench, family, name):
    made = bench.make(family, scheduler=name, num_frames=9, num_inference_steps=4)
    assert made["frames"] == 9
    honoured = FAMILIES[family].schedulers.get(name)
    own = bench.model(family).scheduler_class
    assert made["settings"]["scheduler"] == (honoured or own)
    assert (name in "".join(made["warnings"])) == (honoured is None)


@pytest.mark.parametrize(
    ("family", "names"),
    [
        ("wan", ["DPMSolverMultistepScheduler", "DEISMultistepScheduler"]),
        ("ltx", ["EulerDiscreteScheduler", "LCMScheduler"]),
    ],
)
def test_a_swapped_flow_scheduler_stops_at_the_models_own_noise_levels(bench, family, names):
    loaded = bench.model(family)
    levels = []
    for name in (None, *names):
        bench.make(loaded, scheduler=name, num_frames=9, num_inference_steps=6)
        levels.append(loaded.pipe.scheduler.sigmas[:-1])
    for other in levels[1:]:
        assert torch.allclose(levels[0], other, atol=5e-3)


@pytest.mark.parametrize("name", ["EulerDiscreteScheduler", "LCMScheduler"])
def test_wans_shift_is_carried_into_the_flow_form(bench, name):
    loaded = bench.model("wan")
    bench.make(loaded, scheduler=name, num_frames=5)
    assert loaded.pipe.scheduler.config.shift == loaded.scheduler_config["flow_shift"]


@pytest.mark.parametrize("family", ALL)
@pytest.mark.parametrize(
    ("frames", "width", "height", "fps"),
    [(1, 64, 64, 8), (8, 64, 96, 12), (10, 70, 50, 24), (17, 64, 64, 7.5), (33, 32, 48, 30)],
)
def test_the_file_has_exactly_the_asked_size_length_and_rate(
    bench, family, frames, width, height, fps
):
    made = bench.make(family, num_frames=frames, width=width, height=height, fps=fps)
    assert (made["width"], made["height"]) == (width, height)
    assert (made["frames"], made["fps"]) == (frames, fps)
    assert pictures(made).shape == (frames, height, width, 3)
    assert made["warnings"] == []


@pytest.mark.parametrize("family", ALL)
def test_the_same_seed_gives_the_same_file_and_another_seed_another(bench, family):
    first, again, other = (bench.make(family, seed=seed) for seed in (5, 5, 6))
    assert digest(first) == digest(again)
    assert digest(first) != digest(other)
    assert bench.make(family, seed=2**32 - 1)["seed"] == 2**32 - 1


@pytest.mark.parametrize("family", ALL)
def test_prompt_negative_prompt_steps_and_guidance_all_change_the_picture(bench, family):
    plain = bench.make(family, guidance_scale=6)
    for change in (
        {"prompt": "something else entirely"},
        {"negative_prompt": "blurry, low quality"},
        {"num_inference_steps": 5},
        {"guidance_scale": 12},
    ):
        changed = bench.make(family, **{"guidance_scale": 6, **change})
        assert digest(changed) != digest(plain), change


@pytest.mark.parametrize("family", ALL)
def test_a_lora_acts_by_its_strength_and_leaves_no_trace(bench, family):
    plain = bench.make(family)
    weak = bench.make(family, loras=[bench.lora(family, 0.2)])
    strong = bench.make(family, loras=[bench.lora(family, 1)])
    assert difference(plain, weak) > 0
    assert digest(weak) != digest(strong)
    assert strong["settings"]["loras"] == [{"model_name": family, "strength": 1.0}]
    assert digest(bench.make(family)) == digest(plain)


def test_five_loras_at_once(bench):
    five = [bench.lora("animatediff", 0.1 * (i + 1)) for i in range(5)]
    assert len(bench.make("animatediff", loras=five)["settings"]["loras"]) == 5


@pytest.mark.parametrize(("family", "lora"), [("wan", "animatediff"), ("animatediff", "wan")])
def test_a_lora_of_another_family_fails_the_job_and_not_the_next(bench, family, lora):
    plain = bench.make(family)
    with pytest.raises(WorkerError) as caught:
        bench.make(family, loras=[bench.lora(lora)])
    assert caught.value.field == "loras"
    assert lora in caught.value.message
    assert digest(bench.make(family)) == digest(plain)


def test_a_lora_of_zeros_fails_the_job(bench):
    with pytest.raises(WorkerError, match="changes nothing"):
        bench.make("animatediff", loras=[bench.lora("zero")])


def test_a_lora_that_is_a_pickle_is_never_opened(bench, tmp_path):
    evil = tmp_path / "evil.pt"
    evil.write_bytes(b"\x80\x04")
    with pytest.raises(WorkerError, match="safetensors"):
        bench.make("animatediff", loras=[{"model_name": "evil", "path": str(evil)}])


@pytest.mark.parametrize("name", ["badhandv4", "a1111style"])
@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
def test_an_embedding_is_used_by_its_name_and_forgotten_after(bench, name, field):
    words = {"guidance_scale": 6, field: f"a tree, {name}"}
    plain = bench.make("animatediff", **words)
    taught = bench.make("animatediff", **words, embeddings=[bench.embedding(name)])
    assert digest(taught) != digest(plain)
    assert digest(bench.make("animatediff", **words)) == digest(plain)


def test_an_embedding_for_another_text_encoder_fails_by_name(bench):
    with pytest.raises(WorkerError) as caught:
        bench.make("animatediff", prompt="wrongsize", embeddings=[bench.embedding("wrongsize")])
    assert "wrongsize" in caught.value.message


def test_clip_skip_takes_an_earlier_layer_each_time(bench):
    layers = bench.model("animatediff").family.clip_layers
    files = [digest(bench.make("animatediff", clip_skip=skip)) for skip in range(layers + 1)]
    assert len(set(files)) == layers + 1
    with pytest.raises(WorkerError, match="layers"):
        bench.make("animatediff", clip_skip=layers + 1)


@pytest.mark.parametrize("family", ALL)
def test_four_prompts_and_128_frames(bench, family):
    made = bench.make(family, prompts=FOUR_PROMPTS, width=32, height=32)
    assert made["frames"] == 128
    one = bench.make(family, prompt="scene number 0", num_frames=128, width=32, height=32)
    assert difference(made, one) > 0


def test_travel_with_a_lora_an_embedding_and_clip_skip_then_a_plain_job(bench):
    plain = bench.make("animatediff")
    made = bench.make(
        "animatediff",
        prompts=[{"prompt": "badhandv4 one", "frames": 10}, {"prompt": "two", "frames": 10}],
        loras=[bench.lora("animatediff", 0.5)],
        embeddings=[bench.embedding("badhandv4")],
        clip_skip=2,
        closed_loop=True,
    )
    assert (made["frames"], made["settings"]["closed_loop_method"]) == (20, "latent-shift")
    assert digest(bench.make("animatediff")) == digest(plain)


@pytest.mark.parametrize("family", ALL)
@pytest.mark.parametrize("frames", [8, 13])
def test_a_closed_loop_returns_to_its_beginning(bench, family, frames):
    # DPMSolver remembers earlier steps, so AnimateDiff plays forth and back with it as well.
    made = bench.make(
        family, closed_loop=True, num_frames=frames, scheduler="DPMSolverMultistepScheduler"
    )
    shown = pictures(made).astype(float)
    assert len(shown) == frames
    # Frame k and frame -k are the same picture, up to the codec.
    for k in range(1, frames // 2):
        assert np.abs(shown[k] - shown[-k]).mean() < 8


@pytest.mark.parametrize("travel", [False, True])
def test_the_latent_shift_changes_the_video_and_keeps_the_prompts_in_place(bench, travel):
    fields = {"prompts": FOUR_PROMPTS[:2]} if travel else {}
    plain = bench.make("animatediff", num_inference_steps=6, **fields)
    loop = bench.make("animatediff", num_inference_steps=6, closed_loop=True, **fields)
    assert loop["settings"]["closed_loop_method"] == "latent-shift"
    assert loop["frames"] == plain["frames"]
    assert digest(loop) != digest(plain)


@pytest.mark.parametrize("family", ALL)
def test_a_gif_has_the_asked_frames_and_plays_at_the_asked_rate(bench, family):
    made = bench.make(family, output_format="gif", num_frames=10, fps=12)
    assert (made["mime_type"], made["frames"]) == ("image/gif", 10)
    assert made["fps"] == pytest.approx(12, abs=0.3)


def test_progress_counts_the_steps_that_are_really_made(bench):
    bench.make("animatediff", scheduler="PNDMScheduler", num_inference_steps=4)
    stages = list(dict.fromkeys(stage for stage, _, _ in bench.events))
    assert stages == ["encoding_prompt", "denoising", "decoding", "muxing", "done"]
    steps = [(i, n) for stage, i, n in bench.events if stage == "denoising"]
    # PNDM asks the model 13 times for 4 steps.
    assert steps[-1] == (13, 13)


def test_progress_of_several_clips_is_one_count(bench):
    bench.make("wan", prompts=FOUR_PROMPTS[:3], num_inference_steps=2, width=32, height=32)
    counted = [(i, n) for stage, i, n in bench.events if stage == "denoising" and i]
    assert counted[-1] == (6, 6)
    assert [i for i, _ in counted] == sorted(i for i, _ in counted)


@pytest.mark.parametrize("family", ALL)
@pytest.mark.parametrize("stage", ["encoding_prompt", "denoising", "decoding", "muxing"])
def test_cancelled_in_any_stage_it_stops_there_and_the_model_stays_usable(bench, family, stage):
    plain = bench.make(family)
    cancelled = threading.Event()

    def when(now, i, n):
        if now == stage and (stage != "denoising" or i == 1):
            cancelled.set()

    with pytest.raises(Cancelled):
        bench.make(family, cancelled=cancelled, report=when)
    assert bench.events[-1][0] == stage
    assert digest(bench.make(family)) == digest(plain)


def test_a_prompt_beyond_what_the_text_encoder_reads_is_said(bench):
    made = bench.make("animatediff", prompt="word " * 60)
    assert "longer than the 77 tokens" in made["warnings"][0]


@pytest.mark.parametrize(
    "profile",
    ["memory=tiling", "storage=fp8", "attention=_native_math", "cache=first_block:0.5"],
)
@pytest.mark.parametrize("family", ["wan", "ltx", "cogvideox"])
def test_a_profile_runs_more_than_once_and_is_reported(bench, family, profile):
    loaded = bench.model(family, profile=profile)
    first, second = bench.make(loaded), bench.make(loaded)
    assert digest(first) == digest(second)
    assert profile in first["settings"]["profile"]


def test_animatediff_runs_in_less_memory_with_travel(bench):
    loaded = bench.model("animatediff", profile="memory=tiling")
    assert bench.make(loaded, prompts=FOUR_PROMPTS, width=32, height=32)["frames"] == 128


def test_a_profile_that_the_model_cannot_have_is_refused(bench):
    with pytest.raises(WorkerError, match="first-block cache"):
        bench.model("animatediff", profile="cache=first_block:0.1")


def test_a_picture_checkpoint_makes_videos_with_a_motion_adapter(bench):
    motion = str(bench.tiny / "motion")
    loaded = bench.model("animatediff", path=str(bench.tiny / "sd15"), motion_adapter=motion)
    assert digest(bench.make(loaded)) == digest(bench.make("animatediff"))


def test_a_picture_checkpoint_without_a_motion_adapter_says_what_to_do(bench):
    with pytest.raises(WorkerError) as caught:
        bench.model("animatediff", path=str(bench.tiny / "sd15"))
    assert "motion adapter" in caught.value.message


def test_defaults_and_noise_levels_of_a_distilled_model_are_used(bench):
    loaded = bench.model(
        "ltx",
        defaults={"num_inference_steps": 3, "guidance_scale": 1},
        sigmas=[1.0, 0.75, 0.4],
    )
    made = bench.make(loaded, num_inference_steps=None, num_frames=9)
    assert made["settings"]["num_inference_steps"] == 3
    assert [i for stage, i, _ in bench.events if stage == "denoising"][-1] == 3
    # The model's own shift acts on them, as it does on any others.
    assert len(loaded.pipe.scheduler.sigmas[:-1]) == 3


def test_a_lora_that_belongs_to_the_model_is_always_on(bench):
    path = str(bench.tiny / "loras" / "wan.safetensors")
    loaded = bench.model("wan", loras=({"path": path, "strength": 0.5},))
    assert digest(bench.make(loaded)) != digest(bench.make("wan"))


def test_two_aliases_of_the_same_files_share_a_pipeline_and_keep_their_own_defaults(tiny):
    warm = WarmModels(CPU, most=2)
    fields = {"family": "wan", "path": str(tiny / "wan")}
    first = warm.get(parse_model({**fields, "alias": "a"}), lambda: None)
    fast = parse_model({**fields, "alias": "b", "defaults": {"num_inference_steps": 4}})
    second = warm.get(fast, lambda: pytest.fail("loaded twice"))
    assert second is first
    assert second.family.defaults["num_inference_steps"] == 4
    again = warm.get(parse_model({**fields, "alias": "a"}), lambda: None)
    assert again.family.defaults["num_inference_steps"] == 50


def test_the_least_recently_used_model_goes_first(tiny):
    warm = WarmModels(CPU, most=2)
    for name in ("wan", "ltx", "wan", "cogvideox"):
        fields = {"alias": name, "family": name, "path": str(tiny / name)}
        warm.get(parse_model(fields), lambda: None)
    assert warm.aliases() == ["wan", "cogvideox"]

from dataclasses import replace

import pytest

from text_to_video_worker.errors import WorkerError
from text_to_video_worker.families import FAMILIES, SCHEDULER_NAMES
from text_to_video_worker.plan import frames_to_make, make_plan

from .requests import request

OWN = {
    "animatediff": "DDIMScheduler",
    "wan": "UniPCMultistepScheduler",
    "ltx": "FlowMatchEulerDiscreteScheduler",
    "ltx2": "FlowMatchEulerDiscreteScheduler",
    "hunyuanvideo15": "FlowMatchEulerDiscreteScheduler",
    "cogvideox": "CogVideoXDDIMScheduler",
}
FOUR_PROMPTS = [{"prompt": f"scene {i}", "frames": 32} for i in range(4)]


def plan(family, **fields):
    return make_plan(request(**fields), FAMILIES[family], OWN[family])


def test_a_models_own_negative_prompt_stands_in_for_one_where_there_is_guidance():
    family = replace(FAMILIES["wan"], negative_prompt="blurry")

    def made(**fields):
        return make_plan(request(**fields), family, OWN["wan"])

    assert made().negative_prompt == "blurry"
    assert made(negative_prompt="red").negative_prompt == "red"
    fast = made(guidance_scale=1, strict=True)
    assert (fast.negative_prompt, fast.warnings) == ("", ())


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("frames", [1, 5, 8, 9, 10, 12, 13, 16, 17, 80, 81, 128])
def test_the_pipeline_makes_at_least_what_is_kept_and_a_count_that_it_can_make(family, frames):
    made = plan(family, num_frames=frames)
    rule = FAMILIES[family]
    assert made.frames == frames
    assert made.clips[0].keep == frames <= made.clips[0].frames
    assert (made.clips[0].frames - rule.frame_plus) % rule.frame_multiple == 0


def test_counts_are_rounded_up_and_never_down():
    wan, ltx = FAMILIES["wan"], FAMILIES["ltx"]
    assert [frames_to_make(wan, n) for n in (1, 5, 6, 80, 81, 82)] == [5, 5, 9, 81, 81, 85]
    assert [frames_to_make(ltx, n) for n in (1, 9, 10, 161)] == [9, 9, 17, 161]


@pytest.mark.parametrize(
    ("family", "pipeline_size"),
    [("animatediff", (1920, 1080)), ("wan", (1920, 1088)), ("ltx", (1920, 1088))],
)
def test_a_size_that_the_model_cannot_make_is_made_larger_and_cropped(family, pipeline_size):
    made = plan(family, width=1920, height=1080)
    assert (made.width, made.height) == (1920, 1080)
    assert (made.pipeline_width, made.pipeline_height) == pipeline_size
    assert made.warnings == ()


def test_an_odd_size_is_made_even_for_mp4_and_left_alone_for_gif():
    assert plan("wan", width=101, height=75).width == 100
    assert "even" in plan("wan", width=101, height=75).warnings[0]
    assert plan("wan", width=101, height=75, output_format="gif").height == 75


def test_four_prompts_travel_in_one_clip_on_animatediff():
    made = plan("animatediff", prompts=FOUR_PROMPTS)
    (clip,) = made.clips
    assert clip.prompt == {0: "scene 0", 32: "scene 1", 64: "scene 2", 96: "scene 3"}
    assert (clip.frames, made.frames, made.window_frames) == (128, 128, 16)


def test_travel_shorter_than_the_window_narrows_the_window():
    short = [{"prompt": "a", "frames": 4}, {"prompt": "b", "frames": 4}]
    assert plan("animatediff", prompts=short).window_frames == 8


def test_four_prompts_are_four_clips_of_exact_length_elsewhere():
    made = plan("wan", prompts=FOUR_PROMPTS)
    assert [(c.prompt, c.keep, c.frames) for c in made.clips] == [
        (f"scene {i}", 32, 33) for i in range(4)
    ]
    assert "cut" in made.warnings[0]


def test_a_long_video_with_one_prompt_slides_a_window_only_where_the_model_needs_it():
    assert plan("animatediff", num_frames=32).window_frames == 0
    assert plan("animatediff", num_frames=33).window_frames == 16
    assert plan("wan", num_frames=129).window_frames == 0


def test_a_loop_rolls_latents_only_with_a_sampler_without_memory():
    assert plan("animatediff", closed_loop=True).closed_loop == "latent-shift"
    multistep = plan("animatediff", closed_loop=True, scheduler="UniPCMultistepScheduler")
    assert multistep.closed_loop == "ping-pong"
    assert plan("wan", closed_loop=True).closed_loop == "ping-pong"


def test_a_travelling_loop_comes_back_to_its_first_prompt():
    made = plan("animatediff", closed_loop=True, prompts=FOUR_PROMPTS)
    assert made.clips[0].prompt[127] == "scene 0"


@pytest.mark.parametrize("frames", [8, 9, 16, 81])
def test_forth_and_back_makes_half_the_frames(frames):
    made = plan("wan", closed_loop=True, num_frames=frames)
    assert made.frames == frames
    assert made.clips[0].keep == frames // 2 + 1


def test_forth_and_back_keeps_every_prompt():
    made = plan("wan", closed_loop=True, prompts=FOUR_PROMPTS)
    assert [c.prompt for c in made.clips] == [f"scene {i}" for i in range(4)]
    assert sum(c.keep for c in made.clips) == 65


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", SCHEDULER_NAMES)
def test_each_documented_scheduler_is_used_or_named_in_a_warning(family, name):
    made = plan(family, scheduler=name, num_inference_steps=4)
    if name in FAMILIES[family].schedulers:
        assert made.scheduler == name
        assert made.warnings == ()
    else:
        assert made.scheduler is None
        assert name in made.warnings[0]
        with pytest.raises(WorkerError) as caught:
            plan(family, scheduler=name, num_inference_steps=4, strict=True)
        assert (caught.value.code, caught.value.field) == ("unsupported_field", "scheduler")


def test_an_unknown_scheduler_is_a_mistake_and_not_a_warning():
    with pytest.raises(WorkerError) as caught:
        plan("wan", scheduler="EulerScheduler")
    assert caught.value.code == "invalid_request"


@pytest.mark.parametrize(
    ("family", "fields", "field"),
    [
        ("wan", {"embeddings": [{"model_name": "bad", "path": "bad"}]}, "embeddings"),
        ("wan", {"clip_skip": 2}, "clip_skip"),
        ("animatediff", {"strength": 0.5}, "strength"),
        ("ltx", {"negative_prompt": "blurry", "guidance_scale": 1}, "negative_prompt"),
        ("wan", {"width": 65}, "size"),
    ],
)
def test_what_a_family_cannot_do_is_a_warning_or_with_strict_a_refusal(family, fields, field):
    assert len(plan(family, **fields).warnings) == 1
    with pytest.raises(WorkerError) as caught:
        plan(family, **fields, strict=True)
    assert (caught.value.code, caught.value.field) == ("unsupported_field", field)


def test_clip_skip_beyond_the_text_encoder_is_refused():
    assert plan("animatediff", clip_skip=12).clip_skip == 12
    with pytest.raises(WorkerError) as caught:
        plan("animatediff", clip_skip=13)
    assert caught.value.field == "clip_skip"


def test_an_embedding_whose_name_is_nowhere_written_is_a_warning():
    one = [{"model_name": "badhandv4", "path": "x"}]
    assert plan("animatediff", embeddings=one, negative_prompt="badhandv4").warnings == ()
    assert "badhandv4" in plan("animatediff", embeddings=one).warnings[0]


def test_loras_of_a_family_that_takes_none_are_told_of():
    family = FAMILIES["animatediff"]
    family = replace(family, supports=type(family.supports)(set(family.supports) - {"loras"}))
    lora = [{"model_name": "a", "path": "a.safetensors", "strength": 0.5}]
    told = make_plan(request(loras=lora), family, OWN["animatediff"]).warnings
    assert any("takes no LoRAs" in text for text in told)
    assert make_plan(request(), family, OWN["animatediff"]).warnings == ()


def test_a_lora_of_strength_zero_is_left_out():
    made = plan("wan", loras=[{"model_name": "x", "path": "x", "strength": 0}])
    assert made.loras == ()
    assert "strength 0" in made.warnings[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_picture_is_used_or_refused_and_never_left_out(family):
    rule = FAMILIES[family]
    given = {"input_reference": "picture.png"}
    without = replace(rule, start_image="no")
    with pytest.raises(WorkerError, match="does not begin a video with a picture") as refused:
        make_plan(request(**given), without, OWN[family])
    assert refused.value.field == "input_reference"
    needed = replace(rule, start_image="required")
    with pytest.raises(WorkerError, match="from a picture only"):
        make_plan(request(), needed, OWN[family])
    make_plan(request(**given), needed, OWN[family])
    make_plan(request(), without, OWN[family])


def test_weights_that_a_family_reads_not_are_told_where_there_are_any():
    rule = replace(FAMILIES["wan"], prompt_weights=False)

    def told(**fields):
        return list(make_plan(request(**fields), rule, OWN["wan"]).warnings)

    assert told() == []
    assert "reads no weights" in told(prompt="a (red:1.4) boat")[0]
    assert "reads no weights" in told(negative_prompt="(blurry:1.2)", guidance_scale=5)[0]


def test_the_second_guidance_of_a_model_goes_with_its_own_first_one_only():
    own = {**FAMILIES["wan"].defaults, "guidance_scale": 4.0, "guidance_scale_2": 3.0}
    family = replace(FAMILIES["wan"], defaults=own)

    def second(**fields):
        return make_plan(request(**fields), family, OWN["wan"]).guidance_scale_2

    assert second() == 3
    assert second(guidance_scale=4) == 3
    assert second(guidance_scale=6) is None


def test_fewer_steps_than_a_family_needs_are_refused_and_just_enough_are_not():
    family = replace(FAMILIES["wan"], min_steps=4)
    with pytest.raises(WorkerError, match="needs at least 4 steps") as refused:
        make_plan(request(num_inference_steps=3), family, "FlowMatchEulerDiscreteScheduler")
    assert refused.value.field == "num_inference_steps"
    made = make_plan(request(num_inference_steps=4), family, "FlowMatchEulerDiscreteScheduler")
    assert made.steps == 4


def test_too_many_frames_are_refused():
    with pytest.raises(WorkerError) as caught:
        plan("wan", num_frames=5000)
    assert caught.value.field == "num_frames"


def test_a_loop_that_is_played_back_is_said_and_another_is_not():
    assert "forth and back" in plan("wan", closed_loop=True).warnings[0]
    assert plan("animatediff", closed_loop=True).warnings == ()
    assert plan("wan").warnings == ()


@pytest.mark.parametrize(("scale", "warns"), [(0, True), (1, True), (1.01, False), (2, False)])
def test_a_negative_prompt_needs_guidance(scale, warns):
    made = plan("wan", negative_prompt="blurry", guidance_scale=scale)
    assert any("no effect" in warning for warning in made.warnings) == warns


def test_the_longest_video_that_a_family_makes_in_one_go_is_made():
    family = FAMILIES["wan"]
    most = (family.max_frames - 1) // family.frame_multiple * family.frame_multiple + 1
    assert plan("wan", num_frames=most).frames == most
    with pytest.raises(WorkerError) as caught:
        plan("wan", num_frames=most + 1)
    assert caught.value.field == "num_frames"


@pytest.mark.parametrize(
    ("family", "frames", "window"),
    [("animatediff", 32, 0), ("animatediff", 33, 16), ("wan", 81, 0)],
)
def test_a_window_slides_only_where_the_model_cannot_see_all_frames(family, frames, window):
    assert plan(family, num_frames=frames).window_frames == window

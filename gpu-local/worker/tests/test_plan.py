from dataclasses import replace

import pytest

from text_to_video_worker.errors import WorkerError
from text_to_video_worker.families import FAMILIES, SCHEDULER_NAMES
from text_to_video_worker.plan import (
    TRAVEL_STRIDE_FRAMES,
    TRAVEL_WINDOW_FRAMES,
    Clip,
    Plan,
    frames_to_make,
    make_plan,
    round_up,
)
from text_to_video_worker.request import Adapter

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


@pytest.mark.parametrize(
    ("shares", "size", "made"),
    [
        (1, (48, 48), (48, 48)),
        # 3 x 3 patches become 4 x 3.
        (2, (48, 48), (64, 48)),
        (2, (832, 480), (832, 480)),
        (8, (1280, 720), (1280, 720)),
        (4, (1272, 714), (1280, 720)),
        # 5 x 5: of the widths above it, 8 is the first whose patches 8 devices can share.
        (8, (80, 80), (128, 80)),
    ],
)
def test_a_picture_is_wide_enough_for_its_patches_to_be_shared_out_evenly(shares, size, made):
    family = replace(FAMILIES["wan"], shares=shares)
    found = make_plan(request(width=size[0], height=size[1]), family, OWN["wan"])
    assert (found.pipeline_width, found.pipeline_height) == made
    assert (found.width, found.height) == size


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


def refused(family, own=None, **fields):
    """What a refusal says: code, field, message and remedy."""
    rule = FAMILIES[family] if isinstance(family, str) else family
    with pytest.raises(WorkerError) as caught:
        make_plan(request(**fields), rule, own or OWN[rule.name])
    error = caught.value
    return error.code, error.field, error.message, error.remedy


def test_everything_that_was_asked_arrives_where_the_pipeline_looks_for_it():
    asked = request(
        prompt="a style boat",
        negative_prompt="bad",
        width=317,
        height=190,
        fps=12,
        num_frames=40,
        num_inference_steps=30,
        guidance_scale=4.5,
        seed=99,
        scheduler="LMSDiscreteScheduler",
        loras=[{"model_name": "style", "path": "/style", "strength": 0.75}],
        embeddings=[{"model_name": "bad", "path": "/bad"}],
        clip_skip=3,
        output_format="gif",
        strict=True,
    )
    assert make_plan(asked, FAMILIES["animatediff"], OWN["animatediff"]) == Plan(
        clips=(Clip("a style boat", 40, 40, 0),),
        negative_prompt="bad",
        width=317,
        height=190,
        frames=40,
        fps=12,
        pipeline_width=320,
        pipeline_height=192,
        steps=30,
        guidance_scale=4.5,
        guidance_scale_2=None,
        seed=99,
        scheduler="LMSDiscreteScheduler",
        window_frames=16,
        clip_skip=3,
        closed_loop=None,
        start_image=None,
        loras=(Adapter("style", "/style", 0.75),),
        embeddings=(Adapter("bad", "/bad", 1.0),),
        output_format="gif",
        strict=True,
        warnings=(),
    )


def test_what_was_not_asked_is_the_models_own():
    asked = request(num_inference_steps=None, guidance_scale=None, input_reference="/a.png")
    family = replace(
        FAMILIES["wan"],
        start_image="optional",
        negative_prompt="blurry",
        defaults={"num_inference_steps": 12.0, "guidance_scale": 6.0, "guidance_scale_2": 2.5},
    )
    assert make_plan(asked, family, OWN["wan"]) == Plan(
        clips=(Clip("a lighthouse in a storm", 17, 16, 0),),
        negative_prompt="blurry",
        width=64,
        height=64,
        frames=16,
        fps=8,
        pipeline_width=64,
        pipeline_height=64,
        steps=12,
        guidance_scale=6,
        guidance_scale_2=2.5,
        seed=7,
        scheduler=None,
        window_frames=0,
        clip_skip=None,
        closed_loop=None,
        start_image="/a.png",
        loras=(),
        embeddings=(),
        output_format="mp4",
        strict=False,
        warnings=(),
    )


LORA = {"model_name": "style", "path": "/s", "strength": 1}
NOTHING_TO_GIVE = replace(FAMILIES["wan"], supports=frozenset(), clip_layers=0)


@pytest.mark.parametrize(
    ("fields", "field", "message", "remedy"),
    [
        (
            {"scheduler": "PNDMScheduler"},
            "scheduler",
            "PNDMScheduler does not work with Wan 2.1 / 2.2; the model's own scheduler was used.",
            f"Choose one of: {', '.join(FAMILIES['wan'].schedulers)}.",
        ),
        (
            {"loras": [LORA]},
            "loras",
            "Wan 2.1 / 2.2 takes no LoRAs in diffusers; they were left out.",
            "Leave the LoRAs out, or use a model of another family.",
        ),
        (
            {"embeddings": [LORA]},
            "embeddings",
            "Wan 2.1 / 2.2 has no embeddings (textual inversion); they were left out.",
            "Leave the embeddings out, or use an AnimateDiff model.",
        ),
        (
            {"clip_skip": 1},
            "clip_skip",
            "Wan 2.1 / 2.2 has no CLIP text encoder, so clip_skip was left out.",
            "Leave clip_skip out, or use an AnimateDiff model.",
        ),
        (
            {"strength": 0},
            "strength",
            "strength has no meaning without a start image or video, so strength was left out.",
            "Leave strength out.",
        ),
        (
            {"strength": 0.5, "input_reference": "/a.png"},
            "strength",
            "Wan 2.1 / 2.2 takes the start image as it is, so strength was left out.",
            "Leave strength out.",
        ),
        (
            {"negative_prompt": "blurry", "guidance_scale": 1},
            "negative_prompt",
            "The negative prompt has no effect with a guidance scale of 1 or less.",
            "Raise the guidance scale above 1, or leave the negative prompt out.",
        ),
        *(
            (
                size,
                "size",
                f"An MP4 has an even width and height, so the video is {made}.",
                "Use an even width and height.",
            )
            for size, made in (
                ({"width": 65}, "64x64"),
                ({"height": 67}, "64x66"),
                ({"width": 71, "height": 33}, "70x32"),
            )
        ),
        *(
            (
                {**weighted, "guidance_scale": 5},
                "prompt",
                "Wan 2.1 / 2.2 reads no weights in a prompt: (red:1.4) was read as red.",
                "Say it in words, or use an AnimateDiff model.",
            )
            for weighted in (
                {"prompt": "a (boat:1.2)"},
                {"negative_prompt": "a (boat:1.2)"},
                {"prompts": [{"prompt": "a (boat:1.2)", "frames": 5}]},
            )
        ),
    ],
)
def test_what_is_not_honoured_is_said_once_and_with_strict_refused_with_a_way_out(
    fields, field, message, remedy
):
    family = replace(NOTHING_TO_GIVE, start_image="optional")
    made = make_plan(request(**fields), family, OWN["wan"])
    assert made.warnings == (message,)
    assert (made.loras, made.embeddings, made.clip_skip, made.scheduler) == ((), (), None, None)
    said = refused(family, strict=True, **fields)
    assert said == ("unsupported_field", field, message, remedy)


@pytest.mark.parametrize(
    ("family", "fields", "said"),
    [
        (
            FAMILIES["wan"],
            {"scheduler": "Euler"},
            (
                "scheduler",
                f'The scheduler "Euler" is not known. Known are: {", ".join(SCHEDULER_NAMES)}.',
                None,
            ),
        ),
        (
            FAMILIES["animatediff"],
            {"scheduler": "PNDMScheduler", "num_inference_steps": 3},
            (
                "num_inference_steps",
                'The field "num_inference_steps" is 3, but AnimateDiff with PNDMScheduler needs '
                "at least 4 steps.",
                "Use at least 4 steps, or another scheduler.",
            ),
        ),
        (
            FAMILIES["ltx"],
            {"num_inference_steps": 1},
            (
                "num_inference_steps",
                'The field "num_inference_steps" is 1, but LTX-Video with '
                "FlowMatchEulerDiscreteScheduler needs at least 2 steps.",
                "Use at least 2 steps, or another scheduler.",
            ),
        ),
        (
            FAMILIES["animatediff"],
            {"clip_skip": 13},
            (
                "clip_skip",
                'The field "clip_skip" is 13, but this model\'s text encoder has 12 layers.',
                "Use 1 to 12.",
            ),
        ),
        (
            FAMILIES["animatediff"],
            {"num_frames": 1025},
            (
                "num_frames",
                "1025 frames are more than AnimateDiff makes in one go (1024).",
                "Ask for fewer seconds or fewer frames a second.",
            ),
        ),
        (
            FAMILIES["wan"],
            {"prompts": [{"prompt": "a", "frames": 5}, {"prompt": "b", "frames": 1022}]},
            (
                "num_frames",
                "1025 frames are more than Wan 2.1 / 2.2 makes in one go (1024).",
                "Ask for fewer seconds or fewer frames a second.",
            ),
        ),
        (
            replace(FAMILIES["wan"], start_image="required"),
            {},
            (
                "input_reference",
                "This model makes videos from a picture only, and none was given.",
                "Give the picture that the video begins with as input_reference.",
            ),
        ),
    ],
)
def test_what_cannot_be_made_is_a_mistake_with_a_way_out(family, fields, said):
    assert refused(family, **fields) == ("invalid_request", *said)


def test_a_picture_that_a_model_cannot_use_is_refused_with_a_way_out():
    assert refused("animatediff", input_reference="/a.png") == (
        "unsupported_field",
        "input_reference",
        "This model does not begin a video with a picture.",
        "Leave the picture out, or use a model that makes videos from pictures.",
    )


@pytest.mark.parametrize(
    ("family", "scheduler", "own", "steps"),
    [
        ("animatediff", "PNDMScheduler", "DDIMScheduler", 4),
        # The model's own needs as many where nothing else is asked.
        ("animatediff", None, "PNDMScheduler", 4),
        ("animatediff", "DDIMScheduler", "PNDMScheduler", 1),
        ("wan", None, "UniPCMultistepScheduler", 1),
        ("ltx", "LCMScheduler", "FlowMatchEulerDiscreteScheduler", 2),
    ],
)
def test_the_fewest_steps_are_those_of_the_family_and_the_scheduler(family, scheduler, own, steps):
    fields = {"scheduler": scheduler, "num_inference_steps": steps}
    assert make_plan(request(**fields), FAMILIES[family], own).steps == steps


def test_a_scheduler_that_was_not_honoured_asks_for_no_steps():
    # PNDM needs four, but Wan runs with its own.
    assert plan("wan", scheduler="PNDMScheduler", num_inference_steps=2).steps == 2


@pytest.mark.parametrize(
    ("asked", "own", "loop"),
    [
        (None, "DDIMScheduler", "latent-shift"),
        (None, "EulerDiscreteScheduler", "latent-shift"),
        (None, "PNDMScheduler", "ping-pong"),
        ("LCMScheduler", "PNDMScheduler", "latent-shift"),
        ("LMSDiscreteScheduler", "DDIMScheduler", "ping-pong"),
    ],
)
def test_a_loop_goes_by_the_scheduler_that_is_used(asked, own, loop):
    fields = {"closed_loop": True, "scheduler": asked, "num_inference_steps": 4}
    made = make_plan(request(**fields), FAMILIES["animatediff"], own)
    back = ("The loop is closed by playing the video forth and back.",)
    assert (made.closed_loop, made.warnings) == (loop, back if loop == "ping-pong" else ())
    assert made.frames == 16
    assert (
        make_plan(
            request(**{**fields, "closed_loop": False}), FAMILIES["animatediff"], own
        ).closed_loop
        is None
    )


def test_a_family_that_cannot_roll_plays_back_whatever_the_scheduler():
    made = plan("wan", closed_loop=True, scheduler="EulerDiscreteScheduler")
    assert made.closed_loop == "ping-pong"


@pytest.mark.parametrize(
    ("multiple", "plus", "least", "counts"),
    [
        (1, 0, 1, {1: 1, 2: 2, 7: 7}),
        (4, 1, 5, {1: 5, 4: 5, 5: 5, 6: 9, 9: 9, 10: 13}),
        (8, 1, 1, {1: 1, 2: 9, 9: 9, 10: 17}),
        (4, 0, 1, {1: 4, 4: 4, 5: 8}),
        (4, 3, 1, {1: 3, 3: 3, 4: 7}),
        (4, 9, 1, {1: 9, 9: 9, 10: 13}),
        (4, 1, 6, {1: 9, 9: 9}),
    ],
)
def test_frames_are_the_fewest_that_a_family_can_make(multiple, plus, least, counts):
    family = replace(FAMILIES["wan"], frame_multiple=multiple, frame_plus=plus, min_frames=least)
    assert {frames: frames_to_make(family, frames) for frames in counts} == counts


def test_a_size_is_rounded_up_to_what_a_pipeline_can_make():
    assert [round_up(size, 16) for size in (0, 1, 15, 16, 17, 32, 33)] == [0, *[16] * 3, 32, 32, 48]
    made = plan("ltx", width=34, height=62)
    assert (made.width, made.height, made.pipeline_width, made.pipeline_height) == (34, 62, 64, 64)
    cut = plan("ltx", width=33, height=65)
    assert (cut.width, cut.height, cut.pipeline_width, cut.pipeline_height) == (32, 64, 32, 64)


def parts(*frames):
    return [{"prompt": "abcdef"[i], "frames": count} for i, count in enumerate(frames)]


@pytest.mark.parametrize(
    ("fields", "clips", "frames"),
    [
        # One prompt: frames to make, to keep and to skip.
        ({"num_frames": 16}, [("p", 17, 16, 0)], 16),
        ({"prompts": parts(7)}, [("a", 9, 7, 0)], 7),
        ({"num_frames": 16, "closed_loop": True}, [("p", 9, 9, 0)], 16),
        ({"num_frames": 17, "closed_loop": True}, [("p", 9, 9, 0)], 17),
        ({"num_frames": 18, "closed_loop": True}, [("p", 13, 10, 0)], 18),
        ({"num_frames": 1, "closed_loop": True}, [("p", 5, 1, 0)], 1),
        ({"prompts": parts(10), "closed_loop": True}, [("a", 9, 6, 0)], 10),
        # Several: each its own length.
        ({"prompts": parts(8, 5)}, [("a", 9, 8, 0), ("b", 5, 5, 0)], 13),
        (
            {"prompts": parts(1, 2, 30)},
            [("a", 5, 1, 0), ("b", 5, 2, 0), ("c", 33, 30, 0)],
            33,
        ),
        # Forth and back, each has its share of the way forth.
        ({"prompts": parts(10, 10), "closed_loop": True}, [("a", 5, 5, 0), ("b", 9, 6, 0)], 20),
        ({"prompts": parts(30, 10), "closed_loop": True}, [("a", 17, 15, 0), ("b", 9, 6, 0)], 40),
        # One that has none of it is not made.
        ({"prompts": parts(1, 9), "closed_loop": True}, [("b", 9, 6, 0)], 10),
    ],
)
def test_clips_are_as_long_as_their_prompts(fields, clips, frames):
    made = plan("wan", **{"prompt": "p", **fields})
    assert [(one.prompt, one.frames, one.keep, one.skip) for one in made.clips] == clips
    assert made.frames == frames


def test_clips_after_a_picture_begin_with_the_last_picture_of_the_one_before():
    family = replace(FAMILIES["wan"], start_image="optional")
    fields = {"prompts": parts(8, 4, 5), "input_reference": "/a.png"}
    made = make_plan(request(**fields), family, OWN["wan"])
    assert [(one.frames, one.keep, one.skip) for one in made.clips] == [
        (9, 8, 0),
        (5, 4, 1),
        (9, 5, 1),
    ]
    assert made.frames == 17
    assert made.warnings == (
        "Wan 2.1 / 2.2 makes one clip a prompt; each goes on from the last picture of the one "
        "before.",
    )
    del fields["input_reference"]
    assert make_plan(request(**fields), family, OWN["wan"]).warnings == (
        "Wan 2.1 / 2.2 makes one clip a prompt; they follow one another with a cut.",
    )


@pytest.mark.parametrize(
    ("fields", "keys", "frames", "keep", "window"),
    [
        ({"prompts": parts(8, 4)}, {0: "a", 8: "b"}, 12, 12, 12),
        ({"prompts": parts(8, 8)}, {0: "a", 8: "b"}, 16, 16, 16),
        ({"prompts": parts(8, 9)}, {0: "a", 8: "b"}, 17, 17, 16),
        ({"prompts": parts(3, 4, 5)}, {0: "a", 3: "b", 7: "c"}, 12, 12, 12),
        # A rolled loop ends as it began.
        ({"prompts": parts(8, 4), "closed_loop": True}, {0: "a", 8: "b", 11: "a"}, 12, 12, 12),
        # Where the last prompt begins with the last frame, it keeps it.
        ({"prompts": parts(8, 1), "closed_loop": True}, {0: "a", 8: "b"}, 9, 9, 9),
        # Forth and back, the first of those that begin together stays.
        (
            {"prompts": parts(10, 10), "closed_loop": True, "scheduler": "PNDMScheduler"},
            {0: "a", 5: "b"},
            11,
            11,
            11,
        ),
        (
            {"prompts": parts(1, 9), "closed_loop": True, "scheduler": "PNDMScheduler"},
            {0: "a"},
            6,
            6,
            6,
        ),
    ],
)
def test_travelling_prompts_stand_at_the_frame_where_they_begin(fields, keys, frames, keep, window):
    made = plan("animatediff", **fields, num_inference_steps=4)
    assert made.clips == (Clip(keys, frames, keep, 0),)
    assert made.window_frames == window
    assert made.frames == sum(part["frames"] for part in fields["prompts"])
    assert "cut" not in "".join(made.warnings)


def test_the_window_is_16_frames_and_moves_on_by_4():
    assert (TRAVEL_WINDOW_FRAMES, TRAVEL_STRIDE_FRAMES) == (16, 4)


@pytest.mark.parametrize(
    ("sees", "frames", "window"),
    [(0, 100, 0), (8, 8, 0), (8, 9, 8), (16, 17, 16), (24, 24, 0), (24, 25, 16)],
)
def test_a_window_is_no_wider_than_the_model_sees(sees, frames, window):
    family = replace(FAMILIES["animatediff"], window_frames=sees)
    asked = request(num_frames=frames)
    assert make_plan(asked, family, OWN["animatediff"]).window_frames == window


def test_loras_of_strength_0_are_left_out_and_others_stay():
    off, on = {**LORA, "model_name": "off", "strength": 0}, {**LORA, "model_name": "on"}
    made = plan("wan", loras=[off, on])
    assert made.loras == (Adapter("on", "/s", 1),)
    assert made.warnings == ('The LoRA "off" has strength 0, so it was left out.',)
    # Nothing is left to refuse where all are off.
    only = make_plan(request(loras=[off], strict=True), NOTHING_TO_GIVE, OWN["wan"])
    assert only.warnings == ('The LoRA "off" has strength 0, so it was left out.',)
    weak = plan("wan", loras=[{**LORA, "strength": -0.1}])
    assert (weak.loras[0].strength, weak.warnings) == (-0.1, ())


@pytest.mark.parametrize(
    ("fields", "written"),
    [
        ({"prompt": "a bad boat"}, True),
        ({"negative_prompt": "bad"}, True),
        ({"prompts": [{"prompt": "x", "frames": 4}, {"prompt": "bad", "frames": 4}]}, True),
        ({"prompt": "a boat", "negative_prompt": "ba d"}, False),
    ],
)
def test_an_embedding_works_by_its_name_in_any_text(fields, written):
    made = plan("animatediff", embeddings=[{"model_name": "bad", "path": "/bad"}], **fields)
    said = (
        'The embedding "bad" has no effect: write its name in the prompt or in the negative '
        "prompt.",
    )
    assert made.warnings == (() if written else said)
    assert made.embeddings == (Adapter("bad", "/bad", 1),)


def test_the_models_own_negative_prompt_needs_guidance_as_any():
    family = replace(FAMILIES["wan"], negative_prompt="own")

    def made(**fields):
        one = make_plan(request(**fields), family, OWN["wan"])
        return one.negative_prompt, len(one.warnings)

    assert made(guidance_scale=1.01) == ("own", 0)
    assert made(guidance_scale=1) == ("", 0)
    assert made(guidance_scale=0) == ("", 0)
    assert made(guidance_scale=1, negative_prompt="given") == ("given", 1)
    assert made(guidance_scale=2, negative_prompt="given") == ("given", 0)


def test_weights_are_kept_for_a_model_that_reads_them_and_taken_out_for_others():
    fields = {
        "prompt": "a (red:1.4) boat",
        "negative_prompt": "(blurry:1.2)",
        "guidance_scale": 5,
    }
    kept, plain = plan("animatediff", **fields), plan("wan", **fields)
    assert (kept.texts(), kept.warnings) == (["(blurry:1.2)", "a (red:1.4) boat"], ())
    assert (plain.texts(), len(plain.warnings)) == (["blurry", "a red boat"], 1)
    travel = plan("wan", prompts=[{"prompt": f"({n}:1.4)", "frames": 5} for n in "ab"])
    assert [one.prompt for one in travel.clips] == ["a", "b"]
    # Brackets without a number mean nothing to it, and are no reason to warn.
    assert plan("wan", prompt="a (red) [boat]").warnings == ()


def test_all_texts_of_a_job_are_told_once_the_negative_one_first():
    several = [{"prompt": text, "frames": 4} for text in "aba"]
    for family in ("animatediff", "wan"):
        fields = {"prompts": several, "negative_prompt": "n", "guidance_scale": 5}
        assert plan(family, **fields).texts() == ["n", "a", "b"]
    assert plan("wan", prompt="p", guidance_scale=1).texts() == ["p"]
    assert plan("wan", prompt="n", negative_prompt="n", guidance_scale=5).texts() == ["n"]


@pytest.mark.parametrize("output_format", ["mp4", "gif"])
def test_an_even_size_is_left_alone(output_format):
    made = plan("wan", width=66, height=62, output_format=output_format)
    assert (made.width, made.height, made.warnings) == (66, 62, ())
    odd = plan("wan", width=67, height=63, output_format="gif")
    assert (odd.width, odd.height, odd.warnings) == (67, 63, ())


def test_without_strict_every_warning_is_said_in_its_order():
    fields = {
        "prompt": "a (red:1.4) boat",
        "negative_prompt": "blurry",
        "guidance_scale": 1,
        "strength": 0.5,
        "scheduler": "PNDMScheduler",
        "closed_loop": True,
        "prompts": parts(8, 8),
        "loras": [{**LORA, "strength": 0}],
        "embeddings": [LORA],
        "width": 65,
        "clip_skip": 2,
    }
    words = ["weights", "strength", "PNDM", "forth and back", "clip a prompt", "negative prompt"]
    words += ["strength 0", "embeddings", "MP4", "CLIP"]
    prompted = {**fields, "prompts": [{**one, "prompt": "(x:1.2)"} for one in fields["prompts"]]}
    made = plan("wan", **prompted)
    assert [word in said for word, said in zip(words, made.warnings, strict=True)] == [True] * 10

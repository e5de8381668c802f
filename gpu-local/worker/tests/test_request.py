import pytest

from text_to_video_worker.errors import WorkerError
from text_to_video_worker.request import Adapter, Request, Segment, parse_request

from .requests import raw, request


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seed", -1),
        ("seed", 2**32),
        ("seed", None),
        ("num_inference_steps", 0),
        ("num_inference_steps", True),
        ("width", 512.5),
        ("width", "512"),
        ("fps", float("nan")),
        ("fps", 0),
        ("guidance_scale", -1),
        ("clip_skip", 65),
        ("closed_loop", "yes"),
        ("output_format", "webm"),
        ("prompt", 5),
        ("prompts", [{"prompt": "a"}]),
        ("prompts", ["a"]),
        ("loras", [{"model_name": "x", "strength": 1}]),
        ("loras", [{"model_name": "x", "path": "x", "strength": 1}] * 6),
        ("embeddings", [{"model_name": "x", "path": "x"}] * 6),
    ],
)
def test_a_value_that_would_crash_a_pipeline_is_refused_by_name(field, value):
    with pytest.raises(WorkerError) as caught:
        parse_request(raw(**{field: value}))
    assert caught.value.code == "invalid_request"
    assert field in caught.value.message or caught.value.field in ("frames", "path")


def test_a_whole_number_that_was_written_with_a_point_is_whole():
    assert request(width=512.0).width == 512


def test_the_segments_frames_are_the_length():
    segments = [{"prompt": "a", "frames": 8}, {"prompt": "b", "frames": 24}]
    assert request(prompts=segments, num_frames=5).num_frames == 32


def test_something_else_than_an_object_is_refused():
    with pytest.raises(WorkerError):
        parse_request([])


BOUNDS = [
    ("width", 16, 16_384, 1),
    ("height", 16, 16_384, 1),
    ("fps", 0.1, 240, 0.01),
    ("num_frames", 1, 100_000, 1),
    ("num_inference_steps", 1, 1000, 1),
    ("guidance_scale", 0, 100, 0.01),
    ("seed", 0, 2**32 - 1, 1),
    ("clip_skip", 0, 64, 1),
    ("strength", 0, 1, 0.01),
]


@pytest.mark.parametrize(("field", "least", "most", "beyond"), BOUNDS)
def test_a_number_is_taken_up_to_its_bounds_and_not_beyond(field, least, most, beyond):
    for value in (least, most):
        assert (getattr(request(**{field: value}), field) or 0) == value
    for value in (least - beyond, most + beyond):
        with pytest.raises(WorkerError) as caught:
            request(**{field: value})
        assert caught.value.field == field
        assert f"from {least} to {most}" in caught.value.message


def test_lists_are_taken_up_to_their_length_and_texts_too():
    adapter = {"model_name": "x", "path": "/x", "strength": 0.5}
    for field in ("loras", "embeddings"):
        assert len(getattr(request(**{field: [adapter] * 5}), field)) == 5
        with pytest.raises(WorkerError, match="at most 5"):
            request(**{field: [adapter] * 6})
    part = {"prompt": "a", "frames": 1}
    assert len(request(prompts=[part] * 128).prompts) == 128
    with pytest.raises(WorkerError, match="at most 128"):
        request(prompts=[part] * 129)
    assert len(request(prompt="a" * 20_000).prompt) == 20_000
    with pytest.raises(WorkerError, match="at most 20000"):
        request(prompt="a" * 20_001)


def test_a_loras_strength_has_bounds_and_is_1_where_nothing_is_said():
    lora = {"model_name": "x", "path": "/x"}
    said = [request(loras=[{**lora, **more}]).loras[0].strength for more in STRENGTHS]
    assert said == [1, 0, -10, 10]
    for strength in (-10.5, 10.5):
        with pytest.raises(WorkerError, match="from -10 to 10"):
            request(loras=[{**lora, "strength": strength}])


STRENGTHS = [{}, {"strength": 0}, {"strength": -10}, {"strength": 10}]


def test_a_parts_frames_have_bounds():
    most = request(prompts=[{"prompt": "a", "frames": 100_000}])
    assert most.num_frames == 100_000
    for frames in (0, 100_001):
        with pytest.raises(WorkerError, match="from 1 to 100000"):
            request(prompts=[{"prompt": "a", "frames": frames}])


def test_what_is_left_out_is_plain():
    made = request()
    assert (made.negative_prompt, made.scheduler, made.clip_skip, made.strength) == (
        *("", None, None, None),
    )
    assert (made.loras, made.embeddings, made.prompts, made.input_reference) == ((), (), (), None)
    assert (made.closed_loop, made.strict, made.output_format) == (False, False, "mp4")
    assert request(closed_loop=True, strict=True).closed_loop
    assert request(scheduler="", input_reference="").scheduler is None
    assert made.size == 64 * 64 * 16


def refused(**fields):
    with pytest.raises(WorkerError) as caught:
        request(**fields)
    assert caught.value.code == "invalid_request"
    return caught.value.field, caught.value.message


def test_every_field_of_a_request_arrives_as_it_was_given():
    given = {
        "prompt": "a boat",
        "negative_prompt": "blurry",
        "width": 320,
        "height": 192,
        "fps": 12.5,
        "num_frames": 40,
        "num_inference_steps": 30,
        "guidance_scale": 4.5,
        "seed": 99,
        "scheduler": "DDIMScheduler",
        "prompts": [{"prompt": "one", "frames": 8}, {"prompt": "two", "frames": 12}],
        "loras": [{"model_name": "style", "path": "/style", "strength": 0.75}],
        "embeddings": [{"model_name": "bad", "path": "/bad"}],
        "closed_loop": True,
        "clip_skip": 3,
        "strength": 0.25,
        "input_reference": "/picture.png",
        "output_format": "gif",
        "strict": True,
    }
    assert parse_request(given) == Request(
        prompt="a boat",
        negative_prompt="blurry",
        width=320,
        height=192,
        fps=12.5,
        num_frames=20,
        num_inference_steps=30,
        guidance_scale=4.5,
        seed=99,
        scheduler="DDIMScheduler",
        prompts=(Segment("one", 8), Segment("two", 12)),
        loras=(Adapter("style", "/style", 0.75),),
        embeddings=(Adapter("bad", "/bad", 1.0),),
        closed_loop=True,
        clip_skip=3,
        strength=0.25,
        input_reference="/picture.png",
        output_format="gif",
        strict=True,
    )
    assert parse_request(given).size == 320 * 192 * 20


OPTIONAL = {
    "negative_prompt": "",
    "num_inference_steps": None,
    "guidance_scale": None,
    "scheduler": None,
    "prompts": (),
    "loras": (),
    "embeddings": (),
    "closed_loop": False,
    "clip_skip": None,
    "strength": None,
    "input_reference": None,
    "output_format": "mp4",
    "strict": False,
}


@pytest.mark.parametrize(("field", "plain"), OPTIONAL.items())
def test_nothing_given_is_the_same_as_left_out(field, plain):
    without = {name: value for name, value in raw().items() if name != field}
    for given in (without, raw(**{field: None})):
        value = getattr(parse_request(given), field)
        assert (value, type(value)) == (plain, type(plain))


@pytest.mark.parametrize(
    ("field", "needed"),
    [
        ("width", "a whole number from 16 to 16384"),
        ("height", "a whole number from 16 to 16384"),
        ("num_frames", "a whole number from 1 to 100000"),
        ("seed", "a whole number from 0 to 4294967295"),
        ("fps", "a number from 0.1 to 240"),
        ("prompt", "a text of at most 20000 characters"),
    ],
)
def test_what_every_video_needs_is_asked_for_by_name(field, needed):
    without = {name: value for name, value in raw().items() if name != field}
    said = (field, f'The field "{field}" is None, but {needed} is needed.')
    with pytest.raises(WorkerError) as caught:
        parse_request(without)
    assert (caught.value.field, caught.value.message) == said
    assert refused(**{field: None}) == said


#: Nor is what would end a comparison or a conversion with an error.
NO_NUMBERS = [True, False, "1", "", [1], {}, *map(float, ("nan", "inf", "-inf")), 10**400]
WHOLE = ["width", "height", "num_frames", "num_inference_steps", "seed", "clip_skip"]


@pytest.mark.parametrize("field", WHOLE)
@pytest.mark.parametrize("value", [*NO_NUMBERS, 20.5])
def test_a_whole_number_is_nothing_else(field, value):
    name, message = refused(**{field: value})
    assert name == field
    assert message.startswith(f'The field "{field}" is {value!r}, but a whole number from ')


@pytest.mark.parametrize("field", WHOLE)
def test_a_whole_number_may_be_written_with_a_point_and_is_whole_afterwards(field):
    value = getattr(request(**{field: 20.0}), field)
    assert (value, type(value)) == (20, int)


@pytest.mark.parametrize("field", ["fps", "guidance_scale", "strength"])
@pytest.mark.parametrize("value", NO_NUMBERS)
def test_a_number_is_nothing_else(field, value):
    name, message = refused(**{field: value})
    assert name == field
    assert message.startswith(f'The field "{field}" is {value!r}, but a number from ')


@pytest.mark.parametrize("field", ["fps", "guidance_scale", "strength"])
def test_a_number_may_be_whole(field):
    value = getattr(request(**{field: 1}), field)
    assert (value, type(value)) == (1.0, float)


TEXT = "a text of at most 20000 characters"


@pytest.mark.parametrize(
    "field", ["prompt", "negative_prompt", "scheduler", "input_reference", "output_format"]
)
def test_a_text_is_nothing_else(field):
    for value in (5, True, ["a"], {"a": 1}):
        said = f'The field "{field}" is {value!r}, but {TEXT} is needed.'
        assert refused(**{field: value}) == (field, said)


@pytest.mark.parametrize("field", ["closed_loop", "strict"])
def test_a_yes_or_no_is_nothing_else(field):
    assert [getattr(request(**{field: yes}), field) for yes in (True, False)] == [True, False]
    for value in (0, 1, "true", "", []):
        said = f'The field "{field}" is {value!r}, but true or false is needed.'
        assert refused(**{field: value}) == (field, said)


@pytest.mark.parametrize(("field", "most"), [("prompts", 128), ("loras", 5), ("embeddings", 5)])
def test_a_list_holds_objects(field, most):
    for value in ("ab", {}, 3, False):
        said = f'The field "{field}" is {value!r}, but a list of at most {most} entries is needed.'
        assert refused(**{field: value}) == (field, said)
    sound = {"prompt": "a", "frames": 1, "model_name": "a", "path": "/a"}
    for value in (["a"], [sound, 5], [None]):
        said = f'The field "{field}" is {value!r}, but a list of objects is needed.'
        assert refused(**{field: value}) == (field, said)
    assert getattr(request(**{field: []}), field) == ()


@pytest.mark.parametrize("field", ["loras", "embeddings"])
def test_an_adapter_has_a_name_and_a_file(field):
    whole = {"model_name": "a", "path": "/a"}
    for part in whole:
        without = {name: value for name, value in whole.items() if name != part}
        said = f'The field "{part}" is None, but {TEXT} is needed.'
        assert refused(**{field: [without]}) == (part, said)
    assert getattr(request(**{field: [whole]}), field) == (Adapter("a", "/a", 1.0),)


def test_a_part_of_a_prompt_has_a_text_and_frames():
    assert refused(prompts=[{"frames": 3}])[0] == "prompt"
    assert refused(prompts=[{"prompt": "a"}]) == (
        "frames",
        'The field "frames" is None, but a whole number from 1 to 100000 is needed.',
    )


def test_the_first_part_stands_in_for_a_prompt():
    parts = [{"prompt": "one", "frames": 3}, {"prompt": "two", "frames": 3}]
    assert request(prompt=None, prompts=parts).prompt == "one"
    assert request(prompt="all", prompts=parts).prompt == "all"
    assert request(prompt="").prompt == ""


@pytest.mark.parametrize("value", ["webm", "MP4", "", ".mp4"])
def test_a_file_is_mp4_or_gif(value):
    said = f'The field "output_format" is {value!r}, but mp4 or gif is needed.'
    assert refused(output_format=value) == ("output_format", said)


def test_a_clip_skip_of_nothing_is_none():
    assert [request(clip_skip=skip).clip_skip for skip in (0, 1, 64)] == [None, 1, 64]


@pytest.mark.parametrize(("given", "kind"), [([], "list"), (None, "NoneType"), ("a", "str")])
def test_a_request_is_an_object(given, kind):
    with pytest.raises(WorkerError) as caught:
        parse_request(given)
    assert (caught.value.code, caught.value.field) == ("invalid_request", "request")
    assert caught.value.message == f'The field "request" is {kind!r}, but an object is needed.'

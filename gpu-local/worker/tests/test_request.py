import pytest

from text_to_video_worker.errors import WorkerError
from text_to_video_worker.request import parse_request

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

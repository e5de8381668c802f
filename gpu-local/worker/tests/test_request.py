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

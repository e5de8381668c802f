import pytest

from text_to_video_worker.errors import WorkerError
from text_to_video_worker.profiles import (
    GIB,
    Profile,
    choose_memory,
    next_memory,
    parse_profile,
)


@pytest.mark.parametrize(
    ("device", "family", "memory", "weights", "largest", "expected"),
    [
        ("cuda", "wan", 80, 17, 11, "full"),
        ("cuda", "wan", 24, 17, 11, "tiling"),
        ("cuda", "wan", 16, 17, 11, "model_offload"),
        ("cuda", "wan", 12, 40, 28, "group_offload"),
        ("cuda", "animatediff", 4, 2.5, 1.8, "model_offload"),
        ("mps", "wan", 16, 17, 11, "tiling"),
        ("cpu", "wan", 8, 17, 11, "full"),
    ],
)
def test_the_fastest_profile_that_should_fit(device, family, memory, weights, largest, expected):
    sizes = [int(n * GIB) for n in (memory, weights, largest)]
    assert choose_memory(device, family, *sizes) == expected


def test_after_an_out_of_memory_comes_the_next_smaller_profile_and_then_none():
    assert next_memory("full", "cuda", "wan") == "tiling"
    assert next_memory("model_offload", "cuda", "wan") == "group_offload"
    assert next_memory("model_offload", "cuda", "animatediff") is None
    assert next_memory("full", "cpu", "wan") == "tiling"
    assert next_memory("tiling", "cpu", "wan") is None


def test_a_profile_reads_back_as_it_was_written():
    text = "memory=tiling,attention=sage,compile=on,cache=first_block:0.08,storage=fp8"
    profile = parse_profile(text, Profile())
    assert profile.describe() == text
    assert parse_profile("compile=off,cache=off,storage=plain", profile).describe() == (
        "memory=tiling,attention=sage"
    )


@pytest.mark.parametrize("text", ["memory=tiny", "attention=flash_hub", "cache=first_block:x", "x"])
def test_an_unknown_or_downloading_setting_is_refused(text):
    with pytest.raises(WorkerError):
        parse_profile(text, Profile())

from dataclasses import replace

import pytest

from text_to_video_worker.errors import WorkerError
from text_to_video_worker.profiles import (
    FULL_HEADROOM_BYTES,
    GIB,
    MEMORY_ORDER,
    TILING_HEADROOM_BYTES,
    Cache,
    MemoryLimits,
    Profile,
    Sizes,
    attention_candidates,
    choose_memory,
    for_device,
    ladder,
    parse_profile,
)

#: Gigabytes of text encoder, all denoisers, the rest, and the largest part, in bfloat16.
WAN_1B = (11, 2.6, 0.3, 11)
WAN_5B = (11, 10, 1.4, 11)
WAN_14B = (11, 28, 0.3, 28)
WAN_14B_FP8 = (11, 14, 0.3, 14)
WAN_A14B = (11, 56, 0.3, 28)
LTX_2B = (9, 3.8, 1.8, 9)
SD_15 = (0.25, 2.2, 0.2, 2.2)


@pytest.mark.parametrize(
    ("family", "parts", "chosen"),
    [
        (
            "wan",
            WAN_1B,
            {8: "text_offload,vae=tiled", 12: "text_offload", 16: "text_offload", 24: "full"},
        ),
        ("wan", WAN_5B, {8: "group_offload", 16: "text_offload,vae=tiled", 32: "full"}),
        (
            "wan",
            WAN_14B,
            {24: "group_offload", 32: "text_offload,vae=tiled", 48: "full", 80: "full"},
        ),
        ("wan", WAN_14B_FP8, {16: "group_offload", 24: "text_offload", 48: "full"}),
        ("wan", WAN_A14B, {24: "group_offload", 32: "model_offload", 80: "full"}),
        ("ltx", LTX_2B, {8: "group_offload", 12: "text_offload,vae=tiled", 16: "text_offload"}),
        ("animatediff", SD_15, {4: "model_offload", 6: "tiling", 12: "full"}),
    ],
)
def test_the_fastest_profile_that_should_fit(family, parts, chosen):
    sizes = Sizes(*(int(part * GIB) for part in parts))
    got = {}
    for gigabytes in chosen:
        memory, tiling = choose_memory("cuda", family, gigabytes * GIB, sizes)
        got[gigabytes] = Profile(memory=memory, tiling=tiling).describe().removeprefix("memory=")
    assert got == chosen


def test_what_fits_to_the_last_byte_fits():
    sizes = Sizes(11 * GIB, 3 * GIB, 0, 11 * GIB)
    tiled = sizes.all + TILING_HEADROOM_BYTES
    assert choose_memory("cuda", "wan", tiled, sizes) == ("full", True)
    assert choose_memory("cuda", "wan", tiled - 1, sizes) == ("text_offload", False)
    assert choose_memory("cuda", "wan", sizes.all + FULL_HEADROOM_BYTES, sizes) == ("full", False)
    large = Sizes(GIB, 30 * GIB, 0, 15 * GIB)
    part = large.largest + TILING_HEADROOM_BYTES
    assert choose_memory("cuda", "wan", part, large) == ("model_offload", True)
    assert choose_memory("cuda", "wan", part - 1, large) == ("group_offload", True)


def test_parts_that_come_and_go_decode_in_tiles_and_others_as_they_were_told():
    tiles = {memory: Profile().with_memory(memory).tiling for memory in MEMORY_ORDER}
    assert tiles == {
        "full": False,
        "text_offload": False,
        "model_offload": True,
        "group_offload": True,
    }
    assert all(Profile(tiling=True).with_memory(memory).tiling for memory in MEMORY_ORDER)


def test_without_offloading_only_tiles_are_left():
    sizes = Sizes(*(int(part * GIB) for part in WAN_1B))
    assert choose_memory("mps", "wan", 16 * GIB, sizes) == ("full", True)
    assert choose_memory("mps", "wan", 64 * GIB, sizes) == ("full", False)
    assert choose_memory("cpu", "wan", 8 * GIB, sizes) == ("full", False)


def test_the_ladder_begins_with_the_first_profile_and_knows_what_a_device_can():
    assert ladder("full", "cuda", "wan") == MEMORY_ORDER
    assert ladder("text_offload", "cuda", "wan") == MEMORY_ORDER[1:]
    assert ladder("full", "cuda", "animatediff") == ("full", "model_offload")
    assert ladder("group_offload", "cuda", "wan") == ("group_offload",)
    assert ladder("full", "cpu", "wan") == ("full",)


def test_what_failed_for_a_large_video_is_not_held_against_a_smaller_one():
    limits, steps = MemoryLimits(), ladder("full", "cuda", "wan")
    limits.failed("a", "full", 1000)
    assert limits.choose("a", steps, 1000) == "text_offload"
    assert limits.choose("a", steps, 2000) == "text_offload"
    assert limits.choose("a", steps, 999) == "full"
    assert limits.choose("b", steps, 2000) == "full"
    limits.failed("a", "full", 500)
    limits.failed("a", "full", 800)
    assert limits.choose("a", steps, 500) == "text_offload"
    for memory in steps:
        limits.failed("a", memory, 500)
    assert limits.choose("a", steps, 500) is None
    limits.forget("a")
    assert limits.choose("a", steps, 500) == "full"


def test_a_profile_reads_back_as_it_was_written():
    text = "memory=tiling,attention=sage,compile=on,tf32=on,cache=first_block:0.08,storage=fp8"
    profile = parse_profile(text, Profile())
    assert profile.describe() == text
    assert parse_profile("compile=off,tf32=off,cache=off,storage=plain", profile).describe() == (
        "memory=tiling,attention=sage"
    )


@pytest.mark.parametrize(
    ("text", "described"),
    [
        ("memory=text_offload", "memory=text_offload"),
        ("memory=text_offload,vae=tiled", "memory=text_offload,vae=tiled"),
        ("vae=tiled", "memory=tiling"),
        ("memory=tiling,vae=whole", "memory=full"),
        ("memory=group_offload", "memory=group_offload"),
        ("memory=full", "memory=full"),
    ],
)
def test_tiles_stand_where_they_say_something(text, described):
    assert parse_profile(text, Profile(tiling=True)).describe() == described


@pytest.mark.parametrize(
    ("preset", "wanted"),
    [
        ("exact", Profile()),
        ("balanced", Profile(attention="auto", compile_when_ready=True, tf32=True)),
        (
            "fast",
            Profile(
                attention="auto",
                compile_when_ready=True,
                tf32=True,
                cache=Cache("first_block", 0.08),
            ),
        ),
    ],
)
def test_a_preset_sets_everything_but_where_weights_wait(preset, wanted):
    changed = Profile(
        memory="text_offload",
        tiling=True,
        attention="sage",
        compile=True,
        cache=Cache("sea", 5),
        fp8_storage=True,
    )
    got = parse_profile(preset, changed, cacheable=True)
    assert got == replace(wanted, memory="text_offload", tiling=True)


def test_a_single_setting_rules_over_a_preset_wherever_it_stands():
    for text in ("exact,tf32=on,cache=sea:0.3", "cache=sea:0.3,tf32=on,exact"):
        assert parse_profile(text, Profile()) == Profile(tf32=True, cache=Cache("sea", 0.3))
    assert not parse_profile("balanced,compile=off", Profile()).compile_when_ready
    assert parse_profile("exact,compile=auto", Profile()).compile_when_ready
    assert parse_profile("fast", Profile(), cacheable=False).cache is None


@pytest.mark.parametrize(
    "text", ["cache=first_block:0", "cache=off", "cache=sea:0", "cache=taylorseer:0"]
)
def test_a_cache_of_nothing_is_none(text):
    assert parse_profile(text, Profile(cache=Cache("sea", 1))).cache is None


CUDA_DEFAULT = Profile(attention="auto", compile_when_ready=True, tf32=True)


@pytest.mark.parametrize(
    ("profile", "device", "quantised", "left"),
    [
        (CUDA_DEFAULT, "cuda", False, CUDA_DEFAULT),
        (CUDA_DEFAULT, "cpu", False, Profile()),
        (CUDA_DEFAULT, "mps", False, Profile()),
        (Profile(attention="native", compile=True), "cpu", False, None),
        (CUDA_DEFAULT, "cuda", True, replace(CUDA_DEFAULT, compile_when_ready=False)),
        (replace(CUDA_DEFAULT, memory="text_offload"), "cuda", False, None),
        *(
            (
                replace(CUDA_DEFAULT, **more),
                "cuda",
                False,
                replace(CUDA_DEFAULT, compile_when_ready=False, **more),
            )
            for more in (
                {"memory": "group_offload"},
                {"memory": "model_offload"},
                {"fp8_storage": True},
                {"cache": Cache("first_block", 0.08)},
            )
        ),
    ],
)
def test_a_device_gets_what_makes_sense_on_it(profile, device, quantised, left):
    assert for_device(profile, device, quantised=quantised) == (left or profile)


@pytest.mark.parametrize(
    ("family", "capability", "flash_3", "kernels"),
    [
        ("wan", (9, 0), True, ("_flash_3", "_native_cudnn")),
        ("wan", (9, 0), False, ("_native_cudnn",)),
        # FlashAttention 3 is for Hopper alone, and knows no masks.
        ("wan", (10, 0), True, ("_native_cudnn",)),
        ("ltx", (9, 0), True, ("_native_cudnn",)),
        ("wan", (8, 9), True, ()),
        ("cogvideox", (9, 0), True, ()),
        ("animatediff", (9, 0), True, ()),
        ("wan", None, True, ()),
    ],
)
def test_auto_tries_the_kernels_that_a_device_and_a_model_may_have(
    family, capability, flash_3, kernels
):
    assert attention_candidates(family, capability, flash_3) == kernels


@pytest.mark.parametrize(
    "text",
    [
        *["memory=tiny", "attention=flash_hub", "cache=first_block:x", "x", "cache=mag"],
        *["cache=first_block:-1", "cache=first_block:nan", "cache=taylorseer:2.5"],
        *["cache=taylorseer:1", "cache=taylorseer:0.5", "cache=mag:-0.1", "cache=teacache:0.1"],
        *["cache=first_block:inf", "cache=sea:21", "cache=sea", "tf32=maybe", "fast=on"],
    ],
)
def test_an_unknown_or_downloading_setting_is_refused(text):
    with pytest.raises(WorkerError):
        parse_profile(text, Profile())


def test_a_cache_goes_up_to_twenty_and_no_further():
    assert parse_profile("cache=first_block:20", Profile()).cache == Cache("first_block", 20)
    for text in ("cache=first_block:20.5", "cache=first_block:-1"):
        with pytest.raises(WorkerError, match="is not known"):
            parse_profile(text, Profile())

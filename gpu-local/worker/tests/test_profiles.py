from dataclasses import replace

import pytest

from text_to_video_worker.errors import WorkerError
from text_to_video_worker.profiles import (
    ATTENTION,
    FULL_HEADROOM_BYTES,
    GIB,
    LEAST_STEPS_FOR_CACHE,
    MEMORY_ORDER,
    TILING_HEADROOM_BYTES,
    Cache,
    MemoryLimits,
    Profile,
    Sizes,
    allowed_memory,
    attention_candidates,
    choose_memory,
    for_device,
    for_several,
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


@pytest.mark.parametrize("compute", ["fp8", "fp8_weight_only"])
def test_eight_bit_products_are_asked_for_and_taken_back(compute):
    profile = parse_profile(f"compute={compute}", Profile())
    assert (profile.compute, profile.fp8_weights) == (compute, True)
    assert profile.describe() == f"memory=full,compute={compute}"
    assert parse_profile("compute=plain", profile) == Profile()
    assert parse_profile("exact", profile) == Profile()
    assert not Profile().fp8_weights
    assert parse_profile("storage=fp8", Profile()).fp8_weights


def test_a_light_vae_is_only_used_where_it_is_asked_for():
    profile = parse_profile("light_vae=on", Profile())
    assert (profile.light_vae, profile.describe()) == (True, "memory=full,light_vae=on")
    assert parse_profile("light_vae=off", profile) == Profile()
    for preset in ("exact", "balanced", "fast"):
        assert not parse_profile(preset, profile, cacheable=True).light_vae
    assert parse_profile("exact,light_vae=on", Profile()) == Profile(light_vae=True)


def test_weights_are_kept_in_one_way_at_a_time():
    with pytest.raises(WorkerError, match="storage=fp8 and compute=fp8_weight_only") as caught:
        parse_profile("storage=fp8,compute=fp8_weight_only", Profile())
    said = caught.value
    assert (said.code, said.field) == ("model_not_found", "model")
    assert said.remedy == "Take one of the two out of the model's profile."
    assert parse_profile("storage=plain,compute=fp8", Profile(fp8_storage=True)).compute == "fp8"


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
        (replace(CUDA_DEFAULT, compute="fp8"), "cuda", False, None),
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
        *["compute=fp4", "compute=", "compute=on", "light_vae=1", "light_vae="],
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


def test_the_settings_are_those_that_people_have_saved():
    assert MEMORY_ORDER == ("full", "text_offload", "model_offload", "group_offload")
    assert (
        *("auto", "native", "_native_cudnn", "_native_flash", "_native_efficient", "_native_math"),
        *("flash", "_flash_3", "flash_varlen", "sage", "xformers", "flex"),
    ) == ATTENTION
    assert LEAST_STEPS_FOR_CACHE == 12


@pytest.mark.parametrize(
    ("text", "profile"),
    [
        ("", Profile()),
        (" , ,", Profile()),
        ("memory=full", Profile()),
        ("memory=tiling", Profile(tiling=True)),
        ("memory=text_offload", Profile(memory="text_offload")),
        ("memory=model_offload", Profile(memory="model_offload", tiling=True)),
        ("memory=group_offload", Profile(memory="group_offload", tiling=True)),
        ("vae=tiled", Profile(tiling=True)),
        ("vae=whole", Profile()),
        *((f"attention={name}", Profile(attention=name)) for name in ATTENTION),
        ("compile=on", Profile(compile=True)),
        ("compile=off", Profile()),
        ("compile=auto", Profile(compile_when_ready=True)),
        ("tf32=on", Profile(tf32=True)),
        ("tf32=off", Profile()),
        ("storage=fp8", Profile(fp8_storage=True)),
        ("storage=plain", Profile()),
        ("light_vae=on", Profile(light_vae=True)),
        ("light_vae=off", Profile()),
        ("compute=fp8", Profile(compute="fp8")),
        ("compute=fp8_weight_only", Profile(compute="fp8_weight_only")),
        ("compute=plain", Profile()),
        ("compute=fp8,compute=plain", Profile()),
        ("compute=fp8,storage=plain", Profile(compute="fp8")),
        ("cache=off", Profile()),
        ("cache=first_block:0.08", Profile(cache=Cache("first_block", 0.08))),
        ("cache=mag:0.06", Profile(cache=Cache("mag", 0.06))),
        ("cache=sea:0.25", Profile(cache=Cache("sea", 0.25))),
        ("cache=taylorseer:2", Profile(cache=Cache("taylorseer", 2))),
        ("cache=taylorseer:20", Profile(cache=Cache("taylorseer", 20))),
        (" tf32=on ,compile=on", Profile(tf32=True, compile=True)),
        # Of two that set one thing, the later one.
        ("tf32=on,tf32=off", Profile()),
        ("memory=tiling,memory=full", Profile()),
        ("memory=group_offload,memory=tiling", Profile(tiling=True)),
        ("memory=group_offload,vae=whole", Profile(memory="group_offload")),
        ("compile=on,compile=auto", Profile(compile_when_ready=True)),
        ("compile=auto,compile=on", Profile(compile=True)),
    ],
)
def test_a_setting_sets_what_it_says_and_nothing_else(text, profile):
    assert parse_profile(text, Profile()) == profile


EVERYTHING = Profile(
    memory="group_offload",
    tiling=True,
    attention="sage",
    compile=True,
    compile_when_ready=True,
    tf32=True,
    cache=Cache("sea", 0.5),
    fp8_storage=True,
    light_vae=True,
)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("", {}),
        ("memory=tiling", {"memory": "full"}),
        ("memory=full", {"memory": "full", "tiling": False}),
        ("memory=text_offload", {"memory": "text_offload", "tiling": False}),
        ("memory=model_offload", {"memory": "model_offload"}),
        ("vae=whole", {"tiling": False}),
        ("attention=native", {"attention": "native"}),
        ("compile=off", {"compile": False, "compile_when_ready": False}),
        ("compile=auto", {"compile": False}),
        ("compile=on", {"compile_when_ready": False}),
        ("tf32=off", {"tf32": False}),
        ("storage=plain", {"fp8_storage": False}),
        ("light_vae=off", {"light_vae": False}),
        ("cache=off", {"cache": None}),
        ("cache=mag:0", {"cache": None}),
        ("cache=mag:1", {"cache": Cache("mag", 1)}),
    ],
)
def test_what_a_text_does_not_say_stays_as_it_was(text, changed):
    assert parse_profile(text, EVERYTHING) == replace(EVERYTHING, **changed)


@pytest.mark.parametrize("preset", ["exact", "balanced", "fast"])
@pytest.mark.parametrize("cacheable", [True, False])
@pytest.mark.parametrize("changed", [{}, {"fp8_storage": False, "compute": "fp8"}])
def test_a_preset_forgets_every_other_setting_but_memory(preset, cacheable, changed):
    made = parse_profile(preset, replace(EVERYTHING, **changed), cacheable=cacheable)
    default = preset != "exact"
    assert made == Profile(
        memory="group_offload",
        tiling=True,
        attention="auto" if default else None,
        compile_when_ready=default,
        tf32=default,
        cache=Cache("first_block", 0.08) if preset == "fast" and cacheable else None,
    )


def test_fast_finds_nothing_to_skip_unless_it_is_told_that_there_is():
    assert parse_profile("fast", Profile()) == parse_profile("balanced", Profile())


@pytest.mark.parametrize(
    ("profile", "described"),
    [
        (Profile(), "memory=full"),
        (Profile(tiling=True), "memory=tiling"),
        (Profile(memory="text_offload"), "memory=text_offload"),
        (Profile(memory="text_offload", tiling=True), "memory=text_offload,vae=tiled"),
        (Profile(memory="model_offload", tiling=True), "memory=model_offload"),
        (Profile(memory="model_offload"), "memory=model_offload"),
        (Profile(memory="group_offload", tiling=True), "memory=group_offload"),
        (Profile(attention="auto"), "memory=full,attention=auto"),
        (Profile(compile=True), "memory=full,compile=on"),
        # What may come later is not told as what is.
        (Profile(compile_when_ready=True), "memory=full"),
        (Profile(tf32=True), "memory=full,tf32=on"),
        (Profile(cache=Cache("mag", 0.06)), "memory=full,cache=mag:0.06"),
        (Profile(cache=Cache("taylorseer", 5.0)), "memory=full,cache=taylorseer:5"),
        (Profile(fp8_storage=True), "memory=full,storage=fp8"),
        (Profile(tf32=True, compute="fp8"), "memory=full,tf32=on,compute=fp8"),
        (
            EVERYTHING,
            "memory=group_offload,attention=sage,compile=on,tf32=on,cache=sea:0.5,storage=fp8,"
            "light_vae=on",
        ),
    ],
)
def test_a_profile_is_described_by_what_differs(profile, described):
    assert profile.describe() == described
    assert described.startswith(profile.placement())


UNKNOWN = [
    *("memory", "memory=", "memory=tiled", "memory=FULL", "tiling", "vae=tiling", "vae=on"),
    *("attention=", "attention=torch", "compile=yes", "compile", "tf32", "tf32=auto"),
    *("storage=on", "storage=fp16", "cache=", "cache=on", "cache=mag:", "cache=mag:x"),
    *("cache=other:1", "cache=:1", "cache=sea:-0.01", "cache=sea:20.01", "cache=sea:nan"),
    *("cache=taylorseer:1", "cache=taylorseer:2.5", "cache=taylorseer:21", "Fast", "exact=on"),
    *("full", "on", "memory:full", "cachex=off", "vaex=tiled", "exactly"),
]


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_is_not_known_is_named_and_what_is_known_told(text):
    with pytest.raises(WorkerError) as caught:
        parse_profile(f"tf32=on,{text},compile=on", Profile())
    error = caught.value
    assert (error.code, error.field) == ("model_not_found", "model")
    assert error.message == f'The profile has "{text}", which is not known.'
    for known in ("fast, balanced or exact", "memory=full|tiling|text_offload|model_offload|"):
        assert known in error.remedy
    for known in ("group_offload", "vae=tiled", "attention=", "compile=on", "tf32=on", "cache="):
        assert known in error.remedy


@pytest.mark.parametrize("device", ["cpu", "mps", "xpu"])
@pytest.mark.parametrize("quantised", [True, False])
def test_other_devices_compute_as_torch_does_and_keep_what_was_named(device, quantised):
    kept = replace(EVERYTHING, tf32=False, compile_when_ready=False)
    assert for_device(EVERYTHING, device, quantised=quantised) == kept
    asked = replace(EVERYTHING, attention="auto")
    assert for_device(asked, device, quantised=quantised) == replace(kept, attention=None)


@pytest.mark.parametrize(
    ("changed", "quantised", "may"),
    [
        ({}, False, True),
        ({"memory": "text_offload"}, False, True),
        ({"tiling": True}, False, True),
        ({"memory": "text_offload", "fp8_storage": True}, False, False),
        ({"fp8_storage": True}, False, False),
        ({"memory": "model_offload"}, False, False),
        ({"memory": "group_offload"}, False, False),
        ({"cache": Cache("mag", 1)}, False, False),
        ({"compute": "fp8"}, False, True),
        ({"compute": "fp8"}, True, False),
        ({}, True, False),
        ({"compile_when_ready": False}, False, False),
    ],
)
def test_unasked_only_whole_plain_models_are_compiled(changed, quantised, may):
    profile = replace(CUDA_DEFAULT, **changed)
    got = for_device(profile, "cuda", quantised=quantised)
    assert got == replace(profile, compile_when_ready=may)
    # Asked for by name, it is as it was asked.
    named = replace(profile, compile=True, compile_when_ready=False)
    assert for_device(named, "cuda", quantised=quantised) == named


def test_weights_are_taken_for_plain_where_nothing_else_is_said():
    assert for_device(CUDA_DEFAULT, "cuda").compile_when_ready


@pytest.mark.parametrize("family", ["wan", "ltx", "ltx2", "hunyuanvideo15"])
def test_cudnn_is_tried_from_hopper_on(family):
    cudnn = ("_native_cudnn",)
    for flash in (True, False):
        kernels = {
            major: attention_candidates(family, (major, 0), flash) for major in (7, 8, 9, 10, 12)
        }
        hopper = ("_flash_3", *cudnn) if flash and family == "wan" else cudnn
        assert kernels == {7: (), 8: (), 9: hopper, 10: cudnn, 12: cudnn}
    assert attention_candidates(family, None, True) == ()


@pytest.mark.parametrize("family", ["animatediff", "cogvideox", "another"])
def test_other_families_leave_the_kernel_to_torch(family):
    assert attention_candidates(family, (9, 0), True) == ()


EVERY_FAMILY = ["animatediff", "wan", "ltx", "ltx2", "hunyuanvideo15", "cogvideox"]


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_weights_wait_elsewhere_where_the_device_and_the_family_can(family):
    for device in ("cpu", "mps", "xpu"):
        assert allowed_memory(device, family) == ("full",)
        for first in MEMORY_ORDER:
            assert ladder(first, device, family) == (first,)
    cuda = ("full", "model_offload") if family == "animatediff" else MEMORY_ORDER
    assert allowed_memory("cuda", family) == cuda
    for index, first in enumerate(MEMORY_ORDER):
        assert ladder(first, "cuda", family) == (
            first,
            *(later for later in MEMORY_ORDER[index + 1 :] if later in cuda),
        )


GIBIBYTE = 1_073_741_824
#: Bytes of text encoders, denoisers and others, and of the largest part: 16 GiB, 6 without text.
MODEL = Sizes(10 * GIBIBYTE, 5 * GIBIBYTE, GIBIBYTE, 10 * GIBIBYTE)


def test_the_size_of_a_model_is_that_of_all_its_parts():
    assert MODEL.all == 16 * GIBIBYTE
    assert Sizes(1, 20, 300, 300).all == 321


@pytest.mark.parametrize(
    ("device", "family", "gibibytes", "more", "chosen"),
    [
        # Beside the weights, 8 GiB for a whole decode and 3 for one in tiles.
        ("cuda", "wan", 24, 0, ("full", False)),
        ("cuda", "wan", 24, -1, ("full", True)),
        ("cuda", "wan", 19, 0, ("full", True)),
        ("cuda", "wan", 19, -1, ("text_offload", False)),
        ("cuda", "wan", 14, 0, ("text_offload", False)),
        ("cuda", "wan", 14, -1, ("text_offload", True)),
        ("cuda", "wan", 9, 0, ("text_offload", True)),
        ("cuda", "wan", 9, -1, ("group_offload", True)),
        ("cuda", "wan", 1, 0, ("group_offload", True)),
        ("cuda", "animatediff", 24, 0, ("full", False)),
        ("cuda", "animatediff", 24, -1, ("full", True)),
        ("cuda", "animatediff", 19, -1, ("model_offload", True)),
        ("cuda", "animatediff", 13, 0, ("model_offload", True)),
        # Nothing less is left to try.
        ("cuda", "animatediff", 13, -1, ("model_offload", True)),
        ("cuda", "animatediff", 1, 0, ("model_offload", True)),
        ("mps", "wan", 24, 0, ("full", False)),
        ("mps", "wan", 24, -1, ("full", True)),
        ("mps", "wan", 19, -1, ("full", True)),
        ("mps", "wan", 1, 0, ("full", True)),
        # Main memory takes what there is.
        ("cpu", "wan", 64, 0, ("full", False)),
        ("cpu", "wan", 1, 0, ("full", False)),
    ],
)
def test_weights_wait_where_it_is_fastest_and_fits(device, family, gibibytes, more, chosen):
    assert choose_memory(device, family, gibibytes * GIBIBYTE + more, MODEL) == chosen


@pytest.mark.parametrize(
    ("gibibytes", "more", "chosen"),
    [
        (33, 0, "text_offload"),
        (33, -1, "model_offload"),
        (18, 0, "model_offload"),
        (18, -1, "group_offload"),
    ],
)
def test_a_large_denoiser_is_moved_by_parts_until_its_largest_does_not_fit(gibibytes, more, chosen):
    two_experts = Sizes(10 * GIBIBYTE, 30 * GIBIBYTE, 0, 15 * GIBIBYTE)
    got = choose_memory("cuda", "wan", gibibytes * GIBIBYTE + more, two_experts)
    assert got == (chosen, True)


def test_the_smallest_video_that_failed_counts_for_its_model_and_setting_alone():
    limits = MemoryLimits()
    assert limits.fits("a", "full", 10**12)
    limits.failed("a", "full", 500)
    limits.failed("a", "full", 900)
    assert [limits.fits("a", "full", size) for size in (499, 500, 501, 900)] == [True, *[False] * 3]
    limits.failed("a", "full", 300)
    assert [limits.fits("a", "full", size) for size in (299, 300)] == [True, False]
    assert limits.fits("a", "text_offload", 900)
    assert limits.fits("b", "full", 900)
    limits.failed("b", "full", 100)
    limits.forget("a")
    assert limits.fits("a", "full", 900)
    assert not limits.fits("b", "full", 100)


def test_of_a_ladder_the_first_that_has_not_failed_is_taken():
    limits, steps = MemoryLimits(), ladder("full", "cuda", "wan")
    limits.failed("a", "text_offload", 100)
    assert limits.choose("a", steps, 100) == "full"
    limits.failed("a", "full", 200)
    assert limits.choose("a", steps, 150) == "full"
    assert limits.choose("a", steps, 200) == "model_offload"
    assert limits.choose("a", (), 1) is None


#: What each setting may be, beside the numbers of caches.
VALUES = {
    "memory": {*MEMORY_ORDER, "tiling"},
    "vae": {"tiled", "whole"},
    "attention": set(ATTENTION),
    "compile": {"on", "off", "auto"},
    "tf32": {"on", "off"},
    "light_vae": {"on", "off"},
    "storage": {"fp8", "plain"},
    "compute": {"fp8", "fp8_weight_only", "plain"},
    "cache": {"off"},
}


@pytest.mark.parametrize("name", [*VALUES, "other", ""])
def test_a_setting_takes_no_value_of_another(name):
    for value in {"", "fast", "exact", *set().union(*VALUES.values())} - VALUES.get(name, set()):
        with pytest.raises(WorkerError, match="is not known"):
            parse_profile(f"{name}={value}", Profile())
    for value in VALUES.get(name, ()):
        parse_profile(f"{name}={value}", Profile())


@pytest.mark.parametrize(
    ("profile", "shared"),
    [
        (Profile(), Profile()),
        (CUDA_DEFAULT, Profile(tf32=True)),
        (Profile(tiling=True, attention="_native_cudnn"), None),
    ],
)
def test_several_devices_get_what_was_seen_to_go_with_them(profile, shared):
    assert for_several(profile, 2, "one") == (shared or profile)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"cache": Cache("taylorseer", 5), "compile": True}, "compile=on, cache=taylorseer:5,"),
        ({"fp8_storage": True}, "storage=fp8,"),
        ({"compute": "fp8"}, "compute=fp8,"),
        ({"memory": "text_offload", "tiling": True}, "memory=text_offload, vae=tiled,"),
        ({"memory": "model_offload"}, "memory=model_offload,"),
    ],
)
def test_what_several_devices_cannot_have_is_refused_by_name(more, named):
    with pytest.raises(WorkerError) as caught:
        for_several(replace(CUDA_DEFAULT, **more), 2, "one")
    assert f'"one" asks for 2 devices for one video (gpus=2), and its profile has {named}' in str(
        caught.value
    )
    assert "--gpus" in caught.value.remedy

"""What makes videos faster without another picture, and what is given up where it does not work."""

from __future__ import annotations

import threading

import pytest
import torch

from text_to_video_worker.engine import attention, generate, loading, warm_up, worker
from text_to_video_worker.engine.compiling import is_compile_failure
from text_to_video_worker.engine.loading import first_profile
from text_to_video_worker.engine.prompt_cache import MOST_ENTRIES, PromptCache
from text_to_video_worker.model_spec import parse_model
from text_to_video_worker.plan import make_plan

from .harness import CPU, digest
from .requests import request

FAMILIES = ["animatediff", "wan", "ltx", "ltx2", "hunyuanvideo15", "cogvideox"]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_prompt_that_was_read_is_not_read_again_and_the_file_is_the_same(harness, family):
    loaded = harness.model(family, alias="remembered")
    first, before = harness.make(loaded), loaded.prompts.hits
    asked = []
    handle = loaded.pipe.text_encoder.register_forward_hook(lambda *_: asked.append(1))
    again = harness.make(loaded)
    assert asked == []
    assert loaded.prompts.hits > before
    other = harness.make(loaded, prompt="another prompt")
    handle.remove()
    assert asked
    assert digest(again) == digest(first) != digest(other)


def test_whatever_changes_what_is_read_is_asked_anew(harness):
    loaded = harness.model("animatediff", alias="all that changes")
    plain = {"prompt": "a cat badhandv4", "negative_prompt": "dull"}
    variants = [
        {},
        {"negative_prompt": "grey"},
        {"guidance_scale": 1.0, "negative_prompt": ""},
        {"clip_skip": 2},
        {"embeddings": [harness.embedding("badhandv4")]},
        {"loras": [harness.lora("kohya")]},
        {"loras": [harness.lora("kohya", 0.5)]},
        {"prompt": "a (cat:1.5) badhandv4"},
        # As many chunks as the longest prompt of the job needs.
        {"negative_prompt": "dull " * 120},
    ]
    fresh = []
    for more in variants:
        loaded.prompts = PromptCache()
        fresh.append(digest(harness.make(loaded, **{**plain, **more})))
    loaded.prompts = PromptCache()
    for _ in range(2):
        kept = [digest(harness.make(loaded, **{**plain, **more})) for more in variants]
        assert kept == fresh
    assert loaded.prompts.hits >= len(variants)
    assert len(set(fresh)) == len(fresh)


def test_the_oldest_answers_go_and_large_ones_are_not_kept():
    cache = PromptCache(most_bytes=4000)
    for key in range(MOST_ENTRIES + 4):
        cache.put(key, (torch.zeros(10), None))
    assert len(cache) == MOST_ENTRIES
    assert (cache.get(3), cache.get(4) is None) == (None, False)
    cache.put("large", torch.zeros(900))
    assert cache.get("large") is not None
    assert len(cache) < MOST_ENTRIES
    cache.put("too large", torch.zeros(2000))
    assert cache.get("too large") is None
    assert cache.get("large") is not None


@pytest.fixture
def cuda(monkeypatch):
    """The choice for an NVIDIA device, without one."""
    monkeypatch.setattr(loading, "memory_bytes", lambda _device: 80 * 2**30)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _device: (9, 0))
    return torch.device("cuda")


def profile_of(harness, device, text="", family="wan", **more):
    fields = {"alias": "a", "family": family, "path": str(harness.tiny / family), "profile": text}
    return first_profile(parse_model({**fields, **more}), device).describe()


def test_without_a_profile_a_device_gets_its_fast_kernels_and_exact_none_of_them(
    harness, cuda, monkeypatch
):
    monkeypatch.setattr(attention, "works", lambda *_: True)
    assert profile_of(harness, cuda) == "memory=full,attention=_native_cudnn,tf32=on"
    fast = profile_of(harness, cuda, "fast")
    assert fast == "memory=full,attention=_native_cudnn,tf32=on,cache=first_block:0.08"
    assert profile_of(harness, cuda, "exact") == "memory=full"
    assert profile_of(harness, cuda, "exact,attention=auto").endswith("attention=_native_cudnn")
    # A model of four steps has nothing that could be skipped.
    few = {"defaults": {"num_inference_steps": 4}}
    assert "cache" not in profile_of(harness, cuda, "fast", **few)
    assert "cache" not in profile_of(harness, cuda, "fast", family="animatediff")
    for preset in ("", "fast", "balanced", "exact"):
        assert profile_of(harness, CPU, preset).split(",cache")[0] == "memory=full"
    monkeypatch.setattr(attention, "works", lambda *_: False)
    assert profile_of(harness, cuda) == "memory=full,tf32=on"


def test_a_kernel_is_used_only_where_it_answers_rightly(monkeypatch):
    assert attention.works("native", CPU, torch.float32)
    assert attention.works("_native_math", CPU, torch.float32)
    assert not attention.works("_native_cudnn", CPU, torch.float32)
    assert not attention.works("_flash_3", CPU, torch.float32)
    real = attention.dispatch_attention_fn

    def wrong(*tensors, backend):
        return real(*tensors, backend=backend) + (backend.value == "_native_math")

    monkeypatch.setattr(attention, "dispatch_attention_fn", wrong)
    assert not attention.works("_native_math", CPU, torch.float32)


def small(loaded):
    """At their usual size, tiny models take minutes on a processor."""
    sizes = {"width": 32, "height": 32, "num_frames": 9}
    loaded.family.defaults.update(sizes)
    return loaded


def never() -> bool:
    return False


@pytest.mark.parametrize("family", ["wan", "wan-i2v", "ltx"])
def test_a_model_is_compiled_when_there_is_time_and_its_videos_say_so(harness, family):
    path = str(harness.tiny / family)
    loaded = small(harness.model(family.split("-")[0], alias="to compile", path=path))
    warm_up.warm_up(loaded, never, backend="eager")
    assert (loaded.compiled, loaded.compile_failed) == (True, False)
    assert loaded.profile_now().describe() == "memory=full,compile=on"


def test_other_loras_run_without_compiled_code_for_that_job_only(harness):
    loaded = small(harness.model("wan", alias="compiled and loras"))
    plain = harness.make(loaded)
    warm_up.warm_up(loaded, never, backend="eager")
    with_lora = harness.make(loaded, loras=[harness.lora("wan")])
    assert with_lora["settings"]["profile"] == "memory=full"
    again = harness.make(loaded)
    assert again["settings"]["profile"] == "memory=full,compile=on"
    # This compiler changes nothing.
    assert digest(again) == digest(plain)


def test_a_job_does_not_wait_until_a_model_is_compiled(harness):
    loaded = small(harness.model("wan", alias="interrupted"))
    warm_up.warm_up(loaded, lambda: True, backend="eager")
    assert (loaded.compiled, loaded.compile_failed) == (False, False)
    assert harness.make(loaded)["settings"]["profile"] == "memory=full"
    warm_up.warm_up(loaded, never, backend="eager")
    assert loaded.compiled


def broken(*_args, **_options):
    raise torch._dynamo.exc.BackendCompilerFailed(broken, RuntimeError("no C++ compiler"), None)


def test_where_no_compiler_is_videos_are_made_without(harness):
    loaded = small(harness.model("wan", alias="no compiler"))
    warm_up.warm_up(loaded, never, backend=broken)
    assert (loaded.compiled, loaded.compile_failed) == (False, True)
    assert digest(harness.make(loaded)) == digest(harness.make("wan"))


def test_compiled_code_that_fails_in_a_job_is_given_up_and_the_job_is_made(harness, monkeypatch):
    loaded = small(harness.model("wan", alias="breaks later"))
    warm_up.warm_up(loaded, never, backend="eager")
    real, tries = generate.generate, []

    def fails_once(*args):
        tries.append(1)
        return broken() if len(tries) == 1 else real(*args)

    monkeypatch.setattr(worker, "generate", fails_once)
    plan = make_plan(request(), loaded.family, loaded.scheduler_class)
    one = worker.Worker.__new__(worker.Worker)
    made = one._made(loaded, plan, lambda *_: None, threading.Event())
    assert len(tries) == 2
    assert "compiled code failed" in made.warnings[-1]
    assert made.settings["profile"] == "memory=full"
    assert (loaded.compiled, loaded.compile_failed) == (False, True)


def test_other_failures_are_not_taken_for_the_compilers():
    with pytest.raises(torch._dynamo.exc.BackendCompilerFailed) as caught:
        broken()
    assert is_compile_failure(caught.value)
    assert not is_compile_failure(RuntimeError("CUDA error"))

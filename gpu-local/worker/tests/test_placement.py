"""Memory and speed profiles on real pipelines."""

from __future__ import annotations

import pytest
import torch
from diffusers.models.attention_dispatch import _AttentionBackendRegistry

from text_to_video_worker.errors import WorkerError

from .harness import digest
from .requests import FOUR_PROMPTS

PROFILES = ("memory=tiling", "storage=fp8", "cache=first_block:0.5")


@pytest.mark.parametrize(
    ("family", "profile"),
    [
        *((f, p) for f in ("wan", "ltx", "cogvideox") for p in PROFILES),
        ("wan", "attention=_native_math"),
        ("ltx", "attention=_native_math"),
    ],
)
def test_a_profile_runs_more_than_once_and_is_reported(harness, family, profile):
    loaded = harness.model(family, profile=profile)
    first, second = harness.make(loaded), harness.make(loaded)
    assert digest(first) == digest(second)
    assert profile in first["settings"]["profile"]


def test_animatediff_runs_in_less_memory_with_travel(harness):
    loaded = harness.model("animatediff", profile="memory=tiling")
    assert harness.make(loaded, prompts=FOUR_PROMPTS, width=32, height=32)["frames"] == 128


def test_a_profile_that_the_model_cannot_have_is_refused(harness):
    with pytest.raises(WorkerError, match="cannot use the cache first_block"):
        harness.model("animatediff", profile="cache=first_block:0.1")


@pytest.mark.parametrize("family", ["animatediff", "cogvideox"])
def test_an_attention_kernel_that_would_do_nothing_is_refused(harness, family):
    """These networks call torch's attention themselves, whatever is set."""
    with pytest.raises(WorkerError, match="attention cannot be changed"):
        harness.model(family, profile="attention=_native_math")


def test_an_attention_kernel_that_is_not_installed_is_named(harness):
    with pytest.raises(WorkerError, match="sage cannot be used here") as caught:
        harness.model("wan", profile="attention=sage")
    assert "Install its package" in caught.value.remedy


def test_a_profile_goes_for_both_experts(harness):
    loaded = harness.model(
        "wan",
        path=str(harness.tiny / "wan22"),
        profile="storage=fp8,cache=first_block:0.5,attention=_native_math",
    )
    described = []
    for expert in (loaded.pipe.transformer, loaded.pipe.transformer_2):
        stored = {p.dtype for p in expert.parameters()}
        kernels = {
            module.processor._attention_backend
            for module in expert.modules()
            if hasattr(getattr(module, "processor", None), "_attention_backend")
        }
        described.append((stored, expert.is_cache_enabled, kernels))
    first, second = described
    assert first == second
    assert torch.float8_e4m3fn in first[0]
    assert first[1] is True
    assert [kernel.value for kernel in first[2]] == ["_native_math"]


def test_the_attention_of_one_model_is_not_that_of_another(harness):
    before = digest(harness.make("ltx"))
    harness.model("wan", profile="attention=_native_math")
    assert digest(harness.make("ltx")) == before
    loaded = harness.model("ltx", alias="loaded after it")
    assert digest(harness.make(loaded)) == before
    kernels = {
        module.processor._attention_backend.value
        for module in loaded.pipe.transformer.modules()
        if hasattr(getattr(module, "processor", None), "_attention_backend")
    }
    assert kernels == {"native"}
    active, _ = _AttentionBackendRegistry.get_active_backend()
    assert active == "native"


@pytest.mark.parametrize("memory", ["text_offload", "group_offload"])
@pytest.mark.parametrize("family", ["wan", "ltx", "cogvideox"])
def test_weights_that_wait_in_main_memory_give_the_same_video(harness, family, memory):
    """On the CPU nothing is copied, but every hook that moves weights is at work."""
    plain = harness.model(family, profile="memory=tiling" if memory == "group_offload" else "")
    loaded = harness.model(family, profile=f"memory={memory}")
    assert digest(harness.make(loaded)) == digest(harness.make(plain))
    lora = [harness.lora(family, 1)]
    styled = digest(harness.make(loaded, loras=lora))
    assert styled == digest(harness.make(plain, loras=lora))
    assert digest(harness.make(loaded)) == digest(harness.make(plain))


def test_tiles_are_switched_without_loading_anything(harness):
    loaded = harness.model("wan")
    vae = loaded.pipe.vae
    loaded.use_tiles(True)
    assert (vae.use_tiling, loaded.tiled) == (True, True)
    assert "memory=tiling" in harness.make(loaded)["settings"]["profile"]
    loaded.use_tiles(False)
    assert (vae.use_tiling, loaded.tiled) == (False, False)

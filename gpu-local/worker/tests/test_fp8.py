"""Computing in 8-bit floats, by torchao's own kernels as far as a processor has them."""

from __future__ import annotations

import importlib.util

import pytest
import torch
from safetensors.torch import load_file, save_file
from torchao.quantization import Float8Tensor, quant_api

from text_to_video_worker.engine import fp8
from text_to_video_worker.engine.families import PIPELINE_FAMILIES
from text_to_video_worker.errors import WorkerError

from .harness import CPU, difference, digest
from .tiny.wan import wan, wan_transformer

WEIGHT_ONLY = "compute=fp8_weight_only"
SMALL = {"num_frames": 5, "width": 32, "height": 32}


@pytest.fixture
def _multiplies_in_eight_bits(monkeypatch):
    """torch has these products for processors too; torchao allows them on newer GPUs only."""
    monkeypatch.setattr(quant_api, "_check_hardware_support", lambda *_: None)


def eight_bit_layers(loaded):
    """For each network that steps ask: how many of its linear layers are in 8 bits, and not."""
    counts = []
    for denoiser in PIPELINE_FAMILIES[loaded.family.name].denoisers(loaded.pipe):
        layers = [one for one in denoiser.modules() if isinstance(one, torch.nn.Linear)]
        eight = [one for one in layers if isinstance(one.weight, Float8Tensor)]
        counts.append((len(eight), len(layers) - len(eight)))
    return counts


@pytest.mark.parametrize("family", ["animatediff", "wan", "ltx", "cogvideox", "ltx2"])
def test_weights_in_eight_bits_make_nearly_the_same_video_each_time(harness, family):
    plain = harness.make(family, **SMALL)
    loaded = harness.model(family, profile=WEIGHT_ONLY)
    first = harness.make(loaded, **SMALL)
    assert first["settings"]["profile"] == f"memory=full,{WEIGHT_ONLY}"
    assert 0 < difference(first, plain) < 20
    ((eight, wide),) = eight_bit_layers(loaded)
    assert eight > 0
    assert wide > 0
    styled = harness.make(loaded, loras=[harness.lora(family, 1)], **SMALL)
    assert styled["warnings"] == first["warnings"]
    assert digest(styled) != digest(first)
    assert digest(harness.make(loaded, **SMALL)) == digest(first)
    # A model without the setting is as it was.
    assert digest(harness.make(family, **SMALL)) == digest(plain)


@pytest.mark.usefixtures("_multiplies_in_eight_bits")
@pytest.mark.parametrize("family", ["ltx", "cogvideox"])
def test_both_factors_are_in_eight_bits_where_a_device_multiplies_them(harness, family):
    plain = harness.make(family, **SMALL)
    narrow = harness.make(harness.model(family, profile=WEIGHT_ONLY), **SMALL)
    loaded = harness.model(family, profile="compute=fp8")
    first = harness.make(loaded, **SMALL)
    assert first["settings"]["profile"] == "memory=full,compute=fp8"
    assert digest(first) != digest(narrow)
    assert 0 < difference(first, plain) < 20
    styled = harness.make(loaded, loras=[harness.lora(family, 1)], **SMALL)
    assert digest(styled) != digest(first)
    assert digest(harness.make(loaded, **SMALL)) == digest(first)


@pytest.mark.usefixtures("_multiplies_in_eight_bits")
def test_both_experts_compute_in_eight_bits(harness, tmp_path):
    high, low = (wan_transformer(seed=seed, attention_head_dim=16) for seed in (0, 1))
    wan(transformer=high, transformer_2=low, boundary_ratio=0.875).save_pretrained(tmp_path)
    loaded = harness.model("wan", path=str(tmp_path), profile="compute=fp8")
    first, second = eight_bit_layers(loaded)
    assert first == second
    assert first[0] > 0
    plain = harness.make(harness.model("wan", path=str(tmp_path)), **SMALL)
    assert digest(harness.make(loaded, **SMALL)) != digest(plain)


@pytest.mark.usefixtures("_multiplies_in_eight_bits")
def test_a_model_of_which_no_layer_fits_is_refused_instead_of_left_plain(harness):
    with pytest.raises(WorkerError, match="no layer that computes in 8 bits"):
        harness.model("wan", profile="compute=fp8", alias="sizes that are no sixteens")


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
@pytest.mark.usefixtures("_multiplies_in_eight_bits")
def test_each_kind_of_numbers_has_scales_that_it_can_have(dtype):
    assert fp8.choose_compute("fp8", CPU, dtype) == "fp8"
    assert fp8.choose_compute("fp8_weight_only", CPU, dtype) == "fp8_weight_only"


@pytest.mark.usefixtures("_multiplies_in_eight_bits")
def test_products_that_are_wrong_are_not_used(monkeypatch):
    right = Float8Tensor.from_hp

    def far_off(numbers, **options):
        return right(numbers * 2, **options)

    monkeypatch.setattr(Float8Tensor, "from_hp", staticmethod(far_off))
    assert fp8.choose_compute("fp8", CPU, torch.bfloat16) == "fp8_weight_only"


def test_a_device_that_does_not_multiply_in_eight_bits_widens_the_weights(harness):
    """torchao itself says so for processors and for GPUs before Ada."""
    loaded = harness.model("wan", profile="compute=fp8")
    assert loaded.profile.describe() == f"memory=full,{WEIGHT_ONLY}"
    weight_only = harness.make(harness.model("wan", profile=WEIGHT_ONLY), **SMALL)
    assert digest(harness.make(loaded, **SMALL)) == digest(weight_only)


def test_without_the_package_the_setting_is_refused_and_says_what_to_do(harness, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "torchao" else found(name, *a)
    )
    with pytest.raises(WorkerError, match="torchao, which is not installed") as caught:
        harness.model("ltx", profile="compute=fp8", alias="without the package")
    assert "docs/diffusers.md" in caught.value.remedy


@pytest.mark.parametrize("key", ["lora_B.bias", "diff_b"])
def test_a_lora_that_changes_biases_is_refused_with_what_to_do(harness, tmp_path, key):
    weights = load_file(harness.lora("wan", 1)["path"])
    name, up = next((one, w) for one, w in weights.items() if one.endswith(".lora_B.weight"))
    weights[name.replace("lora_B.weight", key)] = torch.zeros(up.shape[0])
    path = tmp_path / "biased.safetensors"
    save_file(weights, path)
    biased = {"model_name": "biased", "path": str(path), "strength": 1}
    loaded = harness.model("wan", profile=WEIGHT_ONLY)
    with pytest.raises(WorkerError, match="changes biases") as caught:
        harness.make(loaded, loras=[biased], **SMALL)
    assert "Take compute=" in caught.value.remedy


@pytest.mark.parametrize("memory", ["text_offload", "group_offload"])
def test_eight_bits_give_the_same_video_wherever_weights_wait(harness, memory):
    """On the CPU nothing is copied, but every hook that moves weights is at work."""
    tiled = "memory=tiling," if memory == "group_offload" else ""
    plain = harness.model("wan", profile=f"{tiled}{WEIGHT_ONLY}")
    loaded = harness.model("wan", profile=f"memory={memory},{WEIGHT_ONLY}")
    for loras in ([], [harness.lora("wan", 1)]):
        made = harness.make(loaded, loras=loras, **SMALL)
        assert digest(made) == digest(harness.make(plain, loras=loras, **SMALL))


def test_with_a_cache_both_are_named(harness):
    loaded = harness.model("wan", profile=f"cache=first_block:0.5,{WEIGHT_ONLY}")
    described = harness.make(loaded, **SMALL)["settings"]["profile"]
    assert described == f"memory=full,cache=first_block:0.5,{WEIGHT_ONLY}"

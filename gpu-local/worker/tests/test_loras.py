"""LoRAs act, leave no trace, and are refused where they change nothing."""

from __future__ import annotations

import re

import pytest
import torch
from peft.tuners.tuners_utils import BaseTunerLayer
from safetensors.torch import load_file, save_file

from text_to_video_worker.errors import WorkerError
from text_to_video_worker.families import FAMILIES

from .harness import difference, digest

ALL = [name for name, family in FAMILIES.items() if "loras" in family.supports]


@pytest.mark.parametrize("family", ALL)
def test_a_lora_acts_by_its_strength_and_leaves_no_trace(harness, family):
    plain = harness.make(family)
    weak = harness.make(family, loras=[harness.lora(family, 0.2)])
    strong = harness.make(family, loras=[harness.lora(family, 1)])
    assert difference(plain, weak) > 0
    assert digest(weak) != digest(strong)
    assert strong["settings"]["loras"] == [{"model_name": family, "strength": 1.0}]
    assert digest(harness.make(family)) == digest(plain)


def test_loras_are_said_to_be_left_out_where_diffusers_takes_none(harness):
    lora = harness.lora("wan")
    made = harness.make("hunyuanvideo15", loras=[lora])
    assert "takes no LoRAs" in made["warnings"][0]
    assert digest(made) == digest(harness.make("hunyuanvideo15"))
    with pytest.raises(WorkerError) as caught:
        harness.make("hunyuanvideo15", loras=[lora], strict=True)
    assert (caught.value.code, caught.value.field) == ("unsupported_field", "loras")


def test_five_loras_at_once(harness):
    five = [harness.lora("animatediff", 0.1 * (i + 1)) for i in range(5)]
    assert len(harness.make("animatediff", loras=five)["settings"]["loras"]) == 5


@pytest.mark.parametrize(("family", "lora"), [("wan", "animatediff"), ("animatediff", "wan")])
def test_a_lora_of_another_family_fails_the_job_and_not_the_next(harness, family, lora):
    plain = harness.make(family)
    with pytest.raises(WorkerError) as caught:
        harness.make(family, loras=[harness.lora(lora)])
    assert caught.value.field == "loras"
    assert lora in caught.value.message
    assert digest(harness.make(family)) == digest(plain)


def test_a_lora_of_zeros_fails_the_job(harness):
    with pytest.raises(WorkerError, match="changes nothing"):
        harness.make("animatediff", loras=[harness.lora("zero")])


def test_a_lora_that_is_a_pickle_is_never_opened(harness, tmp_path):
    evil = tmp_path / "evil.pt"
    evil.write_bytes(b"\x80\x04")
    with pytest.raises(WorkerError, match="safetensors"):
        harness.make("animatediff", loras=[{"model_name": "evil", "path": str(evil)}])


def test_a_lora_that_belongs_to_the_model_is_always_on(harness):
    path = str(harness.tiny / "loras" / "wan.safetensors")
    loaded = harness.model("wan", loras=({"path": path, "strength": 0.5},))
    assert digest(harness.make(loaded)) != digest(harness.make("wan"))


@pytest.mark.parametrize("family", ALL)
def test_a_lora_acts_on_weights_that_are_stored_in_8_bits(harness, family):
    loaded = harness.model(family, profile="storage=fp8")
    plain = harness.make(loaded)
    styled = harness.make(loaded, loras=[harness.lora(family, 1)])
    assert difference(plain, styled) > 0
    # The LoRA itself is kept whole: 8 bits would lose most of it.
    written = load_file(harness.lora(family)["path"])
    part = "unet" if family == "animatediff" else "transformer"
    checked = 0
    for name, layer in getattr(loaded.pipe, part).named_modules():
        if isinstance(layer, BaseTunerLayer) and "lora_0" in layer.lora_A:
            kept = layer.lora_A["lora_0"].weight
            assert kept.dtype == torch.float32
            assert torch.equal(kept, written[f"{part}.{name}.lora_A.weight"])
            checked += 1
    assert checked > 0
    assert digest(harness.make(loaded)) == digest(plain)


def wan_author_names(state):
    """From diffusers' names to those of Wan's authors, which most trainers write."""
    layers = {
        "attn1.to_q": "self_attn.q",
        "attn1.to_k": "self_attn.k",
        "attn1.to_v": "self_attn.v",
        "attn1.to_out.0": "self_attn.o",
        "attn2.to_q": "cross_attn.q",
        "attn2.to_k": "cross_attn.k",
        "attn2.to_v": "cross_attn.v",
        "attn2.to_out.0": "cross_attn.o",
    }
    renamed = {}
    for key, value in state.items():
        block, layer, end = re.match(
            r"transformer\.(blocks\.\d+)\.(.*)\.(lora_[AB])\.weight", key
        ).groups()
        renamed[f"{block}.{layers[layer]}", end] = value
    return renamed


def musubi(layers):
    ends = {"lora_A": "lora_down", "lora_B": "lora_up"}
    state = {}
    for (layer, end), value in layers.items():
        name = f"lora_unet_{layer.replace('.', '_')}"
        state[f"{name}.{ends[end]}.weight"] = value
        state[f"{name}.alpha"] = torch.tensor(1.0)
    return state


def comfyui(layers, alpha=None):
    state = {f"diffusion_model.{name}.{end}.weight": v for (name, end), v in layers.items()}
    if alpha is not None:
        state |= {f"diffusion_model.{name}.alpha": torch.tensor(alpha) for name, _ in layers}
    return state


WAN_FORMATS = {
    "DiffSynth": lambda layers: {
        f"{name}.{end}.default.weight": v for (name, end), v in layers.items()
    },
    "DiffSynth without default": lambda layers: {
        f"{name}.{end}.weight": v for (name, end), v in layers.items()
    },
    "DiffSynth's pipeline": lambda layers: {
        f"pipe.dit.{name}.{end}.default.weight": v for (name, end), v in layers.items()
    },
    "ComfyUI": comfyui,
    "ComfyUI with a scale": lambda layers: comfyui(layers, alpha=2.0),
}


@pytest.mark.parametrize("trainer", WAN_FORMATS)
def test_a_lora_of_any_wan_trainer_is_the_same_lora(harness, tmp_path, trainer):
    expected = digest(harness.make("wan", loras=[harness.lora("wan", 1)]))
    path = tmp_path / "style.safetensors"
    layers = wan_author_names(load_file(harness.lora("wan")["path"]))
    save_file(WAN_FORMATS[trainer](layers), str(path))
    lora = {"model_name": "style", "path": str(path), "strength": 1.0}
    made = harness.make("wan", loras=[lora])
    assert made["warnings"] == []
    assert digest(made) == expected


def test_a_lora_of_musubi_that_trained_attention_alone_is_scaled_by_its_alpha(harness, tmp_path):
    path = tmp_path / "style.safetensors"
    save_file(musubi(wan_author_names(load_file(harness.lora("wan")["path"]))), str(path))
    made = harness.make("wan", loras=[{"model_name": "s", "path": str(path), "strength": 1.0}])
    # Alpha 1 over rank 2.
    half = harness.make("wan", loras=[harness.lora("wan", 0.5)])
    assert made["warnings"] == []
    assert difference(made, half) < 0.05
    assert difference(made, harness.make("wan")) > 1


@pytest.mark.parametrize(
    ("family", "renamed"),
    [
        ("ltx", "base_model.model.{}"),
        ("ltx", "diffusion_model.{}"),
        ("cogvideox", "base_model.model.{}"),
        ("cogvideox", "{}"),
    ],
)
def test_a_lora_that_a_trainer_saved_around_the_network_is_the_same_lora(
    harness, tmp_path, family, renamed
):
    expected = digest(harness.make(family, loras=[harness.lora(family, 1)]))
    state = {}
    for key, value in load_file(harness.lora(family)["path"]).items():
        name = renamed.format(key.removeprefix("transformer."))
        state[name.replace(".weight", ".default.weight")] = value
    path = tmp_path / "style.safetensors"
    save_file(state, str(path))
    made = harness.make(family, loras=[{"model_name": "s", "path": str(path), "strength": 1.0}])
    assert made["warnings"] == []
    assert digest(made) == expected


@pytest.mark.parametrize("family", ALL)
def test_a_lora_of_which_half_has_no_place_says_so_or_is_refused(harness, tmp_path, family):
    state = load_file(harness.lora(family)["path"])
    layers = len(state) // 2
    for key, value in list(state.items()):
        state[re.sub(r"blocks\.\d+", "blocks.77", key)] = value
    strangers = len(state) // 2 - layers
    path = tmp_path / "half.safetensors"
    save_file({key: value.clone() for key, value in state.items()}, str(path))
    lora = {"model_name": "half", "path": str(path), "strength": 1.0}
    made = harness.make(family, loras=[lora])
    assert made["warnings"] == [
        f'The LoRA "half" is only partly used: {strangers} of its {layers + strangers} layers are '
        "not in this model."
    ]
    # Said again where it is still on from the job before.
    assert harness.make(family, loras=[lora])["warnings"] == made["warnings"]
    with pytest.raises(WorkerError) as caught:
        harness.make(family, loras=[lora], strict=True)
    assert (caught.value.code, caught.value.field) == ("unsupported_field", "loras")
    assert harness.make(family, loras=[harness.lora(family)])["warnings"] == []


def test_entries_of_a_kind_that_is_not_read_are_named(harness, tmp_path):
    layers = wan_author_names(load_file(harness.lora("wan")["path"]))
    state = comfyui(layers) | {"diffusion_model.blocks.0.diff_m": torch.ones(1, 6, 24)}
    path = tmp_path / "modulated.safetensors"
    save_file(state, str(path))
    made = harness.make("wan", loras=[{"model_name": "m", "path": str(path), "strength": 1.0}])
    assert "diff_m are not read" in made["warnings"][0]


@pytest.mark.parametrize(("family", "made_for"), [("wan", "Wan"), ("animatediff", "SD 1.5")])
def test_a_lora_of_another_size_says_which_layer_does_not_fit(harness, tmp_path, family, made_for):
    state = load_file(harness.lora(family)["path"])
    path = tmp_path / "large.safetensors"
    save_file(
        {k: v.repeat(2, 2) for k, v in state.items()},
        str(path),
    )
    with pytest.raises(WorkerError) as caught:
        harness.make(family, loras=[{"model_name": "big", "path": str(path), "strength": 1.0}])
    assert "size mismatch" in caught.value.message
    assert made_for in caught.value.remedy
    assert digest(harness.make(family)) == digest(harness.make(family))

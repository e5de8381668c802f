"""LoRA files of trainers whose names diffusers does not know, renamed to names that it does. Pure.

diffusers reads its own names, ComfyUI's (`diffusion_model.`), kohya's for SD 1.x, and musubi's for
Wan where every layer was trained. The others differ in what stands around the same layer names:

    blocks.0.self_attn.q.lora_A.default.weight       DiffSynth-Studio (also without `default`)
    base_model.model.blocks.0.attn1.to_q.lora_A…     peft, as it saves a wrapped model
    lora_unet_blocks_0_self_attn_q.lora_down.weight  musubi-tuner, with any part of the layers
    diffusion_model.….alpha                          a scale beside each layer
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import torch

_WRAPPERS = re.compile(r"^(base_model\.model\.|module\.|pipe\.dit\.|model\.diffusion_model\.)+")
_SUFFIX = re.compile(
    r"\.(?:lora_(?P<side>A|B|down|up)(?:\.default)?\.weight|(?P<bias>lora_B(?:\.default)?\.bias)"
    r"|(?P<alpha>alpha))$"
)
_SIDES = {"A": "lora_A", "down": "lora_A", "B": "lora_B", "up": "lora_B"}
#: Names of Wan's authors, which ComfyUI's files bear after `diffusion_model.`.
_WAN_LAYERS = re.compile(r"^(blocks\.\d+\.(self_attn|cross_attn|ffn)\.|head\.|time_projection\.)")
_MUSUBI_WAN = re.compile(
    r"^lora_unet_blocks_(\d+)_(?:(self_attn|cross_attn)_(q|k|v|o|k_img|v_img)|(ffn)_(0|2))$"
)
#: What a file may hold of a layer and diffusers reads.
_READ = re.compile(r"(lora|alpha$|diff_b$)")


def convert(
    state: Mapping[str, torch.Tensor], layer_names: Iterable[str]
) -> dict[str, torch.Tensor] | None:
    """The same LoRA by names that diffusers reads; None where it reads the file as it is.

    `layer_names` are the model's own: kohya's names are these with `_` for each dot.
    """
    parts = {key: _split(key) for key in state}
    stems = {stem for stem, _ in parts.values()}
    if not _needs_conversion(state, stems):
        return None
    by_underscores = {f"lora_unet_{name.replace('.', '_')}": name for name in layer_names}
    renamed = {stem: _layer(stem, by_underscores) for stem in stems}
    ranks = {stem: len(state[key]) for key, (stem, end) in parts.items() if end == "lora_A.weight"}
    converted: dict[str, torch.Tensor] = {}
    for key, value in state.items():
        stem, end = parts[key]
        if end == "alpha":
            continue
        alpha = state.get(f"{stem}.alpha", state.get(f"{key[: len(stem)]}.alpha"))
        scaled = value
        if end == "lora_B.weight" and alpha is not None and stem in ranks:
            scaled = value * (float(alpha) / ranks[stem])
        converted[f"{renamed[stem]}.{end}"] = scaled
    return converted


def changes_biases(names: Iterable[str]) -> bool:
    """Whether a LoRA, by the names in its file, adds to a layer's bias too."""
    return any(_split(name)[1] in ("lora_B.bias", "diff_b") for name in names)


def _split(key: str) -> tuple[str, str]:
    """The layer's name without wrappers, and what of it this is, in peft's words."""
    found = _SUFFIX.search(key)
    if found is None:
        stem, _, end = key.rpartition(".")
        return stem, end
    stem = _WRAPPERS.sub("", key[: found.start()])
    if found["alpha"]:
        return stem, "alpha"
    return stem, "lora_B.bias" if found["bias"] else f"{_SIDES[found['side']]}.weight"


def _needs_conversion(state: Mapping[str, torch.Tensor], stems: set[str]) -> bool:
    if any(stem.startswith(("lora_te", "text_encoder", "unet.")) for stem in stems):
        return False
    kohya = [stem for stem in stems if stem.startswith("lora_unet_")]
    if kohya:
        return any(_MUSUBI_WAN.match(stem) for stem in kohya) or "transformer_blocks" in kohya[0]
    if any(".default." in key or _WRAPPERS.match(key) or key.endswith(".alpha") for key in state):
        return True
    return any(_WAN_LAYERS.match(stem) for stem in stems)


def _layer(stem: str, by_underscores: Mapping[str, str]) -> str:
    if stem in by_underscores:
        return f"transformer.{by_underscores[stem]}"
    if found := _MUSUBI_WAN.match(stem):
        block, attention, projection, ffn, index = found.groups()
        return f"diffusion_model.blocks.{block}.{attention or ffn}.{projection or index}"
    if _WAN_LAYERS.match(stem):
        return f"diffusion_model.{stem}"
    if stem.startswith(("transformer.", "diffusion_model.")):
        return stem
    return f"transformer.{stem}"


def layers_in(names: Iterable[str]) -> int:
    """How many layers a file changes."""
    ups = re.compile(r"(?P<layer>.*?)[._](lora_B|lora_up|lora\.up|lora\.B)(\.default)?\.weight$")
    return len({found["layer"] for name in names if (found := ups.match(name))})


def unread_kinds(names: Iterable[str]) -> list[str]:
    """Kinds of entries that change a model but are not read, such as `diff_m`."""
    ends = {name.rpartition(".")[2] for name in names if not _READ.search(name)}
    scales = {"dora_scale"} if any("dora_scale" in name for name in names) else set()
    return sorted((ends | scales) - {"__metadata__", "diff"})

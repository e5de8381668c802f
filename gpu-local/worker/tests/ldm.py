"""Tiny models in the layout of the first trainers: one .safetensors file with the old names.

What people download from model sites is in this layout; diffusers converts it when it loads it. The
names here are made from a diffusers model, so that both layouts hold the same weights.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

UNET_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
UNET_EDGES = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
}
VAE = [
    (r"\.conv_shortcut\.", ".nin_shortcut."),
    (r"mid_block\.resnets\.0", "mid.block_1"),
    (r"mid_block\.resnets\.1", "mid.block_2"),
    (r"mid_block\.attentions\.0", "mid.attn_1"),
    (r"\.group_norm\.", ".norm."),
    (r"\.to_([qkv])\.", r".\1."),
    (r"\.to_out\.0\.", ".proj_out."),
    (r"\.conv_norm_out\.", ".norm_out."),
    (r"down_blocks\.(\d)\.resnets\.", r"down.\1.block."),
    (r"down_blocks\.(\d)\.downsamplers\.0\.", r"down.\1.downsample."),
]
MOTION = [
    (r"\.(transformer_blocks|norm|proj_in|proj_out)\.", r".temporal_transformer.\1."),
    (r"\.attn1\.", ".attention_blocks.0."),
    (r"\.attn2\.", ".attention_blocks.1."),
    (r"\.norm1\.", ".norms.0."),
    (r"\.norm2\.", ".norms.1."),
    (r"\.norm3\.", ".ff_norm."),
]


def _unet_name(name: str, config: Any) -> str:
    """Old blocks stand in one row: each layer, with its attention, and what changes the size."""
    if found := re.match(r"(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.*)", name):
        way, block, kind, layer, rest = found.groups()
        row = config.layers_per_block + 1
        at = int(block) * row
        if kind == "downsamplers":
            return f"input_blocks.{at + row}.0.{rest.replace('conv', 'op')}"
        if kind == "upsamplers":
            attends = config.up_block_types[int(block)].startswith("CrossAttn")
            return f"output_blocks.{at + row - 1}.{2 if attends else 1}.{rest}"
        place = at + int(layer) + (1 if way == "down" else 0)
        new = f"{'input' if way == 'down' else 'output'}_blocks.{place}."
        return new + (f"1.{rest}" if kind == "attentions" else f"0.{_resnet_name(rest)}")
    for edge, new in UNET_EDGES.items():
        if name.startswith(f"{edge}."):
            rest = name.removeprefix(f"{edge}.")
            return f"{new}.{_resnet_name(rest) if '.resnets.' in edge else rest}"
    raise ValueError(name)


def _resnet_name(rest: str) -> str:
    layer, _, value = rest.partition(".")
    return f"{UNET_RESNET[layer]}.{value}"


def _vae_name(name: str, blocks: int) -> str:
    # The old decoder counts its blocks from the last to the first.
    up = re.match(r"decoder\.up_blocks\.(\d)\.(resnets|upsamplers\.0)\.(.*)", name)
    if up:
        part = "block" if up[2] == "resnets" else "upsample"
        name = f"decoder.up.{blocks - 1 - int(up[1])}.{part}.{up[3]}"
    return _renamed(name, VAE)


def _renamed(name: str, rules: list[tuple[str, str]]) -> str:
    for pattern, new in rules:
        name = re.sub(pattern, new, name)
    return name


def _vae_value(name: str, value: torch.Tensor) -> torch.Tensor:
    """Attention was a convolution of one pixel."""
    return value[:, :, None, None] if re.search(r"to_(q|k|v|out\.0)\.weight", name) else value


def write_checkpoint(path: Path, pipe: Any) -> None:
    """An SD 1.x checkpoint as one file."""
    state: dict[str, torch.Tensor] = {}
    for name, value in pipe.unet.state_dict().items():
        state[f"model.diffusion_model.{_unet_name(name, pipe.unet.config)}"] = value
    blocks = len(pipe.vae.config.up_block_types)
    for name, value in pipe.vae.state_dict().items():
        state[f"first_stage_model.{_vae_name(name, blocks)}"] = _vae_value(name, value)
    for name, value in pipe.text_encoder.state_dict().items():
        whole = name if name.startswith("text_model.") else f"text_model.{name}"
        state[f"cond_stage_model.transformer.{whole}"] = value
    _save(path, state)


def write_motion_adapter(path: Path, adapter: Any) -> None:
    """Motion modules as one file; it also holds the table of positions, which diffusers makes."""
    longest = adapter.config.motion_max_seq_length
    state: dict[str, torch.Tensor] = {}
    for name, value in adapter.state_dict().items():
        if "pos_embed" in name:
            continue
        new = _renamed(name, MOTION)
        state[new] = value
        if found := re.match(r"(.*attention_blocks\.\d)\.to_q\.weight", new):
            state[f"{found[1]}.pos_encoder.pe"] = torch.zeros(1, longest, value.shape[1])
    _save(path, state)


def _save(path: Path, state: dict[str, torch.Tensor]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in state.items()}, str(path))

"""Tiny denoisers in one file, by the names that ComfyUI's files have."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import gguf
import torch
from safetensors.torch import save_file

PREFIX = "model.diffusion_model."
WAN = [
    (r"condition_embedder\.time_embedder\.linear_1", "time_embedding.0"),
    (r"condition_embedder\.time_embedder\.linear_2", "time_embedding.2"),
    (r"condition_embedder\.text_embedder\.linear_1", "text_embedding.0"),
    (r"condition_embedder\.text_embedder\.linear_2", "text_embedding.2"),
    (r"condition_embedder\.time_proj", "time_projection.1"),
    (r"condition_embedder\.image_embedder\.norm1", "img_emb.proj.0"),
    (r"condition_embedder\.image_embedder\.ff\.net\.0\.proj", "img_emb.proj.1"),
    (r"condition_embedder\.image_embedder\.ff\.net\.2", "img_emb.proj.3"),
    (r"condition_embedder\.image_embedder\.norm2", "img_emb.proj.4"),
    (r"^scale_shift_table", "head.modulation"),
    (r"^proj_out", "head.head"),
    (r"\.scale_shift_table", ".modulation"),
    (r"\.attn1\.", ".self_attn."),
    (r"\.attn2\.", ".cross_attn."),
    (r"\.to_out\.0\.", ".o."),
    (r"\.to_([qkv])\.", r".\1."),
    (r"\.add_([kv])_proj\.", r".\1_img."),
    (r"\.norm_added_k\.", ".norm_k_img."),
    (r"\.ffn\.net\.0\.proj\.", ".ffn.0."),
    (r"\.ffn\.net\.2\.", ".ffn.2."),
    (r"^(blocks\.\d+)\.norm2\.", r"\1.norm3."),
]
LTX = [
    (r"^proj_in", "patchify_proj"),
    (r"^time_embed", "adaln_single"),
    (r"\.norm_([qk])\.", r".\1_norm."),
]


def state_of(denoiser: Any, rules: list[tuple[str, str]]) -> dict[str, torch.Tensor]:
    state = {}
    for name, value in denoiser.state_dict().items():
        for pattern, new in rules:
            name = re.sub(pattern, new, name)
        state[name] = value
    return state


def write_denoiser(path: Path, denoiser: Any, rules=WAN, *, prefix: str = "") -> Path:
    state = state_of(denoiser, rules)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({f"{prefix}{k}": v.contiguous() for k, v in state.items()}, str(path))
    return path


def write_scaled(path: Path, denoiser: Any, *, newer: bool = False, form: str = "") -> Path:
    """In 8 bits with a scale for each layer, as ComfyUI's older or newer files have it."""
    state: dict[str, torch.Tensor] = {}
    for name, value in state_of(denoiser, WAN).items():
        if not re.search(r"^blocks.*\.(q|k|v|o|0|2)\.weight$", name):
            state[name] = value
            continue
        scale = value.abs().max() / 448
        layer = name.removesuffix(".weight")
        state[name] = (value / scale).to(torch.float8_e4m3fn)
        state[f"{layer}.{'weight_scale' if newer else 'scale_weight'}"] = scale
        state[f"{layer}.{'input_scale' if newer else 'scale_input'}"] = torch.tensor(1.0)
        if newer:
            said = json.dumps({"format": form or "float8_e4m3fn"}).encode()
            state[f"{layer}.comfy_quant"] = torch.tensor(list(said), dtype=torch.uint8)
    if not newer:
        state["scaled_fp8"] = torch.zeros(2, dtype=torch.float8_e4m3fn)
    save_file({k: v.contiguous() for k, v in state.items()}, str(path))
    return path


def write_gguf(path: Path, denoiser: Any, rules=WAN, kind: str = "Q8_0", prefix: str = "") -> Path:
    """As the converters for ComfyUI write it: matrices in blocks, the rest as plain numbers."""
    writer = gguf.GGUFWriter(str(path), "wan")
    wanted = gguf.GGMLQuantizationType[kind]
    block = gguf.GGML_QUANT_SIZES[wanted][0]
    for name, value in state_of(denoiser, rules).items():
        data = value.float().numpy()
        if value.dim() == 2 and value.shape[-1] % block == 0 and name.endswith("weight"):
            stored = gguf.quants.quantize(data, wanted)
            writer.add_tensor(f"{prefix}{name}", stored, raw_dtype=wanted)
        else:
            writer.add_tensor(f"{prefix}{name}", data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path

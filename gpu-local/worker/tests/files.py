"""Tiny models as files on disk, in every layout that people download.

`python -m tests.files FOLDER` writes all of them for tests in other languages.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from . import ldm, tiny
from .tiny.animatediff import WIDE

#: What the usual trainers of LoRAs train.
UNET_LAYERS = ("to_q", "to_k", "to_v", "to_out.0")
TEXT_LAYERS = ("q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2")


def write_lora(
    path: Path, pipe: Any, *, part: str = "unet", scale: float = 0.5, rank: int = 2
) -> None:
    """A LoRA file over the attention projections of a pipeline's `part`, as diffusers saves it."""
    module = getattr(pipe, part)
    generator = torch.Generator().manual_seed(7)
    state: dict[str, torch.Tensor] = {}
    for name, layer in module.named_modules():
        if not isinstance(layer, torch.nn.Linear):
            continue
        if not name.endswith(("to_q", "to_k", "to_v", "to_out.0")):
            continue
        down = torch.randn(rank, layer.in_features, generator=generator)
        up = torch.randn(layer.out_features, rank, generator=generator) * scale
        state[f"{part}.{name}.lora_A.weight"] = down
        state[f"{part}.{name}.lora_B.weight"] = up
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(state, str(path))


def write_embedding(path: Path, *, hidden: int = 8, vectors: int = 2, a1111: bool = False) -> None:
    values = torch.randn(vectors, hidden, generator=torch.Generator().manual_seed(3)) * 3
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({"emb_params" if a1111 else "<tiny>": values}, str(path))


def write_kohya_lora(path: Path, pipe: Any) -> None:
    """As the trainers of SD 1.x LoRAs save it, with a part for the text encoder."""
    generator = torch.Generator().manual_seed(11)
    state: dict[str, torch.Tensor] = {}
    for prefix, module, ends in (
        ("lora_unet", pipe.unet, UNET_LAYERS),
        ("lora_te_text_model", pipe.text_encoder, TEXT_LAYERS),
    ):
        for name, layer in module.named_modules():
            # Trained on the picture model, which has no motion modules.
            if not name.endswith(ends) or "motion_modules" in name:
                continue
            key = f"{prefix}_{name.removeprefix('text_model.').replace('.', '_')}"
            down = torch.randn(2, layer.in_features, generator=generator)
            state[f"{key}.lora_down.weight"] = down
            state[f"{key}.lora_up.weight"] = torch.randn(layer.out_features, 2, generator=generator)
            state[f"{key}.alpha"] = torch.tensor(2.0)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(state, str(path))


def write_all(folder: Path) -> None:
    """Every family's folder, SD 1.x as folder and as file, motion adapters, LoRAs, embeddings."""
    for name, build in (tiny.BUILDERS | tiny.WAN_22 | tiny.FROM_PICTURE).items():
        pipe = build()
        pipe.save_pretrained(folder / name, safe_serialization=True)
        part = "unet" if name == "animatediff" else "transformer"
        write_lora(folder / "loras" / f"{name}.safetensors", pipe, part=part)
        if name == "animatediff":
            write_kohya_lora(folder / "loras" / "kohya.safetensors", pipe)
    write_lora(folder / "loras" / "zero.safetensors", tiny.animatediff(), scale=0.0)
    tiny.stable_diffusion().save_pretrained(folder / "sd15", safe_serialization=True)
    tiny.motion_adapter().save_pretrained(folder / "motion", safe_serialization=True)
    wide = tiny.stable_diffusion(channels=WIDE)
    wide.save_pretrained(folder / "sd15-wide", safe_serialization=True)
    write_kohya_lora(folder / "loras" / "kohya-wide.safetensors", wide)
    ldm.write_checkpoint(folder / "single" / "realistic.safetensors", wide)
    tiny.wide_motion_adapter().save_pretrained(folder / "motion-wide", safe_serialization=True)
    ldm.write_motion_adapter(folder / "single" / "mm_v2.safetensors", tiny.wide_motion_adapter())
    v1 = tiny.wide_motion_adapter(middle=False, frames=24)
    ldm.write_motion_adapter(folder / "single" / "mm_v1.safetensors", v1)
    write_embedding(folder / "embeddings" / "badhandv4.safetensors")
    write_embedding(folder / "embeddings" / "a1111style.safetensors", a1111=True)
    write_embedding(folder / "embeddings" / "wrongsize.safetensors", hidden=12)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))

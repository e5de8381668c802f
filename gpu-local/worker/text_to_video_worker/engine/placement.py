"""A pipeline put on its device as its profile says."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import FirstBlockCacheConfig

from ..errors import WorkerError
from ..profiles import Profile


def place(pipe: Any, denoiser: Any, device: torch.device, profile: Profile) -> None:
    """Puts the pipeline on the device as the profile says. Caches go on before the first call."""
    if profile.fp8_storage:
        compute = next(denoiser.parameters()).dtype
        denoiser.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=compute)
    if profile.memory != "full":
        pipe.vae.enable_tiling()
        pipe.vae.enable_slicing()
    if profile.memory == "model_offload":
        pipe.enable_model_cpu_offload(device=device)
    elif profile.memory == "group_offload":
        pipe.enable_group_offload(onload_device=device, offload_type="leaf_level", use_stream=True)
    else:
        pipe.to(device)
    if profile.attention is not None:
        if not hasattr(denoiser, "set_attention_backend"):
            raise WorkerError(
                "model_not_found",
                "This model's attention cannot be changed.",
                field="model",
                remedy="Take attention=… out of the model's profile.",
            )
        denoiser.set_attention_backend(profile.attention)
    if profile.first_block_cache:
        if not hasattr(denoiser, "enable_cache"):
            raise WorkerError(
                "model_not_found",
                "This model cannot use the first-block cache.",
                field="model",
                remedy="Take cache=… out of the model's profile.",
            )
        denoiser.enable_cache(FirstBlockCacheConfig(threshold=profile.first_block_cache))
    if profile.compile:
        if hasattr(denoiser, "compile_repeated_blocks") and denoiser._repeated_blocks:
            denoiser.compile_repeated_blocks(fullgraph=True)
        else:
            denoiser.compile()

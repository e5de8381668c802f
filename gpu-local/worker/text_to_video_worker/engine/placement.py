"""A pipeline put on its device as its profile says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from diffusers.hooks import apply_group_offloading
from diffusers.models.attention_dispatch import AttentionBackendName, _AttentionBackendRegistry

from ..profiles import Profile
from .caches import use_cache
from .compiling import compile_blocks
from .fp8 import compute_in_fp8
from .impossible import impossible

#: What a denoiser computes attention with where its profile names nothing.
OWN_ATTENTION = "native"


def place(
    pipe: Any,
    denoisers: Iterable[Any],
    device: torch.device,
    dtype: torch.dtype,
    profile: Profile,
) -> None:
    """`denoisers` are all the networks that steps ask; `dtype` is what they compute in.

    Caches go on before the first call, because they look for their layers then.
    """
    denoisers = tuple(denoisers)
    if profile.fp8_storage:
        if any(getattr(denoiser, "hf_quantizer", None) for denoiser in denoisers):
            raise impossible(
                "The weights of a GGUF file are kept as they are stored.", "Take storage=… out of"
            )
        for denoiser in denoisers:
            denoiser.enable_layerwise_casting(
                storage_dtype=torch.float8_e4m3fn, compute_dtype=dtype
            )
    if profile.compute:
        stays = profile.memory in ("full", "text_offload")
        compute_in_fp8(denoisers, device, dtype, profile.compute, stays=stays)
    if profile.memory == "full":
        pipe.to(device)
    elif profile.memory == "model_offload":
        pipe.enable_model_cpu_offload(device=device)
    else:
        _offload_groups(pipe, denoisers if profile.memory == "group_offload" else (), device)
    for denoiser in denoisers:
        _use_attention(denoiser, profile.attention)
    if profile.cache:
        use_cache(pipe, denoisers, profile.cache)
    for denoiser in denoisers:
        if profile.compile:
            compile_blocks(denoiser, fullgraph=True)


def _offload_groups(pipe: Any, denoisers: tuple[Any, ...], device: torch.device) -> None:
    """Lets text encoders, and `denoisers` block by block, wait in main memory; the rest does not.

    What is needed next is copied while the device still works, where the device can do both.
    """
    stream = device.type == "cuda"
    for name, part in pipe.components.items():
        if not isinstance(part, torch.nn.Module):
            continue
        if any(part is denoiser for denoiser in denoisers):
            blocks = {"offload_type": "block_level", "num_blocks_per_group": 1}
            apply_group_offloading(
                part, onload_device=device, use_stream=stream, record_stream=stream, **blocks
            )
        elif name.startswith("text_encoder"):
            # Its blocks lie deeper than a group looks.
            apply_group_offloading(
                part,
                onload_device=device,
                offload_type="leaf_level",
                use_stream=stream,
                record_stream=stream,
            )
        else:
            part.to(device)


def _use_attention(denoiser: Any, name: str | None) -> None:
    """Every model names its kernel: diffusers lets the last named one rule whoever names none."""
    if not _has_attention_backends(denoiser):
        if name is None:
            return
        raise impossible("This model's attention cannot be changed.", "Take attention=… out of")
    try:
        denoiser.set_attention_backend(name or OWN_ATTENTION)
    except (RuntimeError, ImportError, ValueError) as error:
        raise impossible(
            f"The attention kernel {name} cannot be used here: {str(error).splitlines()[0][:300]}",
            "Install its package in the worker's Python environment, or take attention=… out of",
        ) from error
    finally:
        _AttentionBackendRegistry.set_active_backend(AttentionBackendName(OWN_ATTENTION))


def _has_attention_backends(denoiser: Any) -> bool:
    """Older networks (SD 1.x) call torch's attention themselves."""
    return any(
        hasattr(getattr(module, "processor", None), "_attention_backend")
        for module in denoiser.modules()
    )

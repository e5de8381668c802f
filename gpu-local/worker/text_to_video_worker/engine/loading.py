"""From a model's files to a pipeline on the device, ready for its first request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ..errors import WorkerError
from ..families import FAMILIES, start_image_of
from ..model_spec import ModelSpec
from ..model_weights import part_bytes
from ..profiles import (
    GIB,
    LEAST_STEPS_FOR_CACHE,
    TILING_HEADROOM_BYTES,
    Memory,
    Profile,
    Sizes,
    choose_memory,
    for_device,
    for_several,
    parse_profile,
)
from .attention import choose_attention
from .context_parallel import check_shares
from .device import memory_bytes
from .families import PIPELINE_FAMILIES
from .fp8 import choose_compute
from .light_vae import load_light_vae
from .loaded_model import LoadedModel
from .placement import place
from .single_file import GGUF

#: What a model has whose profile says nothing.
DEFAULT_PROFILE = "balanced"
#: Those whose blocks diffusers knows.
FIRST_BLOCK_FAMILIES = ("wan", "ltx", "cogvideox")


def weight_sizes(spec: ModelSpec, device: torch.device, *, fp8: bool = False) -> Sizes:
    """Bytes of a model's weights on the device; `fp8` halves those of what steps ask."""
    width = torch.finfo(PIPELINE_FAMILIES[spec.family].dtype(spec, device)).bits // 8
    text_encoders = denoisers = others = largest = 0
    for part, whole in part_bytes(spec, width).items():
        size = whole
        if part.startswith("text_encoder"):
            text_encoders += size
        elif part.startswith(("transformer", "unet")):
            size = whole // 2 if fp8 else whole
            denoisers += size
        else:
            others += size
        largest = max(largest, size)
    return Sizes(text_encoders, denoisers, others, largest)


def first_profile(spec: ModelSpec, device: torch.device) -> Profile:
    """The profile that a model is loaded with unless the device has proved too small for it."""
    cacheable = _cacheable(spec)

    def said(chosen: Profile) -> Profile:
        default = parse_profile(DEFAULT_PROFILE, chosen)
        return parse_profile(spec.profile, default, cacheable=cacheable)

    sizes = weight_sizes(spec, device, fp8=said(Profile()).fp8_weights)
    memory, tiling = choose_memory(device.type, spec.family, memory_bytes(device), sizes)
    if spec.gpus > 1:
        _check_room_for_all(spec, memory_bytes(device), sizes)
        memory = "full"
    quantised = Path(spec.path).suffix == GGUF
    profile = for_device(
        said(Profile(memory=memory, tiling=tiling)), device.type, quantised=quantised
    )
    if spec.gpus > 1:
        profile = for_several(profile, spec.gpus, spec.alias)
    dtype = PIPELINE_FAMILIES[spec.family].dtype(spec, device)
    if profile.compute:
        profile = replace(profile, compute=choose_compute(profile.compute, device, dtype))
    if profile.attention == "auto":
        profile = replace(profile, attention=choose_attention(spec.family, device, dtype))
    return profile


def _check_room_for_all(spec: ModelSpec, device_bytes: int, sizes: Sizes) -> None:
    """Every device of a group holds all weights, and nothing waits in main memory."""
    if sizes.all + TILING_HEADROOM_BYTES <= device_bytes:
        return
    raise WorkerError(
        "model_not_found",
        f'The model "{spec.alias}" asks for {spec.gpus} devices for one video (gpus={spec.gpus}), '
        f"each of which needs {(sizes.all + TILING_HEADROOM_BYTES) / GIB:.0f} GiB for it and has "
        f"{device_bytes / GIB:.0f}.",
        field="model",
        remedy="Add the model again without --gpus, so that a part of it waits in main memory.",
    )


def _cacheable(spec: ModelSpec) -> bool:
    """Whether `fast` may skip blocks: a few-step model has no step that is like another."""
    steps = dict(spec.defaults).get("num_inference_steps", LEAST_STEPS_FOR_CACHE)
    return (
        spec.family in FIRST_BLOCK_FAMILIES
        and not spec.sigmas
        and steps >= LEAST_STEPS_FOR_CACHE
        and spec.gpus == 1
    )


def own_defaults(spec: ModelSpec) -> dict[str, Any]:
    """What of a family its models set themselves."""
    return {
        "defaults": {**FAMILIES[spec.family].defaults, **dict(spec.defaults)},
        "negative_prompt": spec.negative_prompt,
    }


def adopt(loaded: LoadedModel, spec: ModelSpec) -> None:
    """Lets a pipeline make the videos of `spec`: aliases with other defaults may share one."""
    if loaded.spec != spec:
        loaded.family = replace(loaded.family, **own_defaults(spec))
        loaded.spec = spec


def load(spec: ModelSpec, device: torch.device, memory: Memory | None = None) -> LoadedModel:
    """Loads a model. `memory` overrides where its weights wait (after an out-of-memory)."""
    family = PIPELINE_FAMILIES[spec.family]
    profile = first_profile(spec, device)
    if memory is not None and memory != profile.memory:
        profile = profile.with_memory(memory)
    dtype = family.dtype(spec, device)
    pipe = family.load(spec, dtype)
    if spec.gpus > 1:
        check_shares(spec.alias, family.denoisers(pipe), spec.gpus)
    pipe.set_progress_bar_config(disable=True)
    place(pipe, family.denoisers(pipe), device, dtype, profile)
    light_vae = load_light_vae(spec, pipe.vae, device) if profile.light_vae else None
    limits = FAMILIES[spec.family]
    return LoadedModel(
        spec=spec,
        family=replace(
            family.measure(limits, pipe),
            start_image=start_image_of(
                spec.family, {**pipe.config, "_class_name": type(pipe).__name__}
            ),
            shares=spec.gpus,
            **own_defaults(spec),
        ),
        pipe=pipe,
        device=device,
        profile=profile,
        tiled=profile.tiling,
        weight_bytes=weight_sizes(spec, device, fp8=profile.fp8_weights).all,
        compute_dtype=dtype,
        scheduler_class=type(pipe.scheduler).__name__,
        scheduler_config=dict(pipe.scheduler.config),
        light_vae=light_vae,
    )

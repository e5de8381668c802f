"""From a model's files to a pipeline on the device, ready for its first request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from ..families import FAMILIES
from ..model_spec import ModelSpec
from ..model_weights import weight_values
from ..profiles import Profile, choose_memory, parse_profile
from .device import memory_bytes
from .families import PIPELINE_FAMILIES
from .loaded_model import LoadedModel
from .placement import place


def weight_bytes(spec: ModelSpec, device: torch.device) -> tuple[int, int]:
    """Bytes of a model's weights on the device: all of them, and those of its largest part."""
    values, largest = weight_values(Path(spec.path))
    width = torch.finfo(PIPELINE_FAMILIES[spec.family].dtype(spec, device)).bits // 8
    return values * width, largest * width


def first_profile(spec: ModelSpec, device: torch.device) -> Profile:
    """The profile that a model is loaded with unless the device has proved too small for it."""
    sizes = weight_bytes(spec, device)
    memory = choose_memory(device.type, spec.family, memory_bytes(device), *sizes)
    return parse_profile(spec.profile, Profile(memory=memory))


def load(spec: ModelSpec, device: torch.device, memory: str | None = None) -> LoadedModel:
    """Loads a model. `memory` overrides the memory profile (after an out-of-memory)."""
    family = PIPELINE_FAMILIES[spec.family]
    profile = first_profile(spec, device)
    if memory is not None:
        profile = parse_profile(f"memory={memory}", profile)
    dtype = family.dtype(spec, device)
    pipe = family.load(spec, dtype)
    pipe.set_progress_bar_config(disable=True)
    place(pipe, family.denoisers(pipe), device, dtype, profile)
    limits = FAMILIES[spec.family]
    return LoadedModel(
        spec=spec,
        family=replace(
            family.measure(limits, pipe), defaults={**limits.defaults, **dict(spec.defaults)}
        ),
        pipe=pipe,
        device=device,
        profile=profile,
        weight_bytes=weight_bytes(spec, device)[0],
        compute_dtype=dtype,
        scheduler_class=type(pipe.scheduler).__name__,
        scheduler_config=dict(pipe.scheduler.config),
    )

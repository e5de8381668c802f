"""A model that several devices make videos with: loaded on each of them."""

from __future__ import annotations

from dataclasses import replace

import torch

from ..model_spec import ModelSpec
from ..profiles import Profile
from ..protocol import Message
from .context_parallel import share_steps
from .device_group import DeviceGroup
from .families import PIPELINE_FAMILIES
from .loaded_model import LoadedModel
from .loading import load


def load_with_group(
    spec: ModelSpec, devices: tuple[torch.device, ...], profile: Profile
) -> LoadedModel:
    """Loads a model here and, at the same time, in a process for each further device."""
    group = DeviceGroup(devices)
    try:
        # What was chosen for this device, so that all of them do the same.
        group.load(replace(spec, profile=f"exact,{profile.describe()}").to_message())
        loaded = load(spec, devices[0])
        denoisers = PIPELINE_FAMILIES[spec.family].denoisers(loaded.pipe)
        group.join(lambda: share_steps(denoisers, devices[0], len(devices)))
    except BaseException:
        group.close()
        raise
    loaded.group = group
    return loaded


def job_message(loaded: LoadedModel, request: object) -> Message:
    """What the other processes of its group are told of a job."""
    return {"model": loaded.spec.to_message(), "request": request, "tiled": loaded.tiled}

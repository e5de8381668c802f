"""Swapping a pipeline's scheduler for the one that a request names."""

from __future__ import annotations

import diffusers

from .families import PIPELINE_FAMILIES
from .loaded_model import LoadedModel


def use_scheduler(loaded: LoadedModel, name: str | None) -> str:
    """Puts in a fresh scheduler (none keeps state from an earlier job); the class that is used."""
    name = name or loaded.spec.scheduler
    class_name = loaded.scheduler_class
    if name is not None:
        class_name = loaded.family.schedulers.get(name, name)
    changes = PIPELINE_FAMILIES[loaded.family.name].scheduler_changes(loaded, class_name)
    loaded.pipe.scheduler = getattr(diffusers, class_name).from_config(
        loaded.scheduler_config, **changes
    )
    return class_name

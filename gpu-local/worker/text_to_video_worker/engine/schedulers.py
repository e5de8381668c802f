"""Swapping a pipeline's scheduler for the one that a request names."""

from __future__ import annotations

from typing import Any

import diffusers

from .loaded_model import LoadedModel


def use_scheduler(loaded: LoadedModel, name: str | None) -> str:
    """Puts in a fresh scheduler (none keeps state from an earlier job); the class that is used."""
    name = name or loaded.spec.scheduler
    class_name = loaded.scheduler_class
    if name is not None:
        class_name = loaded.family.schedulers.get(name, name)
    config = dict(loaded.scheduler_config)
    options: dict[str, Any] = {}
    if loaded.family.flow and class_name != loaded.scheduler_class:
        # The two kinds of flow schedulers call the same number `shift` and `flow_shift`.
        shift = config.get("flow_shift") or config.get("shift") or 1.0
        options = {"shift": shift} if class_name.startswith("FlowMatch") else {"flow_shift": shift}
    loaded.pipe.scheduler = getattr(diffusers, class_name).from_config(config, **options)
    return class_name

"""Models stay loaded while memory lasts; the least recently used one goes first."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import torch

from ..families import FAMILIES
from ..model_spec import ModelSpec
from ..profiles import Memory
from .device import free_bytes, is_out_of_memory, memory_bytes, release
from .loaded_model import LoadedModel
from .loading import first_profile, load

#: Kept free beside the weights when another model is loaded.
HEADROOM_SHARE = 0.15


class ModelCache:
    """The loaded pipelines of one device."""

    def __init__(self, device: torch.device, most: int) -> None:
        self._device = device
        self._most = most
        self._loaded: dict[tuple[object, ...], LoadedModel] = {}

    def aliases(self) -> list[str]:
        """Aliases of what is loaded, the least recently used first."""
        by_use = sorted(self._loaded.values(), key=lambda one: one.used_at)
        return [one.spec.alias for one in by_use]

    def get(self, spec: ModelSpec, loading: Callable[[], None]) -> LoadedModel:
        """The pipeline for `spec`; `loading` is called when it must be loaded first."""
        loaded = self._loaded.get(spec.key)
        if loaded is None:
            loading()
            loaded = self._load_with_room(spec, None)
        # Aliases with other defaults may share one pipeline.
        if loaded.spec != spec:
            defaults = {**FAMILIES[spec.family].defaults, **dict(spec.defaults)}
            loaded.family = replace(loaded.family, defaults=defaults)
            loaded.spec = spec
        loaded.used_at = time.monotonic()
        return loaded

    def memory_of(self, spec: ModelSpec) -> Memory:
        """The memory profile that the model has, or would begin with."""
        loaded = self._loaded.get(spec.key)
        if loaded is not None:
            return loaded.profile.memory
        return first_profile(spec, self._device).memory

    def reload(self, spec: ModelSpec, memory: str) -> LoadedModel:
        """The same model again, in a memory profile that needs less."""
        self._drop(spec.key)
        while self._loaded:
            self._drop_oldest()
        loaded = self._load_with_room(spec, memory)
        loaded.used_at = time.monotonic()
        return loaded

    def _load_with_room(self, spec: ModelSpec, memory: str | None) -> LoadedModel:
        while len(self._loaded) >= self._most:
            self._drop_oldest()
        spare = memory_bytes(self._device) * HEADROOM_SHARE
        while self._loaded and free_bytes(self._device) < spare:
            self._drop_oldest()
        while True:
            try:
                loaded = load(spec, self._device, memory)
                break
            except Exception as error:
                if not (is_out_of_memory(error) and self._loaded):
                    raise
            self._drop_oldest()
        self._loaded[spec.key] = loaded
        return loaded

    def _drop_oldest(self) -> None:
        self._drop(min(self._loaded, key=lambda key: self._loaded[key].used_at))

    def _drop(self, key: tuple[object, ...]) -> None:
        self._loaded.pop(key, None)
        release(self._device)

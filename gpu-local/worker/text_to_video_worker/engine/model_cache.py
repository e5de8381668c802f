"""Models stay loaded while memory lasts; the least recently used one goes first."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from ..errors import WorkerError
from ..families import FAMILIES
from ..model_spec import ModelSpec
from ..profiles import GIB, Memory, MemoryLimits, Profile, ladder
from .device import free_bytes, host_free_bytes, is_out_of_memory, memory_bytes, release
from .load_with_group import load_with_group
from .loaded_model import LoadedModel
from .loading import adopt, first_profile, load, weight_sizes

#: Kept free beside the weights when another model is loaded.
HEADROOM_SHARE = 0.15
#: What fails where the VAE has no room for whole frames.
WHOLE_DECODE = "vae=whole"


class ModelCache:
    """The loaded pipelines of one device."""

    def __init__(
        self, device: torch.device, most: int, further: tuple[torch.device, ...] = ()
    ) -> None:
        """`further` devices are for models that ask for several, one of which is loaded at most."""
        self._device = device
        self._further = further
        self._most = most
        self._limits = MemoryLimits()
        self._first: dict[tuple[object, ...], Profile] = {}
        self._loaded: dict[tuple[object, ...], LoadedModel] = {}

    def aliases(self) -> list[str]:
        """Aliases of what is loaded, the least recently used first."""
        by_use = sorted(self._loaded.values(), key=lambda one: one.used_at)
        return [one.spec.alias for one in by_use]

    def get(self, spec: ModelSpec, size: int, loading: Callable[[], None]) -> LoadedModel:
        """The pipeline for `spec`, placed for a video of `size` (pixels x frames).

        `loading` is called when it must be loaded first. Raises `gpu_oom` where nothing is left
        that has not failed for a video as small.
        """
        memory = self._memory_for(spec, size)
        loaded = self._loaded.get(spec.key)
        if loaded is None or loaded.profile.memory != memory or loaded.broken:
            loading()
            self._drop(spec.key)
            loaded = self._load_with_room(spec, memory)
        adopt(loaded, spec)
        tiles = loaded.profile.tiling or not self._limits.fits(spec.key, WHOLE_DECODE, size)
        if tiles != loaded.tiled:
            loaded.use_tiles(tiles)
        loaded.used_at = time.monotonic()
        return loaded

    def to_compile(self) -> LoadedModel | None:
        """The last used of those that are to be compiled when there is time, and are not yet."""
        waiting = [
            one
            for one in self._loaded.values()
            if one.profile.compile_when_ready and not (one.compiled or one.compile_failed)
        ]
        return max(waiting, key=lambda one: one.used_at, default=None)

    def made(self, loaded: LoadedModel, size: int) -> None:
        """Remembers that a video of `size` had to be decoded in tiles."""
        if loaded.tiled and not loaded.profile.tiling:
            self._limits.failed(loaded.spec.key, WHOLE_DECODE, size)

    def out_of_memory(self, spec: ModelSpec, size: int) -> None:
        """Makes room for the same job once more: first from other models, then from this one."""
        release(self._device)
        others = [key for key in self._loaded if key != spec.key]
        for key in others:
            self._drop(key)
        if others:
            return
        self._limits.failed(spec.key, self._memory_for(spec, size), size)

    def first_profile(self, spec: ModelSpec) -> Profile:
        """What `spec` is loaded with where nothing has failed."""
        if spec.key not in self._first:
            self._first[spec.key] = first_profile(spec, self._device)
        return self._first[spec.key]

    def _memory_for(self, spec: ModelSpec, size: int) -> Memory:
        first = self.first_profile(spec).memory
        steps = ladder(first, self._device.type, spec.family)
        memory = self._limits.choose(spec.key, steps, size)
        if memory is None:
            self._limits.forget(spec.key)
            tried = f"with the profile memory={first}"
            if len(steps) > 1:
                tried += f", and with {', '.join(steps[1:])}"
            raise WorkerError(
                "gpu_oom",
                f"The device ran out of memory for a video of this size {tried}.",
                remedy="Ask for a smaller size, fewer frames, or use a smaller model.",
            )
        return memory

    def _load_with_room(self, spec: ModelSpec, memory: Memory) -> LoadedModel:
        while len(self._loaded) >= self._most:
            self._drop_oldest()
        spare = memory_bytes(self._device) * HEADROOM_SHARE
        while self._loaded and free_bytes(self._device) < spare:
            self._drop_oldest()
        self._make_room_in_main_memory(spec, memory)
        while True:
            try:
                loaded = self._load(spec, memory)
                break
            except Exception as error:
                if not (is_out_of_memory(error) and self._loaded):
                    raise
            self._drop_oldest()
        self._loaded[spec.key] = loaded
        return loaded

    def _load(self, spec: ModelSpec, memory: Memory) -> LoadedModel:
        if spec.gpus == 1:
            return load(spec, self._device, memory)
        devices = (self._device, *self._further)
        _check_devices(spec, devices)
        for key in [key for key, one in self._loaded.items() if one.group is not None]:
            self._drop(key)
        return load_with_group(spec, devices[: spec.gpus], self.first_profile(spec))

    def _make_room_in_main_memory(self, spec: ModelSpec, memory: Memory) -> None:
        """Offloaded weights wait there; where they do not fit, the system kills the process."""
        if self._device.type != "cuda":
            return
        needed = weight_sizes(spec, self._device).all
        while host_free_bytes() < needed:
            waiting = [k for k, one in self._loaded.items() if one.profile.memory != "full"]
            if not waiting:
                break
            self._drop(min(waiting, key=lambda key: self._loaded[key].used_at))
        free = host_free_bytes()
        if free < needed and memory != "full":
            raise WorkerError(
                "gpu_oom",
                f"The model needs {needed / GIB:.0f} GiB of main memory with the profile "
                f"memory={memory}, and {free / GIB:.0f} GiB are free.",
                remedy="Close other programs, add main memory, or use a smaller model.",
            )

    def _drop_oldest(self) -> None:
        self._drop(min(self._loaded, key=lambda key: self._loaded[key].used_at))

    def _drop(self, key: tuple[object, ...]) -> None:
        dropped = self._loaded.pop(key, None)
        if dropped is None:
            return
        if dropped.group is not None:
            dropped.group.close()
        del dropped
        release(self._device)


def _check_devices(spec: ModelSpec, devices: tuple[torch.device, ...]) -> None:
    if not FAMILIES[spec.family].several_gpus:
        raise WorkerError(
            "model_not_found",
            f'The model "{spec.alias}" asks for {spec.gpus} devices for one video '
            f"(gpus={spec.gpus}), and models of {FAMILIES[spec.family].title} use one.",
            field="model",
            remedy="Add the model again without --gpus.",
        )
    if spec.gpus > len(devices):
        raise WorkerError(
            "model_not_found",
            f'The model "{spec.alias}" asks for {spec.gpus} devices for one video '
            f"(gpus={spec.gpus}), and this worker has {len(devices)}.",
            field="model",
            remedy="Group devices, for example with GPU_LOCAL_DEVICES=cuda:0+cuda:1, or add the "
            "model again with fewer --gpus.",
        )

"""How a model sits on its device: chosen when it is loaded, from the device's memory. Pure.

A profile is written as `memory=tiling,attention=native,compile=on,cache=first_block:0.08,…`;
what is left out keeps its default. Only where weights wait and whether the VAE decodes in tiles are
ever chosen by themselves; the others change speed or the picture, so a person turns them on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from .errors import WorkerError

#: Where weights wait: all on the device; the text encoder's in main memory; every part but the one
#: that works; every block but the one that works.
Memory = Literal["full", "text_offload", "model_offload", "group_offload"]
MEMORY_ORDER: tuple[Memory, ...] = ("full", "text_offload", "model_offload", "group_offload")

GIB = 1024**3
#: Room for activations beside the weights: denoising and a whole-frame VAE decode, a tiled decode.
FULL_HEADROOM_BYTES = 8 * GIB
TILING_HEADROOM_BYTES = 3 * GIB

#: Attention kernels that are part of torch or installed by hand; none is fetched from a hub.
ATTENTION: tuple[str, ...] = (
    "native",
    "_native_cudnn",
    "_native_flash",
    "_native_efficient",
    "_native_math",
)
ATTENTION += ("flash", "_flash_3", "flash_varlen", "sage", "xformers", "flex")


@dataclass(frozen=True)
class Profile:
    memory: Memory = "full"
    #: The VAE decodes in tiles, which takes less memory and more time.
    tiling: bool = False
    attention: str | None = None
    compile: bool = False
    #: Threshold of the first-block cache (0: off): how much change between steps is skipped.
    first_block_cache: float = 0.0
    #: Weights kept as 8-bit floats and widened layer by layer when used.
    fp8_storage: bool = False

    def describe(self) -> str:
        tiles = self.tiling and self.memory == "full"
        parts = ["memory=tiling" if tiles else f"memory={self.memory}"]
        if self.tiling and self.memory == "text_offload":
            parts.append("vae=tiled")
        if self.attention:
            parts.append(f"attention={self.attention}")
        if self.compile:
            parts.append("compile=on")
        if self.first_block_cache:
            parts.append(f"cache=first_block:{self.first_block_cache:g}")
        if self.fp8_storage:
            parts.append("storage=fp8")
        return ",".join(parts)

    def with_memory(self, memory: Memory) -> Profile:
        """Parts that come and go leave no room for a whole decode."""
        tiles = self.tiling or memory in ("model_offload", "group_offload")
        return replace(self, memory=memory, tiling=tiles)


def _bad(text: str) -> WorkerError:
    return WorkerError(
        "model_not_found",
        f'The profile has "{text}", which is not known.',
        field="model",
        remedy="Use memory=full|tiling|text_offload|model_offload|group_offload, vae=tiled, "
        "attention=…, compile=on, cache=first_block:0.08, storage=fp8, separated by commas.",
    )


def parse_profile(text: str, chosen: Profile) -> Profile:
    """`chosen` with what `text` sets."""
    profile = chosen
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, _, value = part.partition("=")
        if part == "memory=tiling":
            profile = replace(profile, memory="full", tiling=True)
        elif name == "memory" and value in MEMORY_ORDER:
            profile = replace(profile, tiling=False).with_memory(value)
        elif name == "vae" and value in ("tiled", "whole"):
            profile = replace(profile, tiling=value == "tiled")
        elif name == "attention" and value in ATTENTION:
            profile = replace(profile, attention=value)
        elif name == "compile" and value in ("on", "off"):
            profile = replace(profile, compile=value == "on")
        elif name == "storage" and value in ("fp8", "plain"):
            profile = replace(profile, fp8_storage=value == "fp8")
        elif name == "cache" and value.startswith("first_block:"):
            try:
                threshold = float(value.removeprefix("first_block:"))
            except ValueError:
                raise _bad(part) from None
            profile = replace(profile, first_block_cache=threshold)
        elif part == "cache=off":
            profile = replace(profile, first_block_cache=0.0)
        else:
            raise _bad(part)
    return profile


@dataclass(frozen=True)
class Sizes:
    """Bytes of a model's weights on the device."""

    text_encoders: int
    denoisers: int
    others: int
    #: Of the parts, the largest.
    largest: int

    @property
    def all(self) -> int:
        return self.text_encoders + self.denoisers + self.others


def allowed_memory(device_type: str, family: str) -> tuple[Memory, ...]:
    """Offloading needs CUDA or ROCm; FreeNoise rebuilds the blocks that groups hook into."""
    if device_type != "cuda":
        return ("full",)
    if family == "animatediff":
        return ("full", "model_offload")
    return MEMORY_ORDER


def choose_memory(
    device_type: str, family: str, memory_bytes: int, sizes: Sizes
) -> tuple[Memory, bool]:
    """The fastest place for weights that should fit, and whether the VAE should decode in tiles."""
    if device_type == "cpu":
        return "full", False
    allowed = allowed_memory(device_type, family)
    whole, tiled = memory_bytes - FULL_HEADROOM_BYTES, memory_bytes - TILING_HEADROOM_BYTES
    # The text encoder is often the largest part, and works once a job.
    without_text = sizes.all - sizes.text_encoders
    fastest: tuple[tuple[Memory, int], ...] = (("full", sizes.all), ("text_offload", without_text))
    for memory, needed in fastest:
        if memory in allowed and needed <= tiled:
            return memory, needed > whole
    if allowed == ("full",):
        return "full", True
    if sizes.largest <= tiled:
        return "model_offload", True
    return allowed[-1], True


class MemoryLimits:
    """What proved too small for a model on this device, and for how large a video.

    A size is pixels x frames. Nothing is held against a smaller video.
    """

    def __init__(self) -> None:
        self._failed: dict[tuple[object, str], int] = {}

    def failed(self, model: object, setting: str, size: int) -> None:
        known = self._failed.get((model, setting), size)
        self._failed[model, setting] = min(known, size)

    def fits(self, model: object, setting: str, size: int) -> bool:
        return size < self._failed.get((model, setting), size + 1)

    def forget(self, model: object) -> None:
        """Another program may have held the memory: the next video begins afresh."""
        self._failed = {key: size for key, size in self._failed.items() if key[0] != model}

    def choose(self, model: object, ladder: tuple[Memory, ...], size: int) -> Memory | None:
        """The first of `ladder` that has not failed for a video as small as this."""
        return next((memory for memory in ladder if self.fits(model, memory, size)), None)


def ladder(first: Memory, device_type: str, family: str) -> tuple[Memory, ...]:
    """`first`, and what needs less device memory, one after another."""
    later = MEMORY_ORDER[MEMORY_ORDER.index(first) + 1 :]
    return (first, *(memory for memory in later if memory in allowed_memory(device_type, family)))

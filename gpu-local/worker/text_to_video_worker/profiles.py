"""How a model sits on its device: chosen when it is loaded, from the device's memory. Pure.

A profile is written as `memory=tiling,attention=native,compile=on,cache=first_block:0.08,…`;
what is left out keeps its default. Only `memory` is ever chosen by itself; the others change speed
or the picture, so a person turns them on for a model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from .errors import WorkerError

Memory = Literal["full", "tiling", "model_offload", "group_offload"]
MEMORY_ORDER: tuple[Memory, ...] = ("full", "tiling", "model_offload", "group_offload")

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
    attention: str | None = None
    compile: bool = False
    #: Threshold of the first-block cache (0: off): how much change between steps is skipped.
    first_block_cache: float = 0.0
    #: Weights kept as 8-bit floats and widened layer by layer when used.
    fp8_storage: bool = False

    def describe(self) -> str:
        parts = [f"memory={self.memory}"]
        if self.attention:
            parts.append(f"attention={self.attention}")
        if self.compile:
            parts.append("compile=on")
        if self.first_block_cache:
            parts.append(f"cache=first_block:{self.first_block_cache:g}")
        if self.fp8_storage:
            parts.append("storage=fp8")
        return ",".join(parts)


def _bad(text: str) -> WorkerError:
    return WorkerError(
        "model_not_found",
        f'The profile has "{text}", which is not known.',
        field="model",
        remedy="Use memory=full|tiling|model_offload|group_offload, attention=…, compile=on, "
        "cache=first_block:0.08, storage=fp8, separated by commas.",
    )


def parse_profile(text: str, chosen: Profile) -> Profile:
    """`chosen` with what `text` sets."""
    profile = chosen
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, _, value = part.partition("=")
        if name == "memory" and value in MEMORY_ORDER:
            profile = replace(profile, memory=value)
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


def allowed_memory(device_type: str, family: str) -> tuple[Memory, ...]:
    """Offloading needs CUDA or ROCm; FreeNoise rebuilds the blocks that groups hook into."""
    if device_type != "cuda":
        return ("full", "tiling")
    if family == "animatediff":
        return ("full", "tiling", "model_offload")
    return MEMORY_ORDER


def choose_memory(
    device_type: str, family: str, memory_bytes: int, weight_bytes: int, largest_part_bytes: int
) -> Memory:
    """The fastest profile that should fit."""
    if device_type == "cpu":
        return "full"
    if weight_bytes + FULL_HEADROOM_BYTES <= memory_bytes:
        return "full"
    allowed = allowed_memory(device_type, family)
    if weight_bytes + TILING_HEADROOM_BYTES <= memory_bytes or "model_offload" not in allowed:
        return "tiling"
    if largest_part_bytes + TILING_HEADROOM_BYTES <= memory_bytes:
        return "model_offload"
    return allowed[-1]


def next_memory(memory: Memory, device_type: str, family: str) -> Memory | None:
    """The profile to try after an out-of-memory; None when there is none."""
    allowed = allowed_memory(device_type, family)
    later = [m for m in allowed if MEMORY_ORDER.index(m) > MEMORY_ORDER.index(memory)]
    return later[0] if later else None

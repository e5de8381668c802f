"""How a model sits on its device: chosen when it is loaded, from the device's memory. Pure.

A profile is written as `fast`, `balanced` or `exact`, or as single settings, such as
`memory=tiling,attention=native,compile=on,cache=first_block:0.08`, or both; what is left out keeps
its default. What can be said stands in `profiles.json` beside this file, as the server reads it.
Where weights wait is chosen from sizes. What changes a picture visibly (caches, 8-bit weights) is
never chosen by itself; other kernels, which change its last bits, are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from .errors import WorkerError

#: Where weights wait: all on the device; the text encoder's in main memory; every part but the one
#: that works; every block but the one that works.
Memory = Literal["full", "text_offload", "model_offload", "group_offload"]
MEMORY_ORDER: tuple[Memory, ...] = ("full", "text_offload", "model_offload", "group_offload")

_TABLE: dict[str, Any] = json.loads(
    Path(__file__).with_name("profiles.json").read_text(encoding="utf-8")
)
PRESETS: tuple[str, ...] = tuple(_TABLE["presets"])
#: Name → values; `cache` has kinds with a number besides.
SETTINGS: dict[str, list[str]] = _TABLE["settings"]

GIB = 1024**3
#: NVIDIA's compute capability, of which cuDNN's own attention is the faster one.
HOPPER = 9
#: Room for activations beside the weights: denoising and a whole-frame VAE decode, a tiled decode.
FULL_HEADROOM_BYTES = 8 * GIB
TILING_HEADROOM_BYTES = 3 * GIB

#: Attention kernels that are part of torch or installed by hand; none is fetched from a hub.
ATTENTION: tuple[str, ...] = tuple(SETTINGS["attention"])

#: The number is how little must have changed since the step before; TaylorSeer's, how many steps
#: of which one is computed.
CACHES: dict[str, dict[str, Any]] = _TABLE["caches"]


@dataclass(frozen=True)
class Cache:
    kind: str
    value: float


#: Products of 8-bit floats, or of plain numbers with weights that are widened from them.
Fp8Compute = Literal["fp8", "fp8_weight_only"]
FP8_COMPUTE: tuple[Fp8Compute, ...] = ("fp8", "fp8_weight_only")

#: What `fast` skips: diffusers' own example for Wan and LTX.
FAST_CACHE = Cache("first_block", 0.08)
#: Fewer steps than this leave nothing to skip.
LEAST_STEPS_FOR_CACHE = 12


@dataclass(frozen=True)
class Profile:
    memory: Memory = "full"
    #: The VAE decodes in tiles, which takes less memory and more time.
    tiling: bool = False
    attention: str | None = None
    compile: bool = False
    #: Compiled when the device has nothing else to do and it was seen to work; eager until then.
    compile_when_ready: bool = False
    #: 32-bit matrix products in 19 bits, which NVIDIA's devices since 2020 do many times as fast.
    tf32: bool = False
    #: What is skipped between steps, and the number that it goes by.
    cache: Cache | None = None
    #: Weights kept as 8-bit floats and widened layer by layer when used.
    fp8_storage: bool = False
    #: Linear layers of which weights, or both factors, are 8-bit floats with scales.
    compute: Fp8Compute | None = None
    #: Decodes with a smaller VAE that was added for the model.
    light_vae: bool = False

    @property
    def fp8_weights(self) -> bool:
        return self.fp8_storage or self.compute is not None

    def placement(self) -> str:
        """The part of `describe` that says where weights wait and how the VAE decodes."""
        if self.tiling and self.memory == "full":
            return "memory=tiling"
        tiles = self.tiling and self.memory == "text_offload"
        return f"memory={self.memory}{',vae=tiled' if tiles else ''}"

    def describe(self) -> str:
        parts = [self.placement()]
        if self.attention:
            parts.append(f"attention={self.attention}")
        if self.compile:
            parts.append("compile=on")
        if self.tf32:
            parts.append("tf32=on")
        if self.cache:
            parts.append(f"cache={self.cache.kind}:{self.cache.value:g}")
        if self.fp8_storage:
            parts.append("storage=fp8")
        if self.compute:
            parts.append(f"compute={self.compute}")
        if self.light_vae:
            parts.append("light_vae=on")
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
        remedy="Use fast, balanced or exact, or memory=full|tiling|text_offload|model_offload|"
        "group_offload, vae=tiled, attention=…, compile=on, tf32=on, "
        "cache=first_block:0.08, cache=mag:0.06, cache=sea:0.25, cache=taylorseer:5, "
        "storage=fp8, compute=fp8, compute=fp8_weight_only, light_vae=on, separated by commas.",
    )


def _preset(name: str, profile: Profile, cacheable: bool) -> Profile:
    plain = replace(
        profile,
        attention=None,
        compile=False,
        compile_when_ready=False,
        tf32=False,
        cache=None,
        fp8_storage=False,
        compute=None,
        light_vae=False,
    )
    if name == "exact":
        return plain
    balanced = replace(plain, attention="auto", compile_when_ready=True, tf32=True)
    return replace(balanced, cache=FAST_CACHE) if name == "fast" and cacheable else balanced


def parse_profile(text: str, chosen: Profile, *, cacheable: bool = False) -> Profile:
    """`chosen` with what `text` sets; `cacheable`: `fast` finds steps to skip parts of."""
    profile = chosen
    parts = [part.strip() for part in text.split(",") if part.strip()]
    # What is said of one setting rules over a preset, wherever it stands.
    for part in sorted(parts, key=lambda part: part not in PRESETS):
        name, _, value = part.partition("=")
        if part in PRESETS:
            profile = _preset(part, profile, cacheable)
        elif name == "cache" and value != "off":
            profile = replace(profile, cache=_cache(part, value))
        elif value in SETTINGS.get(name, ()):
            profile = _set(profile, name, value)
        else:
            raise _bad(part)
    if profile.fp8_storage and profile.compute:
        raise WorkerError(
            "model_not_found",
            f"The profile has storage=fp8 and compute={profile.compute}; "
            "both say how weights are kept.",
            field="model",
            remedy="Take one of the two out of the model's profile.",
        )
    return profile


def _set(profile: Profile, name: str, value: str) -> Profile:
    """`profile` with one setting of `profiles.json`."""
    on = value == "on"
    match name:
        case "memory" if value == "tiling":
            return replace(profile, memory="full", tiling=True)
        case "memory":
            memory = next(one for one in MEMORY_ORDER if one == value)
            return replace(profile, tiling=False).with_memory(memory)
        case "vae":
            return replace(profile, tiling=value == "tiled")
        case "attention":
            return replace(profile, attention=value)
        case "compile":
            return replace(profile, compile=on, compile_when_ready=value == "auto")
        case "tf32":
            return replace(profile, tf32=on)
        case "cache":
            return replace(profile, cache=None)
        case "storage":
            return replace(profile, fp8_storage=value == "fp8")
        case "compute":
            return replace(profile, compute=next((o for o in FP8_COMPUTE if o == value), None))
        case "light_vae":
            return replace(profile, light_vae=on)
    raise ValueError(f"profiles.json has {name}, and nothing sets it.")


def _cache(part: str, value: str) -> Cache | None:
    kind, _, number = value.partition(":")
    limits = CACHES.get(kind)
    try:
        found = float(number)
    except ValueError:
        raise _bad(part) from None
    if limits is None or not 0 <= found <= limits["most"]:
        raise _bad(part)
    if limits["whole"] and not (found.is_integer() and (found >= limits["least"] or not found)):
        raise _bad(part)
    return Cache(kind, found) if found else None


def for_device(profile: Profile, device_type: str, *, quantised: bool = False) -> Profile:
    """What of a profile makes sense on a device, and with weights that are kept in blocks.

    A processor gains nothing by other kernels. Compiled code and weights that come and go, or are
    widened layer by layer, do not go together well enough to be tried unasked.
    """
    if device_type != "cuda":
        attention = None if profile.attention == "auto" else profile.attention
        return replace(profile, attention=attention, compile_when_ready=False, tf32=False)
    stays = profile.memory in ("full", "text_offload") and not profile.fp8_storage
    may_compile = profile.compile_when_ready and stays and not quantised and profile.cache is None
    return replace(profile, compile_when_ready=may_compile)


#: What of a profile was seen to go with one video on several devices.
SHARED_SETTINGS = ("memory=full", "memory=tiling", "attention", "tf32")


def for_several(profile: Profile, gpus: int, alias: str) -> Profile:
    """What of a profile makes sense where `gpus` devices make one video. Raises for the rest.

    A cache that skipped a block on one device would let the others wait for it without end.
    """
    attention = None if profile.attention == "auto" else profile.attention
    shared = replace(profile, attention=attention, compile_when_ready=False)
    others = [
        part
        for part in shared.describe().split(",")
        if part not in SHARED_SETTINGS and part.split("=")[0] not in SHARED_SETTINGS
    ]
    if not others:
        return shared
    raise WorkerError(
        "model_not_found",
        f'The model "{alias}" asks for {gpus} devices for one video (gpus={gpus}), and its profile '
        f"has {', '.join(others)}, which does not go with it.",
        field="model",
        remedy="Use fast, balanced, exact, memory=full, memory=tiling, attention=… and tf32=… with "
        "--gpus, or add the model again without --gpus.",
    )


def attention_candidates(
    family: str, capability: tuple[int, int] | None, flash_3_installed: bool
) -> tuple[str, ...]:
    """Kernels to try for `auto`, the fastest first; an empty one says that torch chooses.

    `capability` is NVIDIA's (None: another make). FlashAttention 3 knows no masks, which every
    family but Wan has.
    """
    if capability is None or family not in ("wan", "ltx", "ltx2", "hunyuanvideo15"):
        return ()
    flash = flash_3_installed and capability[0] == HOPPER and family == "wan"
    return (
        *(("_flash_3",) if flash else ()),
        *(("_native_cudnn",) if capability[0] >= HOPPER else ()),
    )


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

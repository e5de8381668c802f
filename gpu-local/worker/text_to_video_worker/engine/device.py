"""The device that this worker owns."""

from __future__ import annotations

import gc
import importlib.metadata
import platform
from pathlib import Path
from typing import Any

import psutil
import torch

#: Kernels whose result depends on luck are not wanted: the same seed must give the same file.
torch.backends.cudnn.deterministic = True
torch.backends.cudnn.benchmark = False


def pick_device(wanted: str | None) -> torch.device:
    """`wanted` (for example `cuda:1`, `cpu`), or the best there is. ROCm calls itself cuda."""
    if wanted:
        return torch.device(wanted)
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def pick_devices(wanted: str | None) -> tuple[torch.device, ...]:
    """Those of a group, joined by `+` (for example `cuda:0+cuda:1`), the one that leads first."""
    if not wanted or "+" not in wanted:
        return (pick_device(wanted),)
    devices = tuple(torch.device(name) for name in wanted.split("+"))
    for device in devices:
        if device.type not in ("cuda", "cpu"):
            raise SystemExit(f"Devices of the kind {device.type} cannot be grouped.")
        if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
            raise SystemExit(
                f"There is no device {device}: torch sees {torch.cuda.device_count()} of them."
            )
    return devices


def memory_bytes(device: torch.device) -> int:
    """All memory of the device; for cpu and mps (which share it) the machine's."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return int(psutil.virtual_memory().total)


def free_bytes(device: torch.device) -> int:
    """Memory that is free now, for choosing what to keep warm."""
    if device.type == "cuda":
        # What torch's allocator holds but does not use is free for us as well.
        free, _ = torch.cuda.mem_get_info(device)
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(free + cached)
    return int(psutil.virtual_memory().available)


def host_free_bytes() -> int:
    """Main memory that this process may still take: the machine's, or its container's."""
    free = int(psutil.virtual_memory().available)
    limit, used = (_cgroup_bytes(name) for name in ("memory.max", "memory.current"))
    return free if limit is None or used is None else min(free, max(0, limit - used))


def _cgroup_bytes(name: str) -> int | None:
    try:
        return int(Path("/sys/fs/cgroup", name).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def release(device: torch.device) -> None:
    """Gives back what no pipeline holds any more."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def summary(device: torch.device) -> dict[str, Any]:
    """A device's kind, name and memory."""
    name = platform.processor() or platform.machine()
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    return {
        "device": {"type": device.type, "index": device.index, "name": name},
        "memory_bytes": memory_bytes(device),
    }


def describe(device: torch.device) -> dict[str, Any]:
    """What `hello` says about the device and the software."""
    packages = ("torch", "diffusers", "transformers", "peft", "accelerate", "safetensors", "av")
    versions = {package: importlib.metadata.version(package) for package in packages}
    return {
        **summary(device),
        "rocm": torch.version.hip is not None,
        "versions": {"python": platform.python_version(), **versions},
    }


def is_out_of_memory(error: BaseException) -> bool:
    """Each back end says it differently; the CPU's and MPS's is a plain RuntimeError."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "can't allocate memory" in text or "out of memory" in text
    )


def peak_bytes(device: torch.device) -> int | None:
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    return None

"""The configuration of motion modules that come as one file, read from its header. Pure."""

from __future__ import annotations

import re
from typing import Any

from ...errors import WorkerError

#: Frames that the modules were trained on where the file has no table of positions (it was saved by
#: diffusers, which makes the table itself).
DEFAULT_FRAMES = 32

_NOT_MOTION = WorkerError(
    "model_not_found",
    "The motion adapter's file has no motion modules in it.",
    field="model",
    remedy="Add a motion adapter for SD 1.x, such as guoyww/animatediff-motion-adapter-v1-5-3.",
)
_LAYER = re.compile(
    r"^down_blocks\.(\d+)\.motion_modules\.(\d+)\.(?:temporal_transformer\.)?norm\."
)


def motion_config(header: dict[str, Any]) -> dict[str, Any]:
    """What diffusers' MotionAdapter is made with; heads and norm groups are the same in all."""
    channels: dict[int, int] = {}
    layers, frames = 0, DEFAULT_FRAMES
    for name, entry in header.items():
        if found := _LAYER.match(name):
            channels[int(found[1])] = _length(entry, 0)
            layers = max(layers, int(found[2]) + 1)
        elif name.endswith("pos_encoder.pe"):
            frames = _length(entry, 1)
    if not channels:
        raise _NOT_MOTION
    return {
        "_class_name": "MotionAdapter",
        "block_out_channels": [channels[block] for block in sorted(channels)],
        "motion_layers_per_block": layers,
        "motion_max_seq_length": frames,
        "use_motion_mid_block": any(name.startswith("mid_block.") for name in header),
    }


def _length(entry: Any, axis: int) -> int:
    shape = entry.get("shape")
    if not isinstance(shape, list) or len(shape) <= axis or not isinstance(shape[axis], int):
        raise _NOT_MOTION
    return int(shape[axis])

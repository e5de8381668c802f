"""FreeNoise: AnimateDiff's sliding window over more frames than its motion modules see at once."""

from __future__ import annotations

from typing import Any

from ..plan import TRAVEL_STRIDE_FRAMES
from .loaded_model import LoadedModel
from .loras import clear_loras


def use_window(loaded: LoadedModel, frames: int) -> None:
    """Turns FreeNoise's sliding window on (or off, 0).

    It rebuilds the motion blocks from their weights, which only works while no LoRA sits in them.
    """
    if loaded.window_frames == frames:
        return
    clear_loras(loaded)
    if loaded.window_frames:
        _disable_free_noise(loaded.pipe)
        loaded.window_frames = 0
    if frames:
        loaded.pipe.enable_free_noise(context_length=frames, context_stride=TRAVEL_STRIDE_FRAMES)
        loaded.window_frames = frames


def _disable_free_noise(pipe: Any) -> None:
    """The pipeline's own method fails where the middle block has no motion modules (adapter v3)."""
    unet = pipe.unet
    for block in (*unet.down_blocks, unet.mid_block, *unet.up_blocks):
        if getattr(block, "motion_modules", None) is not None:
            pipe._disable_free_noise_in_block(block)
    pipe._free_noise_context_length = None

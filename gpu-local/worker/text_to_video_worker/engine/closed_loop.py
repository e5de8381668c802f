"""A video whose end leads back to its beginning: latents rolled along time, or forth and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch


class LatentShift:
    """Rolls the latents after each step; the last step rolls everything back."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._rolled = 0

    def after_step(
        self, index: int, steps: int, tensors: dict[str, torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        """Step `index` (from 0) of `steps` is done; `tensors` rolled along time."""
        # The video begins where its prompts do.
        last = index == steps - 1
        by = -self._rolled if last else _roll_shift(self._frames, steps)
        self._rolled += by
        return _roll(tensors, self._frames, by)


def _roll_shift(frames: int, steps: int) -> int:
    """Frames to roll by after each step, so that the seam passes every frame at least once."""
    return max(1, -(-frames // steps))


def _roll(tensors: dict[str, torch.Tensor], frames: int, by: int) -> dict[str, torch.Tensor]:
    """Rolls latents (batch, channels, frames, h, w) and per-frame prompts along time alike."""
    prompts = tensors["prompt_embeds"]
    halves = prompts.view(-1, frames, *prompts.shape[1:]).roll(by, dims=1).flatten(0, 1)
    return {"latents": tensors["latents"].roll(by, dims=2), "prompt_embeds": halves}


def ping_pong(frames: np.ndarray[Any, Any], total: int) -> np.ndarray[Any, Any]:
    """Forth and back without showing the first frame twice; an odd total holds the turn."""
    order = list(range(len(frames)))
    order += order[::-1] if total % 2 else order[-2::-1]
    return frames[order[:total]]

"""From what a VAE decoded to pictures of 8 bits, made on the device and a frame at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ..errors import WorkerError
from .replaced import replaced

#: (frames, height, width, 3), red green blue.
Frames = npt.NDArray[np.uint8]


@contextlib.contextmanager
def pictures_instead_of_floats(pipe: Any, keep: int, width: int, height: int) -> Iterator[None]:
    """Lets the pipeline return its first `keep` frames as `Frames`, cropped around the middle.

    Pipelines would turn the whole video into floats in main memory, four times as large, and copy
    them several times.
    """

    def postprocess_video(video: torch.Tensor, output_type: str = "np") -> list[Frames]:
        return [to_pictures(one[:, :keep], width, height) for one in video]

    with replaced(pipe.video_processor, "postprocess_video", postprocess_video):
        yield


def to_pictures(video: torch.Tensor, width: int, height: int) -> Frames:
    """A decoded video (3, frames, rows, columns) in -1 … 1, cropped around the middle.

    Raises `WorkerError` where values are not numbers.
    """
    _, count, rows, columns = video.shape
    top, left = (rows - height) // 2, (columns - width) // 2
    pictures = torch.empty((count, height, width, 3), dtype=torch.uint8)
    # Used for every frame: room that is asked for anew costs as much as the arithmetic.
    frame = torch.empty((3, height, width), device=video.device)
    picture = torch.empty((height, width, 3), dtype=torch.uint8, device=video.device)
    finite = torch.ones((), dtype=torch.bool, device=video.device)
    for index in range(count):
        frame.copy_(video[:, index, top : top + height, left : left + width])
        # Looked at once, at the end: each look would wait for the device.
        least, most = frame.aminmax()
        finite &= least.isfinite() & most.isfinite()
        frame.mul_(0.5).add_(0.5).clamp_(0, 1).mul_(255).round_()
        for colour in range(3):
            picture[:, :, colour] = frame[colour]
        pictures[index].copy_(picture)
    if not bool(finite):
        raise WorkerError(
            "engine_failed",
            "The model returned values that are not numbers, so there is no picture.",
            remedy="Try other settings; some checkpoints need 32-bit numbers or another VAE.",
        )
    return pictures.numpy()

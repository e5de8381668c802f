"""Sound that a model makes with its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from ..errors import WorkerError


@dataclass(frozen=True)
class Sound:
    #: (channels, samples), one or two channels, in -1 … 1.
    samples: npt.NDArray[np.float32]
    #: Samples a second.
    rate: int

    @property
    def layout(self) -> str:
        return "stereo" if len(self.samples) == 2 else "mono"

    def part(self, begin_seconds: float, seconds: float) -> Sound:
        """`seconds` of it from `begin_seconds` on; silence where it ends earlier."""
        begin = round(begin_seconds * self.rate)
        count = round((begin_seconds + seconds) * self.rate) - begin
        found = self.samples[:, begin : begin + count]
        return Sound(np.pad(found, ((0, 0), (0, count - found.shape[1]))), self.rate)

    def frame(self) -> Any:
        """As PyAV encodes it."""
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(self.samples), format="fltp", layout=self.layout
        )
        frame.sample_rate = self.rate
        return frame


def sound_of(samples: Any, rate: int) -> Sound:
    """A vocoder's tensor (channels, samples) on any device."""
    values = samples.float().cpu().numpy()
    if not bool(np.isfinite(values).all()):
        raise WorkerError(
            "engine_failed",
            "The model returned values that are not numbers, so there is no sound.",
            remedy="Try other settings.",
        )
    return Sound(values.clip(-1, 1), rate)


def joined(parts: Sequence[Sound], seconds: float) -> Sound | None:
    """One after another; then backwards, where the video is longer: it plays back to its start."""
    if not parts:
        return None
    forth = np.concatenate([part.samples for part in parts], axis=1)
    whole = np.concatenate([forth, forth[:, ::-1]], axis=1)
    return Sound(whole, parts[0].rate).part(0, seconds)

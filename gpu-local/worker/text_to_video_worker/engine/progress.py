"""Where a job is: its stages, its steps, and whether it was cancelled."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from ..errors import Cancelled
from .replaced import replaced

#: Stage, and where they are counted the steps done and all steps.
Report = Callable[[str, int | None, int | None], None]


class Cancellation(Protocol):
    def is_set(self) -> bool: ...


class ProgressMonitor:
    """Follows a pipeline from inside: tells its stages, counts its steps, stops on request."""

    def __init__(self, report: Report, cancelled: Cancellation, clips: int) -> None:
        self._report = report
        self._cancelled = cancelled
        self._clips = clips
        self._clip = 0
        self._stage = ""
        self._since = time.monotonic()
        self.timings_ms: dict[str, float] = {}

    def next_clip(self, index: int) -> None:
        self._clip = index

    def stop_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled

    def enter(self, stage: str, step: int | None = None, steps: int | None = None) -> None:
        """Marks the beginning of a stage (its time runs until the next one begins)."""
        now = time.monotonic()
        if self._stage:
            spent = (now - self._since) * 1000
            self.timings_ms[self._stage] = self.timings_ms.get(self._stage, 0.0) + spent
        self._since = now
        if stage != self._stage or step is not None:
            self._report(stage, step, steps)
        self._stage = stage
        self.stop_if_cancelled()

    def step_done(self, index: int, steps: int) -> None:
        """Step `index` (from 0) of the `steps` that this clip's scheduler really makes is done."""
        self.enter("denoising", self._clip * steps + index + 1, self._clips * steps)

    @contextlib.contextmanager
    def counting_steps_of(self, scheduler: Any) -> Iterator[None]:
        """For pipelines that tell nobody of their steps: the scheduler makes each of them."""
        step, done = scheduler.step, 0

        def make_step(*args: Any, **options: Any) -> Any:
            nonlocal done
            result = step(*args, **options)
            steps = len(scheduler.timesteps)
            self.step_done(done % steps, steps)
            done += 1
            return result

        scheduler.step = make_step
        try:
            yield
        finally:
            del scheduler.step

    @contextlib.contextmanager
    def attached(self, pipe: Any, steps: int) -> Iterator[None]:
        """Hears of text encoding and decoding, for which pipelines have no callback."""
        encode, decode = pipe.encode_prompt, pipe.vae.decode

        def encode_prompt(*args: Any, **options: Any) -> Any:
            self.enter("encoding_prompt")
            result = encode(*args, **options)
            total = steps * self._clips
            self.enter("denoising", min(self._clip * steps, total), total)
            return result

        def decode_latents(*args: Any, **options: Any) -> Any:
            self.enter("decoding")
            return decode(*args, **options)

        with (
            replaced(pipe, "encode_prompt", encode_prompt),
            replaced(pipe.vae, "decode", decode_latents),
        ):
            yield

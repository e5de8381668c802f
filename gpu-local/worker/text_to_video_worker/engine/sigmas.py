"""Noise levels that a distilled model was made for."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

from .loaded_model import LoadedModel
from .replaced import replaced


@contextlib.contextmanager
def fixed_sigmas(loaded: LoadedModel) -> Iterator[None]:
    """A distilled model stops at its own noise levels instead of evenly spread ones.

    The pipelines spread them themselves, so the scheduler swaps them in when it is asked.
    """
    sigmas = loaded.spec.sigmas
    if not sigmas:
        yield
        return
    scheduler = loaded.pipe.scheduler
    set_timesteps = scheduler.set_timesteps

    # Pipelines look at the signature before they pass `sigmas` or `mu`.
    @functools.wraps(set_timesteps)
    def set_own(*args: Any, **options: Any) -> Any:
        passed = {name: options[name] for name in ("device", "mu") if name in options}
        return set_timesteps(sigmas=list(sigmas), **passed)

    with replaced(scheduler, "set_timesteps", set_own):
        yield

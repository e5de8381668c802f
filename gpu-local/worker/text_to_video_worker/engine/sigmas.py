"""Noise levels that a distilled model was made for."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

from .loaded_model import LoadedModel


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
    own = type(scheduler)

    # Pipelines look at the signature before they pass `sigmas` or `mu`.
    @functools.wraps(own.set_timesteps)
    def set_own(self: Any, *args: Any, **options: Any) -> Any:
        passed = {name: options[name] for name in ("device", "mu") if name in options}
        return own.set_timesteps(self, sigmas=list(sigmas), **passed)

    # Of the class and not of the object: LTX-2 makes its sound with a copy of the scheduler.
    scheduler.__class__ = type(own.__name__, (own,), {"set_timesteps": set_own})
    try:
        yield
    finally:
        scheduler.__class__ = own

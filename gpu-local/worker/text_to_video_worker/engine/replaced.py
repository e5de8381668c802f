"""A method of one object exchanged for a while."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

_NONE = object()


@contextlib.contextmanager
def replaced(owner: Any, name: str, stand_in: Any) -> Iterator[None]:
    """`owner.name` is `stand_in` inside; such exchanges may stand inside one another."""
    before = vars(owner).get(name, _NONE)
    setattr(owner, name, stand_in)
    try:
        yield
    finally:
        # What is set on the object hides its class's own method.
        if before is _NONE:
            delattr(owner, name)
        else:
            setattr(owner, name, before)

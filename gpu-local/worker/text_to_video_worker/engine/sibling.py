"""Another diffusers pipeline over the parts of a loaded one: nothing is loaded or copied."""

from __future__ import annotations

import inspect
from typing import Any


def sibling(pipeline: Any, pipe: Any) -> Any:
    """A `pipeline` made of what it shares with `pipe`: its parts and its settings."""
    known = {**pipe.config, **pipe.components}
    names = inspect.signature(pipeline.__init__).parameters
    other = pipeline(**{name: known[name] for name in names if name in known})
    other.set_progress_bar_config(disable=True)
    return other

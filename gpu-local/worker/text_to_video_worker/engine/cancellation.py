"""Stopping a job in the middle of a step, of decoding or of reading the prompt."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch

from .blocks import blocks_of


@contextlib.contextmanager
def checked_between_blocks(parts: Iterable[Any], check: Callable[[], None]) -> Iterator[None]:
    """Calls `check` before each block of each network in `parts`; what it raises ends the job.

    A step of a large model takes half a minute, a block of it a part of a second.
    """
    undo = []
    try:
        for part in parts:
            if isinstance(part, torch.nn.Module):
                undo += [_before(block, check) for block in blocks_of(part)]
        yield
    finally:
        for one in undo:
            one()


def _before(block: torch.nn.Module, check: Callable[[], None]) -> Callable[[], None]:
    compiled: Any = block._compiled_call_impl
    if compiled is None:
        return block.register_forward_pre_hook(lambda *_: check()).remove

    # A hook would be compiled too, and it must not be: it looks at what another thread sets.
    def checked(*args: Any, **options: Any) -> Any:
        check()
        return compiled(*args, **options)

    block._compiled_call_impl = checked

    def undo() -> None:
        block._compiled_call_impl = compiled

    return undo

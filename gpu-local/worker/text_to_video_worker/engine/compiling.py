"""The blocks of a network compiled, and taken back where that does not work."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any


def compile_blocks(denoiser: Any, **options: Any) -> None:
    """Only the block that is repeated: minutes less than the whole network, for the same speed."""
    if getattr(denoiser, "_repeated_blocks", None):
        denoiser.compile_repeated_blocks(**options)
    else:
        denoiser.compile(**options)


def undo_compile(denoisers: Iterable[Any]) -> None:
    for module in _compiled(denoisers):
        module._compiled_call_impl = None


@contextlib.contextmanager
def eagerly(denoisers: Iterable[Any]) -> Iterator[None]:
    """Runs what is compiled as if it were not, and keeps it for the next job."""
    kept = [(module, module._compiled_call_impl) for module in _compiled(denoisers)]
    for module, _ in kept:
        module._compiled_call_impl = None
    try:
        yield
    finally:
        for module, compiled in kept:
            module._compiled_call_impl = compiled


def is_compile_failure(error: BaseException) -> bool:
    """Whether the compiler failed, or code that it wrote."""
    kinds = [kind.__module__ for kind in type(error).__mro__]
    return any(kind.startswith(("torch._dynamo", "torch._inductor", "triton")) for kind in kinds)


def _compiled(denoisers: Iterable[Any]) -> list[Any]:
    return [
        module
        for denoiser in denoisers
        for module in denoiser.modules()
        if module._compiled_call_impl is not None
    ]

"""What the text encoders said of the last prompts, kept in main memory.

Asking once more costs a second or, where the encoder waits in main memory, many. What is kept is
exactly what was said: the same call with the same text, LoRAs and embeddings.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Any

import torch

from .replaced import replaced

MOST_ENTRIES = 16
MOST_BYTES = 512 * 1024**2


class PromptCache:
    """Answers by what was asked, the least recently used first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self.hits = 0

    def get(self, key: Hashable) -> Any:
        """The answer, on the processor; None where it is not known."""
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        self.hits += 1
        return self._kept[key]

    def put(self, key: Hashable, answer: Any) -> None:
        if _bytes(answer) > self._most_bytes:
            return
        self._kept[key] = answer
        while len(self._kept) > MOST_ENTRIES or self._bytes() > self._most_bytes:
            self._kept.popitem(last=False)

    def _bytes(self) -> int:
        return sum(_bytes(answer) for answer in self._kept.values())

    def __len__(self) -> int:
        return len(self._kept)


@contextlib.contextmanager
def remembered_prompts(
    pipe: Any, cache: PromptCache, device: torch.device, circumstances: Hashable
) -> Iterator[None]:
    """Answers `pipe.encode_prompt` from `cache`; `circumstances` are all that else changes it."""
    encode = pipe.encode_prompt

    def encode_prompt(*args: Any, **options: Any) -> Any:
        key = _key(args, options)
        if key is None:
            return encode(*args, **options)
        key = (type(pipe).__name__, circumstances, key)
        kept = cache.get(key)
        if kept is None:
            said = encode(*args, **options)
            cache.put(key, _moved(said, torch.device("cpu")))
            return said
        return _moved(kept, device)

    with replaced(pipe, "encode_prompt", encode_prompt):
        yield


def _key(args: tuple[Any, ...], options: dict[str, Any]) -> Hashable | None:
    """None for a call that is not made of plain values, such as one with embeddings of its own."""
    plain = [_plain(one) for one in (list(args), sorted(options.items()))]
    return None if None in plain else tuple(plain)


def _plain(value: Any) -> Hashable | None:
    if value is None:
        return ("none",)
    if isinstance(value, str | int | float | bool | torch.dtype | torch.device):
        return (type(value).__name__, value)
    if isinstance(value, list | tuple):
        parts = [_plain(one) for one in value]
        return None if None in parts else tuple(parts)
    return None


def _moved(value: Any, device: torch.device) -> Any:
    """A copy of every tensor: pipelines may change theirs."""
    if isinstance(value, torch.Tensor):
        return value.detach().to(device, copy=True)
    if isinstance(value, list | tuple):
        return type(value)(_moved(one, device) for one in value)
    return value


def _bytes(value: Any) -> int:
    if isinstance(value, torch.Tensor):
        return value.numel() * value.element_size()
    return sum(_bytes(one) for one in value) if isinstance(value, list | tuple) else 0

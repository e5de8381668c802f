"""The blocks of a network."""

from __future__ import annotations

from collections.abc import Iterator

import torch


def blocks_of(module: torch.nn.Module) -> Iterator[torch.nn.Module]:
    """Members of the outermost lists of layers, which run one after another."""
    for child in module.children():
        if isinstance(child, torch.nn.ModuleList):
            yield from child
        else:
            yield from blocks_of(child)

"""`python -m text_to_video_worker.engine.convert_embedding FROM TO`: .pt or .bin to .safetensors.

Such files are pickles, which can run code; torch's reader for weights alone builds tensors and
plain containers and nothing else. Done once, when the embedding is added.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

MAX_BYTES = 100_000_000
MAX_VECTORS = 256


class NotAnEmbedding(Exception):
    """Says why, in plain words."""


def convert_embedding(source: Path, target: Path) -> None:
    """Writes the vectors (vectors, width) as `emb_params`; raises `NotAnEmbedding`."""
    if source.stat().st_size > MAX_BYTES:
        raise NotAnEmbedding("it is too large for an embedding")
    try:
        found = torch.load(source, map_location="cpu", weights_only=True)
    except Exception as error:
        # Whatever the reader stumbles over: a class that it may not build, an archive that is cut.
        raise NotAnEmbedding(
            f"it holds more than numbers, or is damaged ({type(error).__name__})"
        ) from error
    vectors = _vectors(found).detach()
    if vectors.dim() == 1:
        vectors = vectors[None]
    if vectors.dim() != 2 or not vectors.is_floating_point() or len(vectors) > MAX_VECTORS:
        raise NotAnEmbedding(f"its numbers have the shape {list(vectors.shape)}")
    if not bool(vectors.isfinite().all()):
        raise NotAnEmbedding("some of its numbers are infinite or missing")
    save_file({"emb_params": vectors.float().contiguous()}, str(target))


def _vectors(found: Any) -> torch.Tensor:
    """AUTOMATIC1111 keeps them under `string_to_param`, diffusers under the embedding's name."""
    if isinstance(found, Mapping):
        inner = found.get("string_to_param", found)
        if isinstance(inner, Mapping):
            tensors = [value for value in inner.values() if isinstance(value, torch.Tensor)]
            if len(tensors) == 1:
                return tensors[0]
            raise NotAnEmbedding(f"it holds {len(tensors)} tensors, and an embedding holds one")
    if isinstance(found, torch.Tensor):
        return found
    raise NotAnEmbedding("it is something else")


def main() -> None:
    source, target = (Path(argument) for argument in sys.argv[1:])
    try:
        convert_embedding(source, target)
    except (NotAnEmbedding, OSError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()

"""Embeddings (textual inversions) of a job: words that only this job's tokenizer knows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from ..errors import WorkerError
from ..model_validation import check_safetensors
from ..request import Adapter
from .loaded_model import LoadedModel


@contextlib.contextmanager
def use_embeddings(loaded: LoadedModel, embeddings: tuple[Adapter, ...]) -> Iterator[None]:
    """Teaches the tokenizer each embedding's name as a word, and takes it back afterwards."""
    try:
        for embedding in embeddings:
            _teach(loaded, embedding)
        yield
    finally:
        if embeddings:
            loaded.pipe.unload_textual_inversion()


def _teach(loaded: LoadedModel, embedding: Adapter) -> None:
    path = Path(embedding.path)
    header = check_safetensors(path)
    if "emb_params" not in header and len([k for k in header if k != "__metadata__"]) != 1:
        raise WorkerError(
            "invalid_request",
            f'The embedding "{embedding.name}" is not a textual inversion for SD 1.x.',
            field="embeddings",
        )
    try:
        loaded.pipe.load_textual_inversion(
            str(path), token=embedding.name, use_safetensors=True, local_files_only=True
        )
    except ValueError as error:
        raise WorkerError(
            "invalid_request",
            f'The embedding "{embedding.name}" does not fit the model "{loaded.spec.alias}": '
            f"{str(error).split(chr(10))[0][:300]}",
            field="embeddings",
            remedy="Use an embedding that was made for SD 1.x.",
        ) from error

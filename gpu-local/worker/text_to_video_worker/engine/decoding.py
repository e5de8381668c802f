"""Decoding that falls back to tiles where the device is too small for whole frames."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from .device import is_out_of_memory, release
from .loaded_model import LoadedModel
from .replaced import replaced

log = logging.getLogger("text_to_video_worker")


@contextlib.contextmanager
def tiled_when_too_large(loaded: LoadedModel) -> Iterator[None]:
    """Decodes again in tiles after an out-of-memory: the steps before it are not made twice."""
    vae = loaded.pipe.vae
    whole = vae.decode

    def decode(*args: Any, **options: Any) -> Any:
        try:
            return whole(*args, **options)
        except Exception as error:
            if loaded.tiled or not is_out_of_memory(error):
                raise
            log.warning("out of memory in decoding: %s", str(error).split("\n")[0])
        # Outside the handler: the exception holds the frames that hold the tensors.
        release(loaded.device)
        loaded.use_tiles(True)
        return whole(*args, **options)

    with replaced(vae, "decode", decode):
        yield

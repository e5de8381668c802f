"""Swapped models and LoRAs leave nothing behind. bench/gpu/soak.py measures it for longer."""

from __future__ import annotations

import gc
import io
import json
import threading

import torch

from text_to_video_worker.engine.loaded_model import LoadedModel
from text_to_video_worker.engine.worker import Worker
from text_to_video_worker.protocol import Channel

from .requests import raw

FAMILIES = ("wan", "ltx", "cogvideox")
WARM_MODELS = 2


def alive() -> tuple[int, int]:
    """Loaded models, and bytes of all tensors, that somebody still holds."""
    gc.collect()
    held = gc.get_objects()
    # Those that only wrap others have no storage of their own, such as weights in 8 bits.
    tensors = [
        one
        for one in held
        if isinstance(one, torch.Tensor) and not hasattr(one, "__tensor_flatten__")
    ]
    storages = {one.untyped_storage().data_ptr(): one.untyped_storage() for one in tensors}
    return (
        sum(isinstance(one, LoadedModel) for one in held),
        sum(storage.nbytes() for storage in storages.values()),
    )


def test_models_and_loras_that_were_swapped_leave_nothing_behind(tiny, tmp_path):
    before, _ = alive()
    stream = io.BytesIO()
    worker = Worker(
        Channel(stream),
        {"TEXT_TO_VIDEO_DEVICE": "cpu", "TEXT_TO_VIDEO_WARM_MODELS": str(WARM_MODELS)},
    )

    def make(family, **fields):
        ended = threading.Event()
        message = {
            "type": "generate",
            "id": family,
            "model": {"alias": family, "family": family, "path": str(tiny / family)},
            "request": raw(width=32, height=32, num_frames=5, **fields),
            "output": str(tmp_path / "video.mp4"),
        }
        worker.handle(message, threading.Event(), ended.set)
        assert ended.wait(120)
        assert json.loads(stream.getvalue().splitlines()[-1])["type"] == "done"

    rounds = []
    for _ in range(4):
        for family in FAMILIES:
            path = str(tiny / "loras" / f"{family}.safetensors")
            make(family, loras=[{"model_name": "lora", "path": path, "strength": 0.5}])
            make(family)
        rounds.append(alive())
    assert rounds[0][0] - before == WARM_MODELS
    assert rounds[1] == rounds[2] == rounds[3]

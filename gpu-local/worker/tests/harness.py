"""One call from request fields to what came out, on tiny models of real diffusers, on the CPU."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import av
import numpy as np
import torch

from text_to_video_worker.engine.generate import generate
from text_to_video_worker.engine.loaded_model import LoadedModel
from text_to_video_worker.engine.loading import load
from text_to_video_worker.engine.write_file import write_file
from text_to_video_worker.model_spec import parse_model
from text_to_video_worker.plan import make_plan

from .requests import request

CPU = torch.device("cpu")


class Harness:
    """Loaded tiny models, and one call from request fields to what came out."""

    def __init__(self, tiny: Path, out: Path) -> None:
        self.tiny = tiny
        self._out = out
        self._loaded: dict[object, LoadedModel] = {}
        self._count = 0
        self.events: list[tuple[str, int | None, int | None]] = []

    def model(self, family: str, **spec) -> LoadedModel:
        key = (family, tuple(sorted((k, str(v)) for k, v in spec.items())))
        if key not in self._loaded:
            fields = {"alias": family, "family": family, "path": str(self.tiny / family), **spec}
            self._loaded[key] = load(parse_model(fields), CPU)
            if family == "hunyuanvideo15":
                # Set in diffusers' code; attention over all of these takes most of a test.
                self._loaded[key].pipe.tokenizer_max_length = 96
                self._loaded[key].pipe.vision_num_semantic_tokens = 4
        return self._loaded[key]

    def lora(self, name: str, strength: float = 1.0) -> dict:
        path = self.tiny / "loras" / f"{name}.safetensors"
        return {"model_name": name, "path": str(path), "strength": strength}

    def embedding(self, name: str) -> dict:
        return {"model_name": name, "path": str(self.tiny / "embeddings" / f"{name}.safetensors")}

    def make(self, loaded: LoadedModel | str, *, cancelled=None, report=None, **fields):
        if isinstance(loaded, str):
            loaded = self.model(loaded)
        self._count += 1
        self.events = []
        asked = request(**fields)
        plan = make_plan(asked, loaded.family, loaded.spec.scheduler or loaded.scheduler_class)

        def note(stage, step, steps):
            self.events.append((stage, step, steps))
            if report is not None:
                report(stage, step, steps)

        output = self._out / f"{self._count}.{asked.output_format}"
        made = generate(loaded, plan, note, cancelled or threading.Event())
        return write_file(made, output)


def digest(result) -> str:
    return hashlib.sha256(Path(result["file"]).read_bytes()).hexdigest()


def pictures(result) -> np.ndarray:
    with av.open(result["file"]) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


def difference(a, b) -> float:
    return float(np.abs(pictures(a).astype(float) - pictures(b).astype(float)).mean())

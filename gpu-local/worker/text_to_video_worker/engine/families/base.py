"""What the engine asks of a family of models. A new family is a file like those beside this one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import torch

from ...families import FAMILIES, Family
from ...model_spec import ModelSpec
from ...model_validation import check_model
from ...plan import Clip, Plan
from ..loaded_model import LoadedModel


class PipelineFamily:
    """A family whose models are folders in diffusers' layout. Subclasses say what differs."""

    #: Its name in `families/index.json`.
    name: ClassVar[str]
    #: The diffusers pipeline that makes its videos.
    pipeline: ClassVar[Any]

    def dtype(self, device: torch.device) -> torch.dtype:
        """The numbers that most weights are kept in; a CPU is fastest in float32."""
        return torch.float32 if device.type == "cpu" else torch.bfloat16

    def load(self, spec: ModelSpec, dtype: torch.dtype) -> Any:
        """The pipeline on the CPU, from files that were checked."""
        path = Path(spec.path)
        check_model(path, FAMILIES[self.name].pipeline_classes)
        return self.pipeline.from_pretrained(
            path,
            torch_dtype=self.part_dtypes(dtype),
            local_files_only=True,
            use_safetensors=True,
        )

    def part_dtypes(self, dtype: torch.dtype) -> Any:
        """`dtype`, or a mapping (with "default") where some parts need other numbers."""
        return dtype

    def measure(self, family: Family, pipe: Any) -> Family:
        """The family's limits as this model's own configuration has them."""
        return family

    def denoiser(self, pipe: Any) -> Any:
        """The network that is asked at every step."""
        return pipe.transformer

    def prepare(self, loaded: LoadedModel, plan: Plan) -> None:
        """Changes to the pipeline that must come before LoRAs are put on."""

    @contextlib.contextmanager
    def during(self, loaded: LoadedModel, plan: Plan) -> Iterator[None]:
        """Around one job, after its LoRAs and scheduler are in place."""
        yield

    def arguments(self, loaded: LoadedModel, plan: Plan, clip: Clip) -> dict[str, Any]:
        """What its pipeline is called with beside what every family's is."""
        return {}

    def notes(self, loaded: LoadedModel, plan: Plan) -> list[str]:
        """Warnings that only the loaded model can tell; asked inside `during`."""
        return []

    def settings(self, loaded: LoadedModel, plan: Plan) -> dict[str, Any]:
        """What its jobs report beside what every family's do."""
        return {}

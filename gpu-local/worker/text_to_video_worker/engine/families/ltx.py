"""LTX-Video."""

from __future__ import annotations

from typing import Any

from diffusers import LTXPipeline

from ...families import Family
from ...plan import Clip, Plan
from ..loaded_model import LoadedModel
from .base import PipelineFamily


class LTX(PipelineFamily):
    name = "ltx"
    pipeline = LTXPipeline

    def measure(self, family: Family, pipe: Any) -> Family:
        # The pipeline refuses sizes that are no multiple of 32 whatever the VAE's ratio is.
        return family.with_sizes(frame_multiple=pipe.vae_temporal_compression_ratio)

    def arguments(self, loaded: LoadedModel, plan: Plan, clip: Clip) -> dict[str, Any]:
        return {"frame_rate": plan.fps}

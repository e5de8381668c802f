"""CogVideoX 2B and 5B."""

from __future__ import annotations

from typing import Any

from diffusers import CogVideoXPipeline

from ...families import Family
from ...plan import Clip, Plan
from ..loaded_model import LoadedModel
from .base import PipelineFamily


class CogVideoX(PipelineFamily):
    name = "cogvideox"
    pipeline = CogVideoXPipeline

    def measure(self, family: Family, pipe: Any) -> Family:
        return family.with_sizes(
            size_multiple=pipe.vae_scale_factor_spatial * pipe.transformer.config.patch_size,
            frame_multiple=pipe.vae_scale_factor_temporal,
        )

    def arguments(self, loaded: LoadedModel, plan: Plan, clip: Clip) -> dict[str, Any]:
        return {"max_sequence_length": loaded.pipe.transformer.config.max_text_seq_length}

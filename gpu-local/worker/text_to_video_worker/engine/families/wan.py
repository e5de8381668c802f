"""Wan 2.1 (1.3B, 14B) and Wan 2.2 (A14B with two experts, TI2V-5B)."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from diffusers import WanImageToVideoPipeline, WanPipeline

from ...families import Family
from ...plan import Clip, Plan
from ..loaded_model import LoadedModel
from ..sibling import sibling
from .base import PipelineFamily

#: The models were trained with it (text_len in Wan's own configuration).
LONGEST_PROMPT_TOKENS = 512


class Wan(PipelineFamily):
    name = "wan"
    pipeline = WanPipeline
    #: By the class that a folder names.
    pipelines: ClassVar[dict[str, Any]] = {
        "WanPipeline": WanPipeline,
        "WanImageToVideoPipeline": WanImageToVideoPipeline,
    }

    def pipeline_for(self, loaded: LoadedModel, plan: Plan) -> Any:
        # TI2V-5B, which makes videos from a text, too.
        if plan.start_image is not None and isinstance(loaded.pipe, WanPipeline):
            return sibling(WanImageToVideoPipeline, loaded.pipe)
        return loaded.pipe

    def part_dtypes(self, dtype: torch.dtype) -> Any:
        # The VAE loses detail in half precision; it is small, so it stays wide.
        return {"default": dtype, "vae": torch.float32}

    def measure(self, family: Family, pipe: Any) -> Family:
        patch = max(expert.config.patch_size[1] for expert in self.denoisers(pipe))
        return family.with_sizes(
            size_multiple=pipe.vae_scale_factor_spatial * patch,
            frame_multiple=pipe.vae_scale_factor_temporal,
        )

    def longest_prompt(self, loaded: LoadedModel) -> int:
        return LONGEST_PROMPT_TOKENS

    def arguments(self, loaded: LoadedModel, plan: Plan, clip: Clip) -> dict[str, Any]:
        second = {"guidance_scale_2": plan.guidance_scale_2} if _has_two_experts(loaded) else {}
        return {"max_sequence_length": LONGEST_PROMPT_TOKENS, **second}

    def settings(self, loaded: LoadedModel, plan: Plan) -> dict[str, Any]:
        settings = super().settings(loaded, plan)
        if plan.guidance_scale_2 is not None and _has_two_experts(loaded):
            settings["guidance_scale_2"] = plan.guidance_scale_2
        return settings


def _has_two_experts(loaded: LoadedModel) -> bool:
    """Wan 2.2 A14B: one expert for the steps with much noise, another for those with little."""
    return loaded.pipe.config.get("boundary_ratio") is not None

"""HunyuanVideo 1.5 (8.3B): text to video, or picture to video, each in folders of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, ClassVar

from diffusers import HunyuanVideo15ImageToVideoPipeline, HunyuanVideo15Pipeline

from ...families import Family
from ...plan import Plan
from ..loaded_model import LoadedModel
from .base import PipelineFamily


class HunyuanVideo15(PipelineFamily):
    name = "hunyuanvideo15"
    pipeline = HunyuanVideo15Pipeline
    pipelines: ClassVar[dict[str, Any]] = {
        "HunyuanVideo15Pipeline": HunyuanVideo15Pipeline,
        "HunyuanVideo15ImageToVideoPipeline": HunyuanVideo15ImageToVideoPipeline,
    }

    def measure(self, family: Family, pipe: Any) -> Family:
        return family.with_sizes(
            size_multiple=pipe.vae_scale_factor_spatial * pipe.transformer.config.patch_size,
            frame_multiple=pipe.vae_scale_factor_temporal,
        )

    @contextlib.contextmanager
    def during(self, loaded: LoadedModel, plan: Plan) -> Iterator[None]:
        """Guidance is a part of the pipeline, and so is the size that a picture is given."""
        pipe = loaded.pipe
        pipe.guider = pipe.guider.new(guidance_scale=plan.guidance_scale)
        processor = pipe.video_processor
        if plan.start_image is None:
            yield
            return
        size = (plan.pipeline_height, plan.pipeline_width)
        processor.calculate_default_height_width = lambda **_: size
        try:
            yield
        finally:
            # What was set on the object hid its class's own method.
            del processor.calculate_default_height_width

    def takes_no(self, pipe: Any) -> frozenset[str]:
        absent = {
            "guidance_scale",
            "callback_on_step_end",
            "callback_on_step_end_tensor_inputs",
        }
        if isinstance(pipe, HunyuanVideo15ImageToVideoPipeline):
            absent |= {"width", "height"}
        return frozenset(absent)

    def longest_prompt(self, loaded: LoadedModel) -> int:
        most: int = loaded.pipe.tokenizer_max_length
        return most

"""LTX-Video, 0.9 to 0.9.8 (2B and 13B)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from diffusers import (
    LTXConditionPipeline,
    LTXImageToVideoPipeline,
    LTXPipeline,
    LTXVideoTransformer3DModel,
)
from diffusers.loaders.single_file_utils import convert_ltx_transformer_checkpoint_to_diffusers

from ...families import Family
from ...plan import Clip, Plan
from ..loaded_model import LoadedModel
from ..sibling import sibling
from ..single_file import SingleFile, blocks_in, dimension
from .base import PipelineFamily

#: What the pipeline of the later versions reads; LTXPipeline's own 128 cuts the long prompts that
#: LTX is made for.
LONGEST_PROMPT_TOKENS = 256
#: Attention heads, in every model that was published.
HEADS = 32
#: For VAEs that remove the last noise themselves (0.9.1 and later), as Lightricks' examples do.
DECODE_TIMESTEP = 0.05
DECODE_NOISE_SCALE = 0.025


def _transformer_config(
    shapes: Mapping[str, tuple[int, ...]], own: Mapping[str, Any]
) -> dict[str, Any]:
    """The network of a single file, read from its shapes; the rest is the same in all, or `own`."""
    width = dimension(shapes, "proj_in.weight", 0)
    heads = int(own.get("num_attention_heads", HEADS))
    return {
        "in_channels": dimension(shapes, "proj_in.weight", 1),
        "out_channels": dimension(shapes, "proj_out.weight", 0),
        "num_attention_heads": heads,
        "attention_head_dim": width // heads,
        "cross_attention_dim": dimension(shapes, "transformer_blocks.0.attn2.to_k.weight", 1),
        "num_layers": blocks_in(shapes, "transformer_blocks"),
        "caption_channels": dimension(shapes, "caption_projection.linear_1.weight", 1),
    }


class LTX(PipelineFamily):
    name = "ltx"
    pipeline = LTXPipeline
    #: By the class that a folder names: 0.9.5 and later have the second.
    pipelines: ClassVar[dict[str, Any]] = {
        "LTXPipeline": LTXPipeline,
        "LTXConditionPipeline": LTXConditionPipeline,
    }

    denoiser = SingleFile(
        LTXVideoTransformer3DModel,
        convert_ltx_transformer_checkpoint_to_diffusers,
        "proj_in.",
        _transformer_config,
    )

    def pipeline_for(self, loaded: LoadedModel, plan: Plan) -> Any:
        # The later pipeline takes a picture itself.
        if plan.start_image is not None and isinstance(loaded.pipe, LTXPipeline):
            return sibling(LTXImageToVideoPipeline, loaded.pipe)
        return loaded.pipe

    def measure(self, family: Family, pipe: Any) -> Family:
        # The pipeline refuses sizes that are no multiple of 32 whatever the VAE's ratio is.
        measured = family.with_sizes(frame_multiple=pipe.vae_temporal_compression_ratio)
        if isinstance(pipe, LTXPipeline):
            return measured
        # The later pipeline gives each token its own time, which only its own scheduler takes.
        own = {k: v for k, v in family.schedulers.items() if v == type(pipe.scheduler).__name__}
        return replace(measured, schedulers=own)

    def longest_prompt(self, loaded: LoadedModel) -> int:
        return LONGEST_PROMPT_TOKENS

    def arguments(self, loaded: LoadedModel, plan: Plan, clip: Clip) -> dict[str, Any]:
        defaults = loaded.family.defaults
        arguments: dict[str, Any] = {
            "frame_rate": plan.fps,
            "max_sequence_length": LONGEST_PROMPT_TOKENS,
            "guidance_rescale": defaults.get("guidance_rescale", 0.0),
        }
        if loaded.pipe.vae.config.timestep_conditioning:
            arguments["decode_timestep"] = defaults.get("decode_timestep", DECODE_TIMESTEP)
            arguments["decode_noise_scale"] = defaults.get("decode_noise_scale", DECODE_NOISE_SCALE)
        return arguments

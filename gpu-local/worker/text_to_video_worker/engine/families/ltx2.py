"""LTX-2 (2.0 and 2.3): videos with sound, from a text or a picture."""

from __future__ import annotations

from typing import Any, ClassVar

from diffusers import LTX2ImageToVideoPipeline, LTX2Pipeline

from ...families import Family
from ...plan import Clip, Plan
from ..loaded_model import LoadedModel
from ..sibling import sibling
from ..sound import Sound, sound_of
from .base import PipelineFamily

LONGEST_PROMPT_TOKENS = 1024
#: The blocks that diffusers' documentation names for spatio-temporal guidance.
GUIDANCE_BLOCK_2_0 = 29
GUIDANCE_BLOCK_2_3 = 28


class LTX2(PipelineFamily):
    name = "ltx2"
    pipeline = LTX2Pipeline
    pipelines: ClassVar[dict[str, Any]] = {
        "LTX2Pipeline": LTX2Pipeline,
        "LTX2ImageToVideoPipeline": LTX2ImageToVideoPipeline,
    }

    def measure(self, family: Family, pipe: Any) -> Family:
        # The pipeline refuses sizes that are no multiple of 32 whatever the VAE's ratio is.
        return family.with_sizes(frame_multiple=pipe.vae_temporal_compression_ratio)

    def pipeline_for(self, loaded: LoadedModel, plan: Plan) -> Any:
        wanted = LTX2Pipeline if plan.start_image is None else LTX2ImageToVideoPipeline
        return loaded.pipe if isinstance(loaded.pipe, wanted) else sibling(wanted, loaded.pipe)

    def longest_prompt(self, loaded: LoadedModel) -> int:
        return LONGEST_PROMPT_TOKENS

    def arguments(self, loaded: LoadedModel, plan: Plan, clip: Clip) -> dict[str, Any]:
        return {
            "frame_rate": plan.fps,
            "max_sequence_length": LONGEST_PROMPT_TOKENS,
            "use_cross_timestep": _is_2_3(loaded.pipe),
            **_guidance(loaded.pipe, plan.guidance_scale),
        }

    def sound(self, loaded: LoadedModel, output: Any) -> Sound | None:
        return sound_of(output.audio[0], loaded.pipe.vocoder.config.output_sampling_rate)


def _is_2_3(pipe: Any) -> bool:
    """LTX-2.0 projects the text inside its transformer, later versions do so in the connectors."""
    return not pipe.transformer.config.use_prompt_embeddings


def _guidance(pipe: Any, scale: float) -> dict[str, Any]:
    """The other kinds of guidance that the model was published with.

    Each asks the transformer once more a step. Distilled models (a scale of 1) want none of them.
    """
    if scale <= 1:
        both = {"stg_scale": 0.0, "modality_scale": 1.0, "guidance_rescale": 0.0}
        audio = {f"audio_{name}": value for name, value in both.items()}
        return {
            **both,
            **audio,
            "audio_guidance_scale": 1.0,
            "spatio_temporal_guidance_blocks": None,
        }
    block = GUIDANCE_BLOCK_2_3 if _is_2_3(pipe) else GUIDANCE_BLOCK_2_0
    last = len(pipe.transformer.transformer_blocks) - 1
    return {"spatio_temporal_guidance_blocks": [min(block, last)]}

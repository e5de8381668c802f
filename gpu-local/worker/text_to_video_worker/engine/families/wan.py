"""Wan 2.1 (1.3B, 14B) and Wan 2.2 (A14B with two experts, TI2V-5B)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import torch
from diffusers import WanImageToVideoPipeline, WanPipeline, WanTransformer3DModel
from diffusers.loaders.single_file_utils import convert_wan_transformer_to_diffusers

from ...errors import WorkerError
from ...families import Family
from ...model_spec import ModelSpec
from ...plan import Clip, Plan
from ..loaded_model import LoadedModel
from ..sibling import sibling
from ..single_file import SingleFile, blocks_in, dimension
from .base import PipelineFamily

#: The models were trained with it (text_len in Wan's own configuration).
LONGEST_PROMPT_TOKENS = 512
#: Of one attention head, in every model that was published.
HEAD_CHANNELS = 128


def _transformer_config(
    shapes: Mapping[str, tuple[int, ...]], own: Mapping[str, Any]
) -> dict[str, Any]:
    """The network of a single file, read from its shapes; the rest is the same in all, or `own`."""
    width = dimension(shapes, "patch_embedding.weight", 0)
    patch = shapes["patch_embedding.weight"][2:]
    head = int(own.get("attention_head_dim", HEAD_CHANNELS))
    text, time = "condition_embedder.text_embedder.linear_1", "condition_embedder.time_embedder"
    picture = "condition_embedder.image_embedder"
    config = {
        "cross_attn_norm": "blocks.0.norm2.weight" in shapes,
        "qk_norm": "rms_norm_across_heads",
        "eps": own.get("eps", 1e-6),
        "rope_max_seq_len": own.get("rope_max_seq_len", 1024),
        "patch_size": list(patch),
        "num_attention_heads": width // head,
        "attention_head_dim": head,
        "in_channels": dimension(shapes, "patch_embedding.weight", 1),
        "out_channels": dimension(shapes, "proj_out.weight", 0) // math.prod(patch),
        "text_dim": dimension(shapes, f"{text}.weight", 1),
        "freq_dim": dimension(shapes, f"{time}.linear_1.weight", 1),
        "ffn_dim": dimension(shapes, "blocks.0.ffn.net.0.proj.weight", 0),
        "num_layers": blocks_in(shapes, "blocks"),
    }
    if f"{picture}.norm1.weight" in shapes:
        config["image_dim"] = dimension(shapes, f"{picture}.norm1.weight", 0)
        config["added_kv_proj_dim"] = width
    if f"{picture}.pos_embed" in shapes:
        config["pos_embed_seq_len"] = dimension(shapes, f"{picture}.pos_embed", 1)
    return config


class Wan(PipelineFamily):
    name = "wan"
    pipeline = WanPipeline
    #: By the class that a folder names.
    pipelines: ClassVar[dict[str, Any]] = {
        "WanPipeline": WanPipeline,
        "WanImageToVideoPipeline": WanImageToVideoPipeline,
    }

    denoiser = SingleFile(
        WanTransformer3DModel,
        convert_wan_transformer_to_diffusers,
        "condition_embedder.",
        _transformer_config,
    )

    def check_single_file(self, spec: ModelSpec, index: dict[str, Any], denoiser: Any) -> None:
        needs_picture = denoiser.config.in_channels > denoiser.config.out_channels
        takes_picture = index["_class_name"] == "WanImageToVideoPipeline"
        if needs_picture != takes_picture or (
            denoiser.config.image_dim is not None
            and index.get("image_encoder") in (None, [None] * 2)
        ):
            kind = "from a picture" if needs_picture else "from a text"
            raise WorkerError(
                "model_not_found",
                f'The file of the model "{spec.alias}" makes videos {kind}, and the folder '
                f'"{Path(spec.base or "").name}" has parts for another kind.',
                field="model",
                remedy="Name a folder of the same kind with --base.",
            )

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

"""HunyuanVideo 1.5."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import (
    AutoencoderKLHunyuanVideo15,
    FlowMatchEulerDiscreteScheduler,
    HunyuanVideo15ImageToVideoPipeline,
    HunyuanVideo15Pipeline,
    HunyuanVideo15Transformer3DModel,
)
from diffusers.guiders import ClassifierFreeGuidance
from transformers import (
    ByT5Tokenizer,
    Qwen2_5_VLTextConfig,
    Qwen2_5_VLTextModel,
    SiglipImageProcessor,
    SiglipVisionConfig,
    SiglipVisionModel,
    T5Config,
    T5EncoderModel,
)

from .text import t5_tokenizer

PICTURE_PIXELS = 32


def _transformer(task: str) -> HunyuanVideo15Transformer3DModel:
    torch.manual_seed(0)
    return HunyuanVideo15Transformer3DModel(
        in_channels=9,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=8,
        num_layers=2,
        num_refiner_layers=1,
        mlp_ratio=2.0,
        patch_size=1,
        patch_size_t=1,
        text_embed_dim=16,
        text_embed_2_dim=32,
        image_embed_dim=12,
        rope_axes_dim=(2, 2, 4),
        target_size=64,
        task_type=task,
    ).eval()


def _vae() -> AutoencoderKLHunyuanVideo15:
    torch.manual_seed(0)
    return AutoencoderKLHunyuanVideo15(
        latent_channels=4,
        block_out_channels=(16, 16, 16),
        layers_per_block=1,
        spatial_compression_ratio=8,
        temporal_compression_ratio=4,
        downsample_match_channel=False,
        upsample_match_channel=False,
    ).eval()


def _text_encoder() -> Qwen2_5_VLTextModel:
    torch.manual_seed(0)
    config = Qwen2_5_VLTextConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_key_value_heads=2,
        vocab_size=256,
        bos_token_id=None,
        eos_token_id=None,
        rope_scaling={"mrope_section": [1, 1, 2], "rope_type": "default", "type": "default"},
    )
    return Qwen2_5_VLTextModel(config).eval()


def _parts(task: str) -> dict[str, Any]:
    tokenizer = t5_tokenizer()
    # The pipeline passes over as many tokens as the real tokenizer makes of its instructions.
    tokenizer.chat_template = "{{ '.' * 108 }}{{ messages[-1]['content'] }}"
    torch.manual_seed(0)
    # ByT5's vocabulary has bytes and a few reserved words.
    glyphs = T5Config(
        vocab_size=384, d_model=32, d_kv=8, d_ff=37, num_layers=1, num_heads=4, dropout_rate=0.0
    )
    return {
        "transformer": _transformer(task),
        "vae": _vae(),
        "scheduler": FlowMatchEulerDiscreteScheduler(shift=7.0),
        "text_encoder": _text_encoder(),
        "tokenizer": tokenizer,
        "text_encoder_2": T5EncoderModel(glyphs).eval(),
        "tokenizer_2": ByT5Tokenizer(),
        "guider": ClassifierFreeGuidance(guidance_scale=6.0),
    }


def hunyuanvideo15() -> HunyuanVideo15Pipeline:
    """Text to video."""
    return HunyuanVideo15Pipeline(**_parts("t2v"))


def hunyuanvideo15_i2v() -> HunyuanVideo15ImageToVideoPipeline:
    """Picture to video."""
    torch.manual_seed(0)
    config = SiglipVisionConfig(
        hidden_size=12,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=PICTURE_PIXELS,
        patch_size=16,
    )
    size = {"height": PICTURE_PIXELS, "width": PICTURE_PIXELS}
    return HunyuanVideo15ImageToVideoPipeline(
        **_parts("i2v"),
        image_encoder=SiglipVisionModel(config).eval(),
        feature_extractor=SiglipImageProcessor(size=size),
    )

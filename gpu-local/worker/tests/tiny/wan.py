"""Wan 2.1 and 2.2."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import (
    AutoencoderKLWan,
    UniPCMultistepScheduler,
    WanImageToVideoPipeline,
    WanPipeline,
    WanTransformer3DModel,
)
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    CLIPVisionModel,
    UMT5Config,
    UMT5EncoderModel,
)

from .text import t5_text, t5_tokenizer

#: Channels of noise, of a mask and of the picture.
WITH_PICTURE = 36


def wan_transformer(channels: int = 16, seed: int = 0, **config: Any) -> WanTransformer3DModel:
    """`config` adds to the configuration, or replaces of it."""
    torch.manual_seed(seed)
    return WanTransformer3DModel(
        **{
            "patch_size": (1, 2, 2),
            "num_attention_heads": 2,
            "attention_head_dim": 12,
            "in_channels": channels,
            "out_channels": 16 if channels == WITH_PICTURE else channels,
            "text_dim": 32,
            "freq_dim": 256,
            "ffn_dim": 32,
            "num_layers": 2,
            "cross_attn_norm": True,
            "qk_norm": "rms_norm_across_heads",
            "rope_max_seq_len": 1024,
            **config,
        }
    )


def wan_vae() -> AutoencoderKLWan:
    torch.manual_seed(0)
    return AutoencoderKLWan(
        base_dim=3,
        z_dim=16,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
    )


def wan(**parts: Any) -> WanPipeline:
    """Wan 2.1; `parts` replace or add some."""
    return WanPipeline(
        **{
            "vae": wan_vae(),
            "text_encoder": t5_text(UMT5EncoderModel, UMT5Config),
            "tokenizer": t5_tokenizer(),
            "transformer": wan_transformer(),
            "scheduler": UniPCMultistepScheduler(
                prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
            ),
            **parts,
        }
    )


def wan22() -> WanPipeline:
    """Wan 2.2 A14B: the second expert makes the steps below the boundary."""
    return wan(transformer_2=wan_transformer(seed=1), boundary_ratio=0.875)


def wan22_5b() -> WanPipeline:
    """Wan 2.2 TI2V-5B: a denser VAE, and a time for every token."""
    torch.manual_seed(0)
    vae = AutoencoderKLWan(
        base_dim=4,
        decoder_base_dim=4,
        z_dim=48,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
        is_residual=True,
        in_channels=12,
        out_channels=12,
        patch_size=2,
        scale_factor_spatial=16,
        latents_mean=[0.0] * 48,
        latents_std=[1.0] * 48,
    )
    return wan(vae=vae, transformer=wan_transformer(48), expand_timesteps=True)


def wan_i2v() -> WanImageToVideoPipeline:
    """Wan 2.1 I2V: the picture goes through CLIP, too."""
    torch.manual_seed(0)
    sight = CLIPVisionConfig(
        hidden_size=16,
        projection_dim=4,
        num_hidden_layers=3,
        num_attention_heads=2,
        image_size=32,
        intermediate_size=16,
        patch_size=16,
    )
    transformer = wan_transformer(WITH_PICTURE, image_dim=16, added_kv_proj_dim=24)
    return WanImageToVideoPipeline(
        **_i2v_parts(transformer),
        image_encoder=CLIPVisionModel(sight).eval(),
        image_processor=CLIPImageProcessor(crop_size=32, size=32),
    )


def wan22_i2v() -> WanImageToVideoPipeline:
    """Wan 2.2 I2V A14B: two experts, and the picture only beside the noise."""
    return WanImageToVideoPipeline(
        **_i2v_parts(wan_transformer(WITH_PICTURE)),
        transformer_2=wan_transformer(WITH_PICTURE, seed=1),
        boundary_ratio=0.9,
    )


def _i2v_parts(transformer: WanTransformer3DModel) -> dict[str, Any]:
    pipe = wan(transformer=transformer)
    names = ("vae", "text_encoder", "tokenizer", "transformer", "scheduler")
    return {name: getattr(pipe, name) for name in names}

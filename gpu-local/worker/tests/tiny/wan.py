"""Wan 2.1 and 2.2."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import (
    AutoencoderKLWan,
    UniPCMultistepScheduler,
    WanPipeline,
    WanTransformer3DModel,
)
from transformers import UMT5Config, UMT5EncoderModel

from .text import t5_text, t5_tokenizer


def wan_transformer(channels: int = 16, seed: int = 0) -> WanTransformer3DModel:
    torch.manual_seed(seed)
    return WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=channels,
        out_channels=channels,
        text_dim=32,
        freq_dim=256,
        ffn_dim=32,
        num_layers=2,
        cross_attn_norm=True,
        qk_norm="rms_norm_across_heads",
        rope_max_seq_len=1024,
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

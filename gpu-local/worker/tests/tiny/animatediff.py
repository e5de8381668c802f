"""SD 1.x checkpoints and motion modules."""

from __future__ import annotations

import torch
from diffusers import (
    AnimateDiffPipeline,
    AutoencoderKL,
    DDIMScheduler,
    MotionAdapter,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)

from .text import clip_text, clip_tokenizer

#: Channels of a checkpoint whose motion modules have 32 norm groups, as the published ones.
WIDE = 32


def unet2d(hidden: int = 8, channels: int = 8) -> UNet2DConditionModel:
    torch.manual_seed(0)
    return UNet2DConditionModel(
        block_out_channels=(channels, channels),
        layers_per_block=2,
        sample_size=8,
        in_channels=4,
        out_channels=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=hidden,
        norm_num_groups=2,
        attention_head_dim=2,
    )


def image_vae() -> AutoencoderKL:
    torch.manual_seed(0)
    return AutoencoderKL(
        block_out_channels=[4, 4, 8, 8],
        in_channels=3,
        out_channels=3,
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        latent_channels=4,
        norm_num_groups=2,
    )


def motion_adapter() -> MotionAdapter:
    torch.manual_seed(0)
    return MotionAdapter(
        block_out_channels=(8, 8),
        motion_layers_per_block=2,
        motion_norm_num_groups=2,
        motion_num_attention_heads=4,
        use_motion_mid_block=False,
        motion_max_seq_length=32,
    )


def wide_motion_adapter(*, middle: bool = True, frames: int = 32) -> MotionAdapter:
    """With the heads and norm groups that every published one has."""
    torch.manual_seed(0)
    return MotionAdapter(
        block_out_channels=(WIDE, WIDE), use_motion_mid_block=middle, motion_max_seq_length=frames
    )


def sd_scheduler() -> DDIMScheduler:
    """As SD 1.x checkpoints have it; AnimateDiff wants other betas."""
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        steps_offset=1,
    )


def stable_diffusion(hidden: int = 8, channels: int = 8) -> StableDiffusionPipeline:
    """An SD 1.x checkpoint as a folder; it needs a motion adapter to make videos."""
    return StableDiffusionPipeline(
        vae=image_vae(),
        text_encoder=clip_text(hidden),
        tokenizer=clip_tokenizer(),
        unet=unet2d(hidden, channels),
        scheduler=sd_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def animatediff() -> AnimateDiffPipeline:
    return AnimateDiffPipeline(
        vae=image_vae(),
        text_encoder=clip_text(),
        tokenizer=clip_tokenizer(),
        unet=unet2d(),
        motion_adapter=motion_adapter(),
        scheduler=DDIMScheduler.from_config(
            sd_scheduler().config, beta_schedule="linear", timestep_spacing="linspace"
        ),
    )

"""Tiny pipelines with random weights, built on the spot: nothing is downloaded.

They have the real classes, the real folder layout and every code path, and make noise in
milliseconds.
"""

from __future__ import annotations

import string
from typing import Any

import torch
from diffusers import (
    AnimateDiffPipeline,
    AutoencoderKL,
    AutoencoderKLCogVideoX,
    AutoencoderKLLTXVideo,
    AutoencoderKLWan,
    CogVideoXDDIMScheduler,
    CogVideoXPipeline,
    CogVideoXTransformer3DModel,
    DDIMScheduler,
    FlowMatchEulerDiscreteScheduler,
    LTXPipeline,
    LTXVideoTransformer3DModel,
    MotionAdapter,
    StableDiffusionPipeline,
    UNet2DConditionModel,
    UniPCMultistepScheduler,
    WanPipeline,
    WanTransformer3DModel,
)
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
    UMT5Config,
    UMT5EncoderModel,
)

CLIP_LAYERS = 5
#: Channels of a checkpoint whose motion modules have 32 norm groups, as the published ones.
WIDE = 32


def clip_tokenizer() -> PreTrainedTokenizerFast:
    vocab: dict[str, int] = {}
    for character in string.printable:
        vocab.setdefault(character, len(vocab))
        vocab.setdefault(character + "</w>", len(vocab))
    for special in ("<|startoftext|>", "<|endoftext|>"):
        vocab[special] = len(vocab)
    tokenizer = Tokenizer(
        models.BPE(vocab, [], end_of_word_suffix="</w>", unk_token="<|endoftext|>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|startoftext|> $A <|endoftext|>",
        special_tokens=[(t, vocab[t]) for t in ("<|startoftext|>", "<|endoftext|>")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=77,
        bos_token="<|startoftext|>",
        eos_token="<|endoftext|>",
        unk_token="<|endoftext|>",
        pad_token="<|endoftext|>",
    )


def t5_tokenizer() -> PreTrainedTokenizerFast:
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -10.0)]
    pieces += [(c, -2.0) for c in dict.fromkeys("▁" + string.printable)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=512,
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
    )


def clip_text(hidden: int = 8) -> CLIPTextModel:
    torch.manual_seed(0)
    config = CLIPTextConfig(
        bos_token_id=0,
        eos_token_id=2,
        hidden_size=hidden,
        intermediate_size=16,
        num_attention_heads=2,
        num_hidden_layers=CLIP_LAYERS,
        pad_token_id=1,
        vocab_size=1000,
    )
    return CLIPTextModel(config).eval()


def t5_text(kind: type = T5EncoderModel, config: type = T5Config) -> Any:
    torch.manual_seed(0)
    return kind(
        config(
            vocab_size=256, d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4, dropout_rate=0.0
        )
    ).eval()


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


def ltx() -> LTXPipeline:
    torch.manual_seed(0)
    transformer = LTXVideoTransformer3DModel(
        in_channels=8,
        out_channels=8,
        patch_size=1,
        patch_size_t=1,
        num_attention_heads=4,
        attention_head_dim=8,
        cross_attention_dim=32,
        num_layers=2,
        caption_channels=32,
    )
    torch.manual_seed(0)
    vae = AutoencoderKLLTXVideo(
        in_channels=3,
        out_channels=3,
        latent_channels=8,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1, 1),
        spatio_temporal_scaling=(True, True, False, False),
        decoder_spatio_temporal_scaling=(True, True, False, False),
        decoder_inject_noise=(False, False, False, False, False),
        upsample_residual=(False, False, False, False),
        upsample_factor=(1, 1, 1, 1),
        timestep_conditioning=False,
        patch_size=1,
        patch_size_t=1,
        encoder_causal=True,
        decoder_causal=False,
    )
    vae.use_framewise_encoding = False
    vae.use_framewise_decoding = False
    return LTXPipeline(
        transformer=transformer,
        vae=vae,
        # As LTX-Video publishes it: the shift grows with the size.
        scheduler=FlowMatchEulerDiscreteScheduler(
            use_dynamic_shifting=True,
            base_shift=0.95,
            max_shift=2.05,
            base_image_seq_len=1024,
            max_image_seq_len=4096,
            shift_terminal=0.1,
        ),
        text_encoder=t5_text(),
        tokenizer=t5_tokenizer(),
    )


def cogvideox() -> CogVideoXPipeline:
    torch.manual_seed(0)
    transformer = CogVideoXTransformer3DModel(
        num_attention_heads=4,
        attention_head_dim=8,
        in_channels=4,
        out_channels=4,
        time_embed_dim=2,
        text_embed_dim=32,
        num_layers=2,
        sample_width=2,
        sample_height=2,
        sample_frames=9,
        patch_size=2,
        temporal_compression_ratio=4,
        max_text_seq_length=16,
    )
    torch.manual_seed(0)
    vae = AutoencoderKLCogVideoX(
        in_channels=3,
        out_channels=3,
        down_block_types=("CogVideoXDownBlock3D",) * 4,
        up_block_types=("CogVideoXUpBlock3D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        latent_channels=4,
        layers_per_block=1,
        norm_num_groups=2,
        temporal_compression_ratio=4,
    )
    return CogVideoXPipeline(
        tokenizer=t5_tokenizer(),
        text_encoder=t5_text(),
        vae=vae,
        transformer=transformer,
        scheduler=CogVideoXDDIMScheduler(),
    )


BUILDERS = {"animatediff": animatediff, "wan": wan, "ltx": ltx, "cogvideox": cogvideox}
#: Further models of the family Wan.
WAN_22 = {"wan22": wan22, "wan22-5b": wan22_5b}

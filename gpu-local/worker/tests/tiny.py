"""Tiny pipelines with random weights, built on the spot: nothing is downloaded.

They have the real classes, the real folder layout and every code path, and make noise in
milliseconds. `python -m tests.tiny FOLDER` writes all of them for tests in other languages.
"""

from __future__ import annotations

import string
import sys
from pathlib import Path
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
from safetensors.torch import save_file
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

from . import ldm

CLIP_LAYERS = 5
#: Channels of a checkpoint whose motion modules have 32 norm groups, as the published ones.
WIDE = 32
#: What the usual trainers of LoRAs train.
UNET_LAYERS = ("to_q", "to_k", "to_v", "to_out.0")
TEXT_LAYERS = ("q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2")


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


def write_lora(
    path: Path, pipe: Any, *, part: str = "unet", scale: float = 0.5, rank: int = 2
) -> None:
    """A LoRA file over the attention projections of a pipeline's `part`, as diffusers saves it."""
    module = getattr(pipe, part)
    generator = torch.Generator().manual_seed(7)
    state: dict[str, torch.Tensor] = {}
    for name, layer in module.named_modules():
        if not isinstance(layer, torch.nn.Linear):
            continue
        if not name.endswith(("to_q", "to_k", "to_v", "to_out.0")):
            continue
        down = torch.randn(rank, layer.in_features, generator=generator)
        up = torch.randn(layer.out_features, rank, generator=generator) * scale
        state[f"{part}.{name}.lora_A.weight"] = down
        state[f"{part}.{name}.lora_B.weight"] = up
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(state, str(path))


def write_embedding(path: Path, *, hidden: int = 8, vectors: int = 2, a1111: bool = False) -> None:
    values = torch.randn(vectors, hidden, generator=torch.Generator().manual_seed(3)) * 3
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({"emb_params" if a1111 else "<tiny>": values}, str(path))


def write_kohya_lora(path: Path, pipe: Any) -> None:
    """As the trainers of SD 1.x LoRAs save it, with a part for the text encoder."""
    generator = torch.Generator().manual_seed(11)
    state: dict[str, torch.Tensor] = {}
    for prefix, module, ends in (
        ("lora_unet", pipe.unet, UNET_LAYERS),
        ("lora_te_text_model", pipe.text_encoder, TEXT_LAYERS),
    ):
        for name, layer in module.named_modules():
            # Trained on the picture model, which has no motion modules.
            if not name.endswith(ends) or "motion_modules" in name:
                continue
            key = f"{prefix}_{name.removeprefix('text_model.').replace('.', '_')}"
            down = torch.randn(2, layer.in_features, generator=generator)
            state[f"{key}.lora_down.weight"] = down
            state[f"{key}.lora_up.weight"] = torch.randn(layer.out_features, 2, generator=generator)
            state[f"{key}.alpha"] = torch.tensor(2.0)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(state, str(path))


def write_all(folder: Path) -> None:
    """Every family's folder, SD 1.x as folder and as file, motion adapters, LoRAs, embeddings."""
    for name, build in (BUILDERS | WAN_22).items():
        pipe = build()
        pipe.save_pretrained(folder / name, safe_serialization=True)
        part = "unet" if name == "animatediff" else "transformer"
        write_lora(folder / "loras" / f"{name}.safetensors", pipe, part=part)
        if name == "animatediff":
            write_kohya_lora(folder / "loras" / "kohya.safetensors", pipe)
    write_lora(folder / "loras" / "zero.safetensors", animatediff(), scale=0.0)
    stable_diffusion().save_pretrained(folder / "sd15", safe_serialization=True)
    motion_adapter().save_pretrained(folder / "motion", safe_serialization=True)
    wide = stable_diffusion(channels=WIDE)
    wide.save_pretrained(folder / "sd15-wide", safe_serialization=True)
    write_kohya_lora(folder / "loras" / "kohya-wide.safetensors", wide)
    ldm.write_checkpoint(folder / "single" / "realistic.safetensors", wide)
    wide_motion_adapter().save_pretrained(folder / "motion-wide", safe_serialization=True)
    ldm.write_motion_adapter(folder / "single" / "mm_v2.safetensors", wide_motion_adapter())
    v1 = wide_motion_adapter(middle=False, frames=24)
    ldm.write_motion_adapter(folder / "single" / "mm_v1.safetensors", v1)
    write_embedding(folder / "embeddings" / "badhandv4.safetensors")
    write_embedding(folder / "embeddings" / "a1111style.safetensors", a1111=True)
    write_embedding(folder / "embeddings" / "wrongsize.safetensors", hidden=12)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))

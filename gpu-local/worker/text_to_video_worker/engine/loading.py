"""From a model's files to a pipeline on the device, ready for its first request."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from diffusers import CogVideoXPipeline, FirstBlockCacheConfig, LTXPipeline, WanPipeline

from ..capabilities import FAMILIES, Family
from ..errors import WorkerError
from ..models import ModelSpec, weight_values
from ..profiles import Profile, choose_memory, parse_profile
from ..safety import check_model
from .animatediff import load_animatediff
from .device import family_dtype, memory_bytes

PIPELINES: dict[str, Any] = {
    "wan": WanPipeline,
    "ltx": LTXPipeline,
    "cogvideox": CogVideoXPipeline,
}


@dataclass
class Loaded:
    """A warm pipeline and what is known about it."""

    spec: ModelSpec
    family: Family
    pipe: Any
    device: torch.device
    profile: Profile
    weight_bytes: int
    #: The scheduler that the model came with: every swap starts from its configuration.
    scheduler_class: str
    scheduler_config: dict[str, Any]
    #: LoRA files and strengths that are active now; left in place for the next job.
    active_loras: tuple[tuple[str, float], ...] = ()
    window_frames: int = 0
    used_at: float = field(default=0.0)

    @property
    def has_two_experts(self) -> bool:
        """Wan 2.2 A14B: one expert for the steps with much noise, another for those with little."""
        return self.pipe.config.get("boundary_ratio") is not None


def weight_bytes(spec: ModelSpec, device: torch.device) -> tuple[int, int]:
    """Bytes of a model's weights on the device: all of them, and those of its largest part."""
    values, largest = weight_values(Path(spec.path))
    width = torch.finfo(family_dtype(device, spec.family)).bits // 8
    return values * width, largest * width


def first_profile(spec: ModelSpec, device: torch.device) -> Profile:
    """The profile that a model is loaded with unless the device has proved too small for it."""
    sizes = weight_bytes(spec, device)
    memory = choose_memory(device.type, spec.family, memory_bytes(device), *sizes)
    return parse_profile(spec.profile, Profile(memory=memory))


def load(
    spec: ModelSpec,
    device: torch.device,
    memory: str | None = None,
) -> Loaded:
    """Loads a model. `memory` overrides the memory profile (after an out-of-memory)."""
    path = Path(spec.path)
    family = FAMILIES[spec.family]
    dtype = family_dtype(device, spec.family)
    profile = first_profile(spec, device)
    if memory is not None:
        profile = parse_profile(f"memory={memory}", profile)

    if spec.family == "animatediff":
        pipe = load_animatediff(spec, dtype)
    else:
        check_model(path, family.pipeline_classes)
        # Wan's VAE loses detail in half precision; it is small, so it stays wide.
        kinds = {"default": dtype, "vae": torch.float32} if spec.family == "wan" else dtype
        pipe = PIPELINES[spec.family].from_pretrained(
            path, torch_dtype=kinds, local_files_only=True, use_safetensors=True
        )
    pipe.set_progress_bar_config(disable=True)
    _place(pipe, device, profile)
    return Loaded(
        spec=spec,
        family=_measured(family, pipe, spec),
        pipe=pipe,
        device=device,
        profile=profile,
        weight_bytes=weight_bytes(spec, device)[0],
        scheduler_class=type(pipe.scheduler).__name__,
        scheduler_config=dict(pipe.scheduler.config),
    )


def _place(pipe: Any, device: torch.device, profile: Profile) -> None:
    """Puts the pipeline on the device as the profile says. Caches go on before the first call."""
    denoiser = getattr(pipe, "transformer", None) or pipe.unet
    if profile.fp8_storage:
        compute = next(denoiser.parameters()).dtype
        denoiser.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=compute)
    if profile.memory != "full":
        pipe.vae.enable_tiling()
        pipe.vae.enable_slicing()
    if profile.memory == "model_offload":
        pipe.enable_model_cpu_offload(device=device)
    elif profile.memory == "group_offload":
        pipe.enable_group_offload(onload_device=device, offload_type="leaf_level", use_stream=True)
    else:
        pipe.to(device)
    if profile.attention is not None:
        if not hasattr(denoiser, "set_attention_backend"):
            raise WorkerError(
                "model_not_found",
                "This model's attention cannot be changed.",
                field="model",
                remedy="Take attention=… out of the model's profile.",
            )
        denoiser.set_attention_backend(profile.attention)
    if profile.first_block_cache:
        if not hasattr(denoiser, "enable_cache"):
            raise WorkerError(
                "model_not_found",
                "This model cannot use the first-block cache.",
                field="model",
                remedy="Take cache=… out of the model's profile.",
            )
        denoiser.enable_cache(FirstBlockCacheConfig(threshold=profile.first_block_cache))
    if profile.compile:
        if hasattr(denoiser, "compile_repeated_blocks") and denoiser._repeated_blocks:
            denoiser.compile_repeated_blocks(fullgraph=True)
        else:
            denoiser.compile()


def _measured(family: Family, pipe: Any, spec: ModelSpec) -> Family:
    """The family's limits as this model's own configuration has them."""
    if family.name == "animatediff":
        measured = family.with_sizes(
            size_multiple=pipe.vae_scale_factor,
            window_frames=pipe.motion_adapter.config.motion_max_seq_length,
            clip_layers=pipe.text_encoder.config.num_hidden_layers,
        )
    elif family.name == "wan":
        experts = [pipe.transformer, pipe.transformer_2]
        patch = max(t.config.patch_size[1] for t in experts if t is not None)
        measured = family.with_sizes(
            size_multiple=pipe.vae_scale_factor_spatial * patch,
            frame_multiple=pipe.vae_scale_factor_temporal,
        )
    elif family.name == "ltx":
        # The pipeline refuses sizes that are no multiple of 32 whatever the VAE's ratio is.
        measured = family.with_sizes(frame_multiple=pipe.vae_temporal_compression_ratio)
    else:
        measured = family.with_sizes(
            size_multiple=pipe.vae_scale_factor_spatial * pipe.transformer.config.patch_size,
            frame_multiple=pipe.vae_scale_factor_temporal,
        )
    return replace(measured, defaults={**family.defaults, **dict(spec.defaults)})

"""CogVideoX 2B and 5B."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import CogVideoXPipeline

from ...families import Family
from ...model_spec import ModelSpec
from ...plan import Clip, Plan
from ..loaded_model import LoadedModel
from .base import PipelineFamily

#: As diffusers' own schedulers with a zero terminal signal-to-noise ratio have it.
LEAST_SIGNAL = 2.0**-24


class CogVideoX(PipelineFamily):
    name = "cogvideox"
    pipeline = CogVideoXPipeline

    def dtype(self, spec: ModelSpec, device: torch.device) -> torch.dtype:
        """The 2B model was trained in float16 and the 5B models in bfloat16."""
        path = Path(spec.path) / "transformer" / "config.json"
        if device.type == "cpu" or not path.is_file() or _is_5b(json.loads(path.read_text())):
            return super().dtype(spec, device)
        return torch.float16

    def scheduler_changes(self, loaded: LoadedModel, class_name: str) -> dict[str, Any]:
        """The noise that the model was trained with, which only its own schedulers can compute.

        CogVideoX shifts the signal-to-noise ratio and ends without any signal; other schedulers
        drop both settings, so they are given the resulting betas.
        """
        if class_name.startswith("CogVideoX"):
            return {}
        # Schedulers that divide by it cannot take the last one for what it is, zero.
        signal = loaded.own_scheduler().alphas_cumprod.double().clamp_min(LEAST_SIGNAL)
        earlier = torch.cat([torch.ones(1, dtype=signal.dtype), signal[:-1]])
        return {
            "trained_betas": (1 - signal / earlier).tolist(),
            "rescale_betas_zero_snr": False,
        }

    def measure(self, family: Family, pipe: Any) -> Family:
        return family.with_sizes(
            size_multiple=pipe.vae_scale_factor_spatial * pipe.transformer.config.patch_size,
            frame_multiple=pipe.vae_scale_factor_temporal,
        )

    def longest_prompt(self, loaded: LoadedModel) -> int:
        most: int = loaded.pipe.transformer.config.max_text_seq_length
        return most

    def arguments(self, loaded: LoadedModel, plan: Plan, clip: Clip) -> dict[str, Any]:
        # As the authors run the 5B model with this scheduler.
        dynamic = _is_5b(loaded.pipe.transformer.config) and (
            type(loaded.pipe.scheduler).__name__ == "CogVideoXDPMScheduler"
        )
        return {
            "max_sequence_length": self.longest_prompt(loaded),
            "use_dynamic_cfg": dynamic,
        }


def _is_5b(transformer_config: Mapping[str, Any]) -> bool:
    """Only the larger models encode positions by rotation."""
    return bool(transformer_config.get("use_rotary_positional_embeddings"))

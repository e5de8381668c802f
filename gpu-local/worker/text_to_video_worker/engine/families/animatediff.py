"""AnimateDiff: an SD 1.x checkpoint, as a folder or one file, with motion modules put into it."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from diffusers import AnimateDiffPipeline, DDIMScheduler, MotionAdapter, StableDiffusionPipeline

from ...errors import WorkerError
from ...families import FAMILIES, Family
from ...model_spec import ModelSpec
from ...model_validation import check_folder, check_model, check_safetensors
from ...plan import Clip, Notes, Plan
from ..embeddings import use_embeddings
from ..free_noise import use_window
from ..loaded_model import LoadedModel
from ..weighted_prompts import weighted_prompts
from .base import PipelineFamily
from .motion_config import motion_config


class AnimateDiff(PipelineFamily):
    name = "animatediff"
    pipeline = AnimateDiffPipeline

    def dtype(self, spec: ModelSpec, device: torch.device) -> torch.dtype:
        return torch.float32 if device.type == "cpu" else torch.float16

    def load(self, spec: ModelSpec, dtype: torch.dtype) -> Any:
        return _load(spec, dtype)

    def measure(self, family: Family, pipe: Any) -> Family:
        return family.with_sizes(
            size_multiple=pipe.vae_scale_factor,
            window_frames=pipe.motion_adapter.config.motion_max_seq_length,
            clip_layers=pipe.text_encoder.config.num_hidden_layers,
        )

    def prepare(self, loaded: LoadedModel, plan: Plan) -> None:
        use_window(loaded, plan.window_frames)

    @contextlib.contextmanager
    def during(self, loaded: LoadedModel, plan: Plan) -> Iterator[None]:
        with contextlib.ExitStack() as during:
            during.enter_context(use_embeddings(loaded, plan.embeddings))
            if plan.clip_skip is not None:
                during.enter_context(_last_norm_of_text_encoder(loaded.pipe))
            # Asked with the embeddings in place, whose names are tokens.
            during.enter_context(weighted_prompts(loaded.pipe, plan.texts()))
            yield

    def arguments(self, loaded: LoadedModel, plan: Plan, clip: Clip) -> dict[str, Any]:
        return {
            "clip_skip": plan.clip_skip,
            "decode_chunk_size": 4 if loaded.tiled else 16,
        }

    def check_prompts(self, loaded: LoadedModel, plan: Plan, notes: Notes) -> None:
        """Nothing is cut: a long prompt is read in chunks."""

    def settings(self, loaded: LoadedModel, plan: Plan) -> dict[str, Any]:
        settings = super().settings(loaded, plan)
        if plan.clip_skip is not None:
            settings["clip_skip"] = plan.clip_skip
        if plan.embeddings:
            settings["embeddings"] = [{"model_name": a.name} for a in plan.embeddings]
        return settings


def _load(spec: ModelSpec, dtype: torch.dtype) -> Any:
    """A whole AnimateDiff folder needs nothing else, an SD 1.x checkpoint a motion adapter."""
    path = Path(spec.path)
    options = {"torch_dtype": dtype, "local_files_only": True, "use_safetensors": True}
    if path.is_dir():
        index = check_model(path, FAMILIES["animatediff"].pipeline_classes)
        if index["_class_name"] == "AnimateDiffPipeline":
            return AnimateDiffPipeline.from_pretrained(path, **options)
    if spec.motion_adapter is None:
        raise WorkerError(
            "model_not_found",
            f'The checkpoint "{spec.alias}" has no motion adapter, so it can only make pictures.',
            field="model",
            remedy="Add one with `gpu-local models add <motion adapter> --kind motion-adapter`.",
        )
    adapter = _motion_adapter(Path(spec.motion_adapter), dtype)
    if path.is_dir():
        pipe = AnimateDiffPipeline.from_pretrained(
            path, motion_adapter=adapter, feature_extractor=None, image_encoder=None, **options
        )
        pipe.scheduler = _motion_scheduler(pipe.scheduler)
        return pipe
    still = _from_one_file(spec, path, dtype)
    return AnimateDiffPipeline(
        vae=still.vae,
        text_encoder=still.text_encoder,
        tokenizer=still.tokenizer,
        unet=still.unet,
        motion_adapter=adapter,
        scheduler=_motion_scheduler(still.scheduler),
    )


def _from_one_file(spec: ModelSpec, path: Path, dtype: torch.dtype) -> Any:
    check_safetensors(path)
    if spec.config is None:
        raise WorkerError(
            "model_not_found",
            f'The checkpoint "{spec.alias}" is one file and needs the configuration of SD 1.x.',
            field="model",
            remedy="Add a folder with it: `gpu-local models add <folder> --kind sd-config`.",
        )
    check_folder(Path(spec.config))
    return StableDiffusionPipeline.from_single_file(
        str(path), config=spec.config, torch_dtype=dtype, local_files_only=True, safety_checker=None
    )


def _motion_scheduler(still: Any) -> Any:
    """The motion modules were trained with other betas than the picture checkpoint has."""
    return DDIMScheduler.from_config(
        still.config,
        beta_schedule="linear",
        clip_sample=False,
        timestep_spacing="linspace",
        steps_offset=1,
    )


def _motion_adapter(path: Path, dtype: torch.dtype) -> Any:
    if path.is_dir():
        check_folder(path)
        return MotionAdapter.from_pretrained(
            path, torch_dtype=dtype, local_files_only=True, use_safetensors=True
        )
    # diffusers would look for the configuration of a single file on the hub.
    with tempfile.TemporaryDirectory() as folder:
        config = motion_config(check_safetensors(path))
        (Path(folder) / "config.json").write_text(json.dumps(config), encoding="utf-8")
        return MotionAdapter.from_single_file(
            str(path), config=folder, torch_dtype=dtype, local_files_only=True
        )


@contextlib.contextmanager
def _last_norm_of_text_encoder(pipe: Any) -> Iterator[None]:
    """Lets diffusers find the last norm of the text encoder, which it needs for clip skip.

    It looks in `text_encoder.text_model`, a layer that transformers 5.6 took away: the model itself
    is what used to be there. Only while a video is made, because diffusers also tells by this name
    how the weights of a LoRA or a single-file checkpoint are called.
    """
    encoder = pipe.text_encoder
    if hasattr(encoder, "text_model"):
        yield
        return
    # Not by torch's own assignment: the model must not become a part of itself.
    object.__setattr__(encoder, "text_model", encoder)
    try:
        yield
    finally:
        object.__delattr__(encoder, "text_model")

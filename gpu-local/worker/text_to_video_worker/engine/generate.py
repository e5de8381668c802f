"""The part of a job that needs the model: from a plan to its pictures and its sound."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from ..plan import Clip, Notes, Plan
from .caches import cache_for_job
from .cancellation import checked_between_blocks
from .closed_loop import LatentShift, ping_pong
from .compiling import eagerly
from .context_parallel import Agreement
from .decoding import tiled_when_too_large
from .device import peak_bytes
from .families import PIPELINE_FAMILIES
from .frames import Frames, pictures_instead_of_floats
from .light_vae import decoding_lightly
from .loaded_model import LoadedModel
from .loras import use_loras
from .progress import ProgressMonitor, Report
from .prompt_cache import remembered_prompts
from .schedulers import use_scheduler
from .sigmas import fixed_sigmas
from .sound import Sound, joined
from .start_image import open_start_image, padded


@dataclass
class Generated:
    """All that a file is written from. Nothing of it lies on the device or changes later."""

    plan: Plan
    frames: Frames
    sound: Sound | None
    #: By their request names.
    settings: dict[str, Any]
    warnings: list[str]
    monitor: ProgressMonitor


def generate(
    loaded: LoadedModel, plan: Plan, report: Report, cancelled: threading.Event | Agreement
) -> Generated:
    """Makes the pictures. Raises `Cancelled` from any step."""
    family = PIPELINE_FAMILIES[loaded.family.name]
    monitor = ProgressMonitor(report, cancelled, len(plan.clips))
    monitor.enter("encoding_prompt")
    if loaded.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(loaded.device)
    torch.set_float32_matmul_precision("high" if loaded.profile.tf32 else "highest")
    family.prepare(loaded, plan)
    notes = Notes(plan.strict, plan.warnings)
    picture = _start_image(plan, notes)
    for note in use_loras(loaded, plan.loras):
        notes.not_honoured("loras", note, f"Use a LoRA that was made for {loaded.spec.alias}.")
    scheduler = use_scheduler(loaded, plan.scheduler)
    pipe = family.pipeline_for(loaded, plan)
    fixed_steps = len(loaded.spec.sigmas)
    if fixed_steps and plan.steps != fixed_steps:
        notes.say(f"This distilled model always makes {fixed_steps} steps.")
    try:
        with contextlib.ExitStack() as during:
            during.enter_context(family.during(loaded, plan))
            family.check_prompts(loaded, plan, notes)
            during.enter_context(torch.inference_mode())
            during.enter_context(
                remembered_prompts(
                    pipe, loaded.prompts, loaded.device, _circumstances(loaded, plan)
                )
            )
            if loaded.compiled and not loaded.runs_compiled():
                during.enter_context(eagerly(family.denoisers(pipe)))
            during.enter_context(fixed_sigmas(loaded))
            during.enter_context(cache_for_job(loaded, family.denoisers(pipe), notes))
            during.enter_context(decoding_lightly(loaded))
            during.enter_context(tiled_when_too_large(loaded))
            during.enter_context(monitor.attached(pipe, plan.steps))
            if isinstance(cancelled, Agreement):
                during.enter_context(cancelled.between_blocks(family.denoisers(pipe)))
            networks = (*pipe.components.values(), loaded.light_vae)
            during.enter_context(checked_between_blocks(networks, monitor.stop_if_cancelled))
            if "callback_on_step_end" in family.takes_no(pipe):
                during.enter_context(monitor.counting_steps_of(loaded.pipe.scheduler))
            # On the CPU, so that the same seed gives the same noise on every device.
            generator = torch.Generator("cpu").manual_seed(plan.seed)
            kept: list[Frames] = []
            sounds: list[Sound] = []
            for index, clip in enumerate(plan.clips):
                monitor.next_clip(index)
                arguments = {
                    **_arguments(plan, clip, monitor),
                    **({} if picture is None else {"image": picture}),
                    **family.arguments(loaded, plan, clip),
                }
                for name in family.takes_no(pipe):
                    del arguments[name]
                made_frames = clip.skip + clip.keep
                with pictures_instead_of_floats(pipe, made_frames, plan.width, plan.height):
                    output_of_clip = pipe(generator=generator, **arguments)
                kept.append(output_of_clip.frames[0][clip.skip :])
                if (sound := family.sound(loaded, output_of_clip)) is not None:
                    sounds.append(sound.part(clip.skip / plan.fps, clip.keep / plan.fps))
                if picture is not None:
                    picture = padded(kept[-1][-1], *picture.size)
    finally:
        # An exception inside a pipeline skips its own clean-up of offload hooks.
        loaded.pipe.maybe_free_model_hooks()
    monitor.enter("muxing")
    video = kept[0] if len(kept) == 1 else np.concatenate(kept)
    if plan.closed_loop == "ping-pong":
        video = ping_pong(video, plan.frames)
    sound = joined(sounds, len(video) / plan.fps)
    if sound is not None and plan.output_format == "gif":
        notes.say("A GIF has no sound; ask for an MP4 to hear what the model made.")
    settings = {**_settings(loaded, plan, scheduler), **family.settings(loaded, plan)}
    return Generated(plan, video, sound, settings, notes.warnings, monitor)


def _circumstances(loaded: LoadedModel, plan: Plan) -> Hashable:
    """What changes a text encoder's answer beside the call: LoRAs in it, words it was taught."""
    taught = [(one.name, one.path, Path(one.path).stat().st_mtime_ns) for one in plan.embeddings]
    # AnimateDiff reads all prompts of a job in as many chunks as the longest of them needs.
    return (loaded.active_loras, tuple(taught), tuple(plan.texts()))


def _start_image(plan: Plan, notes: Notes) -> Image.Image | None:
    if plan.start_image is None:
        return None
    picture = open_start_image(Path(plan.start_image), plan.width, plan.height, notes)
    return padded(picture, plan.pipeline_width, plan.pipeline_height)


def _arguments(plan: Plan, clip: Clip, monitor: ProgressMonitor) -> dict[str, Any]:
    """What every family's pipeline is called with: nothing that it would ignore or refuse."""
    rolls = plan.closed_loop == "latent-shift"
    return {
        "prompt": clip.prompt,
        "negative_prompt": plan.negative_prompt or None,
        "width": plan.pipeline_width,
        "height": plan.pipeline_height,
        "num_frames": clip.frames,
        "num_inference_steps": plan.steps,
        "guidance_scale": plan.guidance_scale,
        "output_type": "np",
        "callback_on_step_end": _callback(monitor, LatentShift(clip.frames) if rolls else None),
        "callback_on_step_end_tensor_inputs": ["latents", *(["prompt_embeds"] if rolls else [])],
    }


def _callback(
    monitor: ProgressMonitor, latent_shift: LatentShift | None
) -> Callable[..., dict[str, Any]]:
    def after_step(pipe: Any, index: int, t: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        steps = int(pipe.num_timesteps)
        monitor.step_done(index, steps)
        return latent_shift.after_step(index, steps, tensors) if latent_shift else {}

    return after_step


def _settings(loaded: LoadedModel, plan: Plan, scheduler: str) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "model": loaded.spec.alias,
        "width": plan.width,
        "height": plan.height,
        "num_frames": plan.frames,
        "fps": plan.fps,
        "num_inference_steps": len(loaded.spec.sigmas) or plan.steps,
        "guidance_scale": plan.guidance_scale,
        "scheduler": scheduler,
        "seed": plan.seed,
        "profile": loaded.profile_now().describe(),
        "device": str(loaded.device),
    }
    if loaded.family.negative_prompt and plan.negative_prompt == loaded.family.negative_prompt:
        settings["negative_prompt"] = plan.negative_prompt
    if loaded.spec.gpus > 1:
        settings["gpus"] = loaded.spec.gpus
    if plan.closed_loop:
        settings["closed_loop_method"] = plan.closed_loop
    if plan.loras:
        settings["loras"] = [{"model_name": a.name, "strength": a.strength} for a in plan.loras]
    peak = peak_bytes(loaded.device)
    if peak is not None:
        settings["peak_memory_bytes"] = peak
    return settings

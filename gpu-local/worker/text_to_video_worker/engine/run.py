"""One job on one loaded model: from a plan to a finished file."""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import Cancelled
from ..plan import TRAVEL_STRIDE_FRAMES, Clip, Plan
from . import adapters, export
from .animatediff import clip_layers
from .device import peak_bytes
from .loading import Loaded
from .schedulers import use_scheduler

Report = Callable[[str, int | None, int | None], None]


class Watch:
    """Follows a pipeline from inside: tells its stages, counts its steps, stops on request."""

    def __init__(self, report: Report, cancelled: threading.Event, clips: int) -> None:
        self._report = report
        self._cancelled = cancelled
        self._clips = clips
        self._clip = 0
        self._stage = ""
        self._since = time.monotonic()
        self.timings_ms: dict[str, float] = {}

    def next_clip(self, index: int) -> None:
        self._clip = index

    def stop_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled

    def enter(self, stage: str, i: int | None = None, n: int | None = None) -> None:
        """Marks the beginning of a stage (its time runs until the next one begins)."""
        now = time.monotonic()
        if self._stage:
            spent = (now - self._since) * 1000
            self.timings_ms[self._stage] = self.timings_ms.get(self._stage, 0.0) + spent
        self._since = now
        if stage != self._stage or i is not None:
            self._report(stage, i, n)
        self._stage = stage
        self.stop_if_cancelled()

    def step(self, i: int, n: int) -> None:
        """Step `i` (from 0) of the `n` that this clip's scheduler really makes is done."""
        self.enter("denoising", self._clip * n + i + 1, self._clips * n)

    @contextlib.contextmanager
    def attached(self, pipe: Any, steps: int) -> Iterator[None]:
        """Hears of text encoding and decoding, for which pipelines have no callback."""
        encode, decode = pipe.encode_prompt, pipe.vae.decode

        def encode_prompt(*args: Any, **options: Any) -> Any:
            self.enter("encoding_prompt")
            result = encode(*args, **options)
            total = steps * self._clips
            self.enter("denoising", min(self._clip * steps, total), total)
            return result

        def decode_latents(*args: Any, **options: Any) -> Any:
            self.enter("decoding")
            return decode(*args, **options)

        pipe.encode_prompt, pipe.vae.decode = encode_prompt, decode_latents
        try:
            yield
        finally:
            # What was set on the objects hid their classes' own methods.
            del pipe.encode_prompt
            del pipe.vae.decode


def _roll_shift(frames: int, steps: int) -> int:
    """Frames to roll by after each step, so that the seam passes every frame at least once."""
    return max(1, -(-frames // steps))


def _roll(tensors: dict[str, torch.Tensor], frames: int, by: int) -> dict[str, torch.Tensor]:
    """Rolls latents (batch, channels, frames, h, w) and per-frame prompts along time alike."""
    prompts = tensors["prompt_embeds"]
    halves = prompts.view(-1, frames, *prompts.shape[1:]).roll(by, dims=1).flatten(0, 1)
    return {"latents": tensors["latents"].roll(by, dims=2), "prompt_embeds": halves}


def _callback(watch: Watch, plan: Plan, clip: Clip) -> Callable[..., dict[str, Any]]:
    rolled = 0

    def after_step(pipe: Any, i: int, t: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        nonlocal rolled
        total = int(pipe.num_timesteps)
        watch.step(i, total)
        if plan.closed_loop != "latent-shift":
            return {}
        # The last step rolls everything back: the video begins where its prompts do.
        by = -rolled if i == total - 1 else _roll_shift(clip.frames, total)
        rolled += by
        return _roll(tensors, clip.frames, by)

    return after_step


def _arguments(
    loaded: Loaded, plan: Plan, clip: Clip, watch: Watch, generator: Any
) -> dict[str, Any]:
    """What the family's pipeline is called with: nothing that it would ignore or refuse."""
    arguments: dict[str, Any] = {
        "prompt": clip.prompt,
        "negative_prompt": plan.negative_prompt or None,
        "width": plan.pipeline_width,
        "height": plan.pipeline_height,
        "num_frames": clip.frames,
        "num_inference_steps": plan.steps,
        "guidance_scale": plan.guidance_scale,
        "generator": generator,
        "output_type": "np",
        "callback_on_step_end": _callback(watch, plan, clip),
        "callback_on_step_end_tensor_inputs": ["latents"],
    }
    if plan.closed_loop == "latent-shift":
        arguments["callback_on_step_end_tensor_inputs"] = ["latents", "prompt_embeds"]
    name = loaded.family.name
    if name == "animatediff":
        arguments["clip_skip"] = plan.clip_skip
        arguments["decode_chunk_size"] = 16 if loaded.profile.memory == "full" else 4
    elif name == "wan" and loaded.has_two_experts:
        arguments["guidance_scale_2"] = plan.guidance_scale_2
    elif name == "ltx":
        arguments["frame_rate"] = plan.fps
    elif name == "cogvideox":
        arguments["max_sequence_length"] = loaded.pipe.transformer.config.max_text_seq_length
    return arguments


@contextlib.contextmanager
def _fixed_sigmas(loaded: Loaded) -> Iterator[None]:
    """A distilled model stops at its own noise levels instead of evenly spread ones.

    The pipelines spread them themselves, so the scheduler swaps them in when it is asked.
    """
    sigmas = loaded.spec.sigmas
    if not sigmas:
        yield
        return
    scheduler = loaded.pipe.scheduler
    set_timesteps = scheduler.set_timesteps

    # Pipelines look at the signature before they pass `sigmas` or `mu`.
    @functools.wraps(set_timesteps)
    def set_own(*args: Any, **options: Any) -> Any:
        passed = {name: options[name] for name in ("device", "mu") if name in options}
        return set_timesteps(sigmas=list(sigmas), **passed)

    scheduler.set_timesteps = set_own
    try:
        yield
    finally:
        del scheduler.set_timesteps


def _cut_words(loaded: Loaded, plan: Plan) -> list[str]:
    """CLIP reads 77 tokens; what a prompt has beyond them is ignored: the person should know."""
    if loaded.family.name != "animatediff":
        return []
    tokenizer = loaded.pipe.tokenizer
    most = tokenizer.model_max_length
    texts: set[str] = {plan.negative_prompt}
    for clip in plan.clips:
        texts |= {clip.prompt} if isinstance(clip.prompt, str) else set(clip.prompt.values())
    notes = []
    for text in sorted(texts):
        converted = loaded.pipe.maybe_convert_prompt(text, tokenizer)
        ids = tokenizer(converted, truncation=False).input_ids
        if len(ids) > most:
            cut = tokenizer.decode(ids[most - 1 : -1]).strip()
            notes.append(
                f"A prompt is longer than the {most} tokens that the model reads; "
                f'ignored was: "{cut[:120]}".'
            )
    return notes


def _ping_pong(frames: np.ndarray[Any, Any], total: int) -> np.ndarray[Any, Any]:
    """Forth and back without showing the first frame twice; an odd total holds the turn."""
    order = list(range(len(frames)))
    order += order[::-1] if total % 2 else order[-2::-1]
    return frames[order[:total]]


def run(
    loaded: Loaded,
    plan: Plan,
    output: Path,
    report: Report,
    cancelled: threading.Event,
) -> dict[str, Any]:
    """Makes the video; the result says what was really made. Raises `Cancelled` from any step."""
    pipe = loaded.pipe
    watch = Watch(report, cancelled, len(plan.clips))
    watch.enter("encoding_prompt")
    if loaded.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(loaded.device)
    adapters.use_window(loaded, plan.window_frames, TRAVEL_STRIDE_FRAMES)
    adapters.use_loras(loaded, plan.loras)
    scheduler = use_scheduler(loaded, plan.scheduler)
    warnings = list(plan.warnings)
    fixed_steps = len(loaded.spec.sigmas)
    if fixed_steps and plan.steps != fixed_steps:
        warnings.append(f"This distilled model always makes {fixed_steps} steps.")
    try:
        adapters.use_embeddings(loaded, plan.embeddings)
        warnings += _cut_words(loaded, plan)
        kept = []
        # On the CPU, so that the same seed gives the same noise on every device.
        generator = torch.Generator("cpu").manual_seed(plan.seed)
        with contextlib.ExitStack() as during:
            during.enter_context(torch.inference_mode())
            during.enter_context(_fixed_sigmas(loaded))
            during.enter_context(watch.attached(pipe, plan.steps))
            if plan.clip_skip is not None:
                during.enter_context(clip_layers(pipe))
            for index, clip in enumerate(plan.clips):
                watch.next_clip(index)
                arguments = _arguments(loaded, plan, clip, watch, generator)
                frames = np.asarray(pipe(**arguments).frames[0])
                pictures = export.to_pictures(frames[: clip.keep], plan.width, plan.height)
                kept.append(pictures)
    finally:
        adapters.clear_embeddings(loaded, plan)
        # An exception inside a pipeline skips its own clean-up of offload hooks.
        pipe.maybe_free_model_hooks()
    watch.enter("muxing")
    video = np.concatenate(kept)
    if plan.closed_loop == "ping-pong":
        video = _ping_pong(video, plan.frames)
    export.write(video, plan.fps, output, plan.output_format)
    made = export.probe(output, plan.output_format)
    watch.enter("done")
    return {
        "file": str(output),
        "mime_type": "image/gif" if plan.output_format == "gif" else "video/mp4",
        **made,
        "seed": plan.seed,
        "settings": _settings(loaded, plan, scheduler, made),
        "warnings": warnings,
        "timings": {f"{k}Ms": round(v, 1) for k, v in watch.timings_ms.items()},
    }


def _settings(loaded: Loaded, plan: Plan, scheduler: str, made: dict[str, Any]) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "model": loaded.spec.alias,
        "width": made["width"],
        "height": made["height"],
        "num_frames": made["frames"],
        "fps": made["fps"],
        "num_inference_steps": len(loaded.spec.sigmas) or plan.steps,
        "guidance_scale": plan.guidance_scale,
        "scheduler": scheduler,
        "seed": plan.seed,
        "profile": loaded.profile.describe(),
        "device": str(loaded.device),
    }
    if loaded.has_two_experts and plan.guidance_scale_2 is not None:
        settings["guidance_scale_2"] = plan.guidance_scale_2
    if plan.clip_skip is not None:
        settings["clip_skip"] = plan.clip_skip
    if plan.closed_loop:
        settings["closed_loop_method"] = plan.closed_loop
    if plan.loras:
        settings["loras"] = [{"model_name": a.name, "strength": a.strength} for a in plan.loras]
    if plan.embeddings:
        settings["embeddings"] = [{"model_name": a.name} for a in plan.embeddings]
    peak = peak_bytes(loaded.device)
    if peak is not None:
        settings["peak_memory_bytes"] = peak
    return settings

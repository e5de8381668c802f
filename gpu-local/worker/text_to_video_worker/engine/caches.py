"""What is skipped between steps: diffusers' own caches, put on when a model is placed.

A denoiser has one cache or none. MagCache goes by how fast the model's changes fade from step to
step, which is measured once a model, on a video that is made without it.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import logging
import math
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    FirstBlockCacheConfig,
    MagCacheConfig,
    SeaCacheConfig,
    TaylorSeerCacheConfig,
    WanPipeline,
)
from diffusers.hooks.mag_cache import _MAG_CACHE_BLOCK_HOOK, nearest_interp

from ..model_spec import ModelSpec
from ..plan import Notes
from ..profiles import LEAST_STEPS_FOR_CACHE, Cache
from .impossible import impossible
from .loaded_model import LoadedModel
from .replaced import replaced

log = logging.getLogger("text_to_video_worker")

#: Where what was measured is kept; without it, as long as a model is loaded.
FOLDER_VARIABLE = "TEXT_TO_VIDEO_CALIBRATION_DIR"
#: TaylorSeer foretells what leaves the network, and asks none of its blocks: its own choice of
#: layers, by their names, knows none of these networks.
FORETOLD = (r"proj_out", r"audio_proj_out")
NOT_ASKED = (r"(transformer_)?blocks\.\d+",)


def use_cache(pipe: Any, denoisers: Iterable[Any], cache: Cache) -> None:
    """Before the first call: the hooks look for their layers then."""
    for denoiser in denoisers:
        refusal = impossible(
            f"This model cannot use the cache {cache.kind}.", "Take cache=… out of"
        )
        if not hasattr(denoiser, "enable_cache"):
            raise refusal
        try:
            denoiser.enable_cache(_config(pipe, denoiser, cache))
        except ValueError as error:
            # A network whose blocks diffusers does not know.
            raise refusal from error


def _config(pipe: Any, denoiser: Any, cache: Cache) -> Any:
    if cache.kind == "first_block":
        return FirstBlockCacheConfig(threshold=cache.value)
    if cache.kind == "taylorseer":
        return TaylorSeerCacheConfig(
            cache_interval=int(cache.value),
            taylor_factors_dtype=torch.float32,
            cache_identifiers=list(FORETOLD),
            skip_predict_identifiers=list(NOT_ASKED),
        )
    if cache.kind == "sea":
        # Its measure of change is known for Wan's videos from a text alone.
        if not isinstance(pipe, WanPipeline):
            raise ValueError("sea")
        return SeaCacheConfig(threshold=cache.value)
    # diffusers counts the steps of two experts as if each made all of them (its issue 14025).
    if getattr(pipe, "transformer_2", None) is not None:
        raise ValueError("mag")
    if not any(hasattr(denoiser, name) for name in ("blocks", "transformer_blocks")):
        raise ValueError("mag")
    return MagCacheConfig(threshold=cache.value, calibrate=True)


@contextlib.contextmanager
def cache_for_job(loaded: LoadedModel, denoisers: Iterable[Any], notes: Notes) -> Iterator[None]:
    """Tells MagCache how many steps there are, or measures what it goes by."""
    if loaded.profile.cache is None or loaded.profile.cache.kind != "mag":
        yield
        return
    (denoiser,) = denoisers
    scheduler, config = loaded.pipe.scheduler, denoiser._cache_config
    set_timesteps, reset = scheduler.set_timesteps, denoiser._reset_stateful_cache
    if not loaded.mag_ratios:
        loaded.mag_ratios = _read(loaded.spec)
    known, steps = loaded.mag_ratios, 0
    loaded.skips = bool(known)

    # Pipelines look at the signature.
    @functools.wraps(set_timesteps)
    def set_and_count(*args: Any, **options: Any) -> Any:
        nonlocal steps
        result = set_timesteps(*args, **options)
        # Some schedulers ask the network more than once a step.
        steps = len(scheduler.timesteps)
        config.calibrate = not known
        # While it measures, one more than there are, so that it does not forget at the last one.
        config.num_inference_steps = steps if known else steps + 1
        config.mag_ratios = nearest_interp(torch.tensor(known), steps) if known else None
        return result

    def keep_then_reset(*args: Any, **options: Any) -> Any:
        measured = _measured(denoiser)
        if not known and len(measured) == steps >= LEAST_STEPS_FOR_CACHE:
            loaded.mag_ratios = measured
        return reset(*args, **options)

    with (
        replaced(scheduler, "set_timesteps", set_and_count),
        replaced(denoiser, "_reset_stateful_cache", keep_then_reset),
    ):
        yield
    if known:
        return
    if loaded.mag_ratios:
        _write(loaded.spec, loaded.mag_ratios)
        notes.say(
            "This video was made without the cache mag, which measured the model; "
            "from the next one on it is used."
        )
    else:
        notes.say(
            "This video was made without the cache mag, which measures a model on a video of "
            f"{LEAST_STEPS_FOR_CACHE} steps or more."
        )


def _measured(denoiser: Any) -> list[float]:
    """How the residual's size changed from each step to the next, the mean of all its calls."""
    for module in denoiser.modules():
        hooks = getattr(module, "_diffusers_hook", None)
        hook = hooks.get_hook(_MAG_CACHE_BLOCK_HOOK) if hooks is not None else None
        if hook is not None:
            calls = [one.calibration_ratios for one in hook.state_manager._state_cache.values()]
            return [sum(step) / len(step) for step in zip(*calls, strict=False)]
    return []


def _file(spec: ModelSpec) -> Path | None:
    """Named after the model's files: other weights are measured anew."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        return None
    told = hashlib.sha256(spec.family.encode())
    for given in filter(None, (spec.path, spec.base)):
        root = Path(given)
        files = [root] if root.is_file() else sorted(root.rglob("*.safetensors"))
        for file in files:
            stat = file.stat()
            told.update(f"{file.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return Path(folder) / f"mag-{told.hexdigest()[:32]}.json"


def _read(spec: ModelSpec) -> list[float]:
    file = _file(spec)
    try:
        found = json.loads(file.read_text(encoding="ascii")) if file else []
        usable = all(isinstance(one, float) and math.isfinite(one) for one in found)
        return list(found) if usable else []
    except (OSError, ValueError, TypeError):
        return []


def _write(spec: ModelSpec, ratios: list[float]) -> None:
    file = _file(spec)
    if file is None:
        return
    part = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(ratios), encoding="ascii")
        part.replace(file)
    except OSError as error:
        log.warning("What the cache mag measured is not kept: %s", error)

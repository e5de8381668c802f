"""Times diffusers alone and our worker on this machine's device, profile by profile.

Random weights of real size do the same work as trained ones, so nothing is downloaded:

    python bench/gpu/bench_gpu.py --models wan animatediff --profiles memory=full memory=tiling

Run it with the Python of `gpu-local setup`. It prints one JSON object a line and a table at the
end: seconds a step, seconds end to end, peak memory, and what the worker adds to the bare pipeline
in the same process. `--size tiny` does the same on tiny models: to see the script work anywhere.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

WORKER = Path(__file__).resolve().parents[2] / "gpu-local" / "worker"
sys.path.insert(0, str(WORKER))

import torch  # noqa: E402
from diffusers import (  # noqa: E402
    AnimateDiffPipeline,
    AutoencoderKL,
    AutoencoderKLWan,
    DDIMScheduler,
    MotionAdapter,
    UNet2DConditionModel,
    UniPCMultistepScheduler,
    WanPipeline,
    WanTransformer3DModel,
)
from transformers import (  # noqa: E402
    CLIPTextConfig,
    CLIPTextModel,
    UMT5Config,
    UMT5EncoderModel,
)

from tests import tiny  # noqa: E402
from text_to_video_worker.engine import device as devices  # noqa: E402
from text_to_video_worker.engine.families import PIPELINE_FAMILIES  # noqa: E402
from text_to_video_worker.engine.generate import generate  # noqa: E402
from text_to_video_worker.engine.loaded_model import LoadedModel  # noqa: E402
from text_to_video_worker.engine.loading import load  # noqa: E402
from text_to_video_worker.model_spec import parse_model  # noqa: E402
from text_to_video_worker.plan import Plan, make_plan  # noqa: E402
from text_to_video_worker.request import parse_request  # noqa: E402

#: What each model is asked for at its real size, as its authors show it.
REAL = {
    "wan": {"width": 832, "height": 480, "num_frames": 81, "num_inference_steps": 50, "fps": 16},
    "animatediff": {
        "width": 512,
        "height": 512,
        "num_frames": 32,
        "num_inference_steps": 25,
        "fps": 8,
    },
}
TINY = {"width": 64, "height": 64, "num_frames": 17, "num_inference_steps": 4, "fps": 8}


def real_wan() -> WanPipeline:
    """Wan 2.1 T2V 1.3B with its UMT5-XXL text encoder, as the published configuration has them."""
    torch.manual_seed(0)
    transformer = WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=12,
        attention_head_dim=128,
        in_channels=16,
        out_channels=16,
        text_dim=4096,
        freq_dim=256,
        ffn_dim=8960,
        num_layers=30,
        cross_attn_norm=True,
        qk_norm="rms_norm_across_heads",
    )
    text = UMT5Config(
        vocab_size=256384, d_model=4096, d_kv=64, d_ff=10240, num_layers=24, num_heads=64
    )
    return WanPipeline(
        vae=AutoencoderKLWan(),
        text_encoder=UMT5EncoderModel(text).eval(),
        tokenizer=tiny.t5_tokenizer(),
        transformer=transformer,
        scheduler=UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
        ),
    )


def real_animatediff() -> AnimateDiffPipeline:
    """SD 1.5 with the motion modules of AnimateDiff v1.5.2."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(sample_size=64, cross_attention_dim=768)
    text = CLIPTextConfig(
        hidden_size=768, intermediate_size=3072, num_attention_heads=12, num_hidden_layers=12
    )
    vae = AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        latent_channels=4,
    )
    return AnimateDiffPipeline(
        vae=vae,
        text_encoder=CLIPTextModel(text).eval(),
        tokenizer=tiny.clip_tokenizer(),
        unet=unet,
        motion_adapter=MotionAdapter(),
        scheduler=DDIMScheduler(
            beta_schedule="linear", clip_sample=False, timestep_spacing="linspace", steps_offset=1
        ),
    )


BUILDERS: dict[str, dict[str, Callable[[], Any]]] = {
    "real": {"wan": real_wan, "animatediff": real_animatediff},
    "tiny": {"wan": tiny.wan, "animatediff": tiny.animatediff},
}


def build(name: str, size: str, folder: Path, dtype: torch.dtype) -> Path:
    """The model's folder; built once, in half precision where the device uses it."""
    path = folder / f"{size}-{name}"
    if not (path / "model_index.json").exists():
        part = path.with_name(path.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        pipe = BUILDERS[size][name]()
        pipe.to(dtype)
        pipe.save_pretrained(part, safe_serialization=True)
        part.rename(path)
    return path


def synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def bare(loaded: LoadedModel, plan: Plan) -> dict[str, float]:
    """Plain diffusers on the same pipeline: nothing of ours but the stop watch."""
    stamps: list[float] = []

    def stamp(pipe: Any, i: int, t: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        synchronise(loaded.device)
        stamps.append(time.perf_counter())
        return {}

    begun = time.perf_counter()
    with torch.inference_mode():
        loaded.pipe(
            prompt=plan.clips[0].prompt,
            width=plan.pipeline_width,
            height=plan.pipeline_height,
            num_frames=plan.clips[0].frames,
            num_inference_steps=plan.steps,
            guidance_scale=plan.guidance_scale,
            generator=torch.Generator("cpu").manual_seed(plan.seed),
            output_type="np",
            callback_on_step_end=stamp,
        )
    synchronise(loaded.device)
    ended = time.perf_counter()
    steps = [b - a for a, b in pairwise(stamps)]
    return {"seconds": ended - begun, "seconds_a_step": sum(steps) / max(1, len(steps))}


def ours(loaded: LoadedModel, plan: Plan, folder: Path) -> dict[str, float]:
    """The worker's own run on the same pipeline, writing the file apart."""
    begun = time.perf_counter()
    made = generate(loaded, plan, folder / "out.mp4", lambda *_: None, threading.Event())
    seconds = time.perf_counter() - begun
    muxing = made["timings"].get("muxingMs", 0.0) / 1000
    return {"seconds": seconds, "muxing_seconds": muxing}


def measure(name: str, profile: str, path: Path, args: argparse.Namespace) -> dict[str, Any]:
    device = devices.pick_device(args.device)
    asked = {**(REAL[name] if args.size == "real" else TINY), "prompt": "a lighthouse", "seed": 1}
    if args.steps:
        asked["num_inference_steps"] = args.steps
    begun = time.perf_counter()
    loaded = load(
        parse_model({"alias": name, "family": name, "path": str(path), "profile": profile}), device
    )
    load_seconds = time.perf_counter() - begun
    plan = make_plan(parse_request(asked), loaded.family, loaded.scheduler_class)
    # Kernels are chosen and, with compile=on, made in the first run; it counts apart.
    first = bare(loaded, plan)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    bares = [bare(loaded, plan) for _ in range(args.repeats)]
    peak = devices.peak_bytes(device)
    with tempfile.TemporaryDirectory() as out:
        mine = [ours(loaded, plan, Path(out)) for _ in range(args.repeats)]
    best_bare = min(bares, key=lambda one: one["seconds"])
    best_mine = min(mine, key=lambda one: one["seconds"])
    overhead = best_mine["seconds"] - best_mine["muxing_seconds"] - best_bare["seconds"]
    return {
        "model": name,
        "profile": loaded.profile.describe(),
        **{k: asked[k] for k in ("width", "height", "num_frames", "num_inference_steps")},
        "load_seconds": load_seconds,
        "first_seconds": first["seconds"],
        "bare_seconds": best_bare["seconds"],
        "bare_seconds_a_step": best_bare["seconds_a_step"],
        "worker_seconds": best_mine["seconds"],
        "muxing_seconds": best_mine["muxing_seconds"],
        "worker_overhead_ms": overhead * 1000,
        "peak_bytes": peak,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", nargs="+", default=["wan", "animatediff"])
    parser.add_argument("--profiles", nargs="+", default=["memory=full"])
    parser.add_argument("--size", choices=["real", "tiny"], default="real")
    parser.add_argument("--steps", type=int, help="instead of each model's own number")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--device", help="for example cuda:1")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "bench-gpu")
    args = parser.parse_args()
    device = devices.pick_device(args.device)
    print(json.dumps(devices.describe(device)), flush=True)
    rows = []
    for name in args.models:
        path = build(name, args.size, args.folder, PIPELINE_FAMILIES[name].dtype(device))
        for profile in args.profiles:
            try:
                row = measure(name, profile, path, args)
            except Exception as error:
                row = {"model": name, "profile": profile, "error": f"{error!r}"[:300]}
            devices.release(device)
            rows.append(row)
            print(json.dumps(row), flush=True)
    print("\n| Model | Profile | s/step | Bare s | Worker s | Overhead ms | Peak GB |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        if "error" in row:
            print(f"| {row['model']} | {row['profile']} | {row['error']} |")
            continue
        peak = "-" if row["peak_bytes"] is None else f"{row['peak_bytes'] / 1e9:.1f}"
        print(
            f"| {row['model']} | {row['profile']} | {row['bare_seconds_a_step']:.3f} "
            f"| {row['bare_seconds']:.2f} | {row['worker_seconds']:.2f} "
            f"| {row['worker_overhead_ms']:.1f} | {peak} |"
        )


if __name__ == "__main__":
    main()

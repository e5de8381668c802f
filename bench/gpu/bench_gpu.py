"""Plain diffusers beside our worker on random weights of real size: no disk, no network.

    python bench/gpu/bench_gpu.py --model wan-1.3b --steps 8 --cases plain ours cudnn fbc compile

One JSON line a case, as soon as it is measured. `plain` is diffusers as anybody calls it, with
torch's own settings; it comes first. Every case has the same stage marks: text, denoise, decode,
post (what was decoded to pictures) and mux (pictures to a file; plain writes none). The first run
of a case warms up and is reported apart; of the others the median and all of them. Run it with the
Python of `gpu-local setup`.

`compile`, `fp8`, `fp8_compute`, `fp8_compiled`, `group`, `offload` and `text_offload` stay on the
pipeline for good: give one of them, last, in a process of its own. The two in the middle need
torchao. `--model tiny --steps 2 --repeats 1` shows the script work anywhere.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

WORKER = Path(__file__).resolve().parents[2] / "gpu-local" / "worker"
sys.path.insert(0, str(WORKER))

import torch  # noqa: E402

#: Before our worker changes them.
PLAIN_CUDNN = (torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark)

from diffusers import (  # noqa: E402
    AutoencoderKLWan,
    UniPCMultistepScheduler,
    WanPipeline,
    WanTransformer3DModel,
)
from diffusers.models.attention_dispatch import (  # noqa: E402
    AttentionBackendName,
    _AttentionBackendRegistry,
)
from tests import tiny  # noqa: E402
from text_to_video_worker.engine.families import PIPELINE_FAMILIES  # noqa: E402
from text_to_video_worker.engine.generate import generate  # noqa: E402
from text_to_video_worker.engine.write_file import write_file  # noqa: E402
from text_to_video_worker.engine.loaded_model import LoadedModel  # noqa: E402
from text_to_video_worker.engine.placement import place  # noqa: E402
from text_to_video_worker.families import FAMILIES  # noqa: E402
from text_to_video_worker.model_spec import parse_model  # noqa: E402
from text_to_video_worker.plan import make_plan  # noqa: E402
from text_to_video_worker.profiles import Profile, parse_profile  # noqa: E402
from text_to_video_worker.request import parse_request  # noqa: E402
from transformers import UMT5Config, UMT5EncoderModel  # noqa: E402

OUR_CUDNN = (torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark)
GIB = 2**30


class Size(NamedTuple):
    """A Wan 2.1 transformer, and the video that its authors show."""

    heads: int
    layers: int
    ffn: int
    width: int
    height: int
    frames: int


SIZES = {
    "wan-1.3b": Size(12, 30, 8960, 832, 480, 81),
    "wan-14b": Size(40, 40, 13824, 832, 480, 81),
    "tiny": Size(0, 0, 0, 64, 64, 9),
}
#: Name → profile of our worker; None: diffusers alone.
CASES: dict[str, str | None] = {
    "plain": None,
    "ours": "",
    "cudnn": "attention=_native_cudnn",
    "flash": "attention=_native_flash",
    "flash3": "attention=_flash_3",
    "sage": "attention=sage",
    "fbc": "cache=first_block:0.08",
    "tiling": "memory=tiling",
    "text_offload": "memory=text_offload",
    "group": "memory=group_offload",
    "offload": "memory=model_offload",
    "fp8": "storage=fp8",
    "fp8_compute": "compute=fp8",
    "fp8_compiled": "compute=fp8,compile=on",
    "compile": "compile=on",
}


def build(name: str, device: torch.device, text_layers: int) -> WanPipeline:
    """A pipeline with random weights, made on the device in half precision."""
    if name == "tiny":
        return tiny.wan()
    size = SIZES[name]
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    with torch.device(device):
        transformer = WanTransformer3DModel(
            patch_size=(1, 2, 2),
            num_attention_heads=size.heads,
            attention_head_dim=128,
            in_channels=16,
            out_channels=16,
            text_dim=4096,
            freq_dim=256,
            ffn_dim=size.ffn,
            num_layers=size.layers,
            cross_attn_norm=True,
            qk_norm="rms_norm_across_heads",
        ).eval()
        text = UMT5Config(
            vocab_size=256384,
            d_model=4096,
            d_kv=64,
            d_ff=10240,
            num_layers=text_layers,
            num_heads=64,
        )
        text_encoder = UMT5EncoderModel(text).eval()
        # The VAE stays wide, in plain diffusers' examples as in our worker.
        torch.set_default_dtype(torch.float32)
        vae = AutoencoderKLWan().eval()
    return WanPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tiny.t5_tokenizer(),
        transformer=transformer,
        scheduler=UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
        ),
    )


class Stages:
    """Seconds a stage; the device is waited for where a stage ends, for every case alike."""

    def __init__(self, pipe: Any, device: torch.device) -> None:
        self._pipe = pipe
        self._wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
        self.seconds: dict[str, float] = {}
        self._last = 0.0

    def mark(self, name: str) -> None:
        self._wait()
        now = time.perf_counter()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._last
        self._last = now

    @contextlib.contextmanager
    def marked(self) -> Iterator[None]:
        pipe, vae = self._pipe, self._pipe.vae
        encode, decode = pipe.encode_prompt, vae.decode

        def encode_prompt(*args: Any, **options: Any) -> Any:
            self.mark("start")
            result = encode(*args, **options)
            self.mark("text")
            return result

        def decode_latents(*args: Any, **options: Any) -> Any:
            self.mark("denoise")
            result = decode(*args, **options)
            self.mark("decode")
            return result

        pipe.encode_prompt, vae.decode = encode_prompt, decode_latents
        self._wait()
        self._last = time.perf_counter()
        try:
            yield
        finally:
            del pipe.encode_prompt
            del vae.decode


def request(size: Size, steps: int) -> dict[str, Any]:
    return {
        "prompt": "a lighthouse",
        "width": size.width,
        "height": size.height,
        "fps": 16,
        "num_frames": size.frames,
        "num_inference_steps": steps,
        "guidance_scale": 5.0,
        "seed": 1,
    }


def run_plain(pipe: Any, size: Size, steps: int, stages: Stages) -> None:
    asked = request(size, steps)
    pipe(
        prompt=asked["prompt"],
        width=size.width,
        height=size.height,
        num_frames=size.frames,
        num_inference_steps=steps,
        guidance_scale=asked["guidance_scale"],
        generator=torch.Generator("cpu").manual_seed(asked["seed"]),
        output_type="np",
    )
    stages.mark("post")


def load_ours(pipe: Any, device: torch.device, profile: Profile) -> LoadedModel:
    spec = parse_model({"alias": "wan", "family": "wan", "path": "/nowhere"})
    family = PIPELINE_FAMILIES["wan"]
    dtype = family.dtype(spec, device)
    place(pipe, family.denoisers(pipe), device, dtype, profile)
    return LoadedModel(
        spec=spec,
        family=family.measure(FAMILIES["wan"], pipe),
        pipe=pipe,
        device=device,
        profile=profile,
        weight_bytes=0,
        tiled=profile.tiling,
        compute_dtype=dtype,
        scheduler_class=type(pipe.scheduler).__name__,
        scheduler_config=dict(pipe.scheduler.config),
    )


def run_ours(loaded: LoadedModel, size: Size, steps: int, stages: Stages, folder: Path) -> None:
    asked = parse_request(request(size, steps))
    plan = make_plan(asked, loaded.family, loaded.scheduler_class)
    made = generate(loaded, plan, lambda *_: None, threading.Event())
    stages.mark("post")
    write_file(made, folder / "o.mp4")
    stages.mark("mux")


def measure(pipe: Any, case: str, args: argparse.Namespace, device: torch.device) -> dict[str, Any]:
    text, size, cuda = CASES[case], SIZES[args.model], device.type == "cuda"
    cudnn = torch.backends.cudnn
    cudnn.deterministic, cudnn.benchmark = PLAIN_CUDNN if text is None else OUR_CUDNN
    begun = time.perf_counter()
    loaded = None if text is None else load_ours(pipe, device, parse_profile(text, Profile()))
    set_up_seconds = time.perf_counter() - begun
    runs = []
    for _ in range(1 + args.repeats):
        if cuda:
            torch.cuda.reset_peak_memory_stats()
        stages = Stages(pipe, device)
        begun = time.perf_counter()
        with stages.marked(), torch.inference_mode(), tempfile.TemporaryDirectory() as folder:
            if loaded is None:
                run_plain(pipe, size, args.steps, stages)
            else:
                run_ours(loaded, size, args.steps, stages, Path(folder))
        runs.append({"wall": time.perf_counter() - begun, **stages.seconds})
    warm = runs[1:] or runs
    median = {name: statistics.median(run.get(name, 0.0) for run in warm) for name in warm[0]}
    a_step = median["denoise"] / args.steps
    return {
        "case": case,
        "steps": args.steps,
        "set_up_seconds": set_up_seconds,
        "first_seconds": runs[0]["wall"],
        "median_seconds": median,
        "all_seconds": [run["wall"] for run in warm],
        "seconds_a_step": a_step,
        "peak_gib": torch.cuda.max_memory_allocated() / GIB if cuda else None,
        "reserved_gib": torch.cuda.max_memory_reserved() / GIB if cuda else None,
        "host_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def reset(pipe: Any) -> None:
    """As it was built, as far as diffusers can."""
    transformer = pipe.transformer
    if transformer.is_cache_enabled:
        transformer.disable_cache()
    transformer.reset_attention_backend()
    _AttentionBackendRegistry.set_active_backend(AttentionBackendName.NATIVE)
    pipe.vae.disable_tiling()
    pipe.vae.disable_slicing()


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list) else value


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="wan-1.3b", choices=SIZES)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=["plain", "ours"])
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--text-layers", type=int, default=24, help="fewer fit a smaller device")
    parser.add_argument(
        "--limit", type=float, default=500, help="seconds after which cases are left out"
    )
    parser.add_argument("--out", type=Path, help="also append the lines to this file")
    args = parser.parse_args()

    def say(row: dict[str, Any]) -> None:
        line = json.dumps(rounded(row))
        print(line, flush=True)
        if args.out:
            with args.out.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")

    begun = time.perf_counter()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    pipe = build(args.model, device, args.text_layers)
    pipe.set_progress_bar_config(disable=True)
    pipe.to(device)
    name = torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
    say({"built_seconds": time.perf_counter() - begun, "device": name, "torch": torch.__version__})
    plain: float | None = None
    for case in args.cases:
        if time.perf_counter() - begun > args.limit:
            say({"case": case, "left_out": f"more than {args.limit:g} s"})
            continue
        try:
            row = measure(pipe, case, args, device)
        except Exception as error:
            row = {"case": case, "error": f"{error!r}"[:300]}
        else:
            wall = row["median_seconds"]["wall"]
            plain = wall if case == "plain" else plain
            row["times_plain"] = wall / plain if plain else None
        say(row)
        reset(pipe)


if __name__ == "__main__":
    main()

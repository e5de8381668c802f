"""Frames to a file, ours beside the usual way, on this machine's processor.

    python bench/gpu/export.py [width height frames]
    python bench/gpu/export.py alone     # ours beside the encoder alone, at two usual sizes

The usual way is what a diffusers pipeline and x264's default preset do: the whole video as floats
in main memory, then as 8 bits, then "medium". Ours makes 8 bits a frame at a time and encodes
"veryfast" at the same quality number. The scene moves and has grain, as generated video has; PSNR
is of luma. Run it with the Python of `gpu-local setup`.
"""

from __future__ import annotations

import functools
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

WORKER = Path(__file__).resolve().parents[2] / "gpu-local" / "worker"
sys.path.insert(0, str(WORKER))

import av  # noqa: E402
import numpy as np  # noqa: E402
import psutil  # noqa: E402
import torch  # noqa: E402
from diffusers.video_processor import VideoProcessor  # noqa: E402
from text_to_video_worker.engine import export  # noqa: E402
from text_to_video_worker.engine.frames import Frames, to_pictures  # noqa: E402

REPEATS = 3


def scene(width: int, height: int, frames: int) -> torch.Tensor:
    """(3, frames, height, width) in -1 … 1."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    grain = np.random.default_rng(1)
    video = np.empty((3, frames, height, width), dtype=np.float32)
    for index in range(frames):
        for colour in range(3):
            wave = np.sin((x + 3 * index) / (30 + 9 * colour)) * np.cos((y - 2 * index) / 40)
            noise = grain.standard_normal((height, width), dtype=np.float32)
            video[colour, index] = 0.7 * wave + 0.03 * noise
    return torch.from_numpy(video)


def usual_pictures(video: torch.Tensor) -> Frames:
    floats = VideoProcessor().postprocess_video(video[None], output_type="np")[0]
    return (floats * 255).round().clip(0, 255).astype(np.uint8)


def our_pictures(video: torch.Tensor) -> Frames:
    return to_pictures(video, video.shape[3], video.shape[2])


def encoded(pictures: Frames, path: Path, preset: str) -> None:
    export.X264_OPTIONS["preset"] = preset
    export.write(pictures, 16, path, "mp4")


def psnr(pictures: Frames, path: Path) -> float:
    with av.open(str(path)) as container:
        errors = [
            np.mean((luma(shown.to_ndarray(format="rgb24")) - luma(made)) ** 2)
            for shown, made in zip(container.decode(video=0), pictures, strict=True)
        ]
    return float(10 * np.log10(255**2 / np.mean(errors)))


def luma(picture: Any) -> Any:
    return picture.astype(np.float32) @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)


def fastest(call: Any, clock: Any = time.perf_counter) -> float:
    seconds = []
    for _ in range(REPEATS):
        begun = clock()
        call()
        seconds.append(clock() - begun)
    return min(seconds)


ALONE_SIZES = ((832, 480, 81), (1280, 720, 121))
GOAL_TIMES, GOAL_MEMORY = 1.2, 1.3
LOOK_EVERY_SECONDS = 0.005


def peak_growth_bytes(call: Any) -> int:
    """How much main memory a call takes at most, beside what was taken before."""
    process, most, done = psutil.Process(), 0, threading.Event()
    before = process.memory_info().rss

    def look() -> None:
        nonlocal most
        while not done.wait(LOOK_EVERY_SECONDS):
            most = max(most, process.memory_info().rss)

    watcher = threading.Thread(target=look)
    watcher.start()
    call()
    done.set()
    watcher.join()
    return max(0, most - before)


def beside_the_encoder_alone() -> None:
    """From decoded values to a file, beside the file from pictures that are ready.

    In seconds of all processor cores together, which other programs change little. A tiny clip
    goes first: the code that the first file of a process loads is not a video's.
    """
    with tempfile.TemporaryDirectory() as folder:
        encoded(our_pictures(scene(64, 64, 3)), Path(folder) / "first.mp4", "veryfast")
    print(f"fastest of {REPEATS}; goals: {GOAL_TIMES} times the encoder, {GOAL_MEMORY} the frames\n")
    print("| | whole, core s | encoder alone, core s | times | memory, MiB | frames, MiB | times |")
    print("|---|---|---|---|---|---|---|")
    for width, height, frames in ALONE_SIZES:
        video = scene(width, height, frames)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "video.mp4"

            def whole(video: torch.Tensor = video, path: Path = path) -> None:
                encoded(our_pictures(video), path, "veryfast")

            memory = peak_growth_bytes(whole) / 2**20
            pictures = our_pictures(video)
            encode = functools.partial(encoded, pictures, path, "veryfast")
            alone = fastest(encode, time.process_time)
            size = pictures.nbytes / 2**20
            del pictures, encode
            seconds = fastest(whole, time.process_time)
        row = f"{seconds:.2f} | {alone:.2f} | {seconds / alone:.2f}"
        more = f"{memory:.0f} | {size:.0f} | {memory / size:.2f}"
        print(f"| {width}x{height}, {frames} | {row} | {more} |", flush=True)


def main() -> None:
    if sys.argv[1:] == ["alone"]:
        return beside_the_encoder_alone()
    width, height, frames = (int(one) for one in sys.argv[1:4] or (832, 480, 81))
    video = scene(width, height, frames)
    pictures = our_pictures(video)
    if not np.array_equal(pictures, usual_pictures(video)):
        raise SystemExit("The two ways give different pictures.")
    rows = {
        "pictures": (fastest(lambda: our_pictures(video)), fastest(lambda: usual_pictures(video)))
    }
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        for preset in ("veryfast", "medium"):
            path = Path(folder) / f"{preset}.mp4"
            seconds = fastest(lambda preset=preset, path=path: encoded(pictures, path, preset))
            files[preset] = (seconds, path.stat().st_size / 2**20, psnr(pictures, path))
    rows["file"] = (files["veryfast"][0], files["medium"][0])
    rows["both"] = tuple(sum(one) for one in zip(*rows.values(), strict=True))
    print(f"{width}x{height}, {frames} frames, the fastest of {REPEATS}\n")
    print("| | ours, s | the usual way, s | times as fast |\n|---|---|---|---|")
    for name, (ours, usual) in rows.items():
        print(f"| {name} | {ours:.2f} | {usual:.2f} | {usual / ours:.1f} |")
    print("\n| preset | MiB | PSNR, dB |\n|---|---|---|")
    for preset, (_, mib, quality) in files.items():
        print(f"| {preset} | {mib:.2f} | {quality:.2f} |")


if __name__ == "__main__":
    main()

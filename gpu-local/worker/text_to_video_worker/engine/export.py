"""Frames to a file: H.264 in MP4, or GIF; and what the finished file really holds."""

from __future__ import annotations

import errno
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

from ..errors import WorkerError

Frames = npt.NDArray[np.uint8]

#: x264's constant quality: visually lossless for generated video.
CRF = "17"


def to_pictures(frames: npt.NDArray[Any], width: int, height: int) -> Frames:
    """Float frames (count, height, width, 3) in 0 … 1 to 8 bits, cropped around the middle."""
    if not bool(np.isfinite(frames).all()):
        raise WorkerError(
            "worker_lost",
            "The model returned values that are not numbers, so there is no picture.",
            remedy="Try other settings; some checkpoints need 32-bit numbers or another VAE.",
        )
    top = (frames.shape[1] - height) // 2
    left = (frames.shape[2] - width) // 2
    cropped = frames[:, top : top + height, left : left + width]
    pictures: Frames = (cropped * 255.0).round().clip(0, 255).astype(np.uint8)
    return pictures


def write(frames: Frames, fps: float, path: Path, output_format: str) -> None:
    """Writes to a neighbour first, so that a half-written file never bears the final name."""
    part = path.with_name(path.name + ".part")
    try:
        if output_format == "gif":
            _write_gif(frames, fps, part)
        else:
            _write_mp4(frames, fps, part)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        if error.errno == errno.ENOSPC:
            raise WorkerError(
                "disk_full",
                "The video does not fit on the disk.",
                remedy="Free some space, then try again.",
            ) from error
        raise


def _write_mp4(frames: Frames, fps: float, path: Path) -> None:
    height, width = frames.shape[1:3]
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        rate = Fraction(fps).limit_denominator(1001)
        stream = container.add_stream(
            "libx264", rate=rate, options={"crf": CRF, "preset": "medium"}
        )
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv420p"
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def gif_durations_ms(count: int, fps: float) -> list[int]:
    """A GIF counts in hundredths of a second; what is left over is carried to the next frame."""
    ticks = [round(i * 100 / fps) for i in range(count + 1)]
    return [max(1, b - a) * 10 for a, b in pairwise(ticks)]


def _write_gif(frames: Frames, fps: float, path: Path) -> None:
    pictures = [Image.fromarray(frame) for frame in frames]
    # One palette for all frames, from a strip of samples: colours do not flicker between frames.
    step = max(1, len(pictures) // 8)
    strip = np.concatenate([np.asarray(p) for p in pictures[::step]], axis=0)
    palette = Image.fromarray(strip).quantize(colors=255, method=Image.Quantize.MEDIANCUT)
    indexed = [p.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG) for p in pictures]
    indexed[0].save(
        path,
        format="GIF",
        save_all=True,
        append_images=indexed[1:],
        duration=gif_durations_ms(len(frames), fps),
        loop=0,
        disposal=1,
    )


def probe(path: Path, output_format: str) -> dict[str, Any]:
    """Width, height, frames and frames a second, read from the finished file."""
    if output_format == "gif":
        with Image.open(path) as picture:
            count = getattr(picture, "n_frames", 1)
            total_ms = 0
            for index in range(count):
                picture.seek(index)
                total_ms += picture.info.get("duration", 0)
            width, height = picture.size
        fps = count * 1000 / total_ms if total_ms else 0.0
        return {"width": width, "height": height, "frames": count, "fps": round(fps, 3)}
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        rate = stream.average_rate or Fraction(0)
        return {
            "width": stream.codec_context.width,
            "height": stream.codec_context.height,
            "frames": sum(packet.size > 0 for packet in container.demux(stream)),
            "fps": round(float(rate), 3),
        }

"""Frames to a file: H.264 in MP4, or GIF; and what the finished file really holds."""

from __future__ import annotations

import errno
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.filter
from PIL import Image

from ..errors import WorkerError
from .frames import Frames
from .sound import Sound

#: Constant quality, visually lossless for generated video. "veryfast" is several times as fast as
#: "medium", for smaller files of the same quality (bench/gpu/export.py). x264's macroblock tree
#: reads memory that nobody wrote (seen with x264's own assembly at small sizes): the same pictures
#: gave other files.
X264_OPTIONS = {"crf": "18", "preset": "veryfast", "x264-params": "mbtree=0"}
#: Transparent for stereo sound.
AAC_BITS_A_SECOND = 192_000
#: ITU-T H.273's number for BT.709, which HD players assume: primaries, transfer and matrix alike.
BT_709 = 1
#: H.273's narrow range, "MPEG" in FFmpeg's words: 16 … 235.
NARROW_RANGE = 1


def write(
    frames: Frames,
    fps: float,
    path: Path,
    output_format: str,
    check: Callable[[], None] = lambda: None,
    sound: Sound | None = None,
) -> None:
    """Writes to a neighbour first, so that a half-written file never bears the final name.

    `check` is called before each frame; what it raises ends the writing.
    """
    part = path.with_name(path.name + ".part")
    try:
        if output_format == "gif":
            _write_gif(frames, fps, part, check)
        else:
            _write_mp4(frames, fps, part, sound, check)
        part.replace(path)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise WorkerError(
                "disk_full",
                "The video does not fit on the disk.",
                remedy="Free some space, then try again.",
            ) from error
        raise
    finally:
        part.unlink(missing_ok=True)


def _write_mp4(
    frames: Frames, fps: float, path: Path, sound: Sound | None, check: Callable[[], None]
) -> None:
    height, width = frames.shape[1:3]
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        rate = Fraction(fps).limit_denominator(1001)
        stream = container.add_stream("libx264", rate=rate, options=X264_OPTIONS)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = BT_709
        context.color_range = NARROW_RANGE
        heard = None if sound is None else _sound_stream(container, sound)
        for picture in frames:
            check()
            rgb = av.VideoFrame.from_ndarray(picture, format="rgb24")
            yuv = rgb.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
            container.mux(stream.encode(yuv))
        container.mux(stream.encode())
        if heard is not None and sound is not None:
            container.mux(heard.encode(sound.frame()))
            container.mux(heard.encode())


def _sound_stream(container: Any, sound: Sound) -> Any:
    # AAC is what every player of MP4 knows.
    stream = container.add_stream("aac", rate=sound.rate, layout=sound.layout)
    stream.bit_rate = AAC_BITS_A_SECOND
    return stream


def gif_ticks(count: int, fps: float) -> list[int]:
    """When each frame begins, in hundredths of a second, which is all that a GIF can say.

    Counted from the beginning, so that what is rounded off one frame is given to the next and the
    rate is right on the whole.
    """
    return [round(index * 100 / fps) for index in range(count)]


def _write_gif(frames: Frames, fps: float, path: Path, check: Callable[[], None]) -> None:
    """With one palette for all frames, so that colours do not flicker from frame to frame."""
    height, width = frames.shape[1:3]
    tick = Fraction(1, 100)
    graph = av.filter.Graph()
    source = graph.add_buffer(width=width, height=height, format="rgb24", time_base=tick)
    split = graph.add("split")
    palette = graph.add("palettegen", "stats_mode=full:reserve_transparent=0")
    use = graph.add("paletteuse", "dither=bayer:bayer_scale=3")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(palette)
    split.link_to(use, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    with av.open(str(path), "w", format="gif") as container:
        stream = container.add_stream("gif", rate=Fraction(fps).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = width, height, "pal8"
        stream.time_base = stream.codec_context.time_base = tick
        for picture, pts in zip(frames, gif_ticks(len(frames), fps), strict=True):
            check()
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = pts, tick
            source.push(frame)
        source.push(None)
        for _ in range(len(frames)):
            check()
            container.mux(stream.encode(sink.pull()))
        container.mux(stream.encode())


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
        heard = container.streams.audio
        return {
            "width": stream.codec_context.width,
            "height": stream.codec_context.height,
            "frames": sum(packet.size > 0 for packet in container.demux(stream)),
            "fps": round(float(rate), 3),
            **({"audio": _describe(heard[0].codec_context)} if heard else {}),
        }


def _describe(audio: Any) -> dict[str, Any]:
    return {
        "codec": audio.name,
        "sample_rate": audio.sample_rate,
        "channels": audio.layout.nb_channels,
    }

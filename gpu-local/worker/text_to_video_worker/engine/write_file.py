"""The part of a job that needs no model: from pictures and sound to a file that is whole."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from PIL import Image

from . import export
from .frames import Frames
from .generate import Generated

log = logging.getLogger("text_to_video_worker")

#: Pixels, as the server's own posters have.
POSTER_WIDTH = 640
JPEG_QUALITY = 90


def write_file(made: Generated, output: Path) -> dict[str, Any]:
    """What a job's end says of it; sizes are read from the finished file. Raises `Cancelled`."""
    plan, monitor = made.plan, made.monitor
    export.write(
        made.frames,
        plan.fps,
        output,
        plan.output_format,
        monitor.stop_if_cancelled,
        made.sound,
    )
    found = export.probe(output, plan.output_format)
    poster = _write_poster(made.frames, output)
    audio = {"audio": found.pop("audio")} if "audio" in found else {}
    monitor.enter("done")
    return {
        "file": str(output),
        **({} if poster is None else {"poster": str(poster)}),
        "mime_type": "image/gif" if plan.output_format == "gif" else "video/mp4",
        **found,
        "seed": plan.seed,
        "settings": {
            **made.settings,
            "width": found["width"],
            "height": found["height"],
            "num_frames": found["frames"],
            "fps": found["fps"],
            **audio,
        },
        "warnings": made.warnings,
        "timings": {f"{k}Ms": round(v, 1) for k, v in monitor.timings_ms.items()},
    }


def _write_poster(frames: Frames, output: Path) -> Path | None:
    """The picture in the middle, beside the file: reading it out of that costs far more.

    None where it cannot be written: the video is whole, and the server can make one itself.
    """
    path = output.with_name(output.name + ".jpg")
    picture = Image.fromarray(frames[len(frames) // 2])
    if picture.width > POSTER_WIDTH:
        height = round(picture.height * POSTER_WIDTH / picture.width)
        picture = picture.resize((POSTER_WIDTH, max(1, height)))
    try:
        picture.save(path, "JPEG", quality=JPEG_QUALITY)
    except OSError as error:
        # A half-written one was taken away by Pillow.
        log.warning("A video has no poster: %s", error)
        return None
    return path

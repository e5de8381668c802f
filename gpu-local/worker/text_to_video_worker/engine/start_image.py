"""The picture that a video begins with: read, checked and fitted to the video's size."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import WorkerError
from ..plan import Notes

#: What browsers and phones make, and what the server lets through.
FORMATS = ("PNG", "JPEG", "WEBP")
LEAST_PIXELS_A_SIDE = 16
MOST_PIXELS = 64_000_000
#: A picture of nearly the video's shape loses no more than this share of its width or height; what
#: is cropped of others is said.
UNSAID_CROP_SHARE = 0.02


def open_start_image(path: Path, width: int, height: int, notes: Notes) -> Image.Image:
    """The picture in RGB and exactly `width` x `height` pixels, cropped around the middle.

    Raises `WorkerError` naming `input_reference` where the file is no picture that can be used.
    """
    with warnings.catch_warnings():
        # Pillow only warns of what `MOST_PIXELS` refuses.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(path, formats=FORMATS) as opened:
                _check_size(*opened.size)
                upright = ImageOps.exif_transpose(opened)
                picture = _on_white(upright)
        except UnidentifiedImageError:
            raise _refused("it is no PNG, JPEG or WebP picture") from None
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise _refused(f"it cannot be read ({error})") from error
    scale = max(width / picture.width, height / picture.height)
    shown = min(width / (picture.width * scale), height / (picture.height * scale))
    if shown < 1 - UNSAID_CROP_SHARE:
        notes.not_honoured(
            "input_reference",
            f"The picture is {picture.width}x{picture.height}; it was cropped around the middle to "
            f"the shape of the video, which lost {round((1 - shown) * 100)} % of it.",
            "Use a picture of the video's shape, or ask for a video of the picture's shape.",
        )
    return ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS)


def padded(picture: Any, width: int, height: int) -> Image.Image:
    """The picture in the middle of a larger one, mirrored at its edges.

    For pipelines that make larger videos than asked, which are then cropped to the middle.
    """
    pixels = np.asarray(picture)
    rows, columns = height - pixels.shape[0], width - pixels.shape[1]
    around = ((rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2), (0, 0))
    return Image.fromarray(np.pad(pixels, around, mode="symmetric"))


def _check_size(width: int, height: int) -> None:
    if min(width, height) < LEAST_PIXELS_A_SIDE:
        raise _refused(
            f"it is {width}x{height} pixels, but at least {LEAST_PIXELS_A_SIDE} a side are needed"
        )
    if width * height > MOST_PIXELS:
        raise _refused(
            f"it is {width}x{height} pixels, which is more than {MOST_PIXELS // 1_000_000} million"
        )


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    clear = picture.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(white, clear).convert("RGB")


def _refused(why: str) -> WorkerError:
    return WorkerError(
        "invalid_request",
        f"The picture in input_reference cannot be used: {why}.",
        field="input_reference",
        remedy="Give a PNG, JPEG or WebP picture.",
    )

"""Compiling a model while the device has nothing else to do, on a video that nobody sees.

Until it is done, and where it cannot be done (no compiler, a device that it does not know), videos
are made without compiled code.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from ..errors import Cancelled
from ..families import MIN_STEPS
from ..plan import make_plan
from ..request import parse_request
from .compiling import compile_blocks, undo_compile
from .device import release
from .families import PIPELINE_FAMILIES
from .generate import generate
from .loaded_model import LoadedModel

log = logging.getLogger("text_to_video_worker")

WARM_UP_STEPS = 2


class _When:
    """Looks like an event that is set when `wanted` says so."""

    def __init__(self, wanted: Callable[[], bool]) -> None:
        self.is_set = wanted


def warm_up(loaded: LoadedModel, wanted: Callable[[], bool], **options: Any) -> None:
    """Compiles a model's blocks and runs them once at its usual size.

    Left when `wanted` becomes true, for another time; given up where it fails. `options` go to the
    compiler.
    """
    denoisers = PIPELINE_FAMILIES[loaded.family.name].denoisers(loaded.pipe)
    try:
        for denoiser in denoisers:
            compile_blocks(denoiser, dynamic=True, **options)
        loaded.compiled = True
        loaded.compiled_loras = tuple((one.path, one.strength) for one in loaded.spec.loras)
        with tempfile.TemporaryDirectory() as folder:
            _run(loaded, Path(folder), _When(wanted))
    except Cancelled:
        undo_compile(denoisers)
        loaded.compiled = False
    except Exception as error:
        log.warning(
            "%s is not compiled: %s: %s",
            loaded.spec.alias,
            type(error).__name__,
            str(error).split("\n")[0],
        )
        give_up(loaded)
    release(loaded.device)


def give_up(loaded: LoadedModel) -> None:
    """Runs a model without compiled code from now on."""
    undo_compile(PIPELINE_FAMILIES[loaded.family.name].denoisers(loaded.pipe))
    loaded.compiled, loaded.compile_failed = False, True


def _run(loaded: LoadedModel, folder: Path, cancelled: Any) -> None:
    defaults, family = loaded.family.defaults, loaded.family
    own = loaded.spec.scheduler or loaded.scheduler_class
    size = {name: int(defaults[name]) for name in ("width", "height", "num_frames")}
    fields: dict[str, Any] = {
        **size,
        "prompt": "a lighthouse in a storm",
        "fps": defaults["fps"],
        "seed": 0,
        "num_inference_steps": max(WARM_UP_STEPS, family.min_steps, MIN_STEPS.get(own, 1)),
    }
    if family.start_image == "required":
        picture = folder / "grey.png"
        Image.new("RGB", (size["width"], size["height"]), "grey").save(picture)
        fields["input_reference"] = str(picture)
    request = parse_request(fields)
    plan = make_plan(request, family, own)
    generate(loaded, plan, lambda *_: None, cancelled)

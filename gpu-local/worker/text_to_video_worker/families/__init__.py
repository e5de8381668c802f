"""What each family of models can do: the tables beside this file, which the server reads too.

`index.json` names the families; `<family>.json` is one family's row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal


def _read(name: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads(
        Path(__file__).with_name(f"{name}.json").read_text(encoding="utf-8")
    )
    return table


_INDEX = _read("index")
_ROWS = {name: _read(name) for name in _INDEX["families"]}

#: Every scheduler that a request may name.
SCHEDULER_NAMES: tuple[str, ...] = tuple(_INDEX["schedulerNames"])
#: Those that remember nothing of earlier steps.
LOOP_SCHEDULERS: frozenset[str] = frozenset(_INDEX["loopSchedulers"])
#: Steps that a scheduler needs at least, where that is more than one.
MIN_STEPS: dict[str, int] = _INDEX["minSteps"]
#: (library, class) of every part that a pipeline folder may name.
ALLOWED_PARTS: frozenset[tuple[str, str]] = frozenset(
    (library, name)
    for parts in (_INDEX["commonParts"], *(row["parts"] for row in _ROWS.values()))
    for library, names in parts.items()
    for name in names
)

#: Whether a model takes a picture as the video's first frame.
StartImage = Literal["no", "optional", "required"]


@dataclass(frozen=True)
class Family:
    """One family's limits. A loaded model's own configuration may narrow them (`with_sizes`)."""

    name: str
    title: str
    #: What its LoRAs are made for.
    base_model: str
    pipeline_classes: frozenset[str]
    #: Width and height the pipeline accepts are multiples of this.
    size_multiple: int
    #: The pipeline makes `frame_multiple * k + frame_plus` frames, at least `min_frames`.
    frame_multiple: int
    frame_plus: int
    min_frames: int
    max_frames: int
    #: Frames the motion modules see at once (0: all); longer videos slide a window (FreeNoise).
    window_frames: int
    #: Layers of the CLIP text encoder (0: the family has none, so no clip_skip).
    clip_layers: int
    min_steps: int
    #: Whether `(red:1.4)` means something to it.
    prompt_weights: bool
    prompts: Literal["travel", "clips"]
    closed_loop: Literal["latent-shift", "ping-pong"]
    #: Whether a model starts from a picture: a loaded one's own answer (`measure` tells).
    start_image: StartImage
    #: Name in a request → diffusers class that does it.
    schedulers: dict[str, str]
    flow: bool
    supports: frozenset[str]
    defaults: dict[str, float]
    #: Whether several devices can make one video together (diffusers' context parallelism).
    several_gpus: bool
    #: How many of them a loaded model's videos are shared out among.
    shares: int = 1
    #: A loaded model's own, for requests that have none.
    negative_prompt: str = ""

    def with_sizes(
        self,
        *,
        size_multiple: int | None = None,
        frame_multiple: int | None = None,
        window_frames: int | None = None,
        clip_layers: int | None = None,
    ) -> Family:
        """The same family with what a loaded model's configuration says."""
        changes = {
            "size_multiple": size_multiple,
            "frame_multiple": frame_multiple,
            "window_frames": window_frames,
            "clip_layers": clip_layers,
        }
        return replace(self, **{k: v for k, v in changes.items() if v is not None})  # type: ignore[arg-type]


def start_image_of(name: str, index: Mapping[str, Any]) -> StartImage:
    """What the table says of a model with this model_index.json."""
    for answer, entries in _ROWS[name]["startImage"].items():
        if all(index.get(key) == value for key, value in entries.items()):
            found: StartImage = answer
            return found
    return "no"


def _family(name: str, row: dict[str, Any]) -> Family:
    return Family(
        name=name,
        title=row["title"],
        base_model=row["baseModel"],
        pipeline_classes=frozenset(row["pipelineClasses"]),
        size_multiple=row["sizeMultiple"],
        frame_multiple=row["frameMultiple"],
        frame_plus=row["framePlus"],
        min_frames=row["minFrames"],
        max_frames=row["maxFrames"],
        window_frames=row["windowFrames"],
        clip_layers=row["clipLayers"],
        min_steps=row["minSteps"],
        prompt_weights=row["promptWeights"],
        prompts=row["prompts"],
        closed_loop=row["closedLoop"],
        start_image="no",
        schedulers=row["schedulers"],
        flow=row["flow"],
        supports=frozenset(row["supports"]),
        defaults=row["defaults"],
        several_gpus=row["severalGpus"],
    )


FAMILIES: dict[str, Family] = {name: _family(name, row) for name, row in _ROWS.items()}

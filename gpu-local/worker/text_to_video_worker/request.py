"""A `generate` message's job, checked field by field. Names are those of the HTTP API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import WorkerError

MAX_SEED = 2**32 - 1
MAX_ADAPTERS = 5
MAX_PROMPT_CHARACTERS = 20_000


@dataclass(frozen=True)
class Segment:
    prompt: str
    frames: int


@dataclass(frozen=True)
class Adapter:
    """A LoRA (with a strength) or an embedding: its alias and its file on this machine."""

    name: str
    path: str
    strength: float = 1.0


@dataclass(frozen=True)
class Request:
    prompt: str
    negative_prompt: str
    width: int
    height: int
    fps: float
    num_frames: int
    num_inference_steps: int | None
    guidance_scale: float | None
    seed: int
    scheduler: str | None
    prompts: tuple[Segment, ...]
    loras: tuple[Adapter, ...]
    embeddings: tuple[Adapter, ...]
    closed_loop: bool
    clip_skip: int | None
    strength: float | None
    #: File of the picture that the video begins with.
    input_reference: str | None
    output_format: str
    strict: bool

    @property
    def size(self) -> int:
        """Pixels x frames, which the memory for activations grows with."""
        return self.width * self.height * self.num_frames


def _bad(field: str, value: object, allowed: str) -> WorkerError:
    return WorkerError(
        "invalid_request",
        f'The field "{field}" is {value!r}, but {allowed} is needed.',
        field=field,
    )


def _within(value: object, low: float, high: float) -> bool:
    """Also tells infinities and what is not a number, which are in no range."""
    # A bool is an int in Python.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return low <= value <= high


class _Reader:
    """Reads fields of a JSON object; a wrong type or range is an `invalid_request`."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self._raw = raw

    def get(self, field: str) -> Any:
        return self._raw.get(field)

    def whole(self, field: str, low: int, high: int) -> int:
        value = self.maybe_whole(field, low, high)
        if value is None:
            raise _bad(field, None, f"a whole number from {low} to {high}")
        return value

    def maybe_whole(self, field: str, low: int, high: int) -> int | None:
        value = self._raw.get(field)
        if value is None:
            return None
        # 512.0 is what some JSON writers make of 512.
        if not _within(value, low, high) or value != int(value):
            raise _bad(field, value, f"a whole number from {low} to {high}")
        return int(value)

    def maybe_number(self, field: str, low: float, high: float) -> float | None:
        value = self._raw.get(field)
        if value is None:
            return None
        if not _within(value, low, high):
            raise _bad(field, value, f"a number from {low:g} to {high:g}")
        return float(value)

    def text(self, field: str, default: str | None = None) -> str:
        value = self._raw.get(field, default)
        if value is None:
            value = default
        if not isinstance(value, str) or len(value) > MAX_PROMPT_CHARACTERS:
            raise _bad(field, value, f"a text of at most {MAX_PROMPT_CHARACTERS} characters")
        return value

    def maybe_text(self, field: str) -> str | None:
        return None if self._raw.get(field) in (None, "") else self.text(field)

    def flag(self, field: str) -> bool:
        value = self._raw.get(field)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise _bad(field, value, "true or false")
        return value

    def objects(self, field: str, most: int) -> list[_Reader]:
        value = self._raw.get(field)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > most:
            raise _bad(field, value, f"a list of at most {most} entries")
        if not all(isinstance(entry, dict) for entry in value):
            raise _bad(field, value, "a list of objects")
        return [_Reader(entry) for entry in value]


def _adapters(reader: _Reader, field: str) -> tuple[Adapter, ...]:
    found = []
    for entry in reader.objects(field, MAX_ADAPTERS):
        strength = entry.maybe_number("strength", -10, 10)
        found.append(
            Adapter(
                name=entry.text("model_name"),
                path=entry.text("path"),
                strength=1.0 if strength is None else strength,
            )
        )
    return tuple(found)


def parse_request(raw: object) -> Request:
    """The request of a `generate` message; the server has filled in size, length and seed."""
    if not isinstance(raw, dict):
        raise _bad("request", type(raw).__name__, "an object")
    reader = _Reader(raw)
    segments = tuple(
        Segment(prompt=entry.text("prompt"), frames=entry.whole("frames", 1, 100_000))
        for entry in reader.objects("prompts", 128)
    )
    num_frames = reader.whole("num_frames", 1, 100_000)
    fps = reader.maybe_number("fps", 0.1, 240)
    if fps is None:
        raise _bad("fps", None, "a number from 0.1 to 240")
    output_format = reader.text("output_format", "mp4")
    if output_format not in ("mp4", "gif"):
        raise _bad("output_format", output_format, "mp4 or gif")
    return Request(
        prompt=reader.text("prompt", segments[0].prompt if segments else None),
        negative_prompt=reader.text("negative_prompt", ""),
        width=reader.whole("width", 16, 16_384),
        height=reader.whole("height", 16, 16_384),
        fps=fps,
        num_frames=sum(s.frames for s in segments) or num_frames,
        num_inference_steps=reader.maybe_whole("num_inference_steps", 1, 1000),
        guidance_scale=reader.maybe_number("guidance_scale", 0, 100),
        seed=reader.whole("seed", 0, MAX_SEED),
        scheduler=reader.maybe_text("scheduler"),
        prompts=segments,
        loras=_adapters(reader, "loras"),
        embeddings=_adapters(reader, "embeddings"),
        closed_loop=reader.flag("closed_loop"),
        clip_skip=reader.maybe_whole("clip_skip", 0, 64) or None,
        strength=reader.maybe_number("strength", 0, 1),
        input_reference=reader.maybe_text("input_reference"),
        output_format=output_format,
        strict=reader.flag("strict"),
    )

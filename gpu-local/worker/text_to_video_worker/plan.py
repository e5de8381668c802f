"""From a request to what the pipeline is asked for, family by family. Pure: nothing is loaded.

The pipeline gets sizes and frame counts that it can make, always at least what was asked; the file
is then cropped and trimmed to exactly what was asked. What cannot be honoured is a warning, or with
`strict` a refusal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .errors import WorkerError
from .families import LOOP_SCHEDULERS, MIN_STEPS, SCHEDULER_NAMES, Family
from .prompt_weights import without_numbers
from .request import Adapter, Request

#: FreeNoise's window when several prompts travel; what AnimateDiff's motion modules know best.
TRAVEL_WINDOW_FRAMES = 16
TRAVEL_STRIDE_FRAMES = 4


@dataclass(frozen=True)
class Clip:
    """One run of the pipeline."""

    #: A text, or for prompt travel a text at each of some frames (the first is frame 0).
    prompt: str | dict[int, str]
    #: Frames that the pipeline makes.
    frames: int
    #: Frames of them that are kept.
    keep: int
    #: Frames before those: the clip begins with the last picture of the one before.
    skip: int = 0


@dataclass(frozen=True)
class Plan:
    clips: tuple[Clip, ...]
    negative_prompt: str
    #: What the file has.
    width: int
    height: int
    frames: int
    fps: float
    #: What the pipeline makes, to be cropped.
    pipeline_width: int
    pipeline_height: int
    steps: int
    guidance_scale: float
    #: For Wan 2.2's second expert, where the model's own scale is used; None: as the first.
    guidance_scale_2: float | None
    seed: int
    #: A name of the request, or None for the model's own scheduler.
    scheduler: str | None
    #: Sliding window of FreeNoise; 0: off.
    window_frames: int
    clip_skip: int | None
    closed_loop: str | None
    #: File of the picture that the first clip begins with.
    start_image: str | None
    loras: tuple[Adapter, ...]
    embeddings: tuple[Adapter, ...]
    output_format: str
    #: Whether what cannot be honoured is refused instead of a warning.
    strict: bool
    warnings: tuple[str, ...]

    def texts(self) -> list[str]:
        """Every prompt of the job, the negative one first."""
        found = [self.negative_prompt]
        for clip in self.clips:
            found += [clip.prompt] if isinstance(clip.prompt, str) else clip.prompt.values()
        return list(dict.fromkeys(filter(None, found)))


def round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


def _pipeline_width(width: int, height: int, family: Family) -> int:
    """Wide enough for a picture's patches to be shared out evenly among the model's devices."""
    columns, rows = (-(-side // family.size_multiple) for side in (width, height))
    while columns * rows % family.shares:
        columns += 1
    return columns * family.size_multiple


def frames_to_make(family: Family, frames: int) -> int:
    """The smallest count that the family can make and that is at least `frames`."""
    wanted = max(frames, family.min_frames)
    steps = -(-(wanted - family.frame_plus) // family.frame_multiple)
    return max(steps, 0) * family.frame_multiple + family.frame_plus


class Notes:
    """Collects what is not honoured: warnings, or with `strict` the first one as a refusal."""

    def __init__(self, strict: bool, warnings: Iterable[str] = ()) -> None:
        self._strict = strict
        self.warnings = list(warnings)

    def not_honoured(self, field: str, message: str, remedy: str) -> None:
        if self._strict:
            raise WorkerError("unsupported_field", message, field=field, remedy=remedy)
        self.warnings.append(message)

    def say(self, message: str) -> None:
        self.warnings.append(message)


def _scheduler(request: Request, family: Family, notes: Notes) -> str | None:
    name = request.scheduler
    if name is None or name in family.schedulers:
        return name
    if name not in SCHEDULER_NAMES:
        raise WorkerError(
            "invalid_request",
            f'The scheduler "{name}" is not known. Known are: {", ".join(SCHEDULER_NAMES)}.',
            field="scheduler",
        )
    notes.not_honoured(
        "scheduler",
        f"{name} does not work with {family.title}; the model's own scheduler was used.",
        f"Choose one of: {', '.join(family.schedulers)}.",
    )
    return None


def _steps(request: Request, family: Family, used_scheduler: str) -> int:
    steps = request.num_inference_steps or int(family.defaults["num_inference_steps"])
    least = max(family.min_steps, MIN_STEPS.get(used_scheduler, 1))
    if steps < least:
        raise WorkerError(
            "invalid_request",
            f'The field "num_inference_steps" is {steps}, but {family.title} with {used_scheduler} '
            f"needs at least {least} steps.",
            field="num_inference_steps",
            remedy=f"Use at least {least} steps, or another scheduler.",
        )
    return steps


def _closed_loop(
    request: Request, family: Family, scheduler: str | None, own_scheduler: str
) -> str | None:
    if not request.closed_loop:
        return None
    # Rolling the latents between steps needs a sampler that remembers nothing of earlier steps.
    used = scheduler or own_scheduler
    if family.closed_loop == "latent-shift" and used in LOOP_SCHEDULERS:
        return "latent-shift"
    return "ping-pong"


def _adapters(request: Request, family: Family, notes: Notes) -> tuple[tuple[Adapter, ...], ...]:
    loras = tuple(lora for lora in request.loras if lora.strength != 0)
    for lora in request.loras:
        if lora.strength == 0:
            notes.say(f'The LoRA "{lora.name}" has strength 0, so it was left out.')
    if loras and "loras" not in family.supports:
        notes.not_honoured(
            "loras",
            f"{family.title} takes no LoRAs in diffusers; they were left out.",
            "Leave the LoRAs out, or use a model of another family.",
        )
        loras = ()
    embeddings = request.embeddings
    if embeddings and "embeddings" not in family.supports:
        notes.not_honoured(
            "embeddings",
            f"{family.title} has no embeddings (textual inversion); they were left out.",
            "Leave the embeddings out, or use an AnimateDiff model.",
        )
        embeddings = ()
    texts = [request.prompt, request.negative_prompt, *(s.prompt for s in request.prompts)]
    for embedding in embeddings:
        if not any(embedding.name in text for text in texts):
            notes.say(
                f'The embedding "{embedding.name}" has no effect: write its name in the prompt '
                "or in the negative prompt."
            )
    return loras, embeddings


def _clip_skip(request: Request, family: Family, notes: Notes) -> int | None:
    skip = request.clip_skip
    if skip is None:
        return None
    if not family.clip_layers:
        notes.not_honoured(
            "clip_skip",
            f"{family.title} has no CLIP text encoder, so clip_skip was left out.",
            "Leave clip_skip out, or use an AnimateDiff model.",
        )
        return None
    if skip > family.clip_layers:
        raise WorkerError(
            "invalid_request",
            f'The field "clip_skip" is {skip}, but this model\'s text encoder has '
            f"{family.clip_layers} layers.",
            field="clip_skip",
            remedy=f"Use 1 to {family.clip_layers}.",
        )
    return skip


def _ping_pong_half(frames: int) -> int:
    """Frames to make so that forth and back give `frames`: the first and the turn stand once."""
    return frames // 2 + 1


def _clips(request: Request, family: Family, loop: str | None) -> tuple[Clip, ...]:
    texts = [s.prompt for s in request.prompts]
    counts = [s.frames for s in request.prompts]
    if len(texts) < 2:
        texts, counts = texts or [request.prompt], []
    total = sum(counts) or request.num_frames
    to_keep = _ping_pong_half(total) if loop == "ping-pong" else total
    if len(texts) == 1:
        return (Clip(texts[0], frames_to_make(family, to_keep), to_keep),)

    # Where each prompt begins. Forth and back, every prompt gets its share of the way forth.
    ends = [sum(counts[: i + 1]) * to_keep // total for i in range(len(counts))]
    starts = [0, *ends[:-1]]

    if family.prompts == "travel":
        frames = frames_to_make(family, to_keep)
        keys: dict[int, str] = {}
        for text, start in zip(texts, starts, strict=True):
            keys.setdefault(start, text)
        if loop == "latent-shift":
            keys.setdefault(frames - 1, texts[0])
        return (Clip(keys, frames, to_keep),)

    # Each clip goes on from the picture that the one before ended with.
    skips = 1 if request.input_reference else 0
    clips = [
        (text, end - start, skips if start else 0)
        for text, start, end in zip(texts, starts, ends, strict=True)
        if end > start
    ]
    return tuple(
        Clip(text, frames_to_make(family, skip + keep), keep, skip) for text, keep, skip in clips
    )


def _check_start_image(request: Request, family: Family) -> None:
    """A picture is used or refused, never left out: the video would be another one."""
    if request.input_reference and family.start_image == "no":
        raise WorkerError(
            "unsupported_field",
            "This model does not begin a video with a picture.",
            field="input_reference",
            remedy="Leave the picture out, or use a model that makes videos from pictures.",
        )
    if not request.input_reference and family.start_image == "required":
        raise WorkerError(
            "invalid_request",
            "This model makes videos from a picture only, and none was given.",
            field="input_reference",
            remedy="Give the picture that the video begins with as input_reference.",
        )


def _check_length(family: Family, clips: Iterable[Clip]) -> None:
    longest = max(clip.frames for clip in clips)
    if longest > family.max_frames:
        raise WorkerError(
            "invalid_request",
            f"{longest} frames are more than {family.title} makes in one go ({family.max_frames}).",
            field="num_frames",
            remedy="Ask for fewer seconds or fewer frames a second.",
        )


def _without_weights(request: Request, family: Family, notes: Notes) -> Request:
    if family.prompt_weights:
        return request
    plain = replace(
        request,
        prompt=without_numbers(request.prompt),
        negative_prompt=without_numbers(request.negative_prompt),
        prompts=tuple(replace(s, prompt=without_numbers(s.prompt)) for s in request.prompts),
    )
    if plain != request:
        notes.not_honoured(
            "prompt",
            f"{family.title} reads no weights in a prompt: (red:1.4) was read as red.",
            "Say it in words, or use an AnimateDiff model.",
        )
    return plain


def make_plan(request: Request, family: Family, own_scheduler: str) -> Plan:
    """What to run for a request. `own_scheduler` is the class that the model came with."""
    notes = Notes(request.strict)
    request = _without_weights(request, family, notes)
    _check_start_image(request, family)
    if request.strength is not None:
        why = (
            f"{family.title} takes the start image as it is"
            if request.input_reference
            else "strength has no meaning without a start image or video"
        )
        notes.not_honoured("strength", f"{why}, so strength was left out.", "Leave strength out.")
    scheduler = _scheduler(request, family, notes)
    loop = _closed_loop(request, family, scheduler, own_scheduler)
    if request.closed_loop and loop == "ping-pong":
        notes.say("The loop is closed by playing the video forth and back.")
    clips = _clips(request, family, loop)
    _check_length(family, clips)
    if len(clips) > 1:
        how = (
            "each goes on from the last picture of the one before"
            if request.input_reference
            else "they follow one another with a cut"
        )
        notes.say(f"{family.title} makes one clip a prompt; {how}.")
    guidance = request.guidance_scale
    if guidance is None:
        guidance = family.defaults["guidance_scale"]
    if request.negative_prompt and guidance <= 1:
        notes.not_honoured(
            "negative_prompt",
            "The negative prompt has no effect with a guidance scale of 1 or less.",
            "Raise the guidance scale above 1, or leave the negative prompt out.",
        )
    # A model's own is for pictures with guidance, and nobody asked for it.
    negative_prompt = request.negative_prompt or (family.negative_prompt if guidance > 1 else "")
    loras, embeddings = _adapters(request, family, notes)

    # H.264 in the form that every player knows stores colour for blocks of two by two pixels.
    width, height = request.width, request.height
    if request.output_format == "mp4" and (width % 2 or height % 2):
        width, height = width - width % 2, height - height % 2
        notes.not_honoured(
            "size",
            f"An MP4 has an even width and height, so the video is {width}x{height}.",
            "Use an even width and height.",
        )

    frames = clips[0].frames
    travels = isinstance(clips[0].prompt, dict)
    window = 0
    if travels:
        window = min(TRAVEL_WINDOW_FRAMES, frames)
    elif family.window_frames and frames > family.window_frames:
        window = min(TRAVEL_WINDOW_FRAMES, family.window_frames)
    total = sum(clip.keep for clip in clips) if loop != "ping-pong" else request.num_frames

    return Plan(
        clips=clips,
        negative_prompt=negative_prompt,
        width=width,
        height=height,
        frames=total,
        fps=request.fps,
        pipeline_width=_pipeline_width(width, height, family),
        pipeline_height=round_up(height, family.size_multiple),
        steps=_steps(request, family, scheduler or own_scheduler),
        guidance_scale=guidance,
        guidance_scale_2=(
            family.defaults.get("guidance_scale_2")
            if guidance == family.defaults["guidance_scale"]
            else None
        ),
        seed=request.seed,
        scheduler=scheduler,
        window_frames=window,
        clip_skip=_clip_skip(request, family, notes),
        closed_loop=loop,
        start_image=request.input_reference,
        loras=loras,
        embeddings=embeddings,
        output_format=request.output_format,
        strict=request.strict,
        warnings=tuple(notes.warnings),
    )

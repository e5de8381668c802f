"""Which model a message names: files on this machine, as the server resolved them from an alias."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .errors import WorkerError
from .families import FAMILIES
from .request import Adapter

#: As many as one machine has.
MOST_GPUS = 16


@dataclass(frozen=True)
class ModelSpec:
    alias: str
    family: str
    path: str
    #: AnimateDiff only: folder or .safetensors file of the motion modules.
    motion_adapter: str | None = None
    #: A single .safetensors checkpoint only: folder with the configuration files of SD 1.x.
    config: str | None = None
    #: A denoiser in one file only: folder with the other parts.
    base: str | None = None
    #: Such a file for the steps with little noise, for a base with two experts.
    low_noise: str | None = None
    #: Wan only: folder or .safetensors file of a smaller VAE.
    light_vae: str | None = None
    #: Used for what a request leaves out.
    defaults: tuple[tuple[str, float], ...] = ()
    #: The same, of the negative prompt.
    negative_prompt: str = ""
    #: Distilled models: the scheduler, and the noise levels to stop at, that they were made for.
    scheduler: str | None = None
    sigmas: tuple[float, ...] = ()
    #: LoRAs that belong to the model itself.
    loras: tuple[Adapter, ...] = ()
    #: For example "memory=tiling,compile=on"; empty: chosen for the device.
    profile: str = ""
    #: Devices that make one video together.
    gpus: int = 1
    key: tuple[Any, ...] = field(init=False, compare=False, hash=False, default=())

    def __post_init__(self) -> None:
        parts = (self.motion_adapter, self.config, self.base, self.low_noise, self.light_vae)
        object.__setattr__(self, "key", (self.path, *parts, self.profile, self.gpus))

    def to_message(self) -> dict[str, Any]:
        """What `parse_model` reads."""
        return {**asdict(self), "defaults": dict(self.defaults), "key": None}


def _text(raw: dict[str, Any], name: str) -> str | None:
    value = raw.get(name)
    if value is not None and not isinstance(value, str):
        raise WorkerError("model_not_found", f'The model\'s "{name}" is not a text.', field="model")
    return value or None


def parse_model(raw: object) -> ModelSpec:
    if not isinstance(raw, dict):
        raise WorkerError("model_not_found", "No model was named.", field="model")
    family, path = _text(raw, "family"), _text(raw, "path")
    if family not in FAMILIES:
        raise WorkerError(
            "model_not_found",
            f"The family {family!r} is not known. Known are: {', '.join(FAMILIES)}.",
            field="model",
        )
    if path is None:
        raise WorkerError("model_not_found", "The model has no path.", field="model")
    defaults = raw.get("defaults") or {}
    return ModelSpec(
        alias=_text(raw, "alias") or Path(path).name,
        family=family,
        path=path,
        motion_adapter=_text(raw, "motion_adapter"),
        config=_text(raw, "config"),
        base=_text(raw, "base"),
        low_noise=_text(raw, "low_noise"),
        light_vae=_text(raw, "light_vae"),
        defaults=tuple(sorted((str(k), float(v)) for k, v in defaults.items())),
        negative_prompt=_text(raw, "negative_prompt") or "",
        scheduler=_text(raw, "scheduler"),
        sigmas=tuple(float(s) for s in raw.get("sigmas") or ()),
        loras=tuple(_lora(entry) for entry in raw.get("loras") or ()),
        profile=_text(raw, "profile") or "",
        gpus=_gpus(raw),
    )


def _gpus(raw: dict[str, Any]) -> int:
    gpus = raw.get("gpus")
    if gpus is None:
        return 1
    if type(gpus) is int and 1 <= gpus <= MOST_GPUS:
        return gpus
    raise WorkerError(
        "model_not_found",
        f'The model\'s "gpus" is {gpus!r}. Give a whole number from 1 to {MOST_GPUS}.',
        field="model",
    )


def _lora(raw: dict[str, Any]) -> Adapter:
    path = str(raw["path"])
    return Adapter(str(raw.get("name") or Path(path).stem), path, float(raw["strength"]))

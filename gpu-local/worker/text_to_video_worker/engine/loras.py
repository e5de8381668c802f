"""LoRAs of a job: put on, checked for having an effect, and taken off again."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from peft.tuners.tuners_utils import BaseTunerLayer
from safetensors.torch import load_file

from ..errors import WorkerError
from ..model_validation import check_safetensors
from ..request import Adapter
from .loaded_model import LoadedModel
from .lora_formats import changes_biases, convert, layers_in, unread_kinds

#: Parts that get the same LoRA: Wan 2.2's two experts.
EXPERTS = ("transformer", "transformer_2")


def clear_loras(loaded: LoadedModel) -> None:
    if loaded.active_loras:
        loaded.pipe.unload_lora_weights()
        loaded.active_loras = ()
        loaded.lora_notes = ()


def use_loras(loaded: LoadedModel, wanted: tuple[Adapter, ...]) -> tuple[str, ...]:
    """Makes exactly `wanted` (and the model's own) active; raises if one changes nothing.

    Returns what of them could not be used.
    """
    adapters = loaded.spec.loras + wanted
    key = tuple((a.path, a.strength) for a in adapters)
    if key == loaded.active_loras:
        return loaded.lora_notes
    clear_loras(loaded)
    if not adapters:
        return ()
    notes: list[str] = []
    try:
        for index, adapter in enumerate(adapters):
            notes += _load_lora(loaded, adapter, f"lora_{index}")
        loaded.pipe.set_adapters(
            [f"lora_{i}" for i in range(len(adapters))], [a.strength for a in adapters]
        )
    except BaseException:
        loaded.pipe.unload_lora_weights()
        raise
    loaded.active_loras = key
    loaded.lora_notes = tuple(notes)
    return loaded.lora_notes


def _load_lora(loaded: LoadedModel, adapter: Adapter, name: str) -> list[str]:
    path = Path(adapter.path)
    header = check_safetensors(path)
    if loaded.profile.compute and changes_biases(header):
        raise WorkerError(
            "invalid_request",
            f'The LoRA "{adapter.name}" changes biases, which layers that compute in 8 bits cannot '
            "take.",
            field="loras",
            remedy=f'Take compute=… out of the profile of the model "{loaded.spec.alias}".',
        )
    pipe = loaded.pipe
    denoiser = getattr(pipe, "transformer", None)
    layer_names = [] if denoiser is None else [n for n, _ in denoiser.named_modules()]
    converted = None if denoiser is None else convert(load_file(path), layer_names)
    options: dict[str, Any] = {"adapter_name": name}
    if converted is None:
        options |= {"weight_name": path.name, "local_files_only": True, "use_safetensors": True}
    try:
        with _computing_type(loaded.compute_dtype):
            for expert in experts_of(adapter, getattr(pipe, "transformer_2", None) is not None):
                second = {"load_into_transformer_2": True} if expert == "low" else {}
                pipe.load_lora_weights(converted or str(path.parent), **second, **options)
    except Exception as error:
        raise _useless(adapter, loaded, _reason(error)) from error
    if not _has_effect(pipe, name):
        raise _useless(adapter, loaded, "none of its weights belongs to this model")
    return _left_out(pipe, adapter, name, [n for n in header if n != "__metadata__"])


@contextlib.contextmanager
def _computing_type(dtype: torch.dtype) -> Iterator[None]:
    """Keeps peft from storing a LoRA in 8 bits where the layer under it is stored so.

    It would lose most of the LoRA, and no kernel multiplies by it.
    """
    plain = BaseTunerLayer._get_base_layer_device_and_dtype

    def as_computed(self: Any, layer: Any) -> Any:
        device, stored = plain(self, layer)
        return device, dtype if stored == torch.float8_e4m3fn else stored

    BaseTunerLayer._get_base_layer_device_and_dtype = as_computed
    try:
        yield
    finally:
        BaseTunerLayer._get_base_layer_device_and_dtype = plain


def experts_of(adapter: Adapter, two: bool) -> tuple[str, ...]:
    """Wan 2.2 has an expert for much noise and one for little: a LoRA goes into both, or into the
    one that its name or its file's name says."""
    if not two:
        return ("high",)
    names = f"{adapter.name} {Path(adapter.path).stem}".lower()
    said = [e for e in ("high", "low") if re.search(rf"{e}[-_]?noise|[-_]{e}( |$)", names)]
    return (said[0],) if len(said) == 1 else ("high", "low")


def _reason(error: Exception) -> str:
    """The first line that says something: torch begins with whose weights it was loading."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith("Error(s) in loading")]
    return (said or lines or [type(error).__name__])[0][:300].rstrip(".")


def _useless(adapter: Adapter, loaded: LoadedModel, why: str) -> WorkerError:
    return WorkerError(
        "invalid_request",
        f'The LoRA "{adapter.name}" changes nothing in the model "{loaded.spec.alias}": {why}.',
        field="loras",
        remedy=f"Use a LoRA that was made for {loaded.family.base_model} and for this size of it.",
    )


def _layers_of(pipe: Any, name: str) -> dict[str, list[Any]]:
    """Part of the pipeline → what the LoRA adds to each of its layers."""
    found: dict[str, list[Any]] = {}
    for part, names in pipe.get_list_adapters().items():
        if name not in names:
            continue
        ups = (getattr(layer, "lora_B", None) for layer in getattr(pipe, part).modules())
        found[part] = [
            one[name] for one in ups if isinstance(one, torch.nn.ModuleDict) and name in one
        ]
    return found


def _has_effect(pipe: Any, name: str) -> bool:
    """A LoRA for another family loads silently as nothing, and one of zeros does nothing."""
    return any(
        up.weight.device.type == "meta" or bool((up.weight != 0).any())
        for ups in _layers_of(pipe, name).values()
        for up in ups
    )


def _left_out(pipe: Any, adapter: Adapter, name: str, names: list[str]) -> list[str]:
    """Layers and kinds of entries that the model has no place for."""
    counts = {part: len(ups) for part, ups in _layers_of(pipe, name).items()}
    used = max((counts.pop(part, 0) for part in EXPERTS), default=0) + sum(counts.values())
    notes, all_ = [], layers_in(names)
    if used < all_:
        notes.append(
            f'The LoRA "{adapter.name}" is only partly used: {all_ - used} of its {all_} layers '
            "are not in this model."
        )
    if kinds := unread_kinds(names):
        notes.append(
            f'The LoRA "{adapter.name}" is only partly used: entries of the kind '
            f"{', '.join(kinds)} are not read."
        )
    return notes

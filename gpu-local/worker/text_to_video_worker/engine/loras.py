"""LoRAs of a job: put on, checked for having an effect, and taken off again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch

from ..errors import WorkerError
from ..model_validation import check_safetensors
from ..request import Adapter
from .loaded_model import LoadedModel


def clear_loras(loaded: LoadedModel) -> None:
    if loaded.active_loras:
        loaded.pipe.unload_lora_weights()
        loaded.active_loras = ()


def use_loras(loaded: LoadedModel, wanted: tuple[Adapter, ...]) -> None:
    """Makes exactly `wanted` (and the model's own) active; raises if one changes nothing."""
    adapters = loaded.spec.loras + wanted
    key = tuple((a.path, a.strength) for a in adapters)
    if key == loaded.active_loras:
        return
    clear_loras(loaded)
    if not adapters:
        return
    try:
        for index, adapter in enumerate(adapters):
            _load_lora(loaded, adapter, f"lora_{index}")
        loaded.pipe.set_adapters(
            [f"lora_{i}" for i in range(len(adapters))], [a.strength for a in adapters]
        )
    except BaseException:
        loaded.pipe.unload_lora_weights()
        raise
    loaded.active_loras = key


def _load_lora(loaded: LoadedModel, adapter: Adapter, name: str) -> None:
    path = Path(adapter.path)
    check_safetensors(path)
    pipe = loaded.pipe
    options = {
        "weight_name": path.name,
        "adapter_name": name,
        "local_files_only": True,
        "use_safetensors": True,
    }
    try:
        for expert in experts_of(adapter, getattr(pipe, "transformer_2", None) is not None):
            second = {"load_into_transformer_2": True} if expert == "low" else {}
            pipe.load_lora_weights(str(path.parent), **second, **options)
    except WorkerError:
        raise
    except Exception as error:
        raise _useless(adapter, loaded, str(error).split("\n")[0][:300]) from error
    if not _has_effect(pipe, name):
        raise _useless(adapter, loaded, "none of its weights belongs to this model")


def experts_of(adapter: Adapter, two: bool) -> tuple[str, ...]:
    """Wan 2.2 has an expert for much noise and one for little: a LoRA goes into both, or into the
    one that its name or its file's name says."""
    if not two:
        return ("high",)
    names = f"{adapter.name} {Path(adapter.path).stem}".lower()
    said = [e for e in ("high", "low") if re.search(rf"{e}[-_]?noise|[-_]{e}( |$)", names)]
    return (said[0],) if len(said) == 1 else ("high", "low")


def _useless(adapter: Adapter, loaded: LoadedModel, why: str) -> WorkerError:
    return WorkerError(
        "invalid_request",
        f'The LoRA "{adapter.name}" changes nothing in the model "{loaded.spec.alias}": {why}.',
        field="loras",
        remedy=f"Use a LoRA that was made for {loaded.family.title}.",
    )


def _has_effect(pipe: Any, name: str) -> bool:
    """A LoRA for another family loads silently as nothing, and one of zeros does nothing."""
    parts = {part for part, names in pipe.get_list_adapters().items() if name in names}
    for part in parts:
        for layer in getattr(pipe, part).modules():
            ups: Any = getattr(layer, "lora_B", None)
            if isinstance(ups, torch.nn.ModuleDict) and name in ups:
                weight: Any = ups[name].weight
                if weight.device.type == "meta" or bool((weight != 0).any()):
                    return True
    return False

"""A network in one file, as ComfyUI's users have it: plain, in 8 bits with scales, or GGUF.

Mostly a denoiser. What else a pipeline needs (text encoder, VAE) comes from a folder in diffusers'
layout. What the file holds is compared with the network that its own shapes describe, before any
weight is read.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from diffusers import GGUFQuantizationConfig
from diffusers.models.model_loading_utils import load_gguf_checkpoint
from diffusers.quantizers.gguf.utils import GGUFParameter, dequantize_gguf_tensor
from gguf import GGMLQuantizationType
from safetensors import safe_open
from safetensors.torch import load_file

from ..errors import WorkerError
from ..model_validation import check_gguf, check_safetensors

GGUF = ".gguf"
#: What ComfyUI puts before a denoiser's names, where a file holds more than that.
PREFIXES = ("model.diffusion_model.", "diffusion_model.")
#: Ends of the names of a layer's scale, older and newer; what its 8-bit numbers are multiplied by.
SCALES = (".scale_weight", ".weight_scale")
#: What ComfyUI adds for computing in 8 bits, which is not done here.
LEFT_OUT = (".scale_input", ".input_scale", ".comfy_quant", "scaled_fp8")
#: How ComfyUI's newer files call numbers that a single scale widens.
EIGHT_BITS = ("float8_e4m3fn", "float8_e5m2")

State = dict[str, Any]


@dataclass(frozen=True)
class SingleFile:
    """How a network is made of a file."""

    #: diffusers' class.
    model: Any
    #: From the names of its authors to diffusers' own.
    convert: Callable[..., State]
    #: How a name begins that only diffusers gives.
    own_name: str
    #: Shapes by diffusers' names, and the folder's own configuration, to the network's.
    configure: Callable[[Mapping[str, tuple[int, ...]], Mapping[str, Any]], dict[str, Any]]
    #: Of the folder, the part that it stands for or beside.
    part: str = "transformer"


def read_single_file(kind: SingleFile, path: Path, base: Path, dtype: torch.dtype) -> Any:
    """The network of a file; raises `WorkerError` where its weights are not those of one."""
    shapes = _gguf_shapes(path) if path.suffix == GGUF else _shapes(path)
    names = _converted(kind, {name: torch.empty(0) for name in shapes})
    # Converters rename in the order of the file.
    renamed = dict(zip(names, shapes.values(), strict=True))
    config = kind.configure(renamed, _own_config(base, kind.part))
    network = _compare(kind, config, renamed, path)
    options: dict[str, Any] = {}
    if path.suffix == GGUF:
        state = _gguf_weights(path, dict(zip(names, shapes, strict=True)), network, dtype)
        options["quantization_config"] = GGUFQuantizationConfig(compute_dtype=dtype)
    else:
        state = _converted(kind, _weights(path, dtype))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(json.dumps(config), encoding="utf-8")
        return kind.model.from_single_file(
            state,
            config=folder,
            torch_dtype=dtype,
            local_files_only=True,
            **options,
        )


def _gguf_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    tensors = check_gguf(path)
    return {_bare(name): tensors[name].shape for name in _wanted(list(tensors))}


def _gguf_weights(
    path: Path, stored_names: Mapping[str, str], network: Any, dtype: torch.dtype
) -> State:
    """Weights of linear layers as they are stored, which they stay; all others as plain numbers."""
    linear = {
        f"{name}.weight"
        for name, module in network.named_modules()
        if isinstance(module, torch.nn.Linear)
    }
    stored = {_bare(name): value for name, value in load_gguf_checkpoint(str(path)).items()}
    found = {}
    for name, stored_name in stored_names.items():
        value = stored.pop(stored_name)
        if isinstance(value, GGUFParameter):
            plain = name not in linear or value.quant_type == GGMLQuantizationType.BF16
            found[name] = dequantize_gguf_tensor(value).to(dtype) if plain else value
        else:
            found[name] = value.to(dtype)
    return found


def _converted(kind: SingleFile, state: State) -> State:
    if any(name.startswith(kind.own_name) for name in state):
        return state
    return kind.convert(state)


def _own_config(base: Path, part: str) -> Mapping[str, Any]:
    path = base / part / "config.json"
    found: Mapping[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found


def _bare(name: str) -> str:
    return next((name.removeprefix(p) for p in PREFIXES if name.startswith(p)), name)


def _wanted(names: list[str]) -> list[str]:
    """The denoiser's own: where some names have the prefix, the others are of other parts."""
    wrapped = [name for name in names if name.startswith(PREFIXES)]
    own = wrapped or [name for name in names if not name.startswith(("vae.", "text_encoders."))]
    return [name for name in own if not name.endswith((*SCALES, *LEFT_OUT))]


def _shapes(path: Path) -> dict[str, tuple[int, ...]]:
    entries = {k: v for k, v in check_safetensors(path).items() if k != "__metadata__"}
    return {_bare(name): tuple(entries[name]["shape"]) for name in _wanted(list(entries))}


def _weights(path: Path, dtype: torch.dtype) -> State:
    names = list(check_safetensors(path))
    _check_quantisation(path, names)
    state = load_file(path)
    scales = {
        name.removesuffix(end): state[name]
        for name in names
        for end in SCALES
        if name.endswith(end)
    }
    found = {}
    for name in _wanted([n for n in names if n != "__metadata__"]):
        value = state.pop(name)
        scale = scales.get(name.removesuffix(".weight")) if name.endswith(".weight") else None
        if scale is not None:
            value = (value.float() * scale.float().reshape(-1, *[1] * (value.dim() - 1))).to(dtype)
        found[_bare(name)] = value
    return found


def _check_quantisation(path: Path, names: list[str]) -> None:
    """Newer files say how each layer is stored; only a number and a scale are understood here."""
    described = [name for name in names if name.endswith(".comfy_quant")]
    with safe_open(path, framework="pt") as file:
        for name in described:
            said = json.loads(bytes(file.get_tensor(name).tolist()).decode("utf-8", "replace"))
            if said.get("format") not in EIGHT_BITS:
                raise _refuse(path, f"its layers are stored as {said.get('format')!r}")


def _compare(
    kind: SingleFile, config: dict[str, Any], found: Mapping[str, tuple[int, ...]], path: Path
) -> Any:
    """The network without weights; raises where the file's are not all of its own."""
    with init_empty_weights():
        network = kind.model.from_config(config)
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    missing = sorted(expected.keys() - found.keys())
    strange = sorted(found.keys() - expected.keys())
    other = sorted(n for n in expected.keys() & found.keys() if expected[n] != found[n])
    for what, names in (
        ("lacks weights", missing),
        ("has weights that the model has no place for", strange),
        ("has weights of another shape", other),
    ):
        if names:
            raise _refuse(path, f"it {what}: {', '.join(names[:3])}{' …' if names[3:] else ''}")
    return network


def _refuse(path: Path, why: str) -> WorkerError:
    return WorkerError(
        "model_not_found",
        f'The model "{path.name}" was not loaded: {why}.',
        field="model",
        remedy="Use a file of the denoiser alone in ComfyUI's layout, or the whole model as a "
        "folder in diffusers' layout.",
    )


def blocks_in(shapes: Mapping[str, tuple[int, ...]], prefix: str) -> int:
    """How many blocks named `prefix.0.…`, `prefix.1.…` there are."""
    numbers = {
        int(name.split(".")[1])
        for name in shapes
        if name.startswith(f"{prefix}.") and name.split(".")[1].isdigit()
    }
    return len(numbers)


def dimension(shapes: Mapping[str, tuple[int, ...]], name: str, axis: int) -> int:
    """A size that the network is made with."""
    shape = shapes.get(name)
    if shape is None or len(shape) <= axis:
        raise WorkerError(
            "model_not_found",
            f'The model\'s file has no weight "{name}", so it is of another kind of model.',
            field="model",
            remedy="Add it again with `gpu-local models add`, which tells what it is.",
        )
    return shape[axis]

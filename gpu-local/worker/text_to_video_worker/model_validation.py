"""What may be loaded. A model folder is data from strangers: it must not be able to run anything.

diffusers imports whatever library a `model_index.json` names before it looks at the class, and some
loaders fall back to pickles; so folders and files are checked here before diffusers sees them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .errors import WorkerError
from .families import ALLOWED_PARTS
from .gguf_header import BadGguf, GgufTensor, read_gguf_header

MAX_HEADER_BYTES = 100_000_000
MAX_CONFIG_BYTES = 4_000_000


def _refuse(path: Path, why: str) -> WorkerError:
    return WorkerError(
        "model_not_found",
        f'The model "{path.name}" was not loaded: {why}',
        field="model",
        remedy="Run `gpu-local models verify`, or add the model again from a source you trust.",
    )


def check_safetensors(path: Path) -> dict[str, Any]:
    """The header of a .safetensors file: a length, then JSON whose spans lie in the file."""
    if path.suffix != ".safetensors":
        raise _refuse(
            path, "only .safetensors files are loaded, because other formats can run code."
        )
    if not path.is_file():
        raise _refuse(path, "the file is not there.")
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or not 2 <= length <= min(MAX_HEADER_BYTES, size - 8):
            raise _refuse(path, "it is not a safetensors file (its header's length is wrong).")
        try:
            header = json.loads(file.read(length))
        except (ValueError, RecursionError):
            raise _refuse(path, "it is not a safetensors file (its header is not JSON).") from None
    if not isinstance(header, dict):
        raise _refuse(path, "it is not a safetensors file (its header is not an object).")
    data_bytes = size - 8 - length
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
        if (
            not isinstance(offsets, list)
            or len(offsets) != 2
            or not all(isinstance(o, int) for o in offsets)
            or not 0 <= offsets[0] <= offsets[1] <= data_bytes
        ):
            raise _refuse(path, f'its entry "{name}" lies outside the file.')
    return header


def check_gguf(path: Path) -> dict[str, GgufTensor]:
    """The tensors of a .gguf file, which hold numbers alone."""
    if not path.is_file():
        raise _refuse(path, "the file is not there.")
    try:
        return read_gguf_header(path)
    except BadGguf as error:
        raise _refuse(path, f"as a GGUF file {error}.") from None


def _read_json(path: Path, root: Path) -> dict[str, Any]:
    if path.stat().st_size > MAX_CONFIG_BYTES:
        raise _refuse(root, f"{path.name} is too large.")
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise _refuse(root, f"{path.name} is not JSON.") from None
    if not isinstance(value, dict):
        raise _refuse(root, f"{path.name} is not an object.")
    return value


def check_folder(root: Path) -> dict[str, Any] | None:
    """Checks every file of a model folder; returns its model_index.json, if it has one.

    Files that nothing loads (a README, a picture, a pickle beside the safetensors) are left alone,
    but no file may lead out of the folder, and every weight file that is there must be sound.
    """
    if not root.is_dir():
        raise _refuse(root, "the folder is not there.")
    real_root = root.resolve()
    # The hub's own cache keeps a snapshot as links into the same model's blobs.
    if real_root.parent.name == "snapshots":
        real_root = real_root.parent.parent
    for path in sorted(root.rglob("*")):
        if path.is_symlink() and not path.resolve().is_relative_to(real_root):
            raise _refuse(root, f"{path.relative_to(root)} leads out of the folder.")
        if not path.is_file():
            continue
        if path.suffix == ".safetensors":
            check_safetensors(path)
        elif path.name == "config.json" or path.name.endswith("_config.json"):
            _check_config(path, root)
    index_path = root / "model_index.json"
    if not index_path.is_file():
        return None
    index = _read_json(index_path, root)
    for part, value in index.items():
        if part.startswith("_") or not isinstance(value, list):
            continue
        if value in ([None, None], []):
            continue
        if len(value) != 2 or not all(isinstance(v, str) for v in value):
            raise _refuse(root, f'model_index.json describes "{part}" in an unknown way.')
        if (value[0], value[1]) not in ALLOWED_PARTS:
            raise _refuse(
                root,
                f'model_index.json wants {value[0]}.{value[1]} as "{part}", which is not allowed.',
            )
        if part in (".", "..") or "/" in part or "\\" in part:
            raise _refuse(root, f'model_index.json names a part "{part}" outside the folder.')
    return index


def _check_config(path: Path, root: Path) -> None:
    config = _read_json(path, root)
    if "auto_map" in config:
        raise _refuse(
            root, f"{path.relative_to(root)} asks to run the model's own code (auto_map)."
        )


def check_model(root: Path, pipeline_classes: frozenset[str]) -> dict[str, Any]:
    """A pipeline folder of one of `pipeline_classes`, checked; its model_index.json."""
    index = check_folder(root)
    if index is None:
        raise _refuse(root, "it has no model_index.json, so it is not in diffusers' layout.")
    class_name = index.get("_class_name")
    if not isinstance(class_name, str) or class_name not in pipeline_classes:
        raise _refuse(
            root,
            f"its pipeline is {class_name!r}; needed is {' or '.join(sorted(pipeline_classes))}.",
        )
    return index

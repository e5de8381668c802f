"""How large a model's weights are, counted from the headers of its files. Pure but for reading."""

from __future__ import annotations

import math
from pathlib import Path

from .model_spec import ModelSpec
from .model_validation import check_gguf, check_safetensors


def file_bytes(path: Path, width: int) -> int:
    """Bytes that a file's numbers take: in blocks as they are stored, others `width` each."""
    if path.suffix == ".gguf":
        return sum(tensor.bytes for tensor in check_gguf(path).values())
    return values_in(path) * width


def values_in(path: Path) -> int:
    """How many numbers a .safetensors file holds, from its header."""
    return sum(
        math.prod(entry.get("shape", ()))
        for name, entry in check_safetensors(path).items()
        if name != "__metadata__"
    )


def part_bytes(spec: ModelSpec, width: int) -> dict[str, int]:
    """Bytes by part of a model whose numbers take `width` bytes each.

    A denoiser in a file of its own stands for its folder's.
    """
    path = Path(spec.path)
    if spec.base is None or not path.is_file():
        return {part: values * width for part, values in weight_values(path).items()}
    sizes = {part: values * width for part, values in weight_values(Path(spec.base)).items()}
    for part, file in (("transformer", spec.path), ("transformer_2", spec.low_noise)):
        if file is not None:
            sizes[part] = file_bytes(Path(file), width)
    return sizes


def weight_values(path: Path) -> dict[str, int]:
    """Numbers in a model's weights by part, such as `text_encoder`; a single file is one part."""
    if path.is_file():
        return {path.name: values_in(path)}
    parts: dict[str, int] = {}
    for file in path.rglob("*.safetensors"):
        # Variants (fp16 beside fp32) and pruned whole-model copies at the top are not loaded too.
        if file.parent == path or ".fp16." in file.name or ".non_ema." in file.name:
            continue
        part = file.relative_to(path).parts[0]
        parts[part] = parts.get(part, 0) + values_in(file)
    return parts

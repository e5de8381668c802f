"""Linear layers that compute in 8-bit floats, by torchao, which is installed apart.

Weights are kept in 8 bits with a scale for each row. Where a device multiplies in 8 bits, the
numbers that meet them are made so too; elsewhere weights are widened when used (`fp8_weight_only`).
"""

from __future__ import annotations

import importlib.util
import logging
import re
from collections.abc import Iterable
from typing import Any

import torch

from ..profiles import Fp8Compute
from .blocks import blocks_of
from .impossible import impossible

log = logging.getLogger("text_to_video_worker")

#: Numbers that go into a layer and out of it, which is as small as kernels take them.
_TRIED_SIZE = 64
#: How far an answer in 8 bits may be from the plain one, as a part of the largest.
_MOST_ERROR = 0.1


def choose_compute(wanted: Fp8Compute, device: torch.device, dtype: torch.dtype) -> Fp8Compute:
    """`wanted`, or its form for devices that do not multiply in 8 bits. Raises without torchao."""
    if importlib.util.find_spec("torchao") is None:
        raise impossible(
            "Computing in 8 bits needs the package torchao, which is not installed.",
            "Install it in the worker's Python environment as docs/diffusers.md says, or take "
            "compute=… out of",
        )
    if wanted == "fp8" and _works(device, dtype):
        return "fp8"
    return "fp8_weight_only"


def compute_in_fp8(
    denoisers: Iterable[Any],
    device: torch.device,
    dtype: torch.dtype,
    compute: Fp8Compute,
    *,
    stays: bool,
) -> None:
    """Layer by layer, so that a device that is too small for the plain model is enough.

    `stays`: the layers stay on the device; otherwise they go back to main memory.
    """
    for denoiser in denoisers:
        if getattr(denoiser, "hf_quantizer", None):
            raise impossible(
                "The weights of a GGUF file are kept as they are stored.", "Take compute=… out of"
            )
        layers = [one for one in _layers(denoiser, dtype) if _fits(one, compute)]
        if not layers:
            raise impossible(
                "This model has no layer that computes in 8 bits.", "Take compute=… out of"
            )
        for layer in layers:
            _quantise(layer.to(device), compute)
            if not stays:
                layer.to("cpu")


def _layers(denoiser: Any, dtype: torch.dtype) -> list[torch.nn.Linear]:
    """Linear layers of the blocks, but those that diffusers itself leaves wide, such as norms."""
    patterns = getattr(denoiser, "_skip_layerwise_casting_patterns", None) or ()
    wide = set(getattr(denoiser, "_keep_in_fp32_modules", None) or ())
    return [
        module
        for block in blocks_of(denoiser)
        for name, module in block.named_modules()
        if isinstance(module, torch.nn.Linear)
        and module.weight.dtype == dtype
        and not any(re.search(pattern, name) for pattern in patterns)
        and not wide.intersection(name.split("."))
    ]


def _fits(layer: torch.nn.Linear, compute: Fp8Compute) -> bool:
    """Kernels multiply in 8 bits by sixteens; torchao leaves other layers plain without a word."""
    sizes = (layer.in_features, layer.out_features)
    return compute != "fp8" or all(size % 16 == 0 for size in sizes)


def _quantise(layer: torch.nn.Linear, compute: Fp8Compute) -> None:
    from torchao.quantization import (
        Float8DynamicActivationFloat8WeightConfig,
        Float8WeightOnlyConfig,
        PerRow,
        PerTensor,
        quantize_,
    )

    config: Any
    if compute == "fp8_weight_only":
        config = Float8WeightOnlyConfig(set_inductor_config=False)
    else:
        # Kernels that know a scale for each row answer in this type alone.
        rows = layer.weight.dtype == torch.bfloat16
        config = Float8DynamicActivationFloat8WeightConfig(
            granularity=PerRow() if rows else PerTensor(),
            # The compiler's settings are the whole process's.
            set_inductor_config=False,
        )
    quantize_(layer, config)


def _works(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether a layer in 8 bits answers about as a plain one does, on this device."""
    generator = torch.Generator().manual_seed(0)
    numbers, weights = (
        torch.randn(_TRIED_SIZE, _TRIED_SIZE, generator=generator).to(device, dtype)
        for _ in range(2)
    )
    layer = torch.nn.Linear(_TRIED_SIZE, _TRIED_SIZE, bias=False, device=device, dtype=dtype)
    layer.weight.data.copy_(weights)
    try:
        with torch.inference_mode():
            plain = layer(numbers).float()
            _quantise(layer, "fp8")
            found = layer(numbers).float()
            near = bool((found - plain).abs().max() <= _MOST_ERROR * plain.abs().max())
    except Exception as error:
        # Whatever torchao or a kernel raises: it is not for this device.
        log.info("fp8 is computed as fp8_weight_only: %s", str(error).split("\n")[0])
        return False
    if not near:
        log.warning("8-bit products are wrong on this device, so they are not used")
    return near

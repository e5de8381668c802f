"""A smaller VAE of the model's own kind, which decodes faster and less finely.

Known are pruned ones for Wan (LightX2V's `lightvaew2_1`): the same network, narrower. A start image
is still encoded by the model's own VAE.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from diffusers import AutoencoderKLWan
from diffusers.loaders.single_file_utils import convert_wan_vae_to_diffusers
from diffusers.utils.accelerate_utils import apply_forward_hook

from ..errors import WorkerError
from ..model_spec import ModelSpec
from ..model_validation import check_folder
from .impossible import impossible
from .loaded_model import LoadedModel
from .replaced import replaced
from .single_file import SingleFile, dimension, read_single_file

#: What may differ from the model's own. If anything else did, latents would mean something else.
SIZES = frozenset({"base_dim", "decoder_base_dim", "num_res_blocks", "attn_scales", "dropout"})


def _config(shapes: Mapping[str, tuple[int, ...]], own: Mapping[str, Any]) -> dict[str, Any]:
    """A file says how wide its network is; all else is as the model's own VAE has it."""
    deepest = own.get("dim_mult", [1, 2, 4, 4])[-1]
    return {
        **own,
        "base_dim": dimension(shapes, "encoder.conv_in.weight", 0),
        "decoder_base_dim": dimension(shapes, "decoder.conv_in.weight", 0) // deepest,
    }


_WAN = SingleFile(
    AutoencoderKLWan, convert_wan_vae_to_diffusers, "post_quant_conv.", _config, part="vae"
)


def load_light_vae(spec: ModelSpec, own: Any, device: torch.device) -> Any:
    """A model's light VAE, on the device. Raises where none was added, or one that does not fit.

    `own` is the pipeline's VAE.
    """
    if type(own) is not AutoencoderKLWan:
        raise impossible("Light VAEs are read for Wan alone.", "Take light_vae=on out of")
    if spec.light_vae is None:
        raise impossible(
            "The model has no light VAE.",
            "Add one with `gpu-local models add FILE`, then the model again with --light-vae NAME, "
            "or take light_vae=on out of",
        )
    path = Path(spec.light_vae)
    if path.is_file():
        vae = read_single_file(_WAN, path, Path(spec.base or spec.path), own.dtype)
    else:
        vae = _from_folder(path, own)
    return vae.to(device)


def _from_folder(path: Path, own: Any) -> Any:
    check_folder(path)
    file = path / "config.json"
    config = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    if config.get("_class_name") != type(own).__name__:
        raise _refuse(path, f"it is a {config.get('_class_name')}, not a {type(own).__name__}")
    with init_empty_weights():
        complete = type(own).from_config(config).config
    for name, value in own.config.items():
        if not name.startswith("_") and name not in SIZES and complete[name] != value:
            raise _refuse(path, f"its {name} is {complete[name]}, the model's is {value}")
    return type(own).from_pretrained(
        path, torch_dtype=own.dtype, local_files_only=True, use_safetensors=True
    )


def _refuse(path: Path, why: str) -> WorkerError:
    return WorkerError(
        "model_not_found",
        f'The light VAE "{path.name}" does not fit this model: {why}.',
        field="model",
        remedy="Use one that was made for this model, or take light_vae=on out of its profile.",
    )


@contextlib.contextmanager
def decoding_lightly(loaded: LoadedModel) -> Iterator[None]:
    """Decodes with the light VAE, where the model's profile says so."""
    light, own = loaded.light_vae, loaded.pipe.vae
    if light is None:
        yield
        return

    # As before the model's own decoding, parts that come and go make room first.
    decode = apply_forward_hook(lambda _own, *args, **options: light.decode(*args, **options))
    with replaced(own, "decode", lambda *args, **options: decode(own, *args, **options)):
        yield

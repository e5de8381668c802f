"""A smaller VAE that decodes instead of the model's own."""

from __future__ import annotations

import json
import re
import threading

import pytest
import torch
from diffusers import AutoencoderKLWan
from PIL import Image
from safetensors.torch import save_file

from text_to_video_worker.errors import WorkerError

from .harness import difference, digest, pictures
from .tiny.wan import wan, wan_vae

SMALL = {"num_frames": 5, "width": 32, "height": 32}
ON = "light_vae=on"


def other_vae(seed=1, **config):
    torch.manual_seed(seed)
    own = {name: value for name, value in wan_vae().config.items() if not name.startswith("_")}
    return AutoencoderKLWan(**{**own, **config})


@pytest.fixture(scope="module")
def light(tmp_path_factory):
    """Narrower than the model's own, as a folder."""
    folder = tmp_path_factory.mktemp("light") / "vae"
    other_vae(base_dim=2).save_pretrained(folder)
    return str(folder)


def decoded_by(loaded, name):
    """How often the decoder of the pipeline's own VAE, or of the light one, is asked."""
    calls = []
    vae = loaded.pipe.vae if name == "own" else loaded.light_vae
    vae.decoder.register_forward_hook(lambda *_: calls.append(1))
    return calls


def test_it_decodes_and_is_named_and_nothing_else_changes(harness, light):
    plain = harness.make("wan", **SMALL)
    loaded = harness.model("wan", light_vae=light, profile=ON)
    own, other = decoded_by(loaded, "own"), decoded_by(loaded, "light")
    first, second = harness.make(loaded, **SMALL), harness.make(loaded, **SMALL)
    assert (len(own), len(other) > 0) == (0, True)
    assert first["settings"]["profile"] == f"memory=full,{ON}"
    assert first["warnings"] == []
    assert digest(first) == digest(second)
    assert pictures(first).shape == pictures(plain).shape
    assert difference(first, plain) > 0
    # Neither a model that does not ask for it, nor one that has it and is exact, decodes with it.
    for spec in ({}, {"light_vae": light}, {"light_vae": light, "profile": "exact"}):
        made = harness.make(harness.model("wan", **spec), **SMALL)
        assert digest(made) == digest(plain)
        assert "light_vae" not in made["settings"]["profile"]


def test_a_start_image_is_encoded_by_the_models_own(harness, light):
    picture = harness.tiny / "blue.png"
    Image.new("RGB", (32, 32), "blue").save(picture)
    loaded = harness.model("wan", path=str(harness.tiny / "wan-i2v"), light_vae=light, profile=ON)
    encoded = []
    loaded.pipe.vae.encoder.register_forward_hook(lambda *_: encoded.append(1))
    own, other = decoded_by(loaded, "own"), decoded_by(loaded, "light")
    harness.make(loaded, input_reference=str(picture), **SMALL)
    assert (len(encoded) > 0, len(own), len(other) > 0) == (True, 0, True)


@pytest.mark.parametrize("memory", ["tiling", "group_offload"])
def test_tiles_and_weights_that_wait_go_for_it_too(harness, light, memory):
    loaded = harness.model("wan", light_vae=light, profile=f"memory={memory},{ON}")
    assert (loaded.pipe.vae.use_tiling, loaded.light_vae.use_tiling) == (True, True)
    made = harness.make(loaded, **SMALL)
    assert made["settings"]["profile"].endswith(f",{ON}")
    loaded.use_tiles(False)
    assert loaded.light_vae.use_tiling is False


def test_out_of_memory_in_it_decodes_once_more_in_tiles(harness, light):
    loaded = harness.model("wan", light_vae=light, profile=ON, alias="too small")
    decode, tries = loaded.light_vae.decode, []

    def too_large_at_first(*args, **options):
        tries.append(loaded.light_vae.use_tiling)
        if len(tries) == 1:
            raise torch.OutOfMemoryError("out of memory")
        return decode(*args, **options)

    loaded.light_vae.decode = too_large_at_first
    made = harness.make(loaded, **SMALL)
    assert tries[:2] == [False, True]
    assert made["settings"]["profile"] == f"memory=tiling,{ON}"


def test_a_job_is_cancelled_between_its_blocks(harness, light):
    loaded = harness.model("wan", light_vae=light, profile=ON)
    stop = threading.Event()
    handle = loaded.light_vae.decoder.up_blocks[0].register_forward_hook(lambda *_: stop.set())
    reached = []
    last = loaded.light_vae.decoder.up_blocks[2].register_forward_hook(lambda *_: reached.append(1))
    with pytest.raises(WorkerError) as caught:
        harness.make(loaded, cancelled=stop, **SMALL)
    handle.remove()
    last.remove()
    assert (caught.value.code, reached) == ("cancelled", [])


def test_without_one_the_profile_says_what_to_do(harness):
    with pytest.raises(WorkerError, match="has no light VAE") as caught:
        harness.model("wan", profile=ON)
    assert "--light-vae" in caught.value.remedy


def test_other_families_have_none(harness, light):
    with pytest.raises(WorkerError, match="Wan alone"):
        harness.model("ltx", light_vae=light, profile=ON)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"z_dim": 8, "latents_mean": [0.0] * 8, "latents_std": [1.0] * 8}, "its z_dim is 8"),
        ({"latents_mean": [0.5] * 16}, "its latents_mean is"),
        ({"latents_std": [0.5] * 16}, "its latents_std is"),
        ({"temperal_downsample": [False, False, True]}, "its temperal_downsample is"),
        ({"scale_factor_spatial": 16}, "its scale_factor_spatial is 16, the model's is 8"),
        ({"in_channels": 12, "out_channels": 12, "patch_size": 2}, "its in_channels is 12"),
    ],
)
def test_one_for_other_latents_is_refused(harness, tmp_path, config, said):
    other_vae(**config).save_pretrained(tmp_path / "other")
    with pytest.raises(WorkerError, match=re.escape(said)) as caught:
        harness.model("wan", light_vae=str(tmp_path / "other"), profile=ON)
    assert "does not fit this model" in caught.value.message


def test_a_folder_of_another_class_is_refused(harness, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"_class_name": "AutoencoderKL"}))
    with pytest.raises(WorkerError, match="it is a AutoencoderKL, not a AutoencoderKLWan"):
        harness.model("wan", light_vae=str(tmp_path), profile=ON)


def authors_name(name):
    """As Wan's authors and LightX2V call it, in a VAE of four stages with two blocks each."""
    found = re.match(r"decoder\.up_blocks\.(\d)\.(resnets|upsamplers)\.(\d)\.(.*)", name)
    if found:
        stage, kind, index, rest = found.groups()
        number = int(stage) * 4 + (3 if kind == "upsamplers" else int(index))
        name = f"decoder.upsamples.{number}.{rest}"
    for pattern, new in [
        (r"\.mid_block\.resnets\.(\d)\.", lambda m: f".middle.{2 * int(m[1])}."),
        (r"\.mid_block\.attentions\.0\.", ".middle.1."),
        (r"^encoder\.down_blocks\.", "encoder.downsamples."),
        (r"\.norm1\.gamma", ".residual.0.gamma"),
        (r"\.conv1\.", ".residual.2."),
        (r"\.norm2\.gamma", ".residual.3.gamma"),
        (r"\.conv2\.", ".residual.6."),
        (r"\.conv_shortcut\.", ".shortcut."),
        (r"\.norm_out\.", ".head.0."),
        (r"\.conv_out\.", ".head.2."),
        (r"\.conv_in\.", ".conv1."),
        (r"^quant_conv\.", "conv1."),
        (r"^post_quant_conv\.", "conv2."),
    ]:
        name = re.sub(pattern, new, name)
    return name


DEEP = {"num_res_blocks": 2, "dim_mult": [1, 2, 4, 4]}


@pytest.mark.parametrize("naming", ["diffusers", "authors"])
def test_a_file_is_read_by_either_names_and_makes_what_its_folder_makes(harness, tmp_path, naming):
    wan(vae=other_vae(0, base_dim=4, **DEEP)).save_pretrained(tmp_path / "model")
    small = other_vae(base_dim=2, **DEEP)
    small.save_pretrained(tmp_path / "folder")
    names = {
        name: authors_name(name) if naming == "authors" else name for name in small.state_dict()
    }
    file = tmp_path / "light.safetensors"
    save_file({names[name]: value for name, value in small.state_dict().items()}, str(file))
    assert ("decoder.upsamples.4.shortcut.weight" in names.values()) == (naming == "authors")
    made = [
        harness.make(
            harness.model("wan", path=str(tmp_path / "model"), light_vae=str(one), profile=ON),
            **SMALL,
        )
        for one in (tmp_path / "folder", file)
    ]
    assert digest(made[0]) == digest(made[1])


def test_a_file_that_lacks_a_weight_or_is_for_other_latents_is_refused(harness, tmp_path):
    state = dict(other_vae(base_dim=2).state_dict())
    del state["decoder.norm_out.gamma"]
    save_file(state, str(tmp_path / "lacking.safetensors"))
    wide = other_vae(
        base_dim=2, z_dim=8, latents_mean=[0.0] * 8, latents_std=[1.0] * 8
    ).state_dict()
    save_file(dict(wide), str(tmp_path / "other.safetensors"))
    for name, said in (("lacking", "lacks weights"), ("other", "of another shape")):
        with pytest.raises(WorkerError, match=said):
            harness.model("wan", light_vae=str(tmp_path / f"{name}.safetensors"), profile=ON)

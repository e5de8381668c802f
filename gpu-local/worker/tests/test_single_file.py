"""A denoiser in one file makes the same videos as the folder that it came from."""

from __future__ import annotations

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from text_to_video_worker.engine.loading import load, weight_sizes
from text_to_video_worker.errors import WorkerError
from text_to_video_worker.model_spec import parse_model

from . import comfy
from .harness import CPU, digest


def spec(harness, file, base, family="wan", **more):
    fields = {"alias": "one", "family": family, "path": str(file)}
    if base is not None:
        fields["base"] = str(harness.tiny / base)
    return parse_model({**fields, **more})


def folder_model(harness, base, family="wan"):
    return harness.model(family, path=str(harness.tiny / base))


@pytest.mark.parametrize(
    ("family", "base", "rules", "prefix"),
    [
        ("wan", "wan", comfy.WAN, ""),
        ("wan", "wan22-5b", comfy.WAN, comfy.PREFIX),
        ("wan", "wan-i2v", comfy.WAN, "diffusion_model."),
        ("wan", "wan22", comfy.WAN, ""),
        ("ltx", "ltx", comfy.LTX, comfy.PREFIX),
        ("wan", "wan", [], ""),
    ],
    ids=["wan", "5b", "i2v", "two-experts", "ltx", "names-of-diffusers"],
)
def test_it_makes_the_same_video_as_its_folder(harness, tmp_path, family, base, rules, prefix):
    whole = folder_model(harness, base, family)
    file = comfy.write_denoiser(
        tmp_path / "one.safetensors", whole.pipe.transformer, rules, prefix=prefix
    )
    more = {}
    if base == "wan22":
        low = comfy.write_denoiser(tmp_path / "low.safetensors", whole.pipe.transformer_2, rules)
        more["low_noise"] = str(low)
    fields = {}
    if base == "wan-i2v":
        Image.new("RGB", (64, 64), "red").save(tmp_path / "red.png")
        fields["input_reference"] = str(tmp_path / "red.png")
    one = load(spec(harness, file, base, family, **more), CPU)
    assert one.family == whole.family
    assert one.weight_bytes == whole.weight_bytes
    assert digest(harness.make(one, **fields)) == digest(harness.make(whole, **fields))


def test_what_else_lies_in_the_file_is_passed_over(harness, tmp_path):
    whole = folder_model(harness, "ltx", "ltx")
    file = comfy.write_denoiser(
        tmp_path / "one.safetensors", whole.pipe.transformer, comfy.LTX, prefix=comfy.PREFIX
    )
    save_file({**load_file(file), "vae.decoder.x": torch.zeros(4)}, str(file))
    one = load(spec(harness, file, "ltx", "ltx"), CPU)
    assert digest(harness.make(one)) == digest(harness.make(whole))


@pytest.mark.parametrize("newer", [False, True], ids=["scale_weight", "weight_scale"])
def test_weights_in_8_bits_are_widened_by_their_scales(harness, tmp_path, newer):
    whole = folder_model(harness, "wan")
    file = comfy.write_scaled(tmp_path / "fp8.safetensors", whole.pipe.transformer, newer=newer)
    one = load(spec(harness, file, "wan"), CPU)
    read = one.pipe.transformer.state_dict()
    for name, value in whole.pipe.transformer.state_dict().items():
        assert read[name].dtype == torch.float32
        # Three bits of mantissa, and next to zero steps of a 512th.
        rounding = value.abs() / 16 + value.abs().max() / 448 / 512
        assert bool(((read[name] - value).abs() <= rounding).all()), name
    assert harness.make(one)["warnings"] == []


def refused(harness, file, base, family="wan", **more):
    with pytest.raises(WorkerError) as caught:
        load(spec(harness, file, base, family, **more), CPU)
    assert (caught.value.code, caught.value.field) == ("model_not_found", "model")
    return caught.value.message


def test_a_file_is_compared_with_the_network_that_it_describes(harness, tmp_path):
    whole = folder_model(harness, "wan")
    state = comfy.state_of(whole.pipe.transformer, comfy.WAN)
    file = tmp_path / "one.safetensors"

    def write(change):
        changed = {name: value.clone() for name, value in state.items()}
        change(changed)
        save_file(changed, str(file))
        return refused(harness, file, "wan")

    assert "lacks weights" in write(lambda s: s.pop("blocks.1.self_attn.q.weight"))
    assert "no place for" in write(lambda s: s.update({"blocks.0.extra": torch.zeros(4)}))
    assert "another shape" in write(lambda s: s.update({"blocks.0.ffn.0.bias": torch.zeros(3)}))
    assert "another kind of model" in write(lambda s: s.pop("patch_embedding.weight"))


def test_it_needs_a_folder_of_its_own_kind(harness, tmp_path):
    text = folder_model(harness, "wan").pipe.transformer
    picture = folder_model(harness, "wan-i2v").pipe.transformer
    file = comfy.write_denoiser(tmp_path / "text.safetensors", text)
    assert "needs a folder" in refused(harness, file, None)
    assert "from a text" in refused(harness, file, "wan-i2v")
    assert "two experts" in refused(harness, file, "wan22")
    file = comfy.write_denoiser(tmp_path / "picture.safetensors", picture)
    assert "from a picture" in refused(harness, file, "wan")
    # Wan 2.2's folder has no CLIP.
    low = {"low_noise": str(file)}
    assert "another kind" in refused(harness, file, "wan22-i2v", **low)
    assert "as folders only" in refused(harness, file, "ltx2", "ltx2")


def test_numbers_that_are_stored_in_another_way_are_refused(harness, tmp_path):
    whole = folder_model(harness, "wan")
    file = tmp_path / "nvfp4.safetensors"
    comfy.write_scaled(file, whole.pipe.transformer, newer=True, form="nvfp4")
    assert "'nvfp4'" in refused(harness, file, "wan")


def test_its_size_stands_for_its_folders_denoiser(harness, tmp_path):
    whole = folder_model(harness, "wan")
    file = comfy.write_denoiser(tmp_path / "one.safetensors", whole.pipe.transformer)
    one, all_ = spec(harness, file, "wan"), whole.spec
    assert weight_sizes(one, CPU) == weight_sizes(all_, CPU)
    halved = weight_sizes(one, CPU, fp8=True)
    assert halved.denoisers == weight_sizes(one, CPU).denoisers // 2

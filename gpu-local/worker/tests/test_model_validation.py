"""A model folder comes from strangers. Each of these is a way to run code or to read elsewhere."""

import json
import os
import struct

import pytest

from text_to_video_worker.errors import WorkerError
from text_to_video_worker.families import FAMILIES
from text_to_video_worker.model_validation import check_model, check_safetensors
from text_to_video_worker.model_weights import values_in

WAN = FAMILIES["wan"].pipeline_classes


def write_safetensors(path, header=None, data=b"\0" * 16, length=None):
    if header is None:
        header = {"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}
    body = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(body) if length is None else length) + body + data)
    return path


def folder(tmp_path, **changes):
    index = {
        "_class_name": "WanPipeline",
        "transformer": ["diffusers", "WanTransformer3DModel"],
        "vae": ["diffusers", "AutoencoderKLWan"],
        "transformer_2": [None, None],
        "boundary_ratio": None,
        **changes,
    }
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    (tmp_path / "vae").mkdir(exist_ok=True)
    (tmp_path / "vae" / "config.json").write_text("{}")
    write_safetensors(tmp_path / "vae" / "model.safetensors")
    return tmp_path


def refused(path):
    with pytest.raises(WorkerError) as caught:
        check_model(path, WAN)
    assert caught.value.code == "model_not_found"
    return caught.value.message


def test_a_sound_folder_passes(tmp_path):
    assert check_model(folder(tmp_path), WAN)["_class_name"] == "WanPipeline"


@pytest.mark.parametrize(
    "part",
    [
        ["os", "system"],
        ["subprocess", "Popen"],
        ["diffusers", "DiffusionPipeline"],
        ["vae", "Mine"],
    ],
)
def test_a_part_outside_the_allow_list_is_refused(tmp_path, part):
    assert ".".join(part) in refused(folder(tmp_path, scheduler=part))


def test_another_pipeline_class_is_refused(tmp_path):
    assert "Custom" in refused(folder(tmp_path, _class_name="CustomPipeline"))
    assert "StableDiffusion3" in refused(folder(tmp_path, _class_name=["x", "StableDiffusion3"]))


def test_a_part_of_an_unknown_shape_is_refused(tmp_path):
    assert "unknown way" in refused(folder(tmp_path, scheduler=["diffusers", 5]))


def test_a_part_that_names_another_folder_is_refused(tmp_path):
    part = {"../elsewhere": ["diffusers", "AutoencoderKLWan"]}
    assert "outside the folder" in refused(folder(tmp_path, **part))


def test_a_config_that_asks_for_its_own_code_is_refused(tmp_path):
    path = folder(tmp_path)
    (path / "vae" / "config.json").write_text('{"auto_map": {"AutoModel": "mine.Model"}}')
    assert "auto_map" in refused(path)


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    inner = tmp_path / "model"
    inner.mkdir()
    folder(inner)
    os.symlink(secret, inner / "vae" / "link.json")
    assert "leads out" in refused(inner)


def test_a_snapshot_of_the_hubs_cache_may_link_to_its_own_blobs(tmp_path):
    snapshot = tmp_path / "models--a--b" / "snapshots" / "0123"
    blobs = tmp_path / "models--a--b" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    folder(snapshot)
    (snapshot / "vae" / "model.safetensors").rename(blobs / "abc")
    (blobs / "abc").rename(blobs / "abc.safetensors")
    os.symlink(blobs / "abc.safetensors", snapshot / "vae" / "model.safetensors")
    assert check_model(snapshot, WAN)


@pytest.mark.parametrize("text", ["", "[", "[]", "[" * 100_000, "5"])
def test_an_index_that_is_not_an_object_is_refused(tmp_path, text):
    path = folder(tmp_path)
    (path / "model_index.json").write_text(text)
    refused(path)


def test_a_folder_without_an_index_and_a_missing_folder_are_refused(tmp_path):
    assert "model_index.json" in refused(tmp_path)
    assert "not there" in refused(tmp_path / "nowhere")


@pytest.mark.parametrize("suffix", [".ckpt", ".pt", ".bin", ".pkl", ""])
def test_only_safetensors_are_weights(tmp_path, suffix):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(b"\x80\x04pickle")
    with pytest.raises(WorkerError):
        check_safetensors(path)


def test_a_header_that_lies_is_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    for length in (0, 1, 10**6, 2**63, 2**64 - 1):
        with pytest.raises(WorkerError):
            check_safetensors(write_safetensors(path, length=length))
    for offsets in ([0, 17], [-1, 4], [8, 4], [0], "x", [0.0, 4.0]):
        header = {"a": {"dtype": "F32", "shape": [4], "data_offsets": offsets}}
        with pytest.raises(WorkerError):
            check_safetensors(write_safetensors(path, header))
    path.write_bytes(b"")
    with pytest.raises(WorkerError):
        check_safetensors(path)


def test_numbers_are_counted_from_the_header(tmp_path):
    assert values_in(write_safetensors(tmp_path / "x.safetensors")) == 4

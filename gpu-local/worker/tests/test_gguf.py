"""A denoiser in a GGUF file: read strictly, kept as it is stored, and near to its folder's."""

from __future__ import annotations

import struct

import pytest
from diffusers.quantizers.gguf.utils import GGUFParameter

from text_to_video_worker.engine.loading import load, weight_sizes
from text_to_video_worker.engine.loras import use_loras
from text_to_video_worker.errors import WorkerError
from text_to_video_worker.gguf_header import BadGguf, read_gguf_header
from text_to_video_worker.model_spec import parse_model

from . import comfy
from .harness import CPU, difference, digest


def spec(harness, file, base, family="wan", **more):
    fields = {"alias": "one", "family": family, "path": str(file)}
    return parse_model({**fields, "base": str(harness.tiny / base), **more})


def whole_model(harness, base, family="wan"):
    return harness.model(family, path=str(harness.tiny / base))


@pytest.mark.parametrize(
    ("family", "base", "rules", "kind", "prefix"),
    [
        ("wan", "wan", comfy.WAN, "Q8_0", ""),
        ("wan", "wan", comfy.WAN, "Q4_0", "model.diffusion_model."),
        ("wan", "wan22", comfy.WAN, "Q5_1", ""),
        ("ltx", "ltx", comfy.LTX, "Q8_0", ""),
        ("wan", "wan", [], "BF16", ""),
    ],
)
def test_it_makes_nearly_the_video_of_its_folder(
    harness, tmp_path, family, base, rules, kind, prefix
):
    whole = whole_model(harness, base, family)
    file = comfy.write_gguf(tmp_path / "one.gguf", whole.pipe.transformer, rules, kind, prefix)
    more = {}
    if base == "wan22":
        low = tmp_path / "low.gguf"
        more["low_noise"] = str(comfy.write_gguf(low, whole.pipe.transformer_2, rules, kind))
    one = load(spec(harness, file, base, family, **more), CPU)
    kept = [p for p in one.pipe.transformer.parameters() if isinstance(p, GGUFParameter)]
    assert bool(kept) == (kind != "BF16")
    made, again, plain = harness.make(one), harness.make(one), harness.make(whole)
    assert digest(made) == digest(again)
    # Eight bits are too near to be told from the file's own losses.
    assert difference(made, plain) < 12
    assert made["warnings"] == []


def test_a_lora_works_on_weights_that_stay_in_blocks(harness, tmp_path):
    whole = whole_model(harness, "wan")
    one = load(
        spec(harness, comfy.write_gguf(tmp_path / "one.gguf", whole.pipe.transformer), "wan"), CPU
    )
    lora = [harness.lora("wan")]
    plain, with_lora = harness.make(one), harness.make(one, loras=lora)
    assert difference(plain, with_lora) > 0.5
    assert with_lora["warnings"] == []
    use_loras(one, ())
    assert digest(harness.make(one)) == digest(plain)


def test_its_size_is_what_it_takes_as_it_is_stored(harness, tmp_path):
    whole = whole_model(harness, "wan")
    file = comfy.write_gguf(tmp_path / "one.gguf", whole.pipe.transformer)
    one = spec(harness, file, "wan")
    stored = sum(tensor.bytes for tensor in read_gguf_header(file).values())
    assert weight_sizes(one, CPU).denoisers == stored < weight_sizes(whole.spec, CPU).denoisers


def test_what_cannot_be_used_is_refused_in_words(harness, tmp_path):
    whole = whole_model(harness, "wan")
    file = comfy.write_gguf(tmp_path / "one.gguf", whole.pipe.transformer)

    def refused(path, **more):
        with pytest.raises(WorkerError) as caught:
            load(spec(harness, path, "wan", **more), CPU)
        assert caught.value.code == "model_not_found"
        return caught.value.message

    assert "kept as they are" in refused(file, profile="storage=fp8")
    ltx = comfy.write_gguf(
        tmp_path / "ltx.gguf", whole_model(harness, "ltx", "ltx").pipe.transformer, comfy.LTX
    )
    assert "another kind of model" in refused(ltx)
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(file.read_bytes()[:-4096])
    assert "lies outside the file" in refused(cut)


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def header(*, magic=b"GGUF", version=3, entries=b"", entry_count=0, tensors=b"", count=0) -> bytes:
    return magic + struct.pack("<IQQ", version, count, entry_count) + entries + tensors


def tensor(name=b"a", shape=(32,), type_=0, offset=0) -> bytes:
    sizes = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return text(name) + sizes + struct.pack("<IQ", type_, offset)


def test_a_sound_header_is_read(tmp_path):
    entries = text(b"general.name") + struct.pack("<I", 8) + text(b"tiny")
    entries += text(b"list") + struct.pack("<IIQ", 9, 5, 3) + struct.pack("<3i", 1, 2, 3)
    entries += text(b"words") + struct.pack("<IIQ", 9, 8, 1) + text(b"one")
    entries += text(b"general.alignment") + struct.pack("<II", 4, 64)
    tensors = tensor() + tensor(b"b", (64, 2), 8, 128)
    file = tmp_path / "x.gguf"
    written = header(entries=entries, entry_count=4, tensors=tensors, count=2)
    written += bytes(-len(written) % 64)
    file.write_bytes(written + bytes(128 + 4 * 34))
    found = read_gguf_header(file)
    assert {name: (one.shape, one.kind, one.bytes) for name, one in found.items()} == {
        "a": ((32,), "F32", 128),
        "b": ((2, 64), "Q8_0", 136),
    }
    file.write_bytes(written + bytes(128 + 4 * 34 - 1))
    with pytest.raises(BadGguf, match="outside"):
        read_gguf_header(file)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "too early"),
        (b"PK\x03\x04", "does not begin"),
        (header(version=1), "version is 1"),
        (header(count=2**40), "too many"),
        (header(entry_count=2**40), "too many"),
        (header(entry_count=1), "too early"),
        (header(entry_count=1, entries=struct.pack("<Q", 2**63)), "too long"),
        (header(entry_count=1, entries=text(b"x") + struct.pack("<I", 77)), "unknown type"),
        (header(entry_count=1, entries=text(b"x") + struct.pack("<IIQ", 9, 9, 1)), "too deep"),
        (header(entry_count=1, entries=text(b"x") + struct.pack("<IIQ", 9, 4, 2**50)), "too long"),
        (header(entry_count=1, entries=text(b"x") + struct.pack("<IIQ", 9, 4, 9)), "too early"),
        (header(count=1, tensors=text(b"a") + struct.pack("<I", 99)), "99 dimensions"),
        (header(count=1, tensors=tensor(type_=19)) + bytes(512), "not read"),
        (header(count=1, tensors=tensor(type_=8, shape=(33,))) + bytes(512), "whole number"),
        (header(count=1, tensors=tensor(offset=7)) + bytes(512), "outside"),
        (header(count=1, tensors=tensor(offset=2**62)) + bytes(512), "outside"),
        (header(count=2, tensors=tensor() * 2) + bytes(512), "one name"),
    ],
)
def test_a_header_that_lies_is_refused(tmp_path, data, why):
    file = tmp_path / "x.gguf"
    file.write_bytes(data)
    with pytest.raises(BadGguf, match=why):
        read_gguf_header(file)


def test_every_kind_that_the_header_lets_through_can_be_widened():
    from diffusers.quantizers.gguf.utils import SUPPORTED_GGUF_QUANT_TYPES
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    from text_to_video_worker.gguf_header import BLOCKS

    for number, (name, block, block_bytes) in BLOCKS.items():
        kind = GGMLQuantizationType(number)
        assert (kind.name, GGML_QUANT_SIZES[kind]) == (name, (block, block_bytes))
        assert kind in SUPPORTED_GGUF_QUANT_TYPES or name in ("F32", "F16")

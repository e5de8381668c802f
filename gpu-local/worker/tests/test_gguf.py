"""A denoiser in a GGUF file: read strictly, kept as it is stored, and near to its folder's."""

from __future__ import annotations

import pytest
from diffusers.quantizers.gguf.utils import GGUFParameter

from text_to_video_worker.engine.loading import load, weight_sizes
from text_to_video_worker.engine.loras import use_loras
from text_to_video_worker.errors import WorkerError
from text_to_video_worker.gguf_header import BLOCKS, read_gguf_header
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


def test_every_kind_that_the_header_lets_through_can_be_widened():
    from diffusers.quantizers.gguf.utils import SUPPORTED_GGUF_QUANT_TYPES
    from gguf import GGMLQuantizationType

    for number, (name, _, _) in BLOCKS.items():
        kind = GGMLQuantizationType(number)
        assert kind in SUPPORTED_GGUF_QUANT_TYPES or name in ("F32", "F16")

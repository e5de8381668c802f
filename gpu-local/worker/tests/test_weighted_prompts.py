"""Weights in prompts, and prompts longer than CLIP reads at once."""

from __future__ import annotations

import pytest
import torch

from text_to_video_worker.engine.weighted_prompts import tokens_of, weighted_prompts
from text_to_video_worker.errors import WorkerError

from .harness import difference, digest


def test_a_weight_changes_the_picture_by_its_size_and_is_no_text(harness):
    made = {
        text: harness.make("animatediff", prompt=f"a {text} cat", guidance_scale=6)
        for text in ("red", "(red:1)", "(red:1.1)", "(red)", "(red:1.4)", "[red]")
    }
    assert difference(made["(red:1)"], made["red"]) < 0.1
    assert digest(made["(red)"]) == digest(made["(red:1.1)"])
    told_apart = [made[text] for text in ("red", "(red)", "(red:1.4)", "[red]")]
    assert len({digest(one) for one in told_apart}) == 4
    assert difference(made["red"], made["(red:1.4)"]) > 0.1
    assert all(one["warnings"] == [] for one in made.values())


def test_a_weight_rules_the_negative_prompt_travel_and_clip_skip_too(harness):
    segments = [{"prompt": "a cat", "frames": 8}, {"prompt": "a (dog:1.5)", "frames": 8}]
    plain = [{**one, "prompt": one["prompt"].replace("(dog:1.5)", "dog")} for one in segments]
    for weighted, other in (
        ({"negative_prompt": "(bad:2)"}, {"negative_prompt": "bad"}),
        ({"prompts": segments}, {"prompts": plain}),
        ({"prompt": "a (cat:2)", "clip_skip": 2}, {"prompt": "a cat", "clip_skip": 2}),
    ):
        fields = {"guidance_scale": 6, "num_inference_steps": 3}
        made = harness.make("animatediff", **weighted, **fields)
        assert digest(made) != digest(harness.make("animatediff", **other, **fields))
        assert digest(made) == digest(harness.make("animatediff", **weighted, **fields))


def test_words_beyond_token_77_count(harness):
    long = "a " * 90
    one, other = (harness.make("animatediff", prompt=f"{long} {end}") for end in ("cat", "dog"))
    assert digest(one) != digest(other)
    assert one["warnings"] == []
    both = {"prompt": f"{long} cat", "negative_prompt": "bad", "guidance_scale": 6}
    assert harness.make("animatediff", **both)["warnings"] == []
    travel = [{"prompt": f"{long} cat", "frames": 8}, {"prompt": "dog", "frames": 8}]
    assert harness.make("animatediff", prompts=travel)["frames"] == 16


def test_the_encoder_says_the_same_of_a_plain_prompt_either_way(harness):
    pipe = harness.model("animatediff").pipe
    plain = pipe.encode_prompt("a cat", torch.device("cpu"), 1, True, "bad")
    # The brackets make it read by chunks; their weight is nearly nothing.
    with weighted_prompts(pipe, ["a (cat:1.0000001)", "bad"]), torch.inference_mode():
        ours = pipe.encode_prompt("a cat", torch.device("cpu"), 1, True, "bad")
    for one, other in zip(plain, ours, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def shifted_bias(pipe):
    chance = torch.Generator().manual_seed(2)
    hidden = pipe.text_encoder.config.hidden_size
    return torch.nn.Parameter(torch.rand(hidden, generator=chance))


def test_the_mean_of_what_the_encoder_says_stays(harness, monkeypatch):
    pipe = harness.model("animatediff").pipe
    # As trained encoders are; that of the tiny one is zero.
    parameters = pipe.text_encoder.final_layer_norm._parameters
    monkeypatch.setitem(parameters, "bias", shifted_bias(pipe))
    said = []
    for text in ("a cat", "a (cat:3)"):
        with weighted_prompts(pipe, [text, "(x:2)"]), torch.inference_mode():
            said.append(pipe.encode_prompt(text, torch.device("cpu"), 1, False)[0])
    assert not torch.allclose(*said, atol=1e-3)
    assert float(said[0].mean()) == pytest.approx(float(said[1].mean()), abs=1e-5)


def test_an_embedding_may_have_a_weight(harness):
    fields = {"embeddings": [harness.embedding("badhandv4")], "guidance_scale": 6}
    plain = harness.make("animatediff", negative_prompt="badhandv4", **fields)
    weighted = harness.make("animatediff", negative_prompt="(badhandv4:1.5)", **fields)
    assert digest(plain) != digest(weighted)
    # Two vectors, two tokens of that weight; and none once the job is over.
    assert len(tokens_of(harness.model("animatediff").pipe, "badhandv4").ids) != 2


@pytest.mark.parametrize("family", ["wan", "ltx", "cogvideox"])
def test_a_model_that_knows_no_weights_reads_the_words_and_says_so(harness, family):
    weighted = harness.make(family, prompt="a (red:1.4) cat")
    assert digest(weighted) == digest(harness.make(family, prompt="a red cat"))
    assert "(red:1.4) was read as red" in weighted["warnings"][0]
    with pytest.raises(WorkerError) as caught:
        harness.make(family, prompt="a (red:1.4) cat", strict=True)
    assert (caught.value.code, caught.value.field) == ("unsupported_field", "prompt")

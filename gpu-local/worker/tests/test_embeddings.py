"""Embeddings (textual inversions) of AnimateDiff."""

from __future__ import annotations

import pytest

from text_to_video_worker.errors import WorkerError

from .harness import digest


@pytest.mark.parametrize("name", ["badhandv4", "a1111style"])
@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
def test_an_embedding_is_used_by_its_name_and_forgotten_after(harness, name, field):
    words = {"guidance_scale": 6, field: f"a tree, {name}"}
    plain = harness.make("animatediff", **words)
    taught = harness.make("animatediff", **words, embeddings=[harness.embedding(name)])
    assert digest(taught) != digest(plain)
    assert digest(harness.make("animatediff", **words)) == digest(plain)


def test_an_embedding_for_another_text_encoder_fails_by_name(harness):
    with pytest.raises(WorkerError) as caught:
        harness.make("animatediff", prompt="wrongsize", embeddings=[harness.embedding("wrongsize")])
    assert "wrongsize" in caught.value.message

"""What stays loaded."""

from __future__ import annotations

import pytest

from text_to_video_worker.engine.model_cache import ModelCache
from text_to_video_worker.model_spec import parse_model

from .harness import CPU


def test_two_aliases_of_the_same_files_share_a_pipeline_and_keep_their_own_defaults(tiny):
    warm = ModelCache(CPU, most=2)
    fields = {"family": "wan", "path": str(tiny / "wan")}
    first = warm.get(parse_model({**fields, "alias": "a"}), 1, lambda: None)
    fast = parse_model({**fields, "alias": "b", "defaults": {"num_inference_steps": 4}})
    second = warm.get(fast, 1, lambda: pytest.fail("loaded twice"))
    assert second is first
    assert second.family.defaults["num_inference_steps"] == 4
    again = warm.get(parse_model({**fields, "alias": "a"}), 1, lambda: None)
    assert again.family.defaults["num_inference_steps"] == 50


def test_the_least_recently_used_model_goes_first(tiny):
    warm = ModelCache(CPU, most=2)
    for name in ("wan", "ltx", "wan", "cogvideox"):
        fields = {"alias": name, "family": name, "path": str(tiny / name)}
        warm.get(parse_model(fields), 1, lambda: None)
    assert warm.aliases() == ["wan", "cogvideox"]

"""CogVideoX: the numbers and the guidance that each size was published with."""

from __future__ import annotations

import json

import pytest
import torch
from diffusers import CogVideoXPipeline

from text_to_video_worker.engine.families import PIPELINE_FAMILIES
from text_to_video_worker.model_spec import parse_model


@pytest.mark.parametrize(
    ("device", "rotary", "dtype"),
    [
        ("cuda", False, torch.float16),
        ("cuda", True, torch.bfloat16),
        ("cpu", False, torch.float32),
    ],
)
def test_2b_runs_in_the_numbers_that_it_was_trained_in(tmp_path, device, rotary, dtype):
    (tmp_path / "transformer").mkdir()
    config = {"use_rotary_positional_embeddings": rotary}
    (tmp_path / "transformer" / "config.json").write_text(json.dumps(config))
    spec = parse_model({"family": "cogvideox", "path": str(tmp_path)})
    assert PIPELINE_FAMILIES["cogvideox"].dtype(spec, torch.device(device)) == dtype


@pytest.mark.parametrize(
    ("rotary", "scheduler", "dynamic"),
    [
        (True, "DPMSolverMultistepScheduler", True),
        (True, "DDIMScheduler", False),
        (False, "DPMSolverMultistepScheduler", False),
    ],
)
def test_5b_is_guided_as_its_authors_do_with_their_scheduler(
    harness, monkeypatch, rotary, scheduler, dynamic
):
    loaded = harness.model("cogvideox", alias=f"{rotary}")
    asked = []
    call = CogVideoXPipeline.__call__
    monkeypatch.setattr(
        CogVideoXPipeline,
        "__call__",
        lambda self, **options: asked.append(options) or call(self, **options),
    )
    monkeypatch.setattr(
        "text_to_video_worker.engine.families.cogvideox._is_5b", lambda config: rotary
    )
    harness.make(loaded, scheduler=scheduler, num_frames=9)
    assert asked[0]["use_dynamic_cfg"] is dynamic

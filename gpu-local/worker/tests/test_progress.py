"""Stages, steps, and stopping in each of them."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from text_to_video_worker.engine import export
from text_to_video_worker.engine.prompt_cache import PromptCache
from text_to_video_worker.errors import Cancelled
from text_to_video_worker.families import FAMILIES

from .harness import digest
from .requests import FOUR_PROMPTS

ALL = list(FAMILIES)


def test_progress_counts_the_steps_that_are_really_made(harness):
    harness.make("animatediff", scheduler="PNDMScheduler", num_inference_steps=4)
    stages = list(dict.fromkeys(stage for stage, _, _ in harness.events))
    assert stages == ["encoding_prompt", "denoising", "decoding", "muxing", "done"]
    counted = [(step, steps) for stage, step, steps in harness.events if stage == "denoising"]
    # PNDM asks the model 13 times for 4 steps.
    assert counted[-1] == (13, 13)


def test_progress_of_several_clips_is_one_count(harness):
    harness.make("wan", prompts=FOUR_PROMPTS[:3], num_inference_steps=2, width=32, height=32)
    counted = [(i, n) for stage, i, n in harness.events if stage == "denoising" and i]
    assert counted[-1] == (6, 6)
    assert [i for i, _ in counted] == sorted(i for i, _ in counted)


def first_blocks(loaded):
    """The first network layers that each stage runs."""
    pipe = loaded.pipe
    denoiser = pipe.unet if loaded.family.name == "animatediff" else pipe.transformer
    blocks = getattr(denoiser, "down_blocks", None) or next(
        m for m in denoiser.children() if isinstance(m, torch.nn.ModuleList)
    )
    encoder = pipe.text_encoder
    for inner in ("model", "language_model", "encoder"):
        encoder = getattr(encoder, inner, encoder)
    text = getattr(encoder, "block", None) or encoder.layers
    return {"encoding_prompt": text, "denoising": blocks, "decoding": pipe.vae.decoder.up_blocks}


@pytest.mark.parametrize("family", ALL)
@pytest.mark.parametrize("stage", ["encoding_prompt", "denoising", "decoding"])
def test_cancelled_inside_a_network_it_stops_before_the_next_block(harness, family, stage):
    loaded = harness.model(family)
    plain = harness.make(loaded)
    cancelled = threading.Event()
    first, second, *_ = first_blocks(loaded)[stage]
    ran = []
    hooks = [
        first.register_forward_hook(lambda *_: cancelled.set()),
        second.register_forward_hook(lambda *_: ran.append("second")),
    ]
    # A prompt that was read before is not read again.
    loaded.prompts = PromptCache()
    with pytest.raises(Cancelled):
        harness.make(loaded, cancelled=cancelled)
    for hook in hooks:
        hook.remove()
    assert ran == []
    assert harness.events[-1][0] == stage
    assert not any(module._forward_pre_hooks for module in loaded.pipe.vae.modules())
    assert digest(harness.make(loaded)) == digest(plain)


def test_cancelled_inside_a_compiled_network_it_stops_before_the_next_block(harness):
    loaded = harness.model("wan", alias="compiled")
    cancelled = threading.Event()
    ran = []

    def compiled(block):
        def call(*args, **options):
            ran.append(block)
            cancelled.set()
            return block._call_impl(*args, **options)

        return call

    # As torch.compile leaves a module: another callable stands in for its hooks and forward.
    stand_ins = [compiled(block) for block in loaded.pipe.transformer.blocks]
    for block, stand_in in zip(loaded.pipe.transformer.blocks, stand_ins, strict=True):
        block._compiled_call_impl = stand_in
    with pytest.raises(Cancelled):
        harness.make(loaded, cancelled=cancelled)
    assert len(ran) == 1
    assert [b._compiled_call_impl for b in loaded.pipe.transformer.blocks] == stand_ins


@pytest.mark.parametrize("output_format", ["mp4", "gif"])
def test_cancelled_while_it_is_written_a_file_is_not_finished(harness, tmp_path, output_format):
    seen = []

    def check():
        seen.append(True)
        if len(seen) == 3:
            raise Cancelled

    frames = np.zeros((20, 32, 32, 3), dtype=np.uint8)
    with pytest.raises(Cancelled):
        export.write(frames, 8, tmp_path / "video", output_format, check)
    assert len(seen) == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("family", ALL)
@pytest.mark.parametrize("stage", ["encoding_prompt", "denoising", "decoding", "muxing"])
def test_cancelled_in_any_stage_it_stops_there_and_the_model_stays_usable(harness, family, stage):
    plain = harness.make(family)
    cancelled = threading.Event()

    def when(now, i, n):
        if now == stage and (stage != "denoising" or i == 1):
            cancelled.set()

    with pytest.raises(Cancelled):
        harness.make(family, cancelled=cancelled, report=when)
    assert harness.events[-1][0] == stage
    assert digest(harness.make(family)) == digest(plain)

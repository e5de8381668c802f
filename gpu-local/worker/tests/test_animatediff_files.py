"""What people download for AnimateDiff: one-file checkpoints, one-file motion adapters, LoRAs."""

from __future__ import annotations

import pytest

from text_to_video_worker.errors import WorkerError
from text_to_video_worker.motion import motion_config

from .bench import difference, digest


def single(bench, motion="motion-wide", **changes):
    paths = {
        "path": str(bench.tiny / "single" / "realistic.safetensors"),
        "config": str(bench.tiny / "sd15-wide"),
        "motion_adapter": str(bench.tiny / motion),
        **changes,
    }
    return bench.model("animatediff", **{k: v for k, v in paths.items() if v is not None})


def test_one_file_makes_the_same_video_as_the_folder_it_was_made_of(bench):
    folder = bench.model(
        "animatediff",
        path=str(bench.tiny / "sd15-wide"),
        motion_adapter=str(bench.tiny / "motion-wide"),
    )
    asked = {"prompt": "a boat, badhandv4", "embeddings": [bench.embedding("badhandv4")]}
    assert digest(bench.make(single(bench), **asked)) == digest(bench.make(folder, **asked))


def test_clip_skip_works_on_one_file_and_leaves_the_next_load_alone(bench):
    plain = bench.make(single(bench))
    skipped = bench.make(single(bench), clip_skip=2)
    assert digest(skipped) != digest(plain)
    # Loaded after a job with clip skip: the text encoder's weights must still be found by name.
    again = single(bench, alias="again")
    assert digest(bench.make(again)) == digest(plain)


def test_a_motion_adapter_in_one_file_gives_the_same_video_as_its_folder(bench):
    one = single(bench, motion="single/mm_v2.safetensors")
    assert digest(bench.make(one)) == digest(bench.make(single(bench)))


def test_a_motion_adapter_of_the_first_version_sees_fewer_frames_at_once(bench):
    loaded = single(bench, motion="single/mm_v1.safetensors")
    assert loaded.family.window_frames == 24
    assert bench.make(loaded, num_frames=30)["frames"] == 30


def test_one_file_without_its_configuration_says_what_to_do(bench):
    with pytest.raises(WorkerError, match="needs the configuration") as caught:
        single(bench, config=None)
    assert "sd-config" in caught.value.remedy


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"a": {"shape": [4]}},
        {"down_blocks.0.motion_modules.0.temporal_transformer.norm.weight": {"shape": []}},
    ],
)
def test_a_file_without_motion_modules_is_refused(header):
    with pytest.raises(WorkerError, match="no motion modules"):
        motion_config(header)


def test_a_lora_of_the_usual_trainers_acts_on_the_text_encoder_too(bench):
    loaded = bench.model("animatediff")
    plain = bench.make(loaded)
    made = bench.make(loaded, loras=[bench.lora("kohya", 1.0)])
    adapters = loaded.pipe.get_list_adapters()
    assert set(adapters) == {"unet", "text_encoder"}
    assert difference(plain, made) > 0
    # And with an earlier layer of the text encoder, which is looked up by another name.
    skipped = bench.make(loaded, loras=[bench.lora("kohya", 1.0)], clip_skip=2)
    assert digest(skipped) != digest(made)
    assert digest(bench.make(loaded)) == digest(plain)

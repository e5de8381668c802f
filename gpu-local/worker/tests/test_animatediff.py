"""What people download for AnimateDiff: one-file checkpoints, one-file motion adapters, LoRAs."""

from __future__ import annotations

import pytest

from text_to_video_worker.engine.families.motion_config import motion_config
from text_to_video_worker.errors import WorkerError

from .harness import difference, digest


def single(harness, motion="motion-wide", **changes):
    paths = {
        "path": str(harness.tiny / "single" / "realistic.safetensors"),
        "config": str(harness.tiny / "sd15-wide"),
        "motion_adapter": str(harness.tiny / motion),
        **changes,
    }
    return harness.model("animatediff", **{k: v for k, v in paths.items() if v is not None})


def test_one_file_makes_the_same_video_as_the_folder_it_was_made_of(harness):
    folder = harness.model(
        "animatediff",
        path=str(harness.tiny / "sd15-wide"),
        motion_adapter=str(harness.tiny / "motion-wide"),
    )
    asked = {"prompt": "a boat, badhandv4", "embeddings": [harness.embedding("badhandv4")]}
    assert digest(harness.make(single(harness), **asked)) == digest(harness.make(folder, **asked))


def test_clip_skip_works_on_one_file_and_leaves_the_next_load_alone(harness):
    plain = harness.make(single(harness))
    skipped = harness.make(single(harness), clip_skip=2)
    assert digest(skipped) != digest(plain)
    # Loaded after a job with clip skip: the text encoder's weights must still be found by name.
    again = single(harness, alias="again")
    assert digest(harness.make(again)) == digest(plain)


def test_a_motion_adapter_in_one_file_gives_the_same_video_as_its_folder(harness):
    one = single(harness, motion="single/mm_v2.safetensors")
    assert digest(harness.make(one)) == digest(harness.make(single(harness)))


def test_a_motion_adapter_of_the_first_version_sees_fewer_frames_at_once(harness):
    loaded = single(harness, motion="single/mm_v1.safetensors")
    assert loaded.family.window_frames == 24
    assert harness.make(loaded, num_frames=30)["frames"] == 30


def test_one_file_without_its_configuration_says_what_to_do(harness):
    with pytest.raises(WorkerError, match="needs the configuration") as caught:
        single(harness, config=None)
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


def test_a_lora_of_the_usual_trainers_acts_on_the_text_encoder_too(harness):
    loaded = harness.model("animatediff")
    plain = harness.make(loaded)
    made = harness.make(loaded, loras=[harness.lora("kohya", 1.0)])
    adapters = loaded.pipe.get_list_adapters()
    assert set(adapters) == {"unet", "text_encoder"}
    assert difference(plain, made) > 0
    # And with an earlier layer of the text encoder, which is looked up by another name.
    skipped = harness.make(loaded, loras=[harness.lora("kohya", 1.0)], clip_skip=2)
    assert digest(skipped) != digest(made)
    assert digest(harness.make(loaded)) == digest(plain)


def test_a_picture_checkpoint_makes_videos_with_a_motion_adapter(harness):
    motion = str(harness.tiny / "motion")
    loaded = harness.model("animatediff", path=str(harness.tiny / "sd15"), motion_adapter=motion)
    assert digest(harness.make(loaded)) == digest(harness.make("animatediff"))


def test_a_picture_checkpoint_without_a_motion_adapter_says_what_to_do(harness):
    with pytest.raises(WorkerError) as caught:
        harness.model("animatediff", path=str(harness.tiny / "sd15"))
    assert "motion adapter" in caught.value.message

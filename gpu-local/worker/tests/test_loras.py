"""LoRAs act, leave no trace, and are refused where they change nothing."""

from __future__ import annotations

import pytest

from text_to_video_worker.errors import WorkerError
from text_to_video_worker.families import FAMILIES

from .harness import difference, digest

ALL = list(FAMILIES)


@pytest.mark.parametrize("family", ALL)
def test_a_lora_acts_by_its_strength_and_leaves_no_trace(harness, family):
    plain = harness.make(family)
    weak = harness.make(family, loras=[harness.lora(family, 0.2)])
    strong = harness.make(family, loras=[harness.lora(family, 1)])
    assert difference(plain, weak) > 0
    assert digest(weak) != digest(strong)
    assert strong["settings"]["loras"] == [{"model_name": family, "strength": 1.0}]
    assert digest(harness.make(family)) == digest(plain)


def test_five_loras_at_once(harness):
    five = [harness.lora("animatediff", 0.1 * (i + 1)) for i in range(5)]
    assert len(harness.make("animatediff", loras=five)["settings"]["loras"]) == 5


@pytest.mark.parametrize(("family", "lora"), [("wan", "animatediff"), ("animatediff", "wan")])
def test_a_lora_of_another_family_fails_the_job_and_not_the_next(harness, family, lora):
    plain = harness.make(family)
    with pytest.raises(WorkerError) as caught:
        harness.make(family, loras=[harness.lora(lora)])
    assert caught.value.field == "loras"
    assert lora in caught.value.message
    assert digest(harness.make(family)) == digest(plain)


def test_a_lora_of_zeros_fails_the_job(harness):
    with pytest.raises(WorkerError, match="changes nothing"):
        harness.make("animatediff", loras=[harness.lora("zero")])


def test_a_lora_that_is_a_pickle_is_never_opened(harness, tmp_path):
    evil = tmp_path / "evil.pt"
    evil.write_bytes(b"\x80\x04")
    with pytest.raises(WorkerError, match="safetensors"):
        harness.make("animatediff", loras=[{"model_name": "evil", "path": str(evil)}])


def test_a_lora_that_belongs_to_the_model_is_always_on(harness):
    path = str(harness.tiny / "loras" / "wan.safetensors")
    loaded = harness.model("wan", loras=({"path": path, "strength": 0.5},))
    assert digest(harness.make(loaded)) != digest(harness.make("wan"))

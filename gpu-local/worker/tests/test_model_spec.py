"""Which model a message names."""

from __future__ import annotations

import json

import pytest

from text_to_video_worker.errors import WorkerError
from text_to_video_worker.families import FAMILIES
from text_to_video_worker.model_spec import parse_model
from text_to_video_worker.request import Adapter

LEAST = {"family": "wan", "path": "/models/wan-1b"}
#: Fields of a message, what each is read as, and what stands for nothing.
FIELDS = {
    "alias": ("mine", "mine", "wan-1b"),
    "motion_adapter": ("/motion", "/motion", None),
    "config": ("/config", "/config", None),
    "base": ("/base", "/base", None),
    "low_noise": ("/low.gguf", "/low.gguf", None),
    "light_vae": ("/vae", "/vae", None),
    "defaults": ({"fps": 8, "a": 2.5}, (("a", 2.5), ("fps", 8.0)), ()),
    "negative_prompt": ("blurry", "blurry", ""),
    "scheduler": ("LCMScheduler", "LCMScheduler", None),
    "sigmas": ([1, 0.5], (1.0, 0.5), ()),
    "loras": (
        [
            {"path": "/l/fast.safetensors", "strength": 1},
            {"path": "/b", "name": "c", "strength": 2},
        ],
        (Adapter("fast", "/l/fast.safetensors", 1.0), Adapter("c", "/b", 2.0)),
        (),
    ),
    "profile": ("memory=tiling", "memory=tiling", ""),
}
TEXTS = [name for name, (given, _, _) in FIELDS.items() if isinstance(given, str)]


def refused(raw):
    with pytest.raises(WorkerError) as caught:
        parse_model(raw)
    assert (caught.value.code, caught.value.field) == ("model_not_found", "model")
    return caught.value.message


def test_every_field_of_a_model_arrives_as_it_was_given():
    made = parse_model({**LEAST, **{name: given for name, (given, _, _) in FIELDS.items()}})
    assert (made.family, made.path) == ("wan", "/models/wan-1b")
    assert {name: getattr(made, name) for name in FIELDS} == {
        name: read for name, (_, read, _) in FIELDS.items()
    }


@pytest.mark.parametrize("name", FIELDS)
def test_what_a_model_does_not_say_is_plain(name):
    given, _, plain = FIELDS[name]
    for nothing in ({}, {name: None}, {name: type(given)()}):
        assert getattr(parse_model({**LEAST, **nothing}), name) == plain


@pytest.mark.parametrize("name", [*TEXTS, "family", "path"])
@pytest.mark.parametrize("value", [5, True, ["a"], {"a": 1}, 0])
def test_a_text_is_nothing_else(name, value):
    assert refused({**LEAST, name: value}) == f'The model\'s "{name}" is not a text.'


@pytest.mark.parametrize("raw", [None, "wan", ["wan"], 5])
def test_a_model_is_an_object(raw):
    assert refused(raw) == "No model was named."


def test_a_model_has_a_family_that_is_known_and_a_path():
    known = ", ".join(FAMILIES)
    for name in ("sora", "Wan"):
        said = f"The family '{name}' is not known. Known are: {known}."
        assert refused({**LEAST, "family": name}) == said
    for nothing in (None, ""):
        said = f"The family None is not known. Known are: {known}."
        assert refused({**LEAST, "family": nothing}) == said
        assert refused({**LEAST, "path": nothing}) == "The model has no path."


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("path", True),
        ("motion_adapter", True),
        ("config", True),
        ("base", True),
        ("low_noise", True),
        ("light_vae", True),
        ("profile", True),
        # What a job asks of the pipeline, which stays as it is.
        ("alias", False),
        ("negative_prompt", False),
        ("scheduler", False),
    ],
)
def test_a_model_is_loaded_anew_where_its_files_or_its_placement_differ(name, other):
    assert (parse_model(LEAST).key != parse_model({**LEAST, name: "another"}).key) is other
    given = {**LEAST, "defaults": {"fps": 3}, "sigmas": [1], "loras": FIELDS["loras"][0]}
    assert parse_model(given).key == parse_model(LEAST).key


def test_a_model_uses_one_device_or_as_many_as_it_asks_for():
    assert parse_model(LEAST).gpus == parse_model({**LEAST, "gpus": None}).gpus == 1
    for gpus in (1, 2, 16):
        assert parse_model({**LEAST, "gpus": gpus}).gpus == gpus
    assert parse_model({**LEAST, "gpus": 2}).key != parse_model(LEAST).key


@pytest.mark.parametrize("gpus", [0, 17, -2, 2.5, "2", True, [2]])
def test_devices_are_counted_in_whole_numbers(gpus):
    said = f'The model\'s "gpus" is {gpus!r}. Give a whole number from 1 to 16.'
    assert refused({**LEAST, "gpus": gpus}) == said


def test_a_model_can_be_named_to_another_process():
    given = {**LEAST, "gpus": 2, **{name: given for name, (given, _, _) in FIELDS.items()}}
    for raw in (LEAST, given):
        made = parse_model(raw)
        assert parse_model(json.loads(json.dumps(made.to_message()))) == made

"""How weights in a prompt are read."""

from __future__ import annotations

import pytest

from text_to_video_worker.prompt_weights import parse, without_numbers


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a red cat", [("a red cat", 1)]),
        ("a (red) cat", [("a ", 1), ("red", 1.1), (" cat", 1)]),
        ("a ((red)) cat", [("a ", 1), ("red", 1.21), (" cat", 1)]),
        ("a [red] cat", [("a ", 1), ("red", 1 / 1.1), (" cat", 1)]),
        ("a (red:1.4) cat", [("a ", 1), ("red", 1.4), (" cat", 1)]),
        ("a (red: .5 ) cat", [("a ", 1), ("red", 0.5), (" cat", 1)]),
        ("(a (red:2) cat:1.5)", [("a ", 1.5), ("red", 3), (" cat", 1.5)]),
        (r"a \(red\) cat", [("a (red) cat", 1)]),
        ("(worst quality:2), ((blurry))", [("worst quality", 2), (", ", 1), ("blurry", 1.21)]),
        ("a (red cat", [("a ", 1), ("red cat", 1.1)]),
        ("a red) cat", [("a red) cat", 1)]),
        ("time 12:30, ratio 16:9", [("time 12:30, ratio 16:9", 1)]),
        ("[red:1.4]", [("red:1.4", 1 / 1.1)]),
        ("(red:x)", [("red:x", 1.1)]),
        ("", []),
    ],
)
def test_weights_are_read_as_sites_for_sd_1_read_them(text, pieces):
    assert [(piece, pytest.approx(weight)) for piece, weight in pieces] == parse(text)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a (red:1.4) cat", "a red cat"),
        ("((a:1.2) b:1.3)", "a b"),
        ("(aside) [cut] (at 12:30) (wide 16:9)", "(aside) [cut] (at 12:30) (wide 16:9)"),
    ],
)
def test_for_other_models_only_numbers_are_taken_out(text, plain):
    assert without_numbers(text) == plain

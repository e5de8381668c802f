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


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("[[red]]", [("red", 1 / 1.21)]),
        ("(ab)", [("ab", 1.1)]),
        # A bracket that is never closed, or never opened.
        ("a [red cat", [("a ", 1), ("red cat", 1 / 1.1)]),
        ("a ((red cat", [("a ", 1), ("red cat", 1.21)]),
        ("a ([red cat", [("a red cat", 1)]),
        ("red] cat", [("red] cat", 1)]),
        ("red:1.4) cat", [("red:1.4) cat", 1)]),
        # One that another kind closes is not closed.
        ("a [red) cat", [("a ", 1), ("red) cat", 1 / 1.1)]),
        ("a (red] cat", [("a ", 1), ("red] cat", 1.1)]),
        ("[red:1.4)", [("red:1.4)", 1 / 1.1)]),
        ("(a [b) c]", [("a ", 1.1), ("b) c", 1)]),
        ("(a [b] c)", [("a ", 1.1), ("b", 1), (" c", 1.1)]),
        # Only what stands in it.
        ("a (b) c (d)", [("a ", 1), ("b", 1.1), (" c ", 1), ("d", 1.1)]),
        ("a (b:2) [c] (d:3)", [("a ", 1), ("b", 2), (" ", 1), ("c", 1 / 1.1), (" ", 1), ("d", 3)]),
        ("(a)(b)", [("ab", 1.1)]),
        ("()", []),
        ("a () b", [("a  b", 1)]),
        # Numbers.
        ("(red:0)", [("red", 0)]),
        ("(red:2)", [("red", 2)]),
        ("(red:1.)", [("red", 1)]),
        ("(red:+1.5)", [("red", 1.5)]),
        ("(red:-1.5)", [("red", -1.5)]),
        ("(red : 12.25 )", [("red ", 12.25)]),
        ("(red:1e3)", [("red:1e3", 1.1)]),
        ("(red:1.4", [("red:1.4", 1.1)]),
        ("(a:b:1.4)", [("a:b", 1.4)]),
        ("((red:2))", [("red", 2.2)]),
        ("(12:30)", [("12", 30)]),
        # Characters that stand for themselves.
        (r"\[red\]", [("[red]", 1)]),
        (r"(\(red\))", [("(red)", 1.1)]),
        (r"a \\ b", [("a \\ b", 1)]),
        (r"a\nb", [(r"a\nb", 1)]),
        ("a\\", [("a\\", 1)]),
        ("(a\nb:2)\nc", [("a\nb", 2), ("\nc", 1)]),
    ],
)
def test_brackets_and_numbers_are_read_to_the_character(text, pieces):
    assert [(piece, pytest.approx(weight)) for piece, weight in pieces] == parse(text)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("(red:2)", "red"),
        ("(red:.5)", "red"),
        ("(red: 1.25 )", "red"),
        ("(a:1.2)(b:0.8) c", "ab c"),
        ("(((a:1.2):1.3):1.4)", "a"),
        ("((a:1.2))", "(a)"),
        ("(a:12)", "(a:12)"),
        ("(a:1.2", "(a:1.2"),
        ("[a:1.2]", "[a:1.2]"),
        ("(a:b)", "(a:b)"),
        ("(2:1)", "(2:1)"),
        ("(at 9:5)", "(at 9:5)"),
        ("(a b:1.2) (c)", "a b (c)"),
        ("", ""),
    ],
)
def test_numbers_are_taken_out_with_their_brackets_and_nothing_else(text, plain):
    assert without_numbers(text) == plain

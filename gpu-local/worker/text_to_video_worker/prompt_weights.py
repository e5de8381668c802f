"""Weights in a prompt, as AUTOMATIC1111 and most sites for SD 1.x read them. Pure.

(red)        1.1 times as much        ((red))   once more
[red]        1.1 times less           (red:1.4) 1.4 times as much
\\( \\) \\[ \\]  the character itself
"""

from __future__ import annotations

import re
from itertools import groupby

STEP = 1.1

_TOKEN = re.compile(
    r"""
    \\[\\()\[\]]                              # an escaped character
    | [()\[\]]
    | :\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)     # a weight and what it ends
    | [^\\()\[\]:]+
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
#: Not a time or a ratio, which have a digit before the colon.
_NUMBERED = re.compile(r"\(([^()]*?)(?<!\d):\s*(?:\d(?:\.\d+)?|\.\d+)\s*\)")


def parse(text: str) -> list[tuple[str, float]]:
    """Pieces of a prompt with their weights. A bracket that is never closed rules to the end."""
    pieces: list[tuple[str, float]] = []
    open_at: list[tuple[str, int]] = []

    def multiply(start: int, by: float) -> None:
        pieces[start:] = [(piece, weight * by) for piece, weight in pieces[start:]]

    for token in _TOKEN.finditer(text):
        said, number = token[0], token[1]
        if said in ("(", "["):
            open_at.append((said, len(pieces)))
        elif number is not None and open_at and open_at[-1][0] == "(":
            multiply(open_at.pop()[1], float(number))
        elif said == ")" and open_at and open_at[-1][0] == "(":
            multiply(open_at.pop()[1], STEP)
        elif said == "]" and open_at and open_at[-1][0] == "[":
            multiply(open_at.pop()[1], 1 / STEP)
        else:
            pieces.append((said[1:] if len(said) == 2 and said[0] == "\\" else said, 1.0))
    for kind, start in reversed(open_at):
        multiply(start, STEP if kind == "(" else 1 / STEP)
    return _joined(pieces)


def _joined(pieces: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Neighbours of one weight as one piece, which a tokenizer reads better."""
    runs = groupby(pieces, key=lambda piece: piece[1])
    return [("".join(text for text, _ in run), weight) for weight, run in runs]


def without_numbers(text: str) -> str:
    """A prompt for a model that knows no weights: `(red:1.4)` is `red`, other brackets stay."""
    while (plain := _NUMBERED.sub(r"\1", text)) != text:
        text = plain
    return text

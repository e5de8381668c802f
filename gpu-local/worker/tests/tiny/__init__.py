"""Tiny pipelines with random weights, built on the spot: nothing is downloaded.

They have the real classes, the real folder layout and every code path, and make noise in
milliseconds. One file a family.
"""

from .animatediff import animatediff, motion_adapter, stable_diffusion, wide_motion_adapter
from .cogvideox import cogvideox
from .ltx import ltx
from .text import clip_tokenizer, t5_tokenizer
from .wan import wan, wan22, wan22_5b

#: A model of each family, by the family's name.
BUILDERS = {"animatediff": animatediff, "wan": wan, "ltx": ltx, "cogvideox": cogvideox}
#: Further models of the family Wan.
WAN_22 = {"wan22": wan22, "wan22-5b": wan22_5b}

__all__ = [
    "BUILDERS",
    "WAN_22",
    "animatediff",
    "clip_tokenizer",
    "cogvideox",
    "ltx",
    "motion_adapter",
    "stable_diffusion",
    "t5_tokenizer",
    "wan",
    "wan22",
    "wan22_5b",
    "wide_motion_adapter",
]

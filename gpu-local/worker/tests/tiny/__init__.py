"""Tiny pipelines with random weights, built on the spot: nothing is downloaded.

They have the real classes, the real folder layout and every code path, and make noise in
milliseconds. One file a family.
"""

from .animatediff import animatediff, motion_adapter, stable_diffusion, wide_motion_adapter
from .cogvideox import cogvideox
from .hunyuanvideo15 import hunyuanvideo15, hunyuanvideo15_i2v
from .ltx import ltx
from .ltx2 import ltx2
from .text import clip_tokenizer, t5_tokenizer
from .wan import wan, wan22, wan22_5b, wan22_i2v, wan_i2v

#: A model of each family, by the family's name.
BUILDERS = {
    "animatediff": animatediff,
    "wan": wan,
    "ltx": ltx,
    "ltx2": ltx2,
    "hunyuanvideo15": hunyuanvideo15,
    "cogvideox": cogvideox,
}
#: Further models of the family Wan.
WAN_22 = {"wan22": wan22, "wan22-5b": wan22_5b}
#: Models that only make videos from a picture.
FROM_PICTURE = {
    "wan-i2v": wan_i2v,
    "wan22-i2v": wan22_i2v,
    "hunyuanvideo15-i2v": hunyuanvideo15_i2v,
}

__all__ = [
    "BUILDERS",
    "FROM_PICTURE",
    "WAN_22",
    "animatediff",
    "clip_tokenizer",
    "cogvideox",
    "hunyuanvideo15",
    "hunyuanvideo15_i2v",
    "ltx",
    "ltx2",
    "motion_adapter",
    "stable_diffusion",
    "t5_tokenizer",
    "wan",
    "wan22",
    "wan22_5b",
    "wan22_i2v",
    "wan_i2v",
    "wide_motion_adapter",
]

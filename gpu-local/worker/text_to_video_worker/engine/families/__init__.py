"""How each family of models is loaded and called, one file a family."""

from .animatediff import AnimateDiff
from .base import PipelineFamily
from .cogvideox import CogVideoX
from .hunyuanvideo15 import HunyuanVideo15
from .ltx import LTX
from .ltx2 import LTX2
from .wan import Wan

PIPELINE_FAMILIES: dict[str, PipelineFamily] = {
    family.name: family
    for family in (AnimateDiff(), Wan(), LTX(), LTX2(), HunyuanVideo15(), CogVideoX())
}

__all__ = ["PIPELINE_FAMILIES", "PipelineFamily"]

"""How each family of models is loaded and called, one file a family."""

from .animatediff import AnimateDiff
from .base import PipelineFamily
from .cogvideox import CogVideoX
from .ltx import LTX
from .wan import Wan

PIPELINE_FAMILIES: dict[str, PipelineFamily] = {
    family.name: family for family in (AnimateDiff(), Wan(), LTX(), CogVideoX())
}

__all__ = ["PIPELINE_FAMILIES", "PipelineFamily"]

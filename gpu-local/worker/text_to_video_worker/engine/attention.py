"""Which attention kernel `auto` is on this device: the fastest that was seen to work."""

from __future__ import annotations

import importlib.util
import logging

import torch
from diffusers.models.attention_dispatch import AttentionBackendName, dispatch_attention_fn

from ..profiles import attention_candidates

log = logging.getLogger("text_to_video_worker")

#: (videos, tokens, heads, numbers a head)
_TRIED_SHAPE = (1, 256, 2, 64)


def choose_attention(family: str, device: torch.device, dtype: torch.dtype) -> str | None:
    """A kernel's name; None where torch chooses itself."""
    capability = None
    if device.type == "cuda" and torch.version.hip is None:
        capability = torch.cuda.get_device_capability(device)
    installed = importlib.util.find_spec("flash_attn_interface") is not None
    candidates = attention_candidates(family, capability, installed)
    return next((name for name in candidates if works(name, device, dtype)), None)


def works(name: str, device: torch.device, dtype: torch.dtype) -> bool:
    """Whether a kernel answers as torch's own does, for numbers of the kind that a model has."""
    q, k, v = (
        torch.randn(_TRIED_SHAPE, generator=torch.Generator().manual_seed(i)).to(device, dtype)
        for i in range(3)
    )
    try:
        found = dispatch_attention_fn(q, k, v, backend=AttentionBackendName(name))
        expected = dispatch_attention_fn(q, k, v, backend=AttentionBackendName("native"))
        near = bool(torch.allclose(found.float(), expected.float(), atol=0.02, rtol=0.02))
    except Exception as error:
        # Whatever a kernel of somebody else raises: it is not for this device.
        log.info("attention %s is not used: %s", name, str(error).split("\n")[0])
        return False
    if not near:
        log.warning("attention %s answers wrongly on this device, so it is not used", name)
    return near

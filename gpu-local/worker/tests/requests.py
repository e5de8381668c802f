"""Requests as the job server sends them."""

from __future__ import annotations

from typing import Any

from text_to_video_worker.request import Request, parse_request

BASE: dict[str, Any] = {
    "model": "tiny",
    "prompt": "a lighthouse in a storm",
    "width": 64,
    "height": 64,
    "fps": 8,
    "num_frames": 16,
    "num_inference_steps": 2,
    "seed": 7,
    "output_format": "mp4",
    "strict": False,
}

FOUR_PROMPTS = [{"prompt": f"scene number {i}", "frames": 32} for i in range(4)]


def raw(**fields: Any) -> dict[str, Any]:
    return {**BASE, **fields}


def request(**fields: Any) -> Request:
    return parse_request(raw(**fields))

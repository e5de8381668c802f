"""Weights in the prompt, and prompts longer than CLIP reads at once, for SD 1.x text encoders.

A long prompt is read in chunks, whose results stand one after another; a weight scales what the
encoder says of a token, and the whole is brought back to its mean. Both as AUTOMATIC1111 does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from ..prompt_weights import parse
from .replaced import replaced

Embeds = tuple[torch.Tensor, torch.Tensor | None]


@dataclass(frozen=True)
class Tokens:
    """A prompt without its begin and end marks."""

    ids: tuple[int, ...]
    weights: tuple[float, ...]


def tokens_of(pipe: Any, text: str) -> Tokens:
    ids: list[int] = []
    weights: list[float] = []
    for piece, weight in parse(text):
        # An embedding of several vectors is as many tokens.
        whole = pipe.maybe_convert_prompt(piece, pipe.tokenizer)
        found = pipe.tokenizer(whole, add_special_tokens=False, truncation=False).input_ids
        ids += found
        weights += [weight] * len(found)
    return Tokens(tuple(ids), tuple(weights))


@contextlib.contextmanager
def weighted_prompts(pipe: Any, texts: list[str]) -> Iterator[None]:
    """Around a job whose prompts are `texts`. Plain short ones are left to diffusers itself."""
    tokens = {text: tokens_of(pipe, text) for text in texts}
    room = pipe.tokenizer.model_max_length - 2
    chunks = max((-(-len(one.ids) // room) for one in tokens.values()), default=1)
    if chunks <= 1 and all(parse(text) == [(text, 1.0)] for text in texts):
        yield
        return

    def encode_prompt(
        prompt: str | list[str],
        device: torch.device,
        num_images_per_prompt: int,
        do_classifier_free_guidance: bool,
        negative_prompt: str | list[str] | None = None,
        clip_skip: int | None = None,
        **_: Any,
    ) -> Embeds:
        prompts = [prompt] if isinstance(prompt, str) else prompt
        positive = _encode(pipe, prompts, chunks, device, clip_skip)
        if not do_classifier_free_guidance:
            return positive, None
        negatives = negative_prompt or ""
        if isinstance(negatives, str):
            negatives = [negatives] * len(prompts)
        # diffusers skips no layer for it.
        return positive, _encode(pipe, negatives, chunks, device, None)

    with replaced(pipe, "encode_prompt", encode_prompt):
        yield


def _encode(
    pipe: Any, texts: list[str], chunks: int, device: torch.device, clip_skip: int | None
) -> torch.Tensor:
    """(texts, chunks x tokens, hidden)"""
    return torch.cat([_encode_one(pipe, text, chunks, device, clip_skip) for text in texts])


def _encode_one(
    pipe: Any, text: str, chunks: int, device: torch.device, clip_skip: int | None
) -> torch.Tensor:
    tokenizer, encoder = pipe.tokenizer, pipe.text_encoder
    room, tokens = tokenizer.model_max_length - 2, tokens_of(pipe, text)
    ids, weights = [], []
    for start in range(0, chunks * room, room):
        part = list(tokens.ids[start : start + room])
        weight = list(tokens.weights[start : start + room])
        rest = room - len(part)
        end = [tokenizer.eos_token_id, *([tokenizer.pad_token_id] * rest)]
        ids.append([tokenizer.bos_token_id, *part, *end])
        weights.append([1.0, *weight, *([1.0] * (rest + 1))])
    asked = torch.tensor(ids, device=device)
    if clip_skip is None:
        said = encoder(asked)[0]
    else:
        layers = encoder(asked, output_hidden_states=True).hidden_states
        said = encoder.text_model.final_layer_norm(layers[-(clip_skip + 1)])
    scale = torch.tensor(weights, device=said.device, dtype=said.dtype)[..., None]
    weighted = said * scale
    balanced: torch.Tensor = weighted * _balance(said, weighted).to(said.dtype)
    return balanced.flatten(0, 1)[None]


def _balance(said: torch.Tensor, weighted: torch.Tensor) -> torch.Tensor:
    """What brings each chunk's mean back; 1 where a mean of nearly nothing says nothing."""
    before, after = (one.float().mean(dim=(1, 2), keepdim=True) for one in (said, weighted))
    spread = weighted.float().std(dim=(1, 2), keepdim=True)
    return torch.where(after.abs() > 1e-3 * spread, before / after, torch.ones_like(after))

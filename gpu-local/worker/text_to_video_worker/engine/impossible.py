"""A profile that a model cannot have."""

from __future__ import annotations

from ..errors import WorkerError


def impossible(message: str, what_to_do: str) -> WorkerError:
    return WorkerError(
        "model_not_found",
        message,
        field="model",
        remedy=f"{what_to_do} the model's profile.",
    )

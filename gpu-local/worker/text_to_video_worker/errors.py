"""The failures that the worker names. Everything else is a bug and travels as `engine_failed`.

A worker that ends says nothing: the server calls that `worker_lost`.
"""

from __future__ import annotations

from typing import Literal

ErrorCode = Literal[
    "invalid_request",
    "model_not_found",
    "unsupported_field",
    "gpu_oom",
    "cancelled",
    "disk_full",
    "engine_failed",
]


class WorkerError(Exception):
    """`message` says what happened in plain words, `remedy` what to do next."""

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        field: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code: ErrorCode = code
        self.message = message
        self.field = field
        self.remedy = remedy

    def to_json(self) -> dict[str, str]:
        fields = {
            "code": self.code,
            "message": self.message,
            "field": self.field,
            "remedy": self.remedy,
        }
        return {name: value for name, value in fields.items() if value is not None}


class Cancelled(WorkerError):
    """Raised inside a pipeline's step to leave it; the pipeline stays usable."""

    def __init__(self) -> None:
        super().__init__("cancelled", "The job was cancelled.")

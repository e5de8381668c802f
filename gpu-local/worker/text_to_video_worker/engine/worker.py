"""The loop that takes messages one after another; only `cancel` overtakes the others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import Cancelled, WorkerError
from ..model_spec import ModelSpec, parse_model
from ..plan import make_plan
from ..protocol import Channel, Message
from ..request import Request, parse_request
from .device import describe, is_out_of_memory, pick_device
from .generate import generate
from .model_cache import ModelCache

log = logging.getLogger("text_to_video_worker")


class Worker:
    def __init__(self, channel: Channel, environment: dict[str, str]) -> None:
        self._channel = channel
        self._device = pick_device(environment.get("TEXT_TO_VIDEO_DEVICE"))
        most = int(environment.get("TEXT_TO_VIDEO_WARM_MODELS", "3"))
        self._models = ModelCache(self._device, max(1, most))

    def hello(self) -> None:
        self._channel.send("hello", **describe(self._device))

    def handle(self, message: Message, cancelled: threading.Event) -> None:
        """One `load` or `generate`; its failure is a message, never an exception."""
        job_id = message.get("id")
        try:
            if message["type"] == "load":
                self._load(message)
            elif message["type"] == "generate":
                self._generate(str(job_id), message, cancelled)
            else:
                raise WorkerError(
                    "invalid_request", f'The message type "{message["type"]}" is not known.'
                )
        except WorkerError as error:
            self._channel.send("error", id=job_id, **error.to_json())
        except Exception as error:
            log.exception("job %s failed", job_id)
            text = str(error).split("\n")[0][:500]
            self._channel.send(
                "error",
                id=job_id,
                code="engine_failed",
                message=f"The engine failed: {type(error).__name__}: {text}",
            )

    def _load(self, message: Message) -> None:
        spec = parse_model(message.get("model"))
        loaded = self._models.get(spec, 0, lambda: None)
        self._channel.send(
            "loaded",
            id=message.get("id"),
            profile=loaded.profile.describe(),
            weight_bytes=loaded.weight_bytes,
            warm=self._models.aliases(),
        )

    def _generate(self, job_id: str, message: Message, cancelled: threading.Event) -> None:
        spec = parse_model(message.get("model"))
        request = parse_request(message.get("request"))
        output = Path(str(message.get("output")))

        def report(stage: str, step: int | None, steps: int | None) -> None:
            if stage != "done":
                counts = {} if step is None else {"step": step, "steps": steps}
                self._channel.send("progress", id=job_id, stage=stage, **counts)

        def attempt() -> dict[str, Any]:
            loaded = self._models.get(spec, request.size, lambda: report("loading", None, None))
            if cancelled.is_set():
                raise Cancelled
            plan = make_plan(request, loaded.family, spec.scheduler or loaded.scheduler_class)
            made = generate(loaded, plan, output, report, cancelled)
            self._models.made(loaded, request.size)
            return made

        result = self._until_it_fits(spec, request, attempt)
        self._channel.send("done", id=job_id, result=result, warm=self._models.aliases())

    def _until_it_fits(
        self, spec: ModelSpec, request: Request, attempt: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """Tries again with more room or a slower profile as long as there is one."""
        while True:
            try:
                result = attempt()
                break
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                log.warning("out of memory: %s", str(error).split("\n")[0])
            # Outside the handler: the exception holds the frames that hold the tensors.
            self._models.out_of_memory(spec, request.size)
        first, used = self._models.first_profile(spec).describe(), result["settings"]["profile"]
        if used != first:
            result["warnings"].append(
                f"The device ran out of memory for this size with the profile {first}; "
                f"the video was made with {used}, which is slower."
            )
        return result

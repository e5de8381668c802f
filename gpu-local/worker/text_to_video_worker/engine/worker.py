"""The loop that takes messages one after another; only `cancel` overtakes the others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import Cancelled, WorkerError
from ..model_spec import ModelSpec, parse_model
from ..plan import Plan, make_plan
from ..protocol import Channel, Message
from ..request import Request, parse_request
from .beside import Beside
from .compiling import is_compile_failure
from .device import describe, host_free_bytes, is_out_of_memory, pick_devices, summary
from .generate import Generated, generate
from .load_with_group import job_message
from .loaded_model import LoadedModel
from .model_cache import ModelCache
from .progress import Report
from .warm_up import give_up, warm_up
from .write_file import write_file

log = logging.getLogger("text_to_video_worker")

#: Of the free main memory, what the pictures of one video may take while the next one is made.
MOST_BESIDE_SHARE = 0.25


class Worker:
    def __init__(self, channel: Channel, environment: dict[str, str]) -> None:
        self._channel = channel
        self._device, *self._further = pick_devices(environment.get("TEXT_TO_VIDEO_DEVICE"))
        most = int(environment.get("TEXT_TO_VIDEO_WARM_MODELS", "3"))
        self._models = ModelCache(self._device, max(1, most), tuple(self._further))
        self._beside = Beside()

    def hello(self) -> None:
        further = [summary(device) for device in self._further]
        self._channel.send(
            "hello", **describe(self._device), **({"further": further} if further else {})
        )

    def handle(
        self,
        message: Message,
        cancelled: threading.Event,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        """One `load` or `generate`; its failure is a message, never an exception.

        Returns when the next one may begin. `ended` is called when all of it is done, which for a
        `generate` may be later, on another thread.
        """
        job_id = message.get("id")

        def work() -> bool:
            if message["type"] == "load":
                self._load(message)
                return True
            if message["type"] == "generate":
                return self._generate(str(job_id), message, cancelled, ended)
            raise WorkerError(
                "invalid_request", f'The message type "{message["type"]}" is not known.'
            )

        if self._answered(job_id, work):
            ended()

    def _answered(self, job_id: Any, work: Callable[[], bool]) -> bool:
        """What `work` returns; true where it failed, which is told."""
        try:
            return work()
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
        return True

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

    def _generate(
        self,
        job_id: str,
        message: Message,
        cancelled: threading.Event,
        ended: Callable[[], None],
    ) -> bool:
        """Whether the job is done; if not, its file is written beside the next one."""
        spec = parse_model(message.get("model"))
        request = parse_request(message.get("request"))
        output = Path(str(message.get("output")))

        def report(stage: str, step: int | None, steps: int | None) -> None:
            if stage != "done":
                counts = {} if step is None else {"step": step, "steps": steps}
                self._channel.send("progress", id=job_id, stage=stage, **counts)

        def attempt() -> tuple[Generated, str]:
            loaded = self._models.get(spec, request.size, lambda: report("loading", None, None))
            if cancelled.is_set():
                raise Cancelled
            plan = make_plan(request, loaded.family, spec.scheduler or loaded.scheduler_class)
            if loaded.group is None:
                made = self._made(loaded, plan, report, cancelled)
            else:
                job = job_message(loaded, message["request"])
                with loaded.group.job(job, cancelled) as agreement:
                    made = generate(loaded, plan, report, agreement)
            self._models.made(loaded, request.size)
            return made, loaded.profile_now().placement()

        made = self._until_it_fits(spec, request, attempt)

        def write() -> bool:
            result = write_file(made, output)
            self._channel.send("done", id=job_id, result=result, warm=self._models.aliases())
            return True

        self._beside.wait(made.monitor.stop_if_cancelled)
        if made.frames.nbytes > MOST_BESIDE_SHARE * host_free_bytes():
            return write()

        def write_and_end() -> None:
            self._answered(job_id, write)
            ended()

        self._channel.send("device_free", id=job_id, warm=self._models.aliases())
        self._beside.start(write_and_end)
        return False

    def _made(
        self, loaded: LoadedModel, plan: Plan, report: Report, cancelled: threading.Event
    ) -> Generated:
        """Made once more without compiled code where that fails."""
        try:
            return generate(loaded, plan, report, cancelled)
        except Exception as error:
            if not (loaded.compiled and is_compile_failure(error)):
                raise
            why = f"{type(error).__name__}: {str(error).splitlines()[0][:200]}"
        log.warning("compiled code failed, so it is not used any more: %s", why)
        give_up(loaded)
        made = generate(loaded, plan, report, cancelled)
        made.warnings.append(
            f"The compiled code failed ({why}); the video was made without it, which is slower."
        )
        return made

    def idle(self, wanted: Callable[[], bool]) -> None:
        """Nothing is asked for: compiles a model that may be, until `wanted` says otherwise."""
        loaded = self._models.to_compile()
        if loaded is not None and not wanted():
            warm_up(loaded, wanted)

    def _until_it_fits(
        self, spec: ModelSpec, request: Request, attempt: Callable[[], tuple[Generated, str]]
    ) -> Generated:
        """Tries again with more room or a slower profile as long as there is one."""
        while True:
            try:
                made, used = attempt()
                break
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                log.warning("out of memory: %s", str(error).split("\n")[0])
            # Outside the handler: the exception holds the frames that hold the tensors.
            self._models.out_of_memory(spec, request.size)
        first = self._models.first_profile(spec).placement()
        if used != first:
            made.warnings.append(
                f"The device ran out of memory for this size with the profile {first}; "
                f"the video was made with {used}, which is slower."
            )
        return made

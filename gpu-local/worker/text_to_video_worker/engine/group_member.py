"""`python -m text_to_video_worker.engine.group_member`: one of the further processes of a group.

It makes the same videos as the process that started it, on a device of its own, up to the last
step; that process alone decodes them to a file and speaks with the server. It ends when that
process ends, whatever it does at that moment.

In   load {model}      join {rank, count}      generate {model, request, tiled}
Out  done {}      failed {code, message, field?, remedy?, out_of_memory}
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import shutil
import signal
import sys
import threading
from pathlib import Path

from ..errors import Cancelled, WorkerError
from ..model_spec import parse_model
from ..plan import make_plan
from ..protocol import Channel, Message, claim_private_pipe, read_messages
from ..request import parse_request
from .context_parallel import Agreement, join, share_steps
from .device import is_out_of_memory, pick_device
from .families import PIPELINE_FAMILIES
from .generate import generate
from .loaded_model import LoadedModel
from .loading import adopt, load

log = logging.getLogger("text_to_video_worker")


class _StepsDone(Exception):
    """Leaves the pipeline where the last pictures would be decoded."""


class _Progress:
    """Stops after the last step of a job."""

    def __init__(self) -> None:
        self._all_steps_done = False

    def __call__(self, stage: str, step: int | None, steps: int | None) -> None:
        if stage == "decoding" and self._all_steps_done:
            raise _StepsDone
        self._all_steps_done = stage == "denoising" and step == steps


class Member:
    def __init__(self) -> None:
        self._device = pick_device(os.environ.get("TEXT_TO_VIDEO_DEVICE"))
        self._loaded: LoadedModel | None = None
        self._folder = Path(os.environ["TEXT_TO_VIDEO_GROUP"])

    def handle(self, message: Message) -> None:
        if message["type"] == "load":
            self._loaded = load(parse_model(message["model"]), self._device)
        elif self._loaded is None:
            raise WorkerError("engine_failed", "No model was loaded.")
        elif message["type"] == "join":
            join(self._device, message["rank"], message["count"], self._folder)
            denoisers = PIPELINE_FAMILIES[self._loaded.family.name].denoisers(self._loaded.pipe)
            share_steps(denoisers, self._device, message["count"])
        else:
            self._generate(self._loaded, message)

    def _generate(self, loaded: LoadedModel, message: Message) -> None:
        spec, request = parse_model(message["model"]), parse_request(message["request"])
        adopt(loaded, spec)
        if loaded.tiled != message["tiled"]:
            loaded.use_tiles(message["tiled"])
        plan = make_plan(request, loaded.family, spec.scheduler or loaded.scheduler_class)
        with contextlib.suppress(_StepsDone, Cancelled):
            generate(loaded, plan, _Progress(), Agreement(threading.Event()))


def main() -> None:
    os.umask(0o077)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = Channel(claim_private_pipe(dict(os.environ)))
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(message)s")
    inbox: queue.Queue[Message] = queue.Queue()

    def read() -> None:
        try:
            for message in read_messages(sys.stdin.buffer, log.error):
                inbox.put(message)
            # Whoever started it is gone, and could not tidy up.
            shutil.rmtree(os.environ["TEXT_TO_VIDEO_GROUP"], ignore_errors=True)
        finally:
            os._exit(0)

    threading.Thread(target=read, name="stdin", daemon=True).start()
    member = Member()
    while True:
        message = inbox.get()
        try:
            member.handle(message)
            channel.send("done")
        except WorkerError as error:
            channel.send("failed", out_of_memory=False, **error.to_json())
        except Exception as error:
            log.exception("%s failed", message["type"])
            text = (
                f"{type(error).__name__}: {str(error).splitlines()[0][:500] if str(error) else ''}"
            )
            channel.send(
                "failed", code="engine_failed", message=text, out_of_memory=is_out_of_memory(error)
            )


if __name__ == "__main__":
    main()

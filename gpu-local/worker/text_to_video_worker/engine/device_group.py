"""The processes that make one model's videos together, each on a device of its own.

This process is the first of them. It starts the others with the model, tells them each job, and
ends them with the model. None of them may be waited for without end: a device that waits for
another in the middle of a step can be interrupted by nothing but the end of a process.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from ..errors import Cancelled, WorkerError
from ..protocol import Message, read_messages
from .context_parallel import Agreement, join, leave
from .device import is_out_of_memory

log = logging.getLogger("text_to_video_worker")

#: Starting Python, and reading the weights from a slow disk.
LOAD_SECONDS = 30 * 60
#: What failed in one process fails in the others at about the same time, or they wait for it.
GRACE_SECONDS = 15
#: From the end of a job, made, cancelled or refused, until the other processes are ready again.
END_SECONDS = 30
#: How long a step that waits for an ended process may take to notice it.
NOTICE_SECONDS = 60


class OutOfMemoryBeside(MemoryError):
    """The device of another process of the group was too small."""


class _Member:
    """Another process of the group, and what it said last."""

    def __init__(self, device: torch.device, folder: Path, changed: threading.Condition) -> None:
        self.device = device
        self._changed = changed
        #: None while it works.
        self.said: Message | None = None
        self.gone = False
        package = str(Path(__file__).resolve().parents[2])
        paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "text_to_video_worker.engine.group_member"],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(paths),
                "TEXT_TO_VIDEO_DEVICE": str(device),
                "TEXT_TO_VIDEO_GROUP": str(folder),
                "TEXT_TO_VIDEO_WORKER_FD": "1",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        threading.Thread(target=self._listen, name=f"group {device}", daemon=True).start()

    def _listen(self) -> None:
        if self.process.stdout is not None:
            for message in read_messages(self.process.stdout, log.warning):
                with self._changed:
                    self.said = message
                    self._changed.notify_all()
        self.process.wait()
        with self._changed:
            self.gone = True
            self._changed.notify_all()

    def tell(self, **message: Any) -> None:
        with self._changed:
            self.said = None
        # Where it is gone, that is seen by whoever waits for its answer.
        with contextlib.suppress(OSError):
            if self.process.stdin is not None:
                self.process.stdin.write((json.dumps(message) + "\n").encode())
                self.process.stdin.flush()

    @property
    def done(self) -> bool:
        return not self.gone and self.said is not None and self.said["type"] == "done"

    @property
    def failed(self) -> bool:
        return self.gone or (self.said is not None and self.said["type"] == "failed")

    def failure(self) -> Exception:
        if self.said is None or self.said["type"] != "failed":
            return WorkerError(
                "engine_failed",
                f"The process for the device {self.device}, which makes this model's videos "
                f"together with others, ended (exit code {self.process.returncode}).",
                remedy="Try again; it is started anew. If it happens again, memory may be short.",
            )
        if self.said["out_of_memory"]:
            return OutOfMemoryBeside(f"out of memory on {self.device}: {self.said['message']}")
        return WorkerError(
            self.said["code"],
            f"On the device {self.device}: {self.said['message']}",
            field=self.said.get("field"),
            remedy=self.said.get("remedy"),
        )


class DeviceGroup:
    """`devices`: this process's own first. To be closed, also where a method raises."""

    def __init__(self, devices: tuple[torch.device, ...]) -> None:
        self._devices = devices
        self._folder = Path(tempfile.mkdtemp(prefix="text-to-video-group-"))
        self._changed = threading.Condition()
        self._members = [_Member(device, self._folder, self._changed) for device in devices[1:]]
        #: Whether this process is in the middle of a job.
        self._in_job = False
        self._closed = False

    @property
    def broken(self) -> bool:
        """It makes no video any more."""
        return self._closed or any(member.gone for member in self._members)

    def load(self, model: Message) -> None:
        """Tells the others to load `model`, which this process does meanwhile."""
        for member in self._members:
            member.tell(type="load", model=model)

    def join(self, share: Callable[[], None]) -> None:
        """Waits for the others to have loaded it; `share` is called when all have met."""
        self._wait_for_all(LOAD_SECONDS)
        count = len(self._devices)
        for rank, member in enumerate(self._members, 1):
            member.tell(type="join", rank=rank, count=count)
        try:
            join(self._devices[0], 0, count, self._folder)
            share()
        except WorkerError:
            raise
        except Exception as error:
            raise self._first_failure() or error from error
        self._wait_for_all(END_SECONDS)

    def _wait_for_all(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._all_done() or self._any_failed(), seconds)
            failure = self._first_failure()
            if failure is not None:
                raise failure
            if not self._all_done():
                raise WorkerError(
                    "engine_failed",
                    f"The other processes of the group were not ready within {seconds} seconds.",
                )

    def _all_done(self) -> bool:
        return all(member.done for member in self._members)

    def _any_failed(self) -> bool:
        return any(member.failed for member in self._members)

    def _first_failure(self) -> Exception | None:
        """Rather what a process said than that another one ended for it."""
        failed = [member for member in self._members if member.failed]
        failed.sort(key=lambda member: member.said is None)
        return failed[0].failure() if failed else None

    @contextlib.contextmanager
    def job(self, message: Message, asked: threading.Event) -> Iterator[Agreement]:
        """Around one job of this process, of which `message` tells the others.

        Afterwards the group is ready for the next one, or `broken`.
        """
        agreement = Agreement(asked)
        self._in_job = True
        for member in self._members:
            member.tell(type="generate", **message)
        guard = threading.Thread(target=self._guard, args=(agreement,), name="guard", daemon=True)
        guard.start()
        failure: Exception | None = None
        try:
            yield agreement
        except Exception as error:
            failure = error
        finally:
            with self._changed:
                self._in_job = False
                self._changed.notify_all()
            guard.join()
            agreement.alone = True
        self._after_job(failure)
        if failure is not None:
            raise failure

    def _guard(self, agreement: Agreement) -> None:
        """Sees to it that this process leaves the job where another one failed."""
        with self._changed:
            self._changed.wait_for(
                lambda: not self._in_job or self._all_done() or self._any_failed()
            )
            if self._in_job and self._all_done():
                agreement.alone = True
                return
            if not any(member.gone for member in self._members):
                self._changed.wait_for(lambda: not self._in_job, GRACE_SECONDS)
            if not self._in_job:
                return
            self._kill()
            if self._changed.wait_for(lambda: not self._in_job, NOTICE_SECONDS):
                return
            why = f"{self._first_failure()} This process waited for it in vain."
        _end(why)

    def _after_job(self, failure: Exception | None) -> None:
        """Raises what another process failed with, where `failure` only follows from it."""
        named = isinstance(failure, WorkerError) and not isinstance(failure, Cancelled)
        expected = failure is None or isinstance(failure, WorkerError)
        seconds = END_SECONDS if expected else GRACE_SECONDS
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    all(member.done or member.failed for member in self._members)
                    or any(member.gone for member in self._members)
                ),
                seconds,
            )
            if named:
                # A fault of the request, which every process finds before its first step, or of
                # the pictures, which the others never see.
                sound = all(member.said is not None and not member.gone for member in self._members)
            else:
                sound = self._all_done() and expected
            reason = self._first_failure()
        if sound:
            return
        self.close()
        if failure is None or named or is_out_of_memory(failure) or reason is None:
            return
        raise reason from failure

    def _kill(self) -> None:
        for member in self._members:
            member.process.kill()

    def close(self) -> None:
        """Ends the other processes, whatever they do."""
        self._closed = True
        self._kill()
        for member in self._members:
            member.process.wait()
            if member.process.stdin is not None:
                with contextlib.suppress(OSError):
                    member.process.stdin.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        why = "This process cannot leave its group of devices."
        timer = threading.Timer(NOTICE_SECONDS, _end, [why])
        timer.daemon = True
        timer.start()
        leave(self._devices[0])
        timer.cancel()


def _end(why: str) -> None:
    """The server hears these last words, and starts another process in place of this one."""
    log.error("%s So it ends.", why)
    os._exit(1)

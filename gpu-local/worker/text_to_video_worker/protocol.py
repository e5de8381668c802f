"""JSON lines in on stdin, JSON lines out on a private pipe.

Libraries may print; so what was stdout becomes stderr, and replies go to file descriptor 3 (or the
one named in TEXT_TO_VIDEO_WORKER_FD), which nothing else knows.

In   load {model}              generate {id, job}         cancel {id}
Out  hello {device, memory_bytes, versions, …}            heartbeat {}       loaded {model, …}
     progress {id, stage, step?, steps?}    done {id, result}    error {id?, code, message, …}
     device_free {id}: the model has done its part, the next job may come; the file is not done yet
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import IO, Any, BinaryIO

PRIVATE_PIPE_FD = 3
HEARTBEAT_SECONDS = 5.0
# A request is a few kilobytes; a longer line is a mistake, and would be held whole in memory.
MAX_LINE_BYTES = 4 * 1024 * 1024

Message = dict[str, Any]


class Channel:
    """Writes messages from any thread, one whole line at a time."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, type_: str, **fields: Any) -> None:
        line = json.dumps({"type": type_, **fields}, allow_nan=False) + "\n"
        with self._lock:
            self._stream.write(line.encode("utf-8"))
            self._stream.flush()


def claim_private_pipe(environment: dict[str, str]) -> BinaryIO:
    """Opens the pipe for replies and sends everything that is printed to stderr."""
    fd = int(environment.get("TEXT_TO_VIDEO_WORKER_FD", str(PRIVATE_PIPE_FD)))
    # A private duplicate that children do not inherit: a stray child must not hold the pipe open.
    private = os.dup(fd)
    os.set_inheritable(private, False)
    os.set_inheritable(fd, False)
    stream = os.fdopen(private, "wb", buffering=0)
    sys.stdout.flush()
    os.dup2(2, 1)
    return stream


def read_messages(stream: IO[bytes], on_bad_line: Callable[[str], None]) -> Iterator[Message]:
    """Every well-formed message of the stream until it ends; the rest is reported and skipped."""
    while line := stream.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES:
            on_bad_line(f"A message is longer than {MAX_LINE_BYTES} bytes.")
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE_BYTES)
            continue
        if not line.strip():
            continue
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            on_bad_line("A message is not JSON.")
            continue
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            on_bad_line("A message is not an object with a type.")
            continue
        yield message


def start_heartbeat(channel: Channel, seconds: float = HEARTBEAT_SECONDS) -> threading.Event:
    """Sends a heartbeat until the returned event is set or the pipe is gone."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(seconds):
            try:
                channel.send("heartbeat")
            except OSError:
                return

    threading.Thread(target=beat, name="heartbeat", daemon=True).start()
    return stop

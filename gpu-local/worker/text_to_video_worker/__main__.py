"""`python -m text_to_video_worker`: started by the job server, one process per device."""

from __future__ import annotations

import functools
import logging
import os
import queue
import signal
import sys
import threading

from .protocol import Channel, Message, claim_private_pipe, read_messages, start_heartbeat

#: How long a file that is being written is waited for when the parent is gone, which kills this
#: process after a second. The file ends before its next frame; a model's step is not waited for.
LEAVE_SECONDS = 0.5


def main() -> None:
    # Nothing is fetched at run time, whatever a library would like to look up.
    os.environ.update(
        HF_HUB_OFFLINE="1",
        TRANSFORMERS_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        DO_NOT_TRACK="1",
        TOKENIZERS_PARALLELISM="false",
        # Their warnings repeat prompts word by word, such as the part that is too long.
        DIFFUSERS_VERBOSITY="error",
        TRANSFORMERS_VERBOSITY="error",
    )
    os.umask(0o077)
    # Control-C in a terminal reaches this process too; the parent says when a job is to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = Channel(claim_private_pipe(dict(os.environ)))
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(message)s")
    # Before torch is imported, which takes seconds: the parent sees at once that somebody is there.
    start_heartbeat(channel)

    inbox: queue.Queue[tuple[Message, threading.Event]] = queue.Queue()
    jobs: dict[str, threading.Event] = {}
    lock = threading.Condition()

    def read() -> None:
        def bad_line(why: str) -> None:
            channel.send("error", code="invalid_request", message=why)

        for message in read_messages(sys.stdin.buffer, bad_line):
            job_id = str(message.get("id"))
            with lock:
                if message["type"] == "cancel":
                    if job_id in jobs:
                        jobs[job_id].set()
                else:
                    jobs[job_id] = threading.Event()
                    inbox.put((message, jobs[job_id]))
        # The parent is gone, and with it whoever wanted the video: stop in the middle of a step.
        with lock:
            for cancelled in jobs.values():
                cancelled.set()
            lock.wait_for(lambda: not jobs, LEAVE_SECONDS)
        os._exit(0)

    threading.Thread(target=read, name="stdin", daemon=True).start()

    def ended(message: Message, cancelled: threading.Event) -> None:
        job_id = str(message.get("id"))
        # A job that is tried again has the same id; its own event is not this one.
        with lock:
            if jobs.get(job_id) is cancelled:
                del jobs[job_id]
                lock.notify_all()

    from .engine.worker import Worker

    worker = Worker(channel, dict(os.environ))
    worker.hello()
    while True:
        if inbox.empty():
            worker.idle(lambda: not inbox.empty())
        message, cancelled = inbox.get()
        worker.handle(message, cancelled, functools.partial(ended, message, cancelled))


if __name__ == "__main__":
    main()

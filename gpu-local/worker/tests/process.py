"""A worker as a process of its own, spoken to over its pipes as the server does."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

from .requests import raw

WORKER = Path(__file__).resolve().parents[1]


class Process:
    def __init__(self, script: str | None = None, device: str = "cpu") -> None:
        read, write = os.pipe()
        environment = {
            **os.environ,
            "TEXT_TO_VIDEO_WORKER_FD": str(write),
            "TEXT_TO_VIDEO_DEVICE": device,
        }
        self.log = os.fdopen(os.memfd_create("log"), "w+b")
        self.child = subprocess.Popen(
            [
                sys.executable,
                *(("-m", "text_to_video_worker") if script is None else ("-c", script)),
            ],
            cwd=WORKER,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            pass_fds=[write],
        )
        os.close(write)
        self.replies = os.fdopen(read, encoding="utf-8")

    def say(self, line: str) -> None:
        self.child.stdin.write(line.encode() + b"\n")
        self.child.stdin.flush()

    def send(self, **message) -> None:
        self.say(json.dumps(message))

    def hear(self, *types: str) -> dict:
        for line in self.replies:
            message = json.loads(line)
            if message["type"] in types:
                return message
        raise AssertionError("the worker ended")

    def memory_bytes(self) -> int:
        pages = Path(f"/proc/{self.child.pid}/statm").read_text().split()[0]
        return int(pages) * resource.getpagesize()


def generate(
    process: Process,
    tiny: Path,
    job_id: str,
    family: str = "wan",
    folder: Path | None = None,
    model: dict | None = None,
    **fields,
) -> Path:
    output = (folder or tiny) / f"{job_id}.mp4"
    process.send(
        type="generate",
        id=job_id,
        model={"alias": family, "family": family, "path": str(tiny / family), **(model or {})},
        request=raw(**fields),
        output=str(output),
    )
    return output

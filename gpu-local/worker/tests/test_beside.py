"""The file of one job is written beside the next job: what each of them may do to the other."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path

import pytest

from text_to_video_worker.engine import worker as engine
from text_to_video_worker.engine import write_file
from text_to_video_worker.errors import WorkerError
from text_to_video_worker.protocol import Channel

from .requests import raw

#: More than any machine needs.
SECONDS = 120
#: Files that are left when only the second of two jobs succeeds.
B_ALONE = ["b.mp4", "b.mp4.jpg"]


class Worker:
    """A worker whose encoder waits before the files that are named, until `go` is called."""

    def __init__(self, tiny: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._tiny, self._folder = tiny, folder
        self._stream = io.BytesIO()
        self._may_go = {"a": threading.Event(), "b": threading.Event()}
        self._jobs: dict[str, tuple[threading.Event, threading.Event]] = {}
        self.encoding: list[str] = []
        self.fails: dict[str, Exception] = {}
        write = write_file.export.write

        def slow(frames, fps, path, output_format, check, sound):
            self.encoding.append(path.stem)

            def wait_then_check():
                while not self._may_go[path.stem].wait(0.01):
                    check()
                if path.stem in self.fails:
                    raise self.fails[path.stem]
                check()

            write(frames, fps, path, output_format, wait_then_check, sound)

        monkeypatch.setattr(write_file.export, "write", slow)
        self._worker = engine.Worker(Channel(self._stream), {"TEXT_TO_VIDEO_DEVICE": "cpu"})

    def path(self, name: str) -> Path:
        return self._folder / f"{name}.mp4"

    def make(self, name: str, family: str = "wan", **fields) -> None:
        """Returns when the worker takes the next job."""
        cancelled, ended = self._jobs[name] = threading.Event(), threading.Event()
        message = {
            "type": "generate",
            "id": name,
            "model": {"alias": family, "family": family, "path": str(self._tiny / family)},
            "request": raw(num_frames=5, width=32, height=32, **fields),
            "output": str(self.path(name)),
        }
        self._worker.handle(message, cancelled, ended.set)

    def make_meanwhile(self, name: str) -> threading.Thread:
        thread = threading.Thread(target=self.make, args=(name,))
        thread.start()
        return thread

    def go(self, name: str) -> None:
        self._may_go[name].set()

    def cancel(self, name: str) -> None:
        self._jobs[name][0].set()

    def ended(self, name: str) -> bool:
        return self._jobs[name][1].is_set()

    def end(self, name: str) -> dict:
        """What was said last of a job, when it has ended."""
        assert self._jobs[name][1].wait(SECONDS)
        return self.said(name)[-1]

    def said(self, name: str | None = None) -> list[dict]:
        messages = [json.loads(line) for line in self._stream.getvalue().splitlines()]
        return [one for one in messages if name in (None, one.get("id"))]


@pytest.fixture
def worker(tiny, tmp_path, monkeypatch):
    worker = Worker(tiny, tmp_path, monkeypatch)
    yield worker
    for name in ("a", "b"):
        worker.go(name)


def order(messages: list[dict]) -> list[str]:
    return [f"{one['id']} {one.get('stage', one['type'])}" for one in messages]


def test_the_next_job_is_made_while_the_file_of_the_one_before_is_written(worker):
    worker.make("a")
    assert not worker.ended("a")
    assert not worker.path("a").exists()
    meanwhile = worker.make_meanwhile("b")
    while "b decoding" not in order(worker.said()):
        assert meanwhile.is_alive()
        meanwhile.join(0.01)
    # Two files are never written at once: memory holds two videos at most.
    assert worker.encoding == ["a"]
    worker.go("a")
    assert worker.end("a")["type"] == "done"
    assert worker.path("a").stat().st_size > 0
    meanwhile.join(SECONDS)
    worker.go("b")
    assert worker.end("b")["type"] == "done"
    told = order(worker.said())
    places = ["a device_free", "b denoising", "a done", "b device_free", "b done"]
    assert sorted(places, key=told.index) == places


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"family": "nothing"}, "model_not_found"),
        ({"scheduler": "NoScheduler"}, "invalid_request"),
        ({"seed": "perhaps"}, "invalid_request"),
    ],
)
def test_a_job_that_fails_touches_nothing_of_the_one_before(worker, fields, code):
    worker.make("a", seed=3)
    worker.make("b", **fields)
    assert worker.end("b")["code"] == code
    assert not worker.ended("a")
    worker.go("a")
    first = worker.end("a")
    assert first["result"]["seed"] == 3
    assert first["result"]["frames"] == 5


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(28, "No space left on device"), "disk_full"),
        (RuntimeError("the encoder broke"), "engine_failed"),
        (WorkerError("engine_failed", "words"), "engine_failed"),
    ],
)
def test_a_file_that_cannot_be_written_touches_nothing_of_the_job_after(worker, error, code):
    worker.fails["a"] = error
    worker.make("a")
    worker.go("a")
    worker.go("b")
    worker.make("b")
    assert worker.end("a")["code"] == code
    assert worker.end("b")["type"] == "done"
    assert sorted(path.name for path in worker.path("a").parent.iterdir()) == B_ALONE


def test_a_job_is_cancelled_while_its_file_is_written(worker):
    worker.make("a")
    worker.cancel("a")
    assert worker.end("a")["code"] == "cancelled"
    worker.go("b")
    worker.make("b")
    assert worker.end("b")["type"] == "done"
    assert sorted(path.name for path in worker.path("a").parent.iterdir()) == B_ALONE


def test_a_poster_that_cannot_be_written_costs_no_video(worker):
    worker.path("a").with_name("a.mp4.jpg").mkdir()
    worker.make("a")
    worker.go("a")
    done = worker.end("a")
    assert done["type"] == "done"
    assert "poster" not in done["result"]
    assert worker.path("a").stat().st_size > 0


def test_a_job_is_cancelled_while_it_waits_for_the_file_before(worker):
    worker.make("a")
    meanwhile = worker.make_meanwhile("b")
    while "b muxing" not in order(worker.said()):
        assert meanwhile.is_alive()
        meanwhile.join(0.01)
    worker.cancel("b")
    assert worker.end("b")["code"] == "cancelled"
    meanwhile.join(SECONDS)
    assert worker.encoding == ["a"]
    worker.go("a")
    assert worker.end("a")["type"] == "done"


def test_a_video_that_is_large_for_the_memory_is_written_before_the_next_job(worker, monkeypatch):
    monkeypatch.setattr(engine, "host_free_bytes", lambda: 4 * 32 * 32 * 5 * 3 - 1)
    worker.go("a")
    worker.make("a")
    assert worker.ended("a")
    assert "a device_free" not in order(worker.said())


def test_the_same_seed_gives_the_same_file_beside_other_work(worker):
    worker.go("a")
    worker.go("b")
    worker.make("a", seed=11)
    worker.make("b", seed=11)
    worker.end("a")
    worker.end("b")
    assert worker.path("a").read_bytes() == worker.path("b").read_bytes()

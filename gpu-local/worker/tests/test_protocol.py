import io
import json
import random

from text_to_video_worker.protocol import MAX_LINE_BYTES, Channel, read_messages


def read(data: bytes):
    complaints: list[str] = []
    return list(read_messages(io.BytesIO(data), complaints.append)), complaints


def test_bad_lines_are_reported_and_the_next_good_one_is_read():
    lines = [b"{", b"[1]", b'{"type":5}', b"", b"\xff\xfe", b"[" * 100_000, b'{"type":"load"}']
    messages, complaints = read(b"\n".join(lines) + b"\n")
    assert messages == [{"type": "load"}]
    assert len(complaints) == 5


def test_a_line_without_end_does_not_fill_the_memory():
    messages, complaints = read(b"x" * (MAX_LINE_BYTES * 2) + b'\n{"type":"load"}\n')
    assert messages == [{"type": "load"}]
    assert len(complaints) == 1


def test_random_bytes_never_raise():
    chance = random.Random(1)  # noqa: S311
    for _ in range(200):
        data = chance.randbytes(chance.randrange(200))
        messages, _ = read(data + b'\n{"type":"load"}\n')
        assert messages[-1] == {"type": "load"}


def test_one_message_is_one_line_whatever_it_holds():
    stream = io.BytesIO()
    Channel(stream).send("error", message="two\nlines and ünïcode")
    line, rest = stream.getvalue().split(b"\n")
    assert rest == b""
    assert json.loads(line) == {"type": "error", "message": "two\nlines and ünïcode"}

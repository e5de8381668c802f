"""Embeddings that people have as .pt or .bin, read without running anything of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from text_to_video_worker.engine.convert_embedding import NotAnEmbedding, convert_embedding

from .harness import difference

WORKER = Path(__file__).resolve().parents[1]
VECTORS = torch.randn(2, 8, generator=torch.Generator().manual_seed(3)) * 3


class Trap:
    """What a hostile pickle holds: loading it would make a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize(
    "saved",
    [
        {"string_to_token": {"*": 265}, "string_to_param": {"*": VECTORS}, "name": "x", "step": 9},
        {"string_to_param": {"*": torch.nn.Parameter(VECTORS)}, "sd_checkpoint": None},
        {"<badhand>": VECTORS},
        {"<badhand>": VECTORS.double()},
        VECTORS,
    ],
    ids=["a1111", "parameter", "diffusers", "double", "tensor"],
)
def test_it_works_like_the_same_embedding_as_safetensors(harness, tmp_path, saved):
    source, target = tmp_path / "x.pt", tmp_path / "x.safetensors"
    torch.save(saved, source)
    convert_embedding(source, target)
    words = {"prompt": "a hand, badhandv4", "negative_prompt": ""}
    converted = {"model_name": "badhandv4", "path": str(target)}
    made = harness.make("animatediff", **words, embeddings=[converted])
    same = harness.make("animatediff", **words, embeddings=[harness.embedding("badhandv4")])
    assert difference(made, same) == 0


@pytest.mark.parametrize(
    ("saved", "why"),
    [
        ({"a": VECTORS, "b": VECTORS}, "2 tensors"),
        ({"string_to_param": {}}, "0 tensors"),
        (torch.zeros(2, 2, 2), r"\[2, 2, 2\]"),
        (torch.zeros(2, 8, dtype=torch.int64), "shape"),
        (torch.zeros(500, 8), "500"),
        (VECTORS / 0, "infinite"),
        ("words", "something else"),
    ],
)
def test_what_is_no_embedding_is_refused(tmp_path, saved, why):
    source = tmp_path / "x.pt"
    torch.save(saved, source)
    with pytest.raises(NotAnEmbedding, match=why):
        convert_embedding(source, tmp_path / "x.safetensors")


def test_nothing_in_it_is_run(tmp_path):
    source, target = tmp_path / "x.pt", tmp_path / "x.safetensors"
    torch.save({"string_to_param": {"*": VECTORS}, "trap": Trap(tmp_path / "sprung")}, source)
    done = subprocess.run(
        [sys.executable, "-m", "text_to_video_worker.engine.convert_embedding", source, target],
        cwd=WORKER,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "more than numbers" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == [source]
    # The trap would have worked.
    torch.load(source, weights_only=False)
    assert (tmp_path / "sprung").is_dir()


def test_a_broken_file_is_refused(tmp_path):
    source = tmp_path / "x.bin"
    source.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(NotAnEmbedding, match="damaged"):
        convert_embedding(source, tmp_path / "x.safetensors")

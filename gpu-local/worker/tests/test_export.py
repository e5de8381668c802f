"""Files: what is in them, and what is left when writing fails."""

from __future__ import annotations

import pytest

from text_to_video_worker.engine import export
from text_to_video_worker.families import FAMILIES

ALL = list(FAMILIES)


@pytest.mark.parametrize("family", ALL)
def test_a_gif_has_the_asked_frames_and_plays_at_the_asked_rate(harness, family):
    made = harness.make(family, output_format="gif", num_frames=10, fps=12)
    assert (made["mime_type"], made["frames"]) == ("image/gif", 10)
    assert made["fps"] == pytest.approx(12, abs=0.3)


@pytest.mark.parametrize("failure", [MemoryError(), ValueError("no such codec")])
def test_a_file_that_could_not_be_written_leaves_nothing(monkeypatch, tmp_path, failure):
    def broken(frames, fps, path):
        path.write_bytes(b"half")
        raise failure

    monkeypatch.setattr(export, "_write_mp4", broken)
    with pytest.raises(type(failure)):
        export.write(None, 8, tmp_path / "video.mp4", "mp4")
    assert list(tmp_path.iterdir()) == []

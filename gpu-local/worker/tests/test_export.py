"""Files: what is in them, and what is left when writing fails."""

from __future__ import annotations

import av
import numpy as np
import pytest
from PIL import Image

from text_to_video_worker.engine import export
from text_to_video_worker.families import FAMILIES

from .harness import pictures

ALL = list(FAMILIES)


@pytest.mark.parametrize("family", ALL)
def test_a_gif_has_the_asked_frames_and_plays_at_the_asked_rate(harness, family):
    made = harness.make(family, output_format="gif", num_frames=10, fps=12)
    assert (made["mime_type"], made["frames"]) == ("image/gif", 10)
    assert made["fps"] == pytest.approx(12, abs=0.3)


@pytest.mark.parametrize("failure", [MemoryError(), ValueError("no such codec")])
def test_a_file_that_could_not_be_written_leaves_nothing(monkeypatch, tmp_path, failure):
    def broken(frames, fps, path, sound, check):
        path.write_bytes(b"half")
        raise failure

    monkeypatch.setattr(export, "_write_mp4", broken)
    with pytest.raises(type(failure)):
        export.write(None, 8, tmp_path / "video.mp4", "mp4")
    assert list(tmp_path.iterdir()) == []


#: Colours whose luma differs most between the two ways of turning them into YUV.
COLOURS = {(0, 255, 0): 173, (255, 0, 0): 63, (0, 0, 255): 32, (255, 255, 255): 235, (0, 0, 0): 16}


@pytest.mark.parametrize("size", [(64, 48), (1280, 720)])
def test_an_mp4_says_that_its_colours_are_bt_709_and_they_are(tmp_path, size):
    width, height = size
    for colour, luma in COLOURS.items():
        frames = np.full((3, height, width, 3), colour, dtype=np.uint8)
        path = tmp_path / "colour.mp4"
        export.write(frames, 8, path, "mp4")
        with av.open(str(path)) as container:
            context = container.streams.video[0].codec_context
            assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)
            assert context.color_range == 1
            assert context.pix_fmt == "yuv420p"
            frame = next(container.decode(video=0))
            plane = np.frombuffer(frame.planes[0], dtype=np.uint8)[:width]
            assert abs(int(np.median(plane)) - luma) <= 1
            back = frame.to_ndarray(format="rgb24").reshape(-1, 3)
            assert np.abs(np.median(back, axis=0) - colour).max() <= 3


def test_the_picture_in_the_middle_comes_with_the_file(harness):
    wide = harness.make("wan", width=704, height=64, num_frames=5)
    with Image.open(wide["poster"]) as picture:
        assert (picture.format, picture.size) == ("JPEG", (640, 58))
    made = harness.make("wan", width=70, height=50, num_frames=5)
    with Image.open(made["poster"]) as picture:
        shown = np.asarray(picture).astype(float)
    distances = [abs(shown - frame).mean() for frame in pictures(made).astype(float)]
    assert min(range(5), key=distances.__getitem__) == 2

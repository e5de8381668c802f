"""A video that begins with a picture: the models that can, and pictures that cannot be used."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from text_to_video_worker.engine.start_image import MOST_PIXELS, open_start_image, padded
from text_to_video_worker.errors import WorkerError
from text_to_video_worker.families import start_image_of
from text_to_video_worker.plan import Notes

from .harness import difference, digest, pictures

#: Family of the model, and its folder.
REQUIRED = [("wan", "wan-i2v"), ("wan", "wan22-i2v"), ("hunyuanvideo15", "hunyuanvideo15-i2v")]
OPTIONAL = [("wan", "wan22-5b"), ("ltx", "ltx"), ("ltx2", "ltx2")]
NEVER = [
    ("animatediff", "animatediff"),
    ("wan", "wan"),
    ("wan", "wan22"),
    ("hunyuanvideo15", "hunyuanvideo15"),
    ("cogvideox", "cogvideox"),
]


def model(harness, of):
    family, name = of
    return harness.model(family, path=str(harness.tiny / name))


def picture(folder, name="picture.png", size=(64, 64), colour=(255, 0, 0), **options):
    path = folder / name
    Image.new("RGB", size, colour).save(path, **options)
    return str(path)


@pytest.mark.parametrize("of", REQUIRED + OPTIONAL, ids=lambda of: of[1])
def test_the_picture_changes_the_video_which_is_exactly_as_asked(harness, tmp_path, of):
    loaded = model(harness, of)
    files = []
    for colour in ((255, 0, 0), (0, 0, 255)):
        path = picture(tmp_path, colour=colour, size=(70, 50))
        made = harness.make(loaded, input_reference=path, width=70, height=50, num_frames=10)
        assert pictures(made).shape == (10, 50, 70, 3)
        assert made["warnings"] == []
        files.append(digest(made))
    assert files[0] != files[1]
    again = harness.make(loaded, input_reference=path, width=70, height=50, num_frames=10)
    assert digest(again) == files[1]


@pytest.mark.parametrize("of", OPTIONAL, ids=lambda of: of[1])
def test_a_model_of_both_kinds_also_makes_videos_from_a_text(harness, tmp_path, of):
    loaded = model(harness, of)
    plain = harness.make(loaded)
    assert digest(harness.make(loaded, input_reference=picture(tmp_path))) != digest(plain)
    assert digest(harness.make(loaded)) == digest(plain)


@pytest.mark.parametrize("of", REQUIRED, ids=lambda of: of[1])
def test_a_model_that_needs_a_picture_says_so(harness, of):
    with pytest.raises(WorkerError, match="from a picture only") as caught:
        harness.make(model(harness, of))
    assert (caught.value.code, caught.value.field) == ("invalid_request", "input_reference")


@pytest.mark.parametrize("of", NEVER, ids=lambda of: of[1])
def test_a_picture_is_refused_where_it_would_be_ignored(harness, tmp_path, of):
    with pytest.raises(WorkerError, match="does not begin a video with a picture") as caught:
        harness.make(model(harness, of), input_reference=picture(tmp_path))
    assert (caught.value.code, caught.value.field) == ("unsupported_field", "input_reference")


@pytest.mark.parametrize("of", REQUIRED + OPTIONAL + NEVER, ids=lambda of: of[1])
def test_the_table_tells_from_the_model_index_what_the_loaded_model_does(harness, of):
    import json

    family, name = of
    index = json.loads((harness.tiny / name / "model_index.json").read_text())
    kinds = {"required": REQUIRED, "optional": OPTIONAL, "no": NEVER}
    told = start_image_of(family, index)
    assert of in kinds[told]
    assert model(harness, of).family.start_image == told


@pytest.mark.parametrize("of", [REQUIRED[0], OPTIONAL[0], OPTIONAL[2]], ids=lambda of: of[1])
def test_with_several_prompts_each_clip_goes_on_where_the_one_before_ended(harness, tmp_path, of):
    loaded = model(harness, of)
    prompts = [{"prompt": "one", "frames": 7}, {"prompt": "two", "frames": 6}]
    fields = {"input_reference": picture(tmp_path), "prompts": prompts}
    made = harness.make(loaded, **fields)
    assert pictures(made).shape[0] == 13
    assert "each goes on from the last picture" in made["warnings"][0]
    # Another beginning makes another end, which it could not if the second clip stood alone.
    other = harness.make(loaded, **{**fields, "input_reference": picture(tmp_path, colour="green")})
    assert difference(made, other) > 0


def test_the_profiles_and_loras_of_a_model_go_for_both_kinds(harness, tmp_path):
    loaded = harness.model("wan", path=str(harness.tiny / "wan22-5b"))
    path = picture(tmp_path)
    plain = harness.make(loaded, input_reference=path)
    changed = harness.make(loaded, input_reference=path, loras=[harness.lora("wan22-5b")])
    assert digest(plain) != digest(changed)
    scheduler = harness.make(loaded, input_reference=path, scheduler="EulerDiscreteScheduler")
    assert scheduler["settings"]["scheduler"] == "FlowMatchEulerDiscreteScheduler"
    assert digest(plain) == digest(harness.make(loaded, input_reference=path))


def test_a_picture_of_another_shape_is_cropped_and_that_is_said(tmp_path):
    path = tmp_path / "wide.png"
    wide = Image.new("RGB", (300, 100), "white")
    wide.paste("red", (100, 0, 200, 100))
    wide.save(path)
    notes = Notes(strict=False)
    fitted = open_start_image(path, 64, 64, notes)
    assert np.asarray(fitted).reshape(-1, 3).min(axis=0).tolist() == [255, 0, 0]
    assert "300x100" in notes.warnings[0]
    assert "67 %" in notes.warnings[0]
    with pytest.raises(WorkerError) as caught:
        open_start_image(path, 64, 64, Notes(strict=True))
    assert (caught.value.code, caught.value.field) == ("unsupported_field", "input_reference")
    nearly = Notes(strict=True)
    assert open_start_image(path, 1536, 512, nearly).size == (1536, 512)
    assert nearly.warnings == []


def test_what_is_cropped_later_is_made_of_the_picture_around_its_middle():
    pixels = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    larger = np.asarray(padded(pixels, 9, 5))
    assert larger.shape == (5, 9, 3)
    assert (larger[:4, 1:7] == pixels).all()
    assert (larger[4] == larger[3]).all()
    assert (larger[:4, 7:] == pixels[:, [5, 4]]).all()


def test_pictures_are_read_as_people_see_them(tmp_path):
    """Turned as the camera was held, and with white behind what is clear."""
    turned = Image.new("RGB", (64, 32), "red")
    turned.paste("blue", (0, 0, 32, 32))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.jpg", exif=exif, quality=100)
    notes = Notes(strict=True)
    upright = np.asarray(open_start_image(tmp_path / "turned.jpg", 32, 64, notes))
    assert upright[8, 16, 2] > 200
    assert upright[56, 16, 0] > 200
    Image.new("RGBA", (32, 32), (0, 0, 0, 0)).save(tmp_path / "clear.webp", lossless=True)
    clear = np.asarray(open_start_image(tmp_path / "clear.webp", 32, 32, notes))
    assert clear.min() == 255


def bomb() -> bytes:
    """A picture that says of itself that it is huge."""
    buffer = io.BytesIO()
    Image.new("L", (MOST_PIXELS // 1000, 1001)).save(buffer, "PNG")
    return buffer.getvalue()


def gif() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (32, 32)).save(buffer, "GIF")
    return buffer.getvalue()


def cut_short() -> bytes:
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(buffer, "PNG")
    return buffer.getvalue()[:4000]


def long_text() -> bytes:
    """A text that unpacks to a thousand times its size."""
    info = PngImagePlugin.PngInfo()
    info.add_text("a", "x" * 80_000_000, zip=True)
    buffer = io.BytesIO()
    Image.new("L", (32, 32)).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def small() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (15, 400)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (lambda: b"", "no PNG, JPEG or WebP"),
        (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PNG, JPEG or WebP"),
        (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", "no PNG, JPEG or WebP"),
        (gif, "no PNG, JPEG or WebP"),
        (bomb, "more than 64 million"),
        (cut_short, "cannot be read"),
        (long_text, "cannot be read"),
        (small, "15x400"),
    ],
    ids=["empty", "svg", "postscript", "gif", "bomb", "cut-short", "long-text", "small"],
)
def test_a_file_that_is_no_usable_picture_is_refused_with_the_field_and_the_reason(
    tmp_path, data, why
):
    path = tmp_path / "picture"
    path.write_bytes(data())
    with pytest.raises(WorkerError, match=why) as caught:
        open_start_image(path, 64, 64, Notes(strict=False))
    assert (caught.value.code, caught.value.field) == ("invalid_request", "input_reference")
    assert "input_reference" in caught.value.message

"""Pictures in any ordinary file become upright 8-bit RGB; what is no picture gets one sentence."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from duologue import picture
from duologue.errors import BadImage
from duologue.picture import Pixels


def left_red_right_blue() -> Pixels:
    pixels = np.zeros((20, 30, 3), np.uint8)
    pixels[:, :15, 0] = 255
    pixels[:, 15:, 2] = 255
    return pixels


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


@pytest.mark.parametrize("kind", [".png", ".jpg", ".jpeg", ".webp"])
def test_what_is_written_is_read_back(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a{kind}"
    picture.write(path, left_red_right_blue(), note="made by a test")
    again = picture.read(path)
    assert again.shape == (20, 30, 3)
    assert np.abs(again[10, 5].astype(int) - (255, 0, 0)).max() < 30
    assert np.abs(again[10, 25].astype(int) - (0, 0, 255)).max() < 30
    with Image.open(path) as image:
        assert image.getexif()[0x010E] == "made by a test"


def test_transparency_is_seen_on_white() -> None:
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    assert (picture.decode(saved(clear, "PNG")) == 255).all()
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([10, 20, 30, 40, 50, 60])
    assert (picture.decode(saved(palette, "PNG", transparency=0)) == 255).all()
    assert (picture.decode(saved(palette, "PNG")) == (10, 20, 30)).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png(mode: str) -> None:
    image = Image.new(mode, (5, 7), 0)
    assert picture.decode(saved(image, "PNG")).shape == (7, 5, 3)


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    grey = Image.fromarray(np.full((3, 3), 0x8000, np.uint16))
    assert (picture.decode(saved(grey, "PNG")) == 128).all()


def test_a_photo_on_its_side_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held a quarter turn to the left
    content = saved(Image.fromarray(left_red_right_blue()), "JPEG", exif=exif)
    assert picture.decode(content).shape == (30, 20, 3)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_of_an_animation_the_first_frame(kind: str) -> None:
    red, blue = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    content = saved(red, kind, save_all=True, append_images=[blue, blue])
    pixels = picture.decode(content)
    assert pixels[4, 4, 0] > 200
    assert pixels[4, 4, 2] < 50


def test_one_pixel_is_a_picture() -> None:
    assert picture.decode(saved(Image.new("RGB", (1, 1), "green"), "PNG")).shape == (1, 1, 3)


def test_a_vast_picture_is_refused_by_its_header() -> None:
    vast = saved(Image.new("1", (10_000, 10_000)), "PNG")
    assert len(vast) < 100_000
    with pytest.raises(BadImage, match="10000 x 10000; scale it to at most 50,000,000 pixels"):
        picture.decode(vast)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_cut_short_anywhere_gives_a_picture_or_one_sentence(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8)
    content = saved(Image.fromarray(noise), kind)
    for end in range(0, len(content) - 20, max(1, len(content) // 60)):
        try:
            assert picture.decode(content[:end]).shape == (40, 40, 3)
        except BadImage as error:
            assert "damaged or not a picture" in str(error)


def test_an_unknown_extension_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(BadImage, match=r"'\.bmp'; use \.png"):
        picture.write(tmp_path / "a.bmp", left_red_right_blue())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", [".png", ".jpg", ".webp"])
def test_a_generated_picture_says_so_to_machines(kind: str) -> None:
    content = picture.encode(left_red_right_blue(), kind, note="made by a test")
    assert b"digitalsourcetype/trainedAlgorithmicMedia" in content
    with Image.open(io.BytesIO(content)) as image:
        assert image.getexif()[0x010E] == "made by a test"
        assert kind != ".png" or image.info["Comment"] == "made by a test"


def test_without_a_note_it_says_nothing() -> None:
    assert b"digitalsourcetype" not in picture.encode(left_red_right_blue())


def test_a_lower_quality_is_a_smaller_file() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    sizes = [len(picture.encode(pixels, ".jpg", quality=quality)) for quality in (10, 50, 95)]
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1]


def test_opacity() -> None:
    image = Image.new("RGBA", (4, 2), (255, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 0, 0))
    content = io.BytesIO()
    image.save(content, "PNG")
    found = picture.opacity(content.getvalue())
    assert found.shape == (2, 4) and found[0, 1] == 0 and found.sum() == 7 * 255
    with pytest.raises(BadImage, match="the mask is damaged"):
        picture.opacity(content.getvalue()[:40])

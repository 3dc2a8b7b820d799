"""Pictures: files and bytes to pixels and back.

Inside Duologue a picture is uint8, (height, width, 3), RGB. Knows nothing of the network.
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from duologue.errors import BadImage
from duologue.files import write_whole

MAX_PIXELS = 50_000_000  # the default of settings.max_image_pixels

Pixels = NDArray[np.uint8]

# Pillow's own limit warns before it refuses; ours is asked first, by the header, before a pixel is decoded.
Image.MAX_IMAGE_PIXELS = None

_READ = ("PNG", "JPEG", "WEBP", "GIF")
_WRITE = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
_EXIF_DESCRIPTION = 0x010E
# What Pillow's decoders let escape when a file is cut short or scrambled.
_DAMAGED = (OSError, SyntaxError, ValueError, TypeError, EOFError, IndexError, struct.error, zlib.error)


def read(path: Path, max_pixels: int = MAX_PIXELS) -> Pixels:
    """Read a PNG, JPEG, WebP or GIF file; of an animation the first frame. (H, W, 3). Raises BadImage."""
    try:
        with path.open("rb") as file:
            return _decode(file, str(path), max_pixels)
    except FileNotFoundError:
        raise BadImage(f"there is no file {path}; check the name") from None
    except OSError as error:
        raise BadImage(f"cannot read {path} ({error.strerror}); check that you may read it") from None


def decode(content: bytes, max_pixels: int = MAX_PIXELS) -> Pixels:
    """Like `read`, for a file that is already in memory."""
    return _decode(io.BytesIO(content), "the image", max_pixels)


def _decode(file: BinaryIO, name: str, max_pixels: int) -> Pixels:
    try:
        with Image.open(file, formats=_READ) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise BadImage(f"{name} is {width} x {height}; scale it to at most {max_pixels:,} pixels")
            return _to_rgb(image)
    except _DAMAGED:
        raise BadImage(f"{name} is damaged or not a picture; send PNG, JPEG, WebP or GIF") from None


def _to_rgb(image: Image.Image) -> Pixels:
    """Upright, on white where it is transparent, 8 bits a channel."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow would clip, not scale
        image = Image.fromarray((np.asarray(image).astype(np.int64) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.array(image.convert("RGB"))


def encode(pixels: Pixels, kind: str = ".png", note: str = "") -> bytes:
    """A whole file in memory. `kind` is its extension, `note` its EXIF description. Raises BadImage."""
    if kind.lower() not in _WRITE:
        raise BadImage(f"cannot write a picture as {kind!r}; use {', '.join(_WRITE)}")
    exif = Image.Exif()
    if note:
        exif[_EXIF_DESCRIPTION] = note
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, _WRITE[kind.lower()], exif=exif)
    return content.getvalue()


def write(path: Path, pixels: Pixels, note: str = "") -> None:
    """Write a picture whole, in the format of its extension. Raises BadImage, or as `write_whole`."""
    content = encode(pixels, path.suffix, note)
    with write_whole(path) as file:
        file.write(content)

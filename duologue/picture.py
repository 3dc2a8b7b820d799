"""Pictures: files and bytes to pixels and back.

Inside Duologue a picture is uint8, (height, width, 3), RGB. Knows nothing of the network.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, PngImagePlugin

from duologue.errors import BadImage
from duologue.files import write_whole

MAX_PIXELS = 50_000_000  # the default of settings.max_image_pixels

Pixels = NDArray[np.uint8]

# Pillow's own limit warns before it refuses; ours is asked first, by the header, before a pixel is decoded.
Image.MAX_IMAGE_PIXELS = None

_READ = ("PNG", "JPEG", "WEBP", "GIF")
_WRITE = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
_EXIF_DESCRIPTION = 0x010E
# IPTC's digital source type, as the Photo Metadata Standard writes it into XMP.
_GENERATED = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    " Iptc4xmpExt:DigitalSourceType="
    '"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/>'
    "</rdf:RDF></x:xmpmeta>"
)
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


def opacity(content: bytes, max_pixels: int = MAX_PIXELS) -> Pixels:
    """How opaque a picture is, (H, W): 0 where it is transparent, 255 where it is not. Raises BadImage."""
    return _decode(io.BytesIO(content), "the mask", max_pixels, _to_alpha)


def _decode(
    file: BinaryIO, name: str, max_pixels: int, convert: Callable[[Image.Image], Pixels] | None = None
) -> Pixels:
    try:
        with Image.open(file, formats=_READ) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise BadImage(f"{name} is {width} x {height}; scale it to at most {max_pixels:,} pixels")
            return (convert or _to_rgb)(image)
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


def _to_alpha(image: Image.Image) -> Pixels:
    return np.array(ImageOps.exif_transpose(image).convert("RGBA").getchannel("A"))


def encode(pixels: Pixels, kind: str = ".png", note: str = "", quality: int | None = None) -> bytes:
    """A whole file in memory. `kind` is its extension, `quality` that of JPEG and WebP, 0 to 100.

    With a `note`, who made it, the file says that it is generated: in EXIF's description, in PNG's comment,
    and in XMP by IPTC's term for it. Raises BadImage.
    """
    if kind.lower() not in _WRITE:
        raise BadImage(f"cannot write a picture as {kind!r}; use {', '.join(_WRITE)}")
    exif, told = Image.Exif(), PngImagePlugin.PngInfo()
    wishes: dict[str, Any] = {"exif": exif, "pnginfo": told}
    if note:
        exif[_EXIF_DESCRIPTION] = note
        told.add_text("Comment", note)
        told.add_itxt("XML:com.adobe.xmp", _GENERATED)
        wishes["xmp"] = _GENERATED.encode()
    if quality is not None:
        wishes["quality"] = quality
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, _WRITE[kind.lower()], **wishes)
    return content.getvalue()


def write(path: Path, pixels: Pixels, note: str = "") -> None:
    """Write a picture whole, in the format of its extension. Raises BadImage, or as `write_whole`."""
    content = encode(pixels, path.suffix, note)
    with write_whole(path) as file:
        file.write(content)

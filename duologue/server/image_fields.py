"""What a caller wishes of /v1/images: the fields of its requests, and what of them cannot be."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from duologue.errors import BadInput
from duologue.server.drawing import Size
from duologue.server.fields import Request, Wire
from duologue.server.models import model_of
from duologue.server.state import ServerState

SMALLEST, LARGEST = 256, 1792  # pixels of a side
USUAL = Size(1024, 1024)
TOLD_SIZES = ("1024x1024", "1024x1536", "1536x1024")
MOST_SHOWN = 16  # pictures, OpenAI's


def size_of(written: str | None, param: str) -> Size:
    """The size of a picture. Raises BadInput."""
    if written in (None, "auto"):
        return USUAL
    found = re.fullmatch(r"(\d{1,5})x(\d{1,5})", str(written))
    size = Size(int(found[1]), int(found[2])) if found else Size(0, 0)
    if not all(SMALLEST <= side <= LARGEST for side in (size.width, size.height)):
        raise BadInput(
            f"the size cannot be {str(written)[:20]!r}; "
            f"write WIDTHxHEIGHT, each {SMALLEST} to {LARGEST}, or auto",
            param,
        )
    return size


class Wish(Request):
    """What both routes take. The network has one quality and one style, and judges no prompt."""

    prompt: str = Field(min_length=1, max_length=32_000)
    model: str | None = None
    n: int | None = Field(default=1, ge=1, le=10)
    size: str | None = "auto"
    quality: Literal["standard", "hd", "low", "medium", "high", "xhigh", "max", "auto"] | None = "auto"
    response_format: Literal["url", "b64_json"] | None = None
    output_format: Literal["png", "jpeg", "webp"] | None = "png"
    output_compression: int | None = Field(default=100, ge=0, le=100)
    background: Literal["transparent", "opaque", "auto"] | None = "auto"
    moderation: Literal["low", "auto"] | None = None
    user: str | None = None
    safety_identifier: str | None = None
    stream: bool | None = False
    partial_images: int | None = Field(default=0, ge=0, le=3)  # none is sent: there is only the whole

    @property
    def is_by_url(self) -> bool:
        """Whether the pictures are told as addresses: OpenAI's way for its DALL-E, unless asked otherwise."""
        is_old = (self.model or "").startswith("dall-e")
        return self.response_format == "url" or (self.response_format is None and is_old)

    def pixels(self) -> Size:
        """The size that was asked for. Raises BadInput."""
        return size_of(self.size, "size")

    @property
    def told_quality(self) -> str | None:
        """One that OpenAI's answers may name."""
        return self.quality if self.quality in ("low", "medium", "high") else None

    @property
    def told_size(self) -> str | None:
        """One that OpenAI's answers may name."""
        size = f"{self.pixels().width}x{self.pixels().height}"
        return size if size in TOLD_SIZES else None

    def check(self, shared: ServerState) -> None:
        """Raises UnknownModel and BadInput."""
        model_of(self.model, shared.engine.model_name)
        self.pixels()
        if self.background == "transparent":
            raise BadInput("drawings have no transparent background; ask for opaque or auto", "background")
        if self.stream and self.is_by_url:
            raise BadInput("pictures are streamed as b64_json; leave response_format out", "response_format")


class GenerationWish(Wish):
    style: Literal["vivid", "natural"] | None = None


class EditWish(Wish):
    input_fidelity: Literal["high", "low"] | None = None


class Reference(Wire):
    """A picture in an edit that is written as JSON: a data URI, or an uploaded file's id."""

    image_url: str | None = None
    file_id: str | None = None


class JsonEditWish(EditWish):
    images: list[Reference] = Field(min_length=1, max_length=MOST_SHOWN)
    mask: Reference | None = None

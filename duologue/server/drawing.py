"""Pictures out of the network: asked for in words, perhaps shown others; then scaled."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from duologue.engine import Engine, Part, Picture, ReplyOptions, Text, Usage
from duologue.errors import BadImage, NotOffered
from duologue.picture import Pixels
from duologue.server.asking import Asking, Question

TOKEN_SIDE = 8  # pixels of a drawing that one of its tokens stands for, in each direction
VARIETY = 0.5  # temperature of all drawings but the first, which would else be the same
_ASKS = re.compile(r"\W*(please |can you |could you )?(draw|make|paint|sketch|show|create|generate)\b", re.I)


@dataclass(frozen=True, slots=True)
class Size:
    width: int
    height: int


@dataclass(slots=True)
class Drawing:
    """A wish for pictures. Iterate `pictures` once; the usage is known when they have ended."""

    engine: Engine
    prompt: str
    shown: tuple[Picture, ...] = ()
    count: int = 1
    temperature: float = 0.0
    seed: int = 0
    usage: Usage = field(default_factory=Usage)  # text and patches in
    tokens: int = 0  # of what was drawn

    async def pictures(self) -> AsyncGenerator[Pixels, None]:
        """One after another, as the network draws them. Raises Busy, BadText and NotOffered."""
        prompt = self.prompt if self.shown or _ASKS.match(self.prompt) else f"Draw {self.prompt}"
        parts: tuple[Part, ...] = (*self.shown, Text(prompt))
        for number in range(self.count):
            temperature = max(self.temperature, VARIETY) if number else self.temperature
            wish = ReplyOptions(sound=False, draw=True, temperature=temperature)
            asking = Asking(self.engine, Question(parts, reply=wish, seed=self.seed + number))
            async with aclosing(asking.pieces()) as pieces:
                drawn = [piece.image async for piece in pieces if piece.image is not None]
            if not drawn:
                raise NotOffered("this model does not draw; choose another with --model")
            self.usage += asking.usage
            self.tokens += drawn[0].shape[0] * drawn[0].shape[1] // TOKEN_SIDE**2
            yield drawn[0]


def scaled(pixels: Pixels, size: Size) -> Pixels:
    """As large as fits into the size, in the middle; around it, what is at its edges goes on."""
    side = min(size.width, size.height)
    large = np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS))
    left, top = (size.width - side) // 2, (size.height - side) // 2
    around = ((top, size.height - side - top), (left, size.width - side - left), (0, 0))
    return np.pad(large, around, "edge")


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """Where a picture may be changed: where the mask is fully transparent."""

    picture: Pixels  # (H, W, 3)
    opacity: Pixels  # (H, W)

    def __post_init__(self) -> None:
        """Raises BadImage when the two differ in size."""
        if self.picture.shape[:2] != self.opacity.shape:
            height, width = self.opacity.shape
            tall, wide = self.picture.shape[:2]
            raise BadImage(f"the mask is {width} x {height} but the image {wide} x {tall}", "mask")

    def over(self, drawn: Pixels) -> Pixels:
        """The drawing where the mask is transparent, the picture everywhere else, at the drawing's size."""
        height, width = drawn.shape[:2]
        under = Image.fromarray(self.picture).resize((width, height), Image.Resampling.LANCZOS)
        may = Image.fromarray(np.where(self.opacity == 0, np.uint8(255), np.uint8(0))).resize((width, height))
        return np.asarray(Image.composite(Image.fromarray(drawn), under, may))

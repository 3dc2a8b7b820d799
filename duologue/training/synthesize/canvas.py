"""What every picture is drawn with: named colours, fonts that come along, and a pen on a unit square.

A canvas is drawn twice as large as asked and scaled down, which smooths the edges.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from duologue.training.synthesize.phrasing import Phrasing, choose, sentence

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]
Point = tuple[float, float]

SMOOTH = 2  # each pixel is the mean of SMOOTH x SMOOTH drawn ones

COLOURS: dict[str, Colour] = {
    "red": (220, 30, 35),
    "blue": (35, 80, 215),
    "green": (35, 155, 60),
    "yellow": (245, 210, 35),
    "orange": (245, 130, 20),
    "purple": (130, 45, 170),
    "pink": (250, 135, 185),
    "brown": (125, 75, 35),
    "black": (20, 20, 20),
    "white": (252, 252, 252),
    "gray": (130, 130, 130),
}
VIVID = ("red", "blue", "green", "yellow", "orange", "purple", "pink", "brown", "black")
PAPERS: tuple[Colour, ...] = (
    (255, 255, 255),
    (247, 243, 230),
    (232, 240, 247),
    (236, 246, 233),
    (246, 234, 238),
    (225, 225, 225),
)
PAPERS_UNSEEN: tuple[Colour, ...] = ((250, 250, 200), (215, 230, 235))

FACES = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSansMono",
    "DejaVuSans-Oblique",
)
FACES_UNSEEN = ("DejaVuSerif-Italic", "DejaVuSansMono-Bold")


class Asked(NamedTuple):
    """A question about a picture. `written` is the answer as one would type it, if that differs."""

    question: str
    template: str
    answer: str
    key: str
    written: str = ""


@dataclass(frozen=True, slots=True)
class PictureQuestion:
    """A picture with a question about it, as in `Asked`."""

    image: Pixels  # (H, W, 3)
    question: str
    answer: str
    key: str
    kind: str
    template: str
    written: str = ""


def ask(rng: Generator, split: str, way: Phrasing, answer: str, key: str, **slots: str) -> Asked:
    """Ask in one of the ways; the slots fill it."""
    form, template = way.draw(rng, split)
    return Asked(sentence(form.format(**slots)), template, sentence(answer), key.lower())


def picture_with(image: Pixels, kind: str, asked: Asked) -> PictureQuestion:
    """Put a picture and a question about it together."""
    template = f"{kind}.{asked.template}"
    return PictureQuestion(image, asked.question, asked.answer, asked.key, kind, template, asked.written)


@lru_cache(maxsize=128)
def font(face: str, size: int) -> ImageFont.FreeTypeFont:
    """Load one of the DejaVu faces that matplotlib ships; `size` in pixels."""
    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / f"{face}.ttf", size)


def shade(rng: Generator, name: str, spread: int = 14) -> Colour:
    """Return a colour near the named one."""
    red, green, blue = (int(np.clip(c + rng.integers(-spread, spread + 1), 0, 255)) for c in COLOURS[name])
    return red, green, blue


def paper(rng: Generator, split: str = "train") -> Colour:
    """Return a light background; those of the split "unseen_style" are never trained on."""
    return choose(rng, PAPERS_UNSEEN if split == "unseen_style" else PAPERS)


def darker(colour: Colour, by: float = 0.6) -> Colour:
    """Return the colour with less light."""
    return int(colour[0] * by), int(colour[1] * by), int(colour[2] * by)


def canvas(width: int, height: int, colour: Colour) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Open an empty picture of width x height pixels for drawing at SMOOTH times that size."""
    image = Image.new("RGB", (width * SMOOTH, height * SMOOTH), colour)
    return image, ImageDraw.Draw(image)


def pixels(image: Image.Image, smooth: int = SMOOTH) -> Pixels:
    """Return the finished picture, (H, W, 3)."""
    return np.asarray(image.reduce(smooth) if smooth > 1 else image, dtype=np.uint8).copy()


@dataclass(frozen=True, slots=True)
class Pen:
    """Draws on the unit square that lies at (left, top) with side `size`, all in drawn pixels."""

    draw: ImageDraw.ImageDraw
    left: float
    top: float
    size: float

    def at(self, x: float, y: float) -> Point:
        """Return the pixel of a point of the unit square."""
        return self.left + x * self.size, self.top + y * self.size

    def wide(self, width: float) -> int:
        """Return a line width in pixels."""
        return max(1, round(width * self.size))

    def polygon(self, points: Sequence[Point], fill: Colour) -> None:
        """Fill a polygon."""
        self.draw.polygon([self.at(x, y) for x, y in points], fill=fill)

    def line(self, points: Sequence[Point], fill: Colour, width: float = 0.06) -> None:
        """Draw a line through the points."""
        self.draw.line([self.at(x, y) for x, y in points], fill=fill, width=self.wide(width), joint="curve")

    def box(self, x0: float, y0: float, x1: float, y1: float, fill: Colour, radius: float = 0.0) -> None:
        """Fill a rectangle."""
        corners = (self.at(x0, y0), self.at(x1, y1))
        self.draw.rounded_rectangle(corners, radius * self.size, fill=fill)

    def oval(self, x0: float, y0: float, x1: float, y1: float, fill: Colour) -> None:
        """Fill an ellipse within the box."""
        self.draw.ellipse((self.at(x0, y0), self.at(x1, y1)), fill=fill)

    def ring(self, x0: float, y0: float, x1: float, y1: float, fill: Colour, width: float = 0.06) -> None:
        """Draw the outline of an ellipse."""
        self.draw.ellipse((self.at(x0, y0), self.at(x1, y1)), outline=fill, width=self.wide(width))

    def arc(
        self,
        box: tuple[float, float, float, float],
        start: float,
        end: float,
        fill: Colour,
        width: float = 0.06,
    ) -> None:
        """Draw a part of an ellipse's outline; degrees clockwise from the right."""
        corners = (self.at(*box[:2]), self.at(*box[2:]))
        self.draw.arc(corners, start, end, fill=fill, width=self.wide(width))

    def pie(self, box: tuple[float, float, float, float], start: float, end: float, fill: Colour) -> None:
        """Fill a sector of an ellipse; degrees clockwise from the right."""
        self.draw.pieslice((self.at(*box[:2]), self.at(*box[2:])), start, end, fill=fill)

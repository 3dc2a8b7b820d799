"""What a small drawing shows, told without the network: by its colours, and by the nearest known outline."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from duologue.evals.material import INKS, drawable, emblem

Pixels = NDArray[np.uint8]

SIDE = 32  # of the frame in which outlines are compared
THING = 60.0  # colour distance from white that makes a pixel part of the thing
FEWEST = 20  # pixels of a thing


def recognise(image: Pixels) -> tuple[str, str]:
    """Return name and colour of the thing on a white (64, 64, 3) picture; ("", "") where there is none."""
    pixels = image.astype(np.float64)
    thing = np.linalg.norm(255.0 - pixels, axis=2) > THING
    if thing.sum() < FEWEST:
        return "", ""
    colour = _colour(pixels[thing])
    seen = _framed(image, thing)
    outlines = _outlines(colour)
    return min(outlines, key=lambda name: float(np.abs(outlines[name] - seen).mean())), colour


def _colour(pixels: NDArray[np.float64]) -> str:
    """The named colour that most of the (n, 3) pixels are nearest to."""
    names = tuple(INKS)
    away = np.linalg.norm(pixels[:, None] - np.array([INKS[name] for name in names], np.float64), axis=2)
    return names[int(np.bincount(away.argmin(1), minlength=len(names)).argmax())]


def _framed(image: Pixels, thing: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Cut out the thing and scale its longer side to SIDE, in the middle of a white square."""
    rows, columns = np.flatnonzero(thing.any(1)), np.flatnonzero(thing.any(0))
    cut = Image.fromarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    factor = SIDE / max(cut.size)
    cut = cut.resize(
        (max(1, round(cut.width * factor)), max(1, round(cut.height * factor))), Image.Resampling.BOX
    )
    square = Image.new("RGB", (SIDE, SIDE), "white")
    square.paste(cut, ((SIDE - cut.width) // 2, (SIDE - cut.height) // 2))
    return np.asarray(square, np.float64)


@lru_cache(maxsize=16)
def _outlines(colour: str) -> dict[str, NDArray[np.float64]]:
    found = {}
    for name in drawable():
        image = emblem(name, colour)
        found[name] = _framed(image, np.linalg.norm(255.0 - image.astype(np.float64), axis=2) > THING)
    return found

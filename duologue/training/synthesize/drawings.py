"""Pictures to be drawn: what is asked for, in words, and the drawing, small and in bold flat colours."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from duologue.training.synthesize.canvas import COLOURS, Colour, Pen, Pixels, pixels
from duologue.training.synthesize.faces import Face, draw_face
from duologue.training.synthesize.phrasing import a, choose, phrasing
from duologue.training.synthesize.pictograms import DRAWERS, SHAPES, USUAL, plural
from duologue.training.synthesize.spoken import number_words

SIDE = 64
SMOOTH = 4
INKS = ("red", "blue", "green", "yellow", "orange", "purple", "pink", "brown", "black", "gray")
GROUNDS = ("white", "yellow", "blue", "green", "pink", "black", "orange")


@dataclass(frozen=True, slots=True)
class Drawing:
    """A request and the picture that meets it; `key` names what must be in it."""

    prompt: str
    image: Pixels  # (64, 64, 3)
    key: str
    template: str


Placed = tuple[str, str, float, float, float]  # name, colour, centre x, centre y, size


def _open(ground: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (SIDE * SMOOTH, SIDE * SMOOTH), COLOURS[ground])
    return image, ImageDraw.Draw(image)


def draw_things(ground: str, things: tuple[Placed, ...]) -> Pixels:
    """Draw the things on a ground of the named colour, (64, 64, 3)."""
    image, draw = _open(ground)
    for name, colour, x, y, size in things:
        full = SIDE * SMOOTH
        DRAWERS[name](Pen(draw, (x - size / 2) * full, (y - size / 2) * full, size * full), COLOURS[colour])
    return pixels(image, SMOOTH)


DRAW = phrasing(
    "draw",
    """Draw {x}. | Please draw {x}. | Can you draw {x}? | Draw me {x}. | Make a picture of {x}. || Show me
    a drawing of {x}.""",
)


def _drawing(rng: Generator, split: str, what: str, image: Pixels, key: str, kind: str) -> Drawing:
    form, template = DRAW.draw(rng, split)
    return Drawing(form.format(x=what), image, key, f"draw.{kind}.{template}")


def _two(rng: Generator, options: tuple[str, ...]) -> tuple[str, str]:
    first, second = rng.permutation(len(options))[:2]
    return options[int(first)], options[int(second)]


def _plain(rng: Generator, split: str) -> Drawing:
    """Draw a thing in its usual colour, or a shape or thing in a named one."""
    size = float(rng.uniform(0.7, 0.8))
    if rng.random() < 0.35:
        name = choose(rng, tuple(USUAL))
        image = draw_things("white", ((name, USUAL[name], 0.5, 0.5, size),))
        return _drawing(rng, split, a(name), image, name, "usual")
    name, colour = choose(rng, tuple(DRAWERS)), choose(rng, INKS)
    image = draw_things("white", ((name, colour, 0.5, 0.5, size),))
    return _drawing(rng, split, f"{a(colour)} {name}", image, f"{colour} {name}", "plain")


def _ground(rng: Generator, split: str) -> Drawing:
    name, ground = choose(rng, tuple(DRAWERS)), choose(rng, GROUNDS[1:])
    colour = choose(rng, tuple(ink for ink in INKS if ink != ground))
    image = draw_things(ground, ((name, colour, 0.5, 0.5, 0.72),))
    return _drawing(
        rng, split, f"{a(colour)} {name} on {ground}", image, f"{colour} {name} {ground}", "ground"
    )


def _pair(rng: Generator, split: str) -> Drawing:
    """Draw two things: side by side, or one above the other."""
    (first, second), (ink, other) = _two(rng, tuple(DRAWERS)), _two(rng, INKS)
    if rng.random() < 0.6:
        word, places = choose(rng, ("and", "next to")), ((0.26, 0.5), (0.74, 0.5))
    else:
        word, places = "above", ((0.5, 0.26), (0.5, 0.74))
    things = tuple(
        (n, c, x, y, 0.44) for n, c, (x, y) in zip((first, second), (ink, other), places, strict=True)
    )
    what = f"{a(ink)} {first} {word} {a(other)} {second}"
    return _drawing(rng, split, what, draw_things("white", things), f"{ink} {first} {other} {second}", "pair")


def _several(rng: Generator, split: str) -> Drawing:
    number, name, colour = int(rng.integers(2, 5)), choose(rng, tuple(SHAPES)), choose(rng, INKS)
    places = {2: ((0.27, 0.5), (0.73, 0.5)), 3: ((0.27, 0.28), (0.73, 0.28), (0.5, 0.74))}.get(
        number, ((0.27, 0.27), (0.73, 0.27), (0.27, 0.73), (0.73, 0.73))
    )
    words = f"{number_words(number)} {colour} {plural(name)}"
    image = draw_things("white", tuple((name, colour, x, y, 0.4) for x, y in places))
    return _drawing(rng, split, words, image, f"{number_words(number)} {colour} {name}", "several")


def _face(rng: Generator, split: str) -> Drawing:
    mood = choose(rng, ("happy", "sad", "angry", "surprised", "sleepy"))
    image, draw = _open("white")
    full = SIDE * SMOOTH
    skin: Colour = (250, 215, 70)
    draw_face(
        Pen(draw, 0.08 * full, 0.06 * full, 0.84 * full), Face(mood, skin, None, glasses=False, hat=False)
    )
    return _drawing(rng, split, f"{a(mood)} face", pixels(image, SMOOTH), f"{mood} face", "face")


def _bars(rng: Generator, split: str) -> Drawing:
    """Draw a bar chart of two to four named heights (of ten)."""
    heights = tuple(int(h) for h in rng.integers(1, 11, int(rng.integers(2, 5))))
    colour = choose(rng, INKS)
    image, draw = _open("white")
    pen = Pen(draw, 0, 0, SIDE * SMOOTH)
    wide = 0.84 / len(heights)
    for i, height in enumerate(heights):
        left = 0.12 + (i + 0.1) * wide
        pen.box(left, 0.92 - 0.082 * height, left + 0.75 * wide, 0.92, COLOURS[colour])
    pen.line([(0.09, 0.05), (0.09, 0.93), (0.97, 0.93)], COLOURS["black"], 0.025)
    words = [number_words(height) for height in heights]
    listed = f"{', '.join(words[:-1])} and {words[-1]}"
    return _drawing(
        rng,
        split,
        f"{a(colour)} bar chart of {listed}",
        pixels(image, SMOOTH),
        f"bar chart {' '.join(words)}",
        "bars",
    )


def _landscape(rng: Generator, split: str) -> Drawing:
    """Draw a thing that stands on grass under a sun, a moon or a cloud."""
    name, above = (
        choose(rng, ("house", "tree", "flower", "car", "mountain", "cat")),
        choose(rng, ("sun", "moon", "cloud")),
    )
    image, draw = _open("white")
    full = SIDE * SMOOTH
    sky: Colour = (25, 30, 80) if above == "moon" else (150, 205, 250)
    draw.rectangle((0, 0, full, full * 0.8), sky)
    draw.rectangle((0, full * 0.8, full, full), (70, 165, 75))
    DRAWERS[name](Pen(draw, 0.1 * full, 0.3 * full, 0.54 * full), COLOURS[USUAL[name]])
    light = COLOURS["white"] if above == "cloud" else COLOURS["yellow"]
    DRAWERS[above](Pen(draw, 0.66 * full, 0.05 * full, 0.3 * full), light)
    what = f"{a(name)} under the {above}" if above != "cloud" else f"{a(name)} under a cloud"
    return _drawing(rng, split, what, pixels(image, SMOOTH), f"{name} {above}", "landscape")


_MAKERS = (_plain, _ground, _pair, _several, _face, _bars, _landscape)
_SHARES = np.array([0.4, 0.15, 0.15, 0.08, 0.05, 0.08, 0.09])


def drawing(rng: Generator, split: str = "train") -> Drawing:
    """Make a request for a drawing, and the drawing; "unseen_template" asks in ways never trained on."""
    return _MAKERS[int(rng.choice(len(_MAKERS), p=_SHARES / _SHARES.sum()))](rng, split)


def drawings(seed: int, split: str = "train") -> Iterator[Drawing]:
    """Yield drawings without end, the same for the same seed."""
    rng = np.random.default_rng((seed, int(split == "unseen_template")))
    while True:
        yield drawing(rng, split)

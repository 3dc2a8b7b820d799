"""Small drawn scenes of shapes and things, with questions about names, colours, numbers and places."""

from dataclasses import dataclass, replace

from numpy.random import Generator

from duologue.training.synthesize.canvas import (
    SMOOTH,
    VIVID,
    Asked,
    Colour,
    Pen,
    PictureQuestion,
    Pixels,
    ask,
    canvas,
    paper,
    picture_with,
    pixels,
    shade,
)
from duologue.training.synthesize.phrasing import a, choose, choose_by_share, phrasing
from duologue.training.synthesize.pictograms import DRAWERS, SHAPES, THINGS, USUAL, plural
from duologue.training.synthesize.spoken import number_words

SIDES = (96, 112, 128)


@dataclass(frozen=True, slots=True)
class Item:
    """A thing in a scene: its centre and size are parts of the picture's side."""

    name: str
    colour: str
    ink: Colour
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Scene:
    """Items on a square paper of `side` pixels."""

    items: tuple[Item, ...]
    side: int
    background: Colour


def render(scene: Scene) -> Pixels:
    """Draw the scene, (side, side, 3)."""
    image, draw = canvas(scene.side, scene.side, scene.background)
    full = scene.side * SMOOTH
    for item in scene.items:
        size = item.size * full
        DRAWERS[item.name](Pen(draw, item.x * full - size / 2, item.y * full - size / 2, size), item.ink)
    return pixels(image)


def item(rng: Generator, names: tuple[str, ...], x: float, y: float, size: float, colour: str = "") -> Item:
    """Make a thing of one of the names at a place."""
    colour = colour or choose(rng, VIVID)
    return Item(choose(rng, names), colour, shade(rng, colour), x, y, size)


def scene_of(rng: Generator, split: str, items: tuple[Item, ...]) -> Scene:
    """Put the items on a paper of the split."""
    return Scene(items, choose(rng, SIDES), paper(rng, split))


def _jitter(rng: Generator, spread: float) -> float:
    return float(rng.uniform(-spread, spread))


def one(rng: Generator, split: str, names: tuple[str, ...]) -> Scene:
    """Draw one thing, large, near the middle."""
    size = float(rng.uniform(0.4, 0.75))
    place = 0.8 * (0.5 - size / 2)
    name = choose(rng, names)
    # What one meets outside is drawn in its usual colour more often than chance.
    colour = USUAL[name] if name in USUAL and rng.random() < 0.4 else ""
    only = item(rng, (name,), 0.5 + _jitter(rng, place), 0.5 + _jitter(rng, place), size, colour)
    return scene_of(rng, split, (only,))


def many(rng: Generator, split: str, names: tuple[str, ...], num: int, same: bool) -> Scene:
    """Scatter `num` things over the cells of a grid; all the same name and colour, or mixed."""
    cells = 2 if num <= 4 else 3
    places = rng.permutation(cells * cells)[:num]
    name, colour = choose(rng, names), choose(rng, VIVID)
    items = []
    for place in places:
        row, column = divmod(int(place), cells)
        x, y = ((part + 0.5 + _jitter(rng, 0.08)) / cells for part in (column, row))
        size = float(rng.uniform(0.62, 0.8)) / cells
        kind = (name,) if same else names
        items.append(item(rng, kind, x, y, size, colour if same else ""))
    return scene_of(rng, split, tuple(items))


def two(rng: Generator, split: str, names: tuple[str, ...], across: bool) -> Scene:
    """Put two different things side by side (`across`) or one over the other."""
    first, second = (names[int(i)] for i in rng.permutation(len(names))[:2])
    colours = [VIVID[int(i)] for i in rng.permutation(len(VIVID))[:2]]
    items = []
    for name, colour, along in ((first, colours[0], 0.26), (second, colours[1], 0.74)):
        other = 0.5 + _jitter(rng, 0.12)
        x, y = (along, other) if across else (other, along)
        items.append(item(rng, (name,), x, y, float(rng.uniform(0.34, 0.44)), colour))
    return scene_of(rng, split, tuple(items))


WHAT = phrasing(
    "what",
    """What is this? | What do you see? | What is in the picture? | Tell me what you see. || What does the
    picture show?""",
)
WHAT_SHAPE = phrasing(
    "what_shape",
    """What shape is this? | Which shape do you see? | What shape is in the picture? || Tell me which shape
    this is.""",
)
WHAT_COLOR = phrasing(
    "what_color",
    """What color is the {x}? | Which color is the {x}? | What is the color of the {x}? || Tell me the
    color of the {x}.""",
)
COUNT = phrasing(
    "count",
    """How many {xs} are there? | How many {xs} do you see? | Count the {xs}. | How many {xs} are in the
    picture? || Tell me how many {xs} there are.""",
)
IS_THERE = phrasing(
    "is_there",
    "Is there {a_x}? | Do you see {a_x}? | Is there {a_x} in the picture? || Can you find {a_x}?",
)
BESIDE = phrasing(
    "beside",
    """What is {where} the {x}? | Which thing is {where} the {x}? | What do you see {where} the {x}? ||
    Tell me what is {where} the {x}.""",
)
WHERE = phrasing(
    "where",
    "Where is the {x}? | Where do you see the {x}? | On which side is the {x}? || Tell me where the {x} is.",
)
BIGGER = phrasing(
    "bigger",
    """Which is {word}, the {x} or the {y}? | What is {word}, the {x} or the {y}? || Is the {x} or the {y}
    {word}?""",
)


Question = tuple[Scene, Asked]


def _name(rng: Generator, split: str, names: tuple[str, ...]) -> Question:
    scene = one(rng, split, names)
    only = scene.items[0]
    if "circle" in names and rng.random() < 0.5:
        return scene, ask(rng, split, WHAT_SHAPE, f"It is {a(only.name)}.", only.name)
    said = f"{only.colour} {only.name}"
    return scene, ask(rng, split, WHAT, f"It is {a(said)}.", said)


def _colour(rng: Generator, split: str, names: tuple[str, ...]) -> Question:
    scene = one(rng, split, names) if rng.random() < 0.4 else two(rng, split, names, rng.random() < 0.5)
    return scene, ask_color(rng, split, choose(rng, scene.items))


def ask_color(rng: Generator, split: str, item: Item) -> Asked:
    """Ask for the color of a thing."""
    return ask(rng, split, WHAT_COLOR, f"The {item.name} is {item.colour}.", item.colour, x=item.name)


def _count(rng: Generator, split: str, names: tuple[str, ...]) -> Question:
    num = int(rng.integers(1, 7))
    few = tuple(names[int(i)] for i in rng.permutation(len(names))[:2])
    scene = many(rng, split, few, num, bool(rng.random() < 0.6))
    name = choose(rng, scene.items).name
    number = sum(item.name == name for item in scene.items)
    words = number_words(number)
    said = f"There {'is' if number == 1 else 'are'} {words} {name if number == 1 else plural(name)}."
    return scene, ask(rng, split, COUNT, said, words, xs=plural(name))


def _is_there(rng: Generator, split: str, names: tuple[str, ...]) -> Question:
    """Ask for a thing that is there, or for one that is there in another color."""
    scene = many(rng, split, names, int(rng.integers(2, 5)), same=False)
    there = sorted({f"{item.colour} {item.name}" for item in scene.items})
    if rng.random() < 0.5:
        asked = choose(rng, there)
        return scene, ask(rng, split, IS_THERE, f"Yes, there is {a(asked)}.", "yes", a_x=a(asked))
    name = choose(rng, scene.items).name
    asked = choose(rng, [f"{colour} {name}" for colour in VIVID if f"{colour} {name}" not in there])
    return scene, ask(rng, split, IS_THERE, f"No, there is no {asked}.", "no", a_x=a(asked))


def _relation(rng: Generator, split: str, names: tuple[str, ...]) -> Question:
    across = bool(rng.random() < 0.5)
    scene = two(rng, split, names, across)
    return scene, ask_place(rng, split, scene, across)


_PLACES = {
    "left of": "on the left",
    "right of": "on the right",
    "above": "at the top",
    "below": "at the bottom",
}


def ask_place(rng: Generator, split: str, scene: Scene, across: bool) -> Asked:
    """Ask where one of two things is, or what is beside it."""
    first, second = scene.items
    lower, upper = ("left of", "right of") if across else ("above", "below")
    asked, other, where = (second, first, lower) if rng.random() < 0.5 else (first, second, upper)
    if rng.random() < 0.6:
        said = f"The {other.name} is {where} the {asked.name}."
        return ask(rng, split, BESIDE, said, other.name, x=asked.name, where=where)
    place = _PLACES[where]
    return ask(rng, split, WHERE, f"The {other.name} is {place}.", place.split()[-1], x=other.name)


def _size(rng: Generator, split: str, names: tuple[str, ...]) -> Question:
    scene = two(rng, split, names, across=bool(rng.random() < 0.5))
    large = int(rng.integers(2))
    items = tuple(replace(item, size=0.44 if i == large else 0.22) for i, item in enumerate(scene.items))
    word = choose(rng, ("bigger", "smaller"))
    winner = items[large if word == "bigger" else 1 - large].name
    x, y = (items[int(i)].name for i in rng.permutation(2))
    asked = ask(rng, split, BIGGER, f"The {winner} is {word}.", winner, x=x, y=y, word=word)
    return replace(scene, items=items), asked


_MAKERS = {
    "name": _name,
    "colour": _colour,
    "count": _count,
    "is_there": _is_there,
    "relation": _relation,
    "size": _size,
}
_SHARES = {"name": 0.25, "colour": 0.17, "count": 0.2, "is_there": 0.13, "relation": 0.15, "size": 0.1}


def names_of(kind: str) -> tuple[str, ...]:
    """Return what is drawn in a scene of "shapes" or of "pictograms"."""
    return tuple(SHAPES if kind == "shapes" else THINGS)


def scene_question(rng: Generator, kind: str, split: str = "train") -> PictureQuestion:
    """Ask about a scene of "shapes" or of "pictograms"."""
    scene, asked = _MAKERS[choose_by_share(rng, _SHARES)](rng, split, names_of(kind))
    return picture_with(render(scene), kind, asked)

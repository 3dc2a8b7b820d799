"""Drawn faces with expressions, and questions about the mood they show and what they wear."""

from dataclasses import dataclass

from numpy.random import Generator

from duologue.training.synthesize.canvas import (
    SMOOTH,
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
)
from duologue.training.synthesize.phrasing import choose, phrasing

MOODS = ("happy", "sad", "angry", "surprised", "neutral", "sleepy")
SKINS: tuple[Colour, ...] = (
    (250, 220, 190),
    (235, 190, 150),
    (200, 145, 100),
    (140, 90, 60),
    (90, 60, 40),
    (250, 215, 70),
)
HAIRS: tuple[Colour, ...] = ((30, 25, 20), (100, 60, 25), (225, 180, 80), (190, 70, 30), (170, 170, 170))
DARK: Colour = (25, 20, 20)
WHITE: Colour = (252, 252, 252)


@dataclass(frozen=True, slots=True)
class Face:
    """A face: its mood and looks; `x`, `y` the centre and `size` the height, as parts of the side."""

    mood: str
    skin: Colour
    hair: Colour | None
    glasses: bool
    hat: bool
    x: float = 0.5
    y: float = 0.52
    size: float = 0.8


def _eyes(pen: Pen, mood: str) -> None:
    for x in (0.33, 0.67):
        if mood == "sleepy":
            pen.arc((x - 0.09, 0.36, x + 0.09, 0.5), 10, 170, DARK, 0.035)
            continue
        tall = {"surprised": 0.11, "angry": 0.06}.get(mood, 0.08)
        pen.oval(x - 0.075, 0.44 - tall, x + 0.075, 0.44 + tall, WHITE)
        pen.oval(x - 0.035, 0.4, x + 0.035, 0.48, DARK)


def _brows(pen: Pen, mood: str) -> None:
    inner, outer = {"angry": (0.36, 0.25), "sad": (0.24, 0.33), "surprised": (0.21, 0.24)}.get(
        mood, (0.29, 0.29)
    )
    for side in (-1, 1):
        pen.line([(0.5 + side * 0.09, inner), (0.5 + side * 0.27, outer)], DARK, 0.04)


def _mouth(pen: Pen, mood: str) -> None:
    if mood == "happy":
        pen.pie((0.27, 0.5, 0.73, 0.84), 10, 170, (160, 30, 40))
        pen.arc((0.27, 0.5, 0.73, 0.84), 10, 170, DARK, 0.03)
    elif mood == "surprised":
        pen.oval(0.41, 0.62, 0.59, 0.86, (110, 20, 30))
    elif mood in ("sad", "angry"):
        pen.arc((0.3, 0.68, 0.7, 0.96), 200, 340, DARK, 0.05)
    else:
        pen.line([(0.36, 0.74), (0.64, 0.74)], DARK, 0.04)


def draw_face(pen: Pen, face: Face) -> None:
    """Draw the face over the unit square."""
    if face.hair is not None:
        pen.oval(0.02, -0.04, 0.98, 0.8, face.hair)
    pen.oval(0.06, 0.04, 0.94, 1.0, face.skin)
    if face.hair is not None:
        pen.pie((0.05, 0.0, 0.95, 0.5), 180, 360, face.hair)
    if face.hat:
        pen.box(0.2, -0.16, 0.8, 0.12, (40, 60, 140), 0.04)
        pen.box(0.04, 0.08, 0.96, 0.18, (30, 45, 110), 0.04)
    _eyes(pen, face.mood)
    _brows(pen, face.mood)
    _mouth(pen, face.mood)
    if face.mood == "sad":
        pen.oval(0.27, 0.54, 0.34, 0.68, (70, 140, 235))
    if face.glasses:
        for x in (0.33, 0.67):
            pen.ring(x - 0.14, 0.3, x + 0.14, 0.58, DARK, 0.03)
        pen.line([(0.47, 0.43), (0.53, 0.43)], DARK, 0.03)


def face_of(rng: Generator, mood: str = "") -> Face:
    """Make a face with any looks."""
    hair = choose(rng, HAIRS) if rng.random() < 0.75 else None
    size = float(rng.uniform(0.62, 0.82))
    x, y = 0.5 + float(rng.uniform(-0.07, 0.07)), 0.54 + float(rng.uniform(-0.03, 0.03))
    hat = bool(rng.random() < 0.25)
    return Face(
        mood or choose(rng, MOODS), choose(rng, SKINS), hair, bool(rng.random() < 0.3), hat, x, y, size
    )


def render_face(face: Face, side: int, background: Colour) -> Pixels:
    """Draw one face, (side, side, 3)."""
    image, draw = canvas(side, side, background)
    full = side * SMOOTH
    size = face.size * full
    draw_face(Pen(draw, face.x * full - size / 2, face.y * full - size / 2, size), face)
    return pixels(image)


FEEL = phrasing(
    "feel",
    """How does this person feel? | What mood is this face in? | How does the face look? | What expression
    is this? || Which feeling does this face show?""",
)
SMILES = phrasing(
    "smiles",
    "Is the person smiling? | Is this a smiling face? | Does the person smile? || Can you see a smile?",
)
WEARS = phrasing(
    "wears",
    "Does the person wear {x}? | Is the person wearing {x}? | Do you see {x}? || Has the person got {x} on?",
)


def ask_of_face(rng: Generator, split: str, face: Face) -> Asked:
    """Ask about a face's mood, smile, glasses or hat."""
    way = rng.random()
    if way < 0.6:
        return ask(rng, split, FEEL, f"The face looks {face.mood}.", face.mood)
    if way < 0.75:
        if face.mood == "happy":
            return ask(rng, split, SMILES, "Yes, the person is smiling.", "yes")
        return ask(rng, split, SMILES, f"No, the face looks {face.mood}.", "no")
    thing, there = ("glasses", face.glasses) if rng.random() < 0.5 else ("a hat", face.hat)
    answer = f"Yes, I see {thing}." if there else f"No, I see no {thing.removeprefix('a ')}."
    return ask(rng, split, WEARS, answer, "yes" if there else "no", x=thing)


def face_question(rng: Generator, split: str = "train") -> PictureQuestion:
    """Make a face with a question about it."""
    face = face_of(rng)
    image = render_face(face, choose(rng, (80, 96, 112)), paper(rng, split))
    return picture_with(image, "faces", ask_of_face(rng, split, face))

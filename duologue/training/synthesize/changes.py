"""Two frames of a video and what changed between them."""

from dataclasses import dataclass, replace

from numpy.random import Generator

from duologue.training.synthesize.canvas import VIVID, Pixels, paper, shade
from duologue.training.synthesize.faces import MOODS, face_of, render_face
from duologue.training.synthesize.phrasing import a, choose, phrasing, sentence
from duologue.training.synthesize.pictograms import SHAPES, THINGS
from duologue.training.synthesize.scenes import Item, Scene, item, render

SIDE = 96


@dataclass(frozen=True, slots=True)
class Change:
    """Two pictures of one size, and a question about what changed from the first to the second."""

    before: Pixels  # (96, 96, 3)
    after: Pixels
    question: str
    answer: str
    key: str
    kind: str
    template: str


ASK = phrasing(
    "changed",
    """What changed? | What is different now? | What has changed? | What happened? || Tell me what is
    different.""",
)
_DIRECTIONS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


def _items(rng: Generator, num: int) -> tuple[Item, ...]:
    """Return different things in different corners."""
    names = tuple(SHAPES) if rng.random() < 0.5 else tuple(THINGS)
    chosen = [names[int(i)] for i in rng.permutation(len(names))[:num]]
    corners = rng.permutation(4)[:num]
    return tuple(
        item(rng, (name,), 0.28 + 0.44 * (int(corner) % 2), 0.28 + 0.44 * (int(corner) // 2), 0.36)
        for name, corner in zip(chosen, corners, strict=True)
    )


def _moved(rng: Generator, items: tuple[Item, ...]) -> tuple[tuple[Item, ...], str, str]:
    """Move the one thing by two fifths of the picture; there is no other in its way."""
    only, way = items[0], choose(rng, tuple(_DIRECTIONS))
    x, y = _DIRECTIONS[way]
    start = replace(only, x=0.5 - 0.2 * x, y=0.5 - 0.2 * y)
    end = replace(start, x=0.5 + 0.2 * x, y=0.5 + 0.2 * y)
    said = f"moved to the {way}" if way in ("left", "right") else f"moved {way}"
    return (start, end), f"The {only.name} {said}.", way


def what_changed(rng: Generator, split: str = "train") -> Change:
    """Make two frames and ask what changed."""
    question, template = ASK.draw(rng, split)
    background = paper(rng, split)
    kind = choose(rng, ("appeared", "gone", "color", "moved", "size", "face", "nothing"))
    if kind == "face":
        first, second = (MOODS[int(i)] for i in rng.permutation(len(MOODS))[:2])
        face = face_of(rng, first)
        frames = [
            render_face(face, SIDE, background),
            render_face(replace(face, mood=second), SIDE, background),
        ]
        answer, key = f"The face looks {second} now.", second
        return Change(frames[0], frames[1], question, answer, key, kind, f"changes.{template}")
    items = _items(rng, 1 if kind == "moved" else int(rng.integers(2, 4)))
    before, after, answer, key = _changed(rng, kind, items)
    frames = [render(Scene(part, SIDE, background)) for part in (before, after)]
    return Change(frames[0], frames[1], question, sentence(answer), key, kind, f"changes.{template}")


def _changed(
    rng: Generator, kind: str, items: tuple[Item, ...]
) -> tuple[tuple[Item, ...], tuple[Item, ...], str, str]:
    """Return what is seen before and after, the answer and its key."""
    last, rest = items[-1], items[:-1]
    if kind == "nothing":
        return items, items, "Nothing changed.", "nothing"
    if kind == "appeared":
        return rest, items, f"{a(last.name)} appeared.", last.name
    if kind == "gone":
        return items, rest, f"The {last.name} is gone.", f"{last.name} is gone"
    if kind == "moved":
        (start, end), answer, way = _moved(rng, items)
        return (start,), (end,), answer, way
    if kind == "color":
        colour = choose(rng, tuple(name for name in VIVID if name != last.colour))
        changed = replace(last, colour=colour, ink=shade(rng, colour))
        return items, (*rest, changed), f"The {last.name} turned {colour}.", colour
    word, size = ("bigger", 0.48) if rng.random() < 0.5 else ("smaller", 0.18)
    small = replace(last, size=0.3)
    return (*rest, small), (*rest, replace(small, size=size)), f"The {last.name} got {word}.", word

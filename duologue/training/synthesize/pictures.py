"""Pictures with questions, of every kind, by name."""

from collections.abc import Iterator

import numpy as np
from numpy.random import Generator

from duologue.training.synthesize.canvas import Asked, PictureQuestion, Pixels, paper
from duologue.training.synthesize.charts import chart
from duologue.training.synthesize.dialogue import Dialogue, exchange
from duologue.training.synthesize.faces import ask_of_face, face_of, face_question, render_face
from duologue.training.synthesize.phrasing import choose, choose_by_share
from duologue.training.synthesize.plots import ask_of_chart, chart_image, chart_question
from duologue.training.synthesize.scenes import ask_color, ask_place, names_of, render, scene_question, two
from duologue.training.synthesize.screens import ask_of_screen, screen, screen_question, screenshot
from duologue.training.synthesize.written import maths_question, words_question

__all__ = [
    "KINDS",
    "SPLITS",
    "TALKS",
    "PictureQuestion",
    "picture_question",
    "picture_questions",
    "picture_talk",
]

SPLITS = ("train", "unseen_template", "unseen_style")
SHARES = {
    "shapes": 0.16,
    "pictograms": 0.12,
    "faces": 0.08,
    "charts": 0.42,
    "terminal": 0.08,
    "maths": 0.06,
    "words": 0.08,
}
KINDS = tuple(SHARES)
TALKS = ("shapes", "pictograms", "faces", "charts", "terminal")
_MAKERS = {
    "faces": face_question,
    "charts": chart_question,
    "terminal": screen_question,
    "maths": maths_question,
    "words": words_question,
}


def picture_question(rng: Generator, kind: str = "", split: str = "train") -> PictureQuestion:
    """Make a picture with a question of one of `KINDS`, or of any.

    "unseen_template" asks in ways, and "unseen_style" draws in styles, that "train" never uses.
    """
    assert split in SPLITS, f"{split=} is not one of {SPLITS}"
    kind = kind or choose_by_share(rng, SHARES)
    if kind in ("shapes", "pictograms"):
        return scene_question(rng, kind, split)
    return _MAKERS[kind](rng, split)


def picture_questions(seed: int, split: str = "train", kind: str = "") -> Iterator[PictureQuestion]:
    """Yield pictures with questions without end, the same for the same seed."""
    rng = np.random.default_rng((seed, SPLITS.index(split)))
    while True:
        yield picture_question(rng, kind, split)


def _asked_of_one(rng: Generator, kind: str, split: str) -> tuple[Pixels, list[Asked]]:
    """Make a picture and several questions about it."""
    if kind == "charts":
        drawn = chart(rng, split=split)
        return chart_image(rng, drawn), [ask_of_chart(rng, drawn, split) for _ in range(4)]
    if kind == "terminal":
        shown = screen(rng)
        image = screenshot(rng, shown.lines, shown.start + 1, split)
        order = choose(
            rng, (("wrong", "fix"), ("line", "wrong", "fix"), ("command", "wrong", "fix"), ("fix", "line"))
        )
        return image, [ask_of_screen(rng, split, shown, what) for what in order]
    if kind == "faces":
        face = face_of(rng)
        return render_face(face, 96, paper(rng, split)), [ask_of_face(rng, split, face) for _ in range(4)]
    across = bool(rng.random() < 0.5)
    scene = two(rng, split, names_of(kind), across)
    first, second = scene.items
    asked = [
        ask_color(rng, split, first),
        ask_color(rng, split, second),
        ask_place(rng, split, scene, across),
    ]
    return render(scene), [asked[int(i)] for i in rng.permutation(len(asked))]


def picture_talk(rng: Generator, kind: str = "", split: str = "train") -> tuple[Pixels, Dialogue]:
    """Make a picture, shown before the first turn, and two or three questions about it, of one of `TALKS`."""
    assert split in SPLITS, f"{split=} is not one of {SPLITS}"
    kind = kind or choose(rng, TALKS)
    image, asked = _asked_of_one(rng, kind, split)
    once = tuple({one.key: one for one in asked}.values())[:3]  # no answer is asked for twice
    pairs = [exchange(one.question, f"{kind}.{one.template}", one.answer, one.key) for one in once]
    turns = tuple(turn for pair in pairs for turn in pair)
    template = "+".join(turn.template for turn in turns[::2])
    return image, Dialogue(turns, kind, template, follow_up=len(pairs) > 1)

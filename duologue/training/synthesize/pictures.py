"""Pictures with questions, of every kind, by name."""

from collections.abc import Iterator

import numpy as np
from numpy.random import Generator

from duologue.training.synthesize.canvas import PictureQuestion
from duologue.training.synthesize.faces import face_question
from duologue.training.synthesize.plots import chart_question
from duologue.training.synthesize.scenes import scene_question
from duologue.training.synthesize.screens import screen_question
from duologue.training.synthesize.written import maths_question, words_question

__all__ = ["KINDS", "SPLITS", "PictureQuestion", "picture_question", "picture_questions"]

SPLITS = ("train", "unseen_template", "unseen_style")
KINDS = ("shapes", "pictograms", "faces", "charts", "terminal", "maths", "words")
_SHARES = np.array([0.2, 0.15, 0.1, 0.25, 0.12, 0.08, 0.1])
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
    kind = kind or KINDS[int(rng.choice(len(KINDS), p=_SHARES / _SHARES.sum()))]
    if kind in ("shapes", "pictograms"):
        return scene_question(rng, kind, split)
    return _MAKERS[kind](rng, split)


def picture_questions(seed: int, split: str = "train", kind: str = "") -> Iterator[PictureQuestion]:
    """Yield pictures with questions without end, the same for the same seed."""
    rng = np.random.default_rng((seed, SPLITS.index(split)))
    while True:
        yield picture_question(rng, kind, split)

from itertools import islice

import numpy as np

from duologue.evals import vision
from duologue.evals.material import emblem, pictures, wishes
from duologue.evals.recognise import recognise
from tests.evals.fakes import knowing, subject

SEED = 3


async def test_who_knows_what_is_shown_scores_all_and_reads_without_errors() -> None:
    answers = [one.answer for one in islice(pictures(SEED, "charts", "train"), 3)]
    row = await vision.asked(
        subject(knowing(answers=answers), 3), "sees charts", "unseen seed", "charts", "train"
    )
    assert (row.n, row.score, row.met) == (3, 100.0, True)
    written = [one.answer for one in islice(vision.written(SEED, "train"), 3)]
    row = await vision.read_split(subject(knowing(answers=written), 3), "unseen seed", "train")
    assert row.score == 0.0


async def test_who_says_nothing_sees_nothing() -> None:
    row = await vision.asked(subject(knowing(), 3), "sees charts", "unseen seed", "charts", "train")
    assert (row.score, row.met) == (0.0, False)
    row = await vision.read_split(subject(knowing(), 3), "unseen seed", "train")
    assert row.score == 100.0


async def test_drawings_are_recognised_by_thing_and_colour() -> None:
    asked = list(islice(wishes(SEED), 4))
    right = await vision.drawn(subject(knowing(drawings=[emblem(w.name, w.colour) for w in asked]), 4))
    assert [row.score for row in right] == [100.0, 100.0]
    nothing = await vision.drawn(subject(knowing(), 4))
    assert [row.score for row in nothing] == [0.0, 0.0]


def test_an_empty_picture_shows_nothing() -> None:
    assert recognise(np.full((64, 64, 3), 255, np.uint8)) == ("", "")


def test_a_small_shaky_thing_elsewhere_is_still_itself() -> None:
    image = np.full((64, 64, 3), 255, np.uint8)
    image[20:60, 10:50] = emblem("house", "red")[12:52, 12:52]
    assert recognise(np.roll(emblem("house", "red"), 3, axis=1)) == ("house", "red")

from itertools import islice

import numpy as np
import pytest

from duologue.training.synthesize.pictures import (
    KINDS,
    SPLITS,
    TALKS,
    picture_question,
    picture_questions,
    picture_talk,
)
from duologue.training.synthesize.spoken import answer_is_right

MAX_PATCHES = 256  # a picture is seen in patches of 16 x 16 pixels


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("split", SPLITS)
def test_pictures_are_well_formed(kind: str, split: str) -> None:
    rng = np.random.default_rng(0)
    for _ in range(12):
        asked = picture_question(rng, kind, split)
        height, width, depth = asked.image.shape
        assert asked.image.dtype == np.uint8
        assert depth == 3
        assert -(-height // 16) * -(-width // 16) <= MAX_PATCHES
        assert asked.kind == kind
        assert np.ptp(asked.image) > 50, "nothing is drawn"
        assert answer_is_right(asked.answer, asked.key), asked
        assert not any(letter.isdigit() or letter in "{}|" for letter in asked.question + asked.answer), (
            asked.answer
        )


def test_the_same_seed_gives_the_same_pictures() -> None:
    first, second = (list(islice(picture_questions(7), 20)) for _ in range(2))
    for one, two in zip(first, second, strict=True):
        assert (one.question, one.answer) == (two.question, two.answer)
        assert np.array_equal(one.image, two.image)


def test_the_unseen_split_asks_in_other_words() -> None:
    seen = {asked.template for asked in islice(picture_questions(1), 60)}
    unseen = {asked.template for asked in islice(picture_questions(1, "unseen_template"), 60)}
    assert not seen & unseen


@pytest.mark.parametrize("kind", TALKS)
def test_a_picture_can_be_talked_about(kind: str) -> None:
    rng = np.random.default_rng(0)
    for _ in range(10):
        image, talk = picture_talk(rng, kind)
        assert image.dtype == np.uint8
        assert len(talk.turns) <= 6
        keys = [turn.key for turn in talk.turns[1::2]]
        assert len(set(keys)) == len(keys)
        assert all(answer_is_right(turn.text, turn.key) for turn in talk.turns[1::2])

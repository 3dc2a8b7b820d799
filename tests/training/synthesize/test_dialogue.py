from itertools import islice

import numpy as np
import pytest

from duologue.training.synthesize import smalltalk
from duologue.training.synthesize.dialogue import (
    SPLITS,
    TOPICS,
    Dialogue,
    answer_is_right,
    dialogue,
    dialogues,
)
from duologue.training.synthesize.unknown import unknown_questions

NUM = 600


@pytest.fixture(scope="module")
def by_split() -> dict[str, list[Dialogue]]:
    return {split: list(islice(dialogues(3, split), NUM)) for split in SPLITS}


def test_the_same_seed_gives_the_same_conversations() -> None:
    assert list(islice(dialogues(5), 50)) == list(islice(dialogues(5), 50))
    assert list(islice(dialogues(5), 50)) != list(islice(dialogues(6), 50))


def test_turns_alternate(by_split: dict[str, list[Dialogue]]) -> None:
    for talk in by_split["train"]:
        assert [turn.role for turn in talk.turns] == ["user", "assistant"] * (len(talk.turns) // 2)


def test_splits_share_no_template_and_no_question(by_split: dict[str, list[Dialogue]]) -> None:
    templates, questions = (
        [{part for talk in by_split[split] for part in talk.template.split("+")} for split in SPLITS],
        [{turn.text for talk in by_split[split] for turn in talk.turns[::2]} for split in SPLITS],
    )
    assert not templates[0] & templates[1]
    assert not questions[0] & questions[1]


def test_answers_contain_their_keys(by_split: dict[str, list[Dialogue]]) -> None:
    for split in SPLITS:
        for talk in by_split[split]:
            for turn in talk.turns[1::2]:
                assert answer_is_right(turn.text, turn.key), turn


def test_nothing_spoken_has_digits_or_open_slots(by_split: dict[str, list[Dialogue]]) -> None:
    for split in SPLITS:
        for talk in by_split[split]:
            for turn in talk.turns:
                assert not set(turn.text) & set("0123456789{}|<>"), turn
                assert turn.text[0].isupper()


def test_answers_are_short_but_for_recitals(by_split: dict[str, list[Dialogue]]) -> None:
    for talk in by_split["train"]:
        if talk.topic != "recital":
            assert all(len(turn.text.split()) <= 10 for turn in talk.turns[1::2])


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_can_be_asked_for(topic: str) -> None:
    rng = np.random.default_rng(0)
    for split in SPLITS:
        assert {dialogue(rng, split, topic).topic for _ in range(5)} == {topic}


def test_a_name_told_is_remembered() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        talk = dialogue(rng, topic="memory")
        assert talk.follow_up
        assert talk.turns[-1].key in talk.turns[0].text.lower()


def test_a_style_asked_for_is_the_answers_manner() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        assert dialogue(rng, topic="style").turns[-1].manner is not None


def test_unknown_questions_are_many_and_divided() -> None:
    trained, unseen = set(unknown_questions()), set(unknown_questions("unseen_template"))
    assert len(trained) > 200
    assert len(unseen) > 40
    assert not trained & unseen


def test_words_around_a_question_leave_its_answer_alone() -> None:
    before = tuple(words.strip(" ,") for words in smalltalk.BEFORE)
    asked = [turn for one in islice(dialogues(4), 400) for turn in one.turns if turn.role == "user"]
    framed = [turn for turn in asked if turn.text.startswith(before)]
    assert 0.05 < len(framed) / len(asked) < 0.35
    assert all(turn.template for turn in framed)

import pytest

from duologue.evals import dialogue
from tests.evals.fakes import knowing, subject

LIMIT = 6
SEED = 3


def right_answers(phrasings: list[str]) -> list[str]:
    return [
        one.answer
        for phrasing in phrasings
        for talk in dialogue.conversations(SEED, phrasing, LIMIT)  # type: ignore[arg-type]
        for one in talk
    ]


async def test_who_knows_every_answer_scores_all() -> None:
    typed = await dialogue.typed(subject(knowing(answers=right_answers(["train", "unseen_template"])), LIMIT))
    assert [row.score for row in typed if row.n] == [100.0] * sum(row.n > 0 for row in typed)
    assert sum(row.n for row in typed) >= 2 * LIMIT


async def test_who_says_nothing_scores_nothing_and_chance_is_above() -> None:
    for row in await dialogue.typed(subject(knowing(), LIMIT)):
        if row.n:
            assert row.score == 0.0
            assert row.beside is not None
            assert row.beside > 0.0
            assert len(row.examples) == row.n


async def test_spoken_questions_are_answered_in_their_order() -> None:
    backend = knowing(answers=right_answers(["train"]), transcripts=["heard so"] * LIMIT)
    rows = await dialogue.ask_aloud(subject(backend, LIMIT), "unseen voice", "unseen voice", "train")
    assert {row.score for row in rows if row.n} == {100.0}
    assert not backend.answers


async def test_the_right_answer_one_question_later_is_wrong_and_shows_what_was_heard() -> None:
    answers = ["I do not know.", *right_answers(["train", "unseen_template"])]
    rows = await dialogue.typed(subject(knowing(answers=answers), LIMIT))
    assert min(row.score for row in rows if row.n) < 100.0
    assert rows[0].examples[0].got == "I do not know."


def test_the_best_constant_answer_is_chance() -> None:
    assert dialogue.best_constant(["yes", "yes", "no"], ["Yes.", "Yes, it is.", "No."]) == pytest.approx(
        2 / 3
    )
    assert dialogue.best_constant([], []) == 0.0

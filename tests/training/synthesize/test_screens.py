import numpy as np
import pytest

from duologue.training.synthesize.canvas import font
from duologue.training.synthesize.screens import FAILURES, SIZE, longest_lines, screen_question, screen_words
from duologue.training.synthesize.spoken import answer_is_right


def test_there_are_errors_enough_and_each_has_an_answer() -> None:
    assert len(FAILURES) >= 25
    for failure in FAILURES:
        assert answer_is_right(failure.problem, failure.problem_key), failure.name
        assert answer_is_right(failure.fix, failure.fix_key), failure.name


def test_every_line_fits_the_screen() -> None:
    letters = font("DejaVuSansMono", 12)
    for line in longest_lines():
        assert letters.getlength(line) + 9 <= SIZE[0], line


def test_letters_stay_sharp() -> None:
    """Text of full contrast is there: at least one pixel in twenty differs strongly from the ground."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        image = screen_question(rng).image.astype(int)
        far = np.abs(image - image[-1, -1]).max(axis=2) > 100
        assert far.mean() > 0.01


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("bash: ./run.sh: Permission denied", "bash: dot slash run dot sh: Permission denied"),
        ("ModuleNotFoundError: No module named 'torch'", "Module Not Found Error: No module named torch"),
        ("curl: (7) Connection refused", "curl: seven Connection refused"),
        ("SyntaxError: expected ':'", "Syntax Error: expected colon"),
    ],
)
def test_terminal_lines_are_read_aloud(line: str, said: str) -> None:
    assert screen_words(line) == said


def test_a_line_that_was_read_can_be_answered_in_writing_too() -> None:
    rng = np.random.default_rng(1)
    for _ in range(60):
        asked = screen_question(rng)
        if asked.written:
            assert answer_is_right(asked.written, asked.key)

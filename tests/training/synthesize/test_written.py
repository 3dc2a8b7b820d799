import numpy as np
import pytest

from duologue.training.synthesize.written import maths_question, words_question, write


@pytest.mark.parametrize("text", ["a", "white bridge street", "12(x + 10) = 132"])
def test_writing_fits_its_paper(text: str) -> None:
    rng = np.random.default_rng(0)
    for _ in range(10):
        image = write(rng, text).astype(int)
        ink = np.abs(image - image[0, 0]).max(axis=2) > 60
        assert ink.any()
        assert not ink[:, :3].any()
        assert not ink[:, -3:].any()
        assert image.shape[0] % 16 == 0
        assert image.shape[1] % 16 == 0


def test_hints_name_a_step_and_no_solution() -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        asked = maths_question(rng)
        if "next_step" in asked.template:
            assert any(verb in asked.answer.lower() for verb in ("add", "subtract", "divide", "multiply"))
            assert "equals" not in asked.answer


def test_what_is_written_is_what_is_answered() -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        asked = words_question(rng)
        if "number" not in asked.question:
            assert asked.written.lower() == asked.key

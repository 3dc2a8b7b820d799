import re

import numpy as np
import pytest

from duologue.training.synthesize.coaching import Problem, coaching, problem, said
from duologue.training.synthesize.dialogue import SPLITS
from duologue.training.synthesize.spoken import answer_is_right, spoken


def holds(equation: str, solution: str) -> bool:
    """Put the solution into the equation and compare its sides."""
    letter, value = solution.split(" = ")
    sides = re.sub(rf"(\d)({letter}|\()", r"\1*\2", equation).replace(letter, value).split("=")
    left, right = (eval(side, {"__builtins__": {}}) for side in sides)  # our own arithmetic, written above
    return bool(left == right)


@pytest.fixture
def problems() -> list[Problem]:
    rng = np.random.default_rng(0)
    return [problem(rng) for _ in range(200)]


def test_the_solution_solves_every_step(problems: list[Problem]) -> None:
    for task in problems:
        for written, _, _ in task.steps:
            if "=" in written:
                assert holds(written, task.solution), task
            else:
                assert eval(written, {"__builtins__": {}}) == int(task.solution)


def test_hints_contain_their_keys_and_not_the_solution(problems: list[Problem]) -> None:
    for task in problems:
        for _, hint, key in task.steps:
            assert answer_is_right(hint, key)
            assert spoken(task.solution) not in hint


@pytest.mark.parametrize("split", SPLITS)
def test_conversations_end_with_a_judgement(split: str) -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        talk = coaching(rng, split)
        assert talk.turns[-1].key in ("yes", "not yet")
        assert not any(letter.isdigit() for turn in talk.turns for letter in turn.text)


def test_brackets_are_said() -> None:
    assert said("3(n + 1) = 27") == "three times the sum of n and one equals twenty seven"

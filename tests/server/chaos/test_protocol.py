"""Ten thousand conversations in which anything may happen at any time. The rules hold in all of them."""

from __future__ import annotations

from random import Random

import pytest

from tests.server.chaos.world import fault, shrunk, story

CONVERSATIONS = 10_000
TOGETHER = 1000
MOST_STEPS = 32


@pytest.mark.parametrize("first", range(0, CONVERSATIONS, TOGETHER))
def test_the_rules_hold_whatever_happens(first: int) -> None:
    for seed in range(first, first + TOGETHER):
        rng = Random(seed)
        decisions = [rng.randrange(2**32) for _ in range(rng.randint(3, MOST_STEPS))]
        wrong = fault(seed, decisions)
        if wrong is not None:
            short = shrunk(seed, decisions)
            pytest.fail(f"{wrong}\nfault({seed}, {short})\n{story(seed, short)}", pytrace=False)

"""Values that nobody sends in earnest, and good JSON with such a value somewhere in it."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

DEEP: list[Any] = []
for _ in range(100):
    DEEP = [DEEP]

JUNK: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 7, 1.5, 2**63, -(2**63), 10**30, 1e308, float("nan"), float("inf"),
    "", " ", "x", "0", "null", "auto", "none", "\x00", "\ud800", "\U0001f600", "x" * 5000, "../../etc/passwd",
    [], {}, [None], [[]], {"": None}, {"type": None}, {"type": "x"}, ["x"], {"id": 1}, DEEP,
)  # fmt: skip


def junk(rng: Random) -> Any:
    return copy.deepcopy(rng.choice(JUNK))


def mutated(rng: Random, good: Any, times: int = 1) -> Any:
    """A copy in which that many places hold something else, or nothing."""
    value = copy.deepcopy(good)
    for _ in range(times):
        value = _mutated(rng, value)
    return value


def _mutated(rng: Random, value: Any) -> Any:
    places = list(_places(value))
    if not places:
        return junk(rng)
    holder, key = rng.choice(places)
    deed = rng.randrange(4)
    if deed == 0:
        del holder[key]
    elif deed == 1 and isinstance(holder, dict):
        holder[rng.choice(("x", "type", "id", "", key + "s"))] = junk(rng)
    elif deed == 1:
        holder.insert(key, copy.deepcopy(holder[key]))
    else:
        holder[key] = junk(rng)
    return value


def _places(value: Any) -> Any:
    """Every key and index in it, with what holds them."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in inner:
        yield value, key
        yield from _places(held)

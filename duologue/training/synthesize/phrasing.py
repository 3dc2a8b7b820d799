"""Ways of saying the same thing, some of which are kept out of training."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.random import Generator

UNSEEN_TEMPLATE = "unseen_template"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Phrasing:
    """Format strings of one meaning: those trained on, and those of the split "unseen_template"."""

    name: str
    seen: tuple[str, ...]
    unseen: tuple[str, ...]

    def draw(self, rng: Generator, split: str) -> tuple[str, str]:
        """Choose one for the split; return it with its template's name ("capital/2", "capital/u0")."""
        held_out = split == UNSEEN_TEMPLATE
        options = self.unseen if held_out else self.seen
        index = int(rng.integers(len(options)))
        return options[index], f"{self.name}/{'u' if held_out else ''}{index}"


def phrasing(name: str, text: str) -> Phrasing:
    """Read "one way | another way || a way kept out of training"; line breaks are spaces."""
    seen, _, unseen = text.partition("||")
    return Phrasing(name, ways(seen), ways(unseen))


def ways(text: str) -> tuple[str, ...]:
    """Read "one way | another way"."""
    return tuple(way.strip() for way in " ".join(text.split()).split("|") if way.strip())


def table(text: str) -> tuple[tuple[str, ...], ...]:
    """Read rows of cells: rows are lines or parted by ";", cells by "|"."""
    rows = (row for line in text.strip().splitlines() for row in line.split(";"))
    return tuple(tuple(cell.strip() for cell in row.split("|")) for row in rows if row.strip())


def words(text: str) -> tuple[str, ...]:
    """Read words parted by spaces or line breaks."""
    return tuple(text.split())


def a(noun: str) -> str:
    """Return the noun with its indefinite article."""
    vowel = noun[0] in "aeiou" and not noun.startswith(("uni", "eu", "one"))
    return f"{'an' if vowel else 'a'} {noun}"


def bare(noun: str) -> str:
    """Return the noun without its article."""
    return noun.removeprefix("a ").removeprefix("an ").removeprefix("the ")


def sentence(text: str) -> str:
    """Return the text with its first letter large."""
    return text[:1].upper() + text[1:]


def choose(rng: Generator, options: Sequence[T]) -> T:
    """Return one of the options."""
    return options[int(rng.integers(len(options)))]


def choose_by_share(rng: Generator, shares: dict[str, float]) -> str:
    """Return one of the names, each as often as its share says."""
    weights = np.array(list(shares.values()))
    return list(shares)[int(rng.choice(len(shares), p=weights / weights.sum()))]


@dataclass(frozen=True, slots=True)
class Talk:
    """One exchange with a fixed answer; `manner` is that of the answer, `user_manner` how the user sounds."""

    name: str
    asks: Phrasing
    answer: str
    key: str
    manner: str | None = None
    user_manner: str | None = None


def talks(text: str) -> tuple[Talk, ...]:
    """Read talks: "name: answer | key | manner | user's manner", then indented lines with the phrasing.

    A line that begins with "..." goes on from the one before.
    """
    lines = text.strip("\n").replace("\n... ", " ").splitlines()
    starts = [i for i, line in enumerate(lines) if not line.startswith(" ")]
    found = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        name, _, head = lines[start].partition(": ")
        answer, key, *manners = (cell.strip() for cell in head.split("|"))
        asks = phrasing(name, " ".join(lines[start + 1 : end]))
        found.append(Talk(name, asks, answer, key, *(manner or None for manner in manners)))
    return tuple(found)

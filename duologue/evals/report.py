"""The report card: rows with their margins of error, as JSON for programs and as a table for people.

Every row carries what a guess or an ideal would score, so that no number has to be believed alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

Unit = Literal["%", "ms", "per minute", "x"]

HEAD = ("skill", "split", "n", "score (95 %)", "chance or floor", "reach", "reached")
LEGEND = (
    "In brackets: 95 % of such tests would score between the two. Chance: the score of the best single "
    "answer, known beforehand. Floor: the judge's own errors on reference speech. Voices, phrasings, styles "
    "and seeds are held out of training as the split says."
)
RESAMPLES = 1000  # of a bootstrap
Z = 1.96  # 95 %
MAX_EXAMPLES = 8


@dataclass(frozen=True, slots=True)
class Example:
    """One thing tried, for whoever asks what a number means."""

    given: str
    wanted: str
    got: str


@dataclass(frozen=True, slots=True)
class Reach:
    """The number to reach, in the row's unit."""

    value: float
    at_least: bool  # False: at most

    def met(self, score: float) -> bool:
        return score >= self.value if self.at_least else score <= self.value

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {number(self.value)}"


@dataclass(frozen=True, slots=True)
class Row:
    """One skill on one split. Scores are in `unit`: 87.5 with "%" is seven of eight."""

    skill: str
    split: str
    n: int
    score: float
    low: float  # 95 % of such tests would score between low and high
    high: float
    unit: Unit = "%"
    beside: float | None = None
    beside_is: str = ""  # "chance", "floor"
    reach: Reach | None = None
    examples: tuple[Example, ...] = ()  # of what went wrong, where something did

    @property
    def met(self) -> bool | None:
        return None if self.reach is None or not self.n else self.reach.met(self.score)


def share(
    skill: str,
    split: str,
    hits: Sequence[bool],
    *,
    chance: float | None = None,
    reach: Reach | None = None,
    examples: Sequence[Example] = (),
) -> Row:
    """How many of the tries were hits, with Wilson's interval. `chance` is a share (0 to 1)."""
    low, high = wilson(sum(hits), len(hits))
    return Row(
        skill,
        split,
        len(hits),
        100 * sum(hits) / max(1, len(hits)),
        100 * low,
        100 * high,
        "%",
        None if chance is None else 100 * chance,
        "" if chance is None else "chance",
        reach,
        tuple(examples[:MAX_EXAMPLES]),
    )


def error_rate(
    skill: str,
    split: str,
    errors: Sequence[tuple[int, int]],
    *,
    floor: float | None = None,
    reach: Reach | None = None,
    examples: Sequence[Example] = (),
) -> Row:
    """Edits over length, in percent, with a bootstrap over the sentences. `floor` is a rate (0.1 is 10 %)."""
    pairs = np.array(errors, np.float64).reshape(-1, 2)
    draws = _draws(len(pairs))
    rates = pairs[draws, 0].sum(1) / np.maximum(1.0, pairs[draws, 1].sum(1))
    low, high = np.quantile(rates, (0.025, 0.975)) if len(pairs) else (0.0, 0.0)
    whole = pairs[:, 0].sum() / max(1.0, pairs[:, 1].sum())
    return Row(
        skill,
        split,
        len(pairs),
        100 * float(whole),
        100 * float(low),
        100 * float(high),
        "%",
        None if floor is None else 100 * floor,
        "" if floor is None else "floor",
        reach,
        tuple(examples[:MAX_EXAMPLES]),
    )


def percentile(
    skill: str,
    split: str,
    values: Sequence[float],
    percent: float,
    *,
    unit: Unit = "ms",
    reach: Reach | None = None,
) -> Row:
    """A percentile of measured values, with a bootstrap. `percent` is 0 to 100."""
    found = np.array(values, np.float64)
    if not len(found):
        return Row(f"{skill}, p{percent:g}", split, 0, 0.0, 0.0, 0.0, unit, reach=reach)
    drawn = np.percentile(found[_draws(len(found))], percent, axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    score = float(np.percentile(found, percent))
    return Row(f"{skill}, p{percent:g}", split, len(found), score, float(low), float(high), unit, reach=reach)


def _draws(n: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """(RESAMPLES, n) indices, the same each time."""
    return np.random.default_rng(0).integers(0, max(1, n), (RESAMPLES, n))


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (E. B. Wilson 1927): honest at 0 %, at 100 % and for small n."""
    if n == 0:
        return 0.0, 1.0
    part, spread = hits / n, Z * Z / n
    middle = (part + spread / 2) / (1 + spread)
    half = Z * math.sqrt(part * (1 - part) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Report:
    """All rows of one run, and what was run."""

    model: str
    seed: int
    seconds: float
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return plain lists, dicts, strings and numbers."""
        rows = [asdict(row) | {"met": row.met} for row in self.rows]
        return {
            "model": self.model,
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "notes": list(self.notes),
            "rows": rows,
        }

    def as_markdown(self) -> str:
        lines = [HEAD, tuple("---" if i < 2 else "---:" for i in range(len(HEAD)))]
        lines += [cells(row) for row in self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return "\n\n".join([table, LEGEND, *self.notes]) + "\n"


def number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def cells(row: Row) -> tuple[str, ...]:
    """Return a row as it is printed."""
    unit = f" {row.unit}"
    score = f"{number(row.score)}{unit} ({number(row.low)}–{number(row.high)})" if row.n else "—"
    beside = "" if row.beside is None else f"{number(row.beside)}{unit} {row.beside_is}"
    reach = "" if row.reach is None else f"{row.reach}{unit}"
    met = {None: "", True: "yes", False: "no"}[row.met]
    return row.skill, row.split, str(row.n), score, beside, reach, met

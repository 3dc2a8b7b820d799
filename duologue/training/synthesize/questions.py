"""How the closed facts are asked about: each kind of question has its phrasings, answers and follow-ups.

The kinds stand in `asked.py` as text; here they meet the sets of facts that they are about.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from duologue.training.synthesize import facts
from duologue.training.synthesize.asked import ASKED
from duologue.training.synthesize.phrasing import Phrasing, Talk, a, bare, phrasing, ways
from duologue.training.synthesize.spoken import number_words, ordinal_words

Fact = Mapping[str, str]
Facts = tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of question. The texts are format strings over a fact; `key` is what a right answer contains.

    `again` asks the same of another fact ("And of Spain?"); `its` asks it of the fact just spoken of. A fact
    has an `id`, by which kinds share it. Sums keep some operand pairs for the unseen split: `facts_unseen`.
    """

    name: str
    topic: str
    facts: Facts
    facts_unseen: Facts
    asks: Phrasing
    answers: tuple[str, ...]
    key: str
    weight: float
    again: Phrasing | None = None
    its: Phrasing | None = None

    def facts_of(self, split: str) -> Facts:
        """Return the facts that the split asks about."""
        return self.facts_unseen if split == "unseen_template" else self.facts


def _countries() -> Facts:
    return tuple(
        {"id": country, "country": country, "capital": capital, "language": language, "continent": continent}
        for country, capital, language, continent in facts.COUNTRIES
    )


def _arithmetic(sign: str) -> Facts:
    """Return all sums, differences or products of the closed world."""
    if sign == "*":
        pairs = [(x, y, x * y) for x in range(1, 11) for y in range(1, 11)]
    elif sign == "-":
        pairs = [(x, y, x - y) for x in range(1, 20) for y in range(1, x + 1)]
    else:
        pairs = [(x, y, x + y) for x in range(1, 20) for y in range(1, 20)]
    return tuple(
        {"id": f"{x}{sign}{y}", "x": number_words(x), "y": number_words(y), "result": number_words(result)}
        for x, y, result in pairs
    )


def _is_held_out(fact: Fact) -> bool:
    """Say whether a sum is kept for the unseen split: one operand pair in eight."""
    sign = next((sign for sign in "+-*" if sign in fact["id"]), "")
    if not sign:
        return False
    x, y = fact["id"].split(sign)
    return (int(x) * 7 + int(y) * 3) % 8 == 0


def _numbers() -> Facts:
    return tuple(
        {"id": str(n), "x": number_words(n), "after": number_words(n + 1), "before": number_words(n - 1)}
        for n in range(1, 60)
    )


def _pairs() -> Facts:
    return tuple(
        {
            "id": f"{x},{y}",
            "x": number_words(x),
            "y": number_words(y),
            "large": number_words(max(x, y)),
            "small": number_words(min(x, y)),
        }
        for x in range(1, 21)
        for y in range(1, 21)
        if x != y
    )


def _orders() -> Facts:
    """Return facts for "which is bigger" and "which is smaller": both orders of naming, any distance."""
    found = []
    for more, less, *things in facts.ORDERS:
        for i, low in enumerate(things):
            for high in things[i + 1 :]:
                for x, y in ((low, high), (high, low)):
                    for word, winner in ((more, high), (less, low)):
                        fact = {"x": x, "y": y, "word": word, "winner": winner, "bare": bare(winner)}
                        found.append({"id": f"{word} {x} {y}", **fact})
    return tuple(found)


def _dates() -> Facts:
    return tuple(
        {"id": name, "unit": unit, "x": name, "after": ring[(i + 1) % len(ring)], "before": ring[i - 1]}
        for unit, ring in (("day", facts.DAYS), ("month", facts.MONTHS))
        for i, name in enumerate(ring)
    )


def _ranks() -> Facts:
    groups = (
        ("day", "week", facts.DAYS),
        ("month", "year", facts.MONTHS),
        ("planet", "solar system", facts.PLANETS),
    )
    return tuple(
        {"id": name, "unit": unit, "whole": whole, "rank": ordinal_words(i + 1), "name": name}
        for unit, whole, names in groups
        for i, name in enumerate(names)
    )


def _parts() -> Facts:
    found = []
    for owner, parts, number in facts.PARTS:
        words = "no" if number == "0" else number_words(int(number))
        part = parts[:-1] if number == "1" else parts
        found.append({"id": owner, "owner": a(owner), "part": part, "parts": parts, "number": words})
    return tuple(found)


def _categories() -> Facts:
    found = []
    for i, (kind, *members) in enumerate(facts.KINDS):
        for j, thing in enumerate(members):
            other = facts.KINDS[(i + 1 + j) % len(facts.KINDS)][0]
            found.append({"id": thing, "x": thing, "kind": kind, "other": other, "bare": bare(kind)})
    return tuple(found)


def _clear_categories() -> Facts:
    """Leave out "is an owl an animal": birds and insects are animals, so a plain "no" would be wrong."""
    unclear = ({"an animal", "a bird"}, {"an animal", "an insect"})
    return tuple(fact for fact in _categories() if {fact["other"], fact["kind"]} not in unclear)


def _rows(rows: tuple[tuple[str, ...], ...], *names: str) -> Facts:
    """Name the cells of a table; the first is the id. "a_x" has got an article, "bare_x" has lost it."""
    found = []
    for row in rows:
        fact = {"id": row[0], **dict(zip(names, row, strict=True))}
        fact |= {f"a_{name}": a(cell) for name, cell in zip(names, row, strict=True)}
        fact |= {f"bare_{name}": bare(cell) for name, cell in zip(names, row, strict=True)}
        found.append(fact)
    return tuple(found)


SETS: dict[str, Callable[[], Facts]] = {
    "countries": _countries,
    "continents": lambda: tuple(fact for fact in _countries() if fact["continent"]),
    "sums": lambda: _arithmetic("+"),
    "differences": lambda: _arithmetic("-"),
    "products": lambda: _arithmetic("*"),
    "numbers": _numbers,
    "pairs": _pairs,
    "orders": _orders,
    "dates": _dates,
    "ranks": _ranks,
    "sounds": lambda: _rows(facts.SOUNDS, "x", "verb"),
    "young": lambda: _rows(facts.YOUNG, "x", "young"),
    "homes": lambda: _rows(facts.HOMES, "x", "home"),
    "parts": _parts,
    "measures": lambda: tuple(
        {"id": f"{unit} {whole}", "unit": unit, "whole": whole, "number": number_words(int(number))}
        for unit, whole, number in facts.MEASURES
    ),
    "opposites": lambda: _rows((*facts.OPPOSITES, *((y, x) for x, y in facts.OPPOSITES)), "x", "y"),
    "spelled": lambda: tuple({"id": x, "x": x, "letters": ", ".join(x.upper())} for x in facts.SPELLED),
    "colors": lambda: _rows(facts.COLOURS, "x", "color"),
    "categories": _categories,
    "clear_categories": _clear_categories,
    "jobs": lambda: _rows(facts.JOBS, "x", "does", "word"),
    "tools": lambda: _rows(facts.TOOLS, "purpose", "tool"),
    "symbols": lambda: _rows(facts.SYMBOLS, "x", "symbol"),
    "orbits": lambda: _rows(tuple(zip(facts.PLANETS, facts.PLANETS[1:], strict=False)), "x", "y"),
}


def _kind(block: str) -> Kind:
    """Read a block: "name topic facts weight", then "?" asks, "=" answers, "*" key, "+" again, "@" its."""
    head, *lines = block.replace("\n  ", " ").splitlines()
    name, topic, facts_name, weight = head.split()
    texts = {line[0]: line[2:] for line in lines}
    every = SETS[facts_name]()
    held_out = tuple(fact for fact in every if _is_held_out(fact))
    return Kind(
        name,
        topic,
        tuple(fact for fact in every if not _is_held_out(fact)),
        held_out or every,
        phrasing(name, texts["?"]),
        ways(texts["="]),
        texts["*"],
        float(weight),
        phrasing(f"{name}.again", texts["+"]) if "+" in texts else None,
        phrasing(f"{name}.its", texts["@"]) if "@" in texts else None,
    )


def _fixed(topic: str, talk: Talk, weight: float) -> Kind:
    """Make a question with one answer a kind of its own."""
    fact: Facts = ({"id": talk.name},)
    asks = Phrasing(f"{topic}.{talk.name}", talk.asks.seen, talk.asks.unseen)
    return Kind(asks.name, topic, fact, fact, asks, (talk.answer,), talk.key, weight)


@cache
def all_kinds() -> tuple[Kind, ...]:
    """Return every kind of closed question."""
    kinds = [_kind(block) for block in ASKED.strip().split("\n\n")]
    kinds += [_fixed("science", talk, 0.12) for talk in facts.SCIENCE]
    kinds += [_fixed("code", talk, 0.1) for talk in facts.CODE]
    return tuple(kinds)

"""Small equations and sums guided one step at a time, without giving the answer away."""

import re
from dataclasses import dataclass

from numpy.random import Generator

from duologue.training.synthesize.dialogue import Dialogue, Exchange, exchange
from duologue.training.synthesize.phrasing import choose, phrasing
from duologue.training.synthesize.spoken import number_words, spoken


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem as written, and what to say at each step: (what is written now, the hint, the hint's key)."""

    written: str
    steps: tuple[tuple[str, str, str], ...]
    solution: str


def _linear(rng: Generator) -> Problem:
    """Make a x + b = c or a x - b = c."""
    factor, unknown, added = int(rng.integers(2, 10)), int(rng.integers(1, 13)), int(rng.integers(1, 13))
    letter = choose(rng, ("x", "y", "n"))
    minus = bool(rng.random() < 0.5) and factor * unknown > added
    total = factor * unknown + (-added if minus else added)
    written = f"{factor}{letter} {'-' if minus else '+'} {added} = {total}"
    rest, words, by = f"{factor}{letter} = {factor * unknown}", number_words(added), number_words(factor)
    verb = f"Add {words} to" if minus else f"Subtract {words} from"
    return Problem(
        written,
        (
            (written, f"{verb} both sides first.", f"{verb.split()[0].lower()} {words}"),
            (rest, f"Now divide both sides by {by}.", f"divide both sides by {by}"),
        ),
        f"{letter} = {unknown}",
    )


def _one_step(rng: Generator) -> Problem:
    """Make x + b = c, x - b = c or x / a = c."""
    letter, value, other = choose(rng, ("x", "y", "n")), int(rng.integers(2, 16)), int(rng.integers(2, 10))
    words = number_words(other)
    way = int(rng.integers(3))
    if way == 0:
        written, hint, key = (
            f"{letter} + {other} = {value + other}",
            f"Subtract {words} from both sides.",
            f"subtract {words}",
        )
    elif way == 1:
        written, hint, key = f"{letter} - {other} = {value}", f"Add {words} to both sides.", f"add {words}"
        value += other
    else:
        written, hint, key = (
            f"{letter} / {other} = {value}",
            f"Multiply both sides by {words}.",
            f"multiply both sides by {words}",
        )
        value *= other
    return Problem(written, ((written, hint, key),), f"{letter} = {value}")


def _carry(rng: Generator) -> Problem:
    """Make a sum of two numbers of two digits."""
    x, y = int(rng.integers(11, 90)), int(rng.integers(11, 90))
    ones = f"First add the ones, {number_words(x % 10)} and {number_words(y % 10)}."
    return Problem(
        f"{x} + {y}",
        ((f"{x} + {y}", ones, "add the ones"), (f"{x} + {y}", "Now add the tens.", "add the tens")),
        str(x + y),
    )


def _brackets(rng: Generator) -> Problem:
    """Make a (x + b) = c."""
    factor, value, added = int(rng.integers(2, 8)), int(rng.integers(1, 10)), int(rng.integers(1, 8))
    letter, by, words = choose(rng, ("x", "y", "n")), number_words(factor), number_words(added)
    written = f"{factor}({letter} + {added}) = {factor * (value + added)}"
    return Problem(
        written,
        (
            (written, f"Divide both sides by {by} first.", f"divide both sides by {by}"),
            (
                f"{letter} + {added} = {value + added}",
                f"Now subtract {words} from both sides.",
                f"subtract {words}",
            ),
        ),
        f"{letter} = {value}",
    )


def problem(rng: Generator) -> Problem:
    """Make a problem of any kind."""
    return choose(rng, (_linear, _linear, _one_step, _carry, _brackets))(rng)


START = phrasing(
    "start",
    """How do I solve {x}? | Help me with {x}. | How do I begin with {x}? | What is the first step for {x}?
    | Can you help me solve {x}? || I am stuck with {x}.""",
)
NEXT = phrasing(
    "next_step",
    "Now I have {x}. | I got {x}. | That gives {x}. | Okay, now it is {x}. || Then I have {x}.",
)
DONE = phrasing("done", "So {x}? | I got {x}. | Is it {x}? | Then {x}. || My answer is {x}.")
TELL = phrasing(
    "tell",
    "Just tell me the answer. | What is the answer? | Give me the solution. || Please say the result.",
)


def said(written: str) -> str:
    """Return an equation as one says it."""
    summed = re.sub(r"(\d+)\((\w) \+ (\d+)\)", r"\1 times the sum of \2 and \3", written)
    return spoken(summed.replace("/", "÷"))


def coaching(rng: Generator, split: str = "train") -> Dialogue:
    """Make a conversation that leads through a problem step by step and never says the solution first."""
    task = problem(rng)
    exchanges: list[Exchange] = []
    for number, (written, hint, key) in enumerate(task.steps):
        way = START if number == 0 else NEXT
        if task.steps[0][0] == written and number:
            break
        form, template = way.draw(rng, split)
        exchanges.append(exchange(form.format(x=said(written)), f"coaching.{template}", hint, key))
        if rng.random() < 0.2:
            form, template = TELL.draw(rng, split)
            exchanges.append(exchange(form, f"coaching.{template}", f"Try it yourself: {_plain(hint)}", key))
    exchanges.append(_checked(rng, split, task))
    turns = tuple(turn for pair in exchanges for turn in pair)
    return Dialogue(turns, "coaching", "+".join(turn.template for turn in turns[::2]), follow_up=True)


def _plain(hint: str) -> str:
    """Return a hint without the words that place it in an order, to go on after a colon."""
    text = hint.removeprefix("Now ").removeprefix("First ").replace(" first.", ".")
    return text[0].lower() + text[1:]


def _checked(rng: Generator, split: str, task: Problem) -> Exchange:
    """Let the user say a solution, right or wrong, and answer whether it is right."""
    head, _, value = task.solution.rpartition(" ")
    right = bool(rng.random() < 0.65)
    shown = int(value) + (0 if right else int(choose(rng, (-1, 1, 2))))
    form, template = DONE.draw(rng, split)
    ask = form.format(x=said(f"{head} {shown}".strip()))
    answer, key = ("Yes, well done.", "yes") if right else ("Not yet, check it again.", "not yet")
    return exchange(ask, f"coaching.{template}", answer, key)

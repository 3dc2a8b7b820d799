"""Short conversations in a closed world, as text to be spoken: the user asks, the assistant answers.

`dialogue(rng, split)` gives one conversation, `dialogues(seed, split)` an endless stream of them. In the
split "unseen_template" every phrasing is one that "train" never uses; the facts are the same, except for
sums, whose operand pairs are divided too. Knows nothing of sound.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.random import Generator

from duologue.training.synthesize import smalltalk
from duologue.training.synthesize.phrasing import Phrasing, Talk, choose, choose_by_share, sentence
from duologue.training.synthesize.questions import Fact, Kind, all_kinds
from duologue.training.synthesize.remembered import MEMORIES
from duologue.training.synthesize.spoken import answer_is_right, spoken
from duologue.training.synthesize.unknown import UNKNOWN_ANSWER, UNKNOWN_KEY, unknown_question

__all__ = [
    "SPLITS",
    "TOPICS",
    "Dialogue",
    "Turn",
    "answer_is_right",
    "dialogue",
    "dialogues",
    "exchange",
    "spoken",
]

SPLITS = ("train", "unseen_template")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side says; a "tool" is a function that was called, its text the result.

    `key` (assistant only) is what a right answer contains, "|" between alternatives; `template` (user only)
    names the phrasing.
    """

    role: Literal["user", "assistant", "tool"]
    text: str
    manner: str | None = None
    key: str = ""
    template: str = ""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Turns, the user first. `template` joins the templates of the user's turns with "+".

    `instructions` is what the system says before the first turn, "" if nothing.
    """

    turns: tuple[Turn, ...]
    topic: str
    template: str
    language: str = "en"
    follow_up: bool = False
    instructions: str = ""


Exchange = tuple[Turn, Turn]


def exchange(ask: str, template: str, answer: str, key: str, manner: str | None = None) -> Exchange:
    """Return a question and its answer."""
    return Turn("user", sentence(ask), template=template), Turn(
        "assistant", sentence(answer), manner, key.lower()
    )


def _about(rng: Generator, split: str, kind: Kind, fact: Fact, way: Phrasing) -> Exchange:
    ask, template = way.draw(rng, split)
    answer = choose(rng, kind.answers)
    return exchange(ask.format(**fact), template, answer.format(**fact), kind.key.format(**fact))


def _question(rng: Generator, split: str, topic: str | None = None) -> tuple[Exchange, Kind, Fact]:
    kinds = [kind for kind in all_kinds() if topic in (None, kind.topic)]
    weights = np.array([kind.weight for kind in kinds])
    kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
    fact = choose(rng, kind.facts_of(split))
    return _about(rng, split, kind, fact, kind.asks), kind, fact


def _of_the_same(rng: Generator, split: str, kind: Kind, fact: Fact) -> tuple[Exchange, Kind, Fact] | None:
    """Ask something else of the same fact, if there is anything."""
    options = [
        (other, other.its, same)
        for other in all_kinds()
        if other.its is not None and other.topic == kind.topic and other.name != kind.name
        for same in other.facts
        if same["id"] == fact["id"]
    ]
    if not options:
        return None
    other, its, same = choose(rng, options)
    return _about(rng, split, other, same, its), other, same


def _of_another(rng: Generator, split: str, kind: Kind, fact: Fact) -> tuple[Exchange, Kind, Fact] | None:
    """Ask the same of another fact, if the kind has words for it."""
    rest = [other for other in kind.facts_of(split) if other["id"] != fact["id"]]
    if kind.again is None or not rest:
        return None
    another = choose(rng, rest)
    return _about(rng, split, kind, another, kind.again), kind, another


def _facts_dialogue(rng: Generator, split: str, topic: str | None) -> tuple[list[Exchange], str, bool]:
    """One to four questions: alone, chained, or with a change of topic."""
    first, kind, fact = _question(rng, split, topic)
    exchanges, followed, first_topic = [first], False, kind.topic
    while len(exchanges) < 4 and rng.random() < 0.5:
        go_on = None
        if rng.random() < 0.75:
            go_on = _of_the_same(rng, split, kind, fact) if rng.random() < 0.5 else None
            go_on = go_on or _of_another(rng, split, kind, fact)
        followed = followed or go_on is not None
        asked, kind, fact = go_on or _question(rng, split)
        exchanges.append(asked)
    return exchanges, first_topic, followed


def _talk(rng: Generator, split: str, group: str, talk: Talk) -> Exchange:
    ask, template = talk.asks.draw(rng, split)
    user, answer = exchange(ask, f"{group}.{template}", talk.answer, talk.key, talk.manner)
    return replace(user, manner=talk.user_manner), answer


def _persona(rng: Generator, split: str) -> tuple[list[Exchange], bool]:
    count = 1 + int(rng.random() < 0.4)
    chosen = rng.permutation(len(smalltalk.PERSONA))[:count]
    return [_talk(rng, split, "persona", smalltalk.PERSONA[int(i)]) for i in chosen], False


def _mood(rng: Generator, split: str) -> tuple[list[Exchange], bool]:
    if rng.random() < 0.6:
        return [_talk(rng, split, "mood", choose(rng, smalltalk.MOODS))], False
    tone = choose(rng, smalltalk.TONES)
    ask, template = smalltalk.TONE.draw(rng, split)
    user, answer = exchange(ask, template, f"You sound {tone}.", tone)
    return [(replace(user, manner=tone), answer)], False


def _style(rng: Generator, split: str) -> tuple[list[Exchange], bool]:
    """Ask for a manner of speaking: of an answer, of words to say, of the last answer, or from now on."""
    manner = choose(rng, tuple(smalltalk.MANNERS))
    how, _ = smalltalk.MANNERS[manner].draw(rng, split)
    (user, answer), _, _ = _question(rng, split)
    way = choose(rng, (smalltalk.STYLED, smalltalk.SAY, smalltalk.RESTYLE, smalltalk.FROM_NOW))
    form, name = way.draw(rng, split)
    if way is smalltalk.STYLED:
        text = sentence(form.format(ask=user.text, how=how))
        return [
            (replace(user, text=text, template=f"{name}+{user.template}"), replace(answer, manner=manner))
        ], False
    if way is smalltalk.SAY:
        phrase = choose(rng, smalltalk.PHRASES)
        return [exchange(form.format(phrase=phrase, how=how), name, phrase + ".", phrase, manner)], False
    if way is smalltalk.RESTYLE:
        return [(user, answer), exchange(form.format(how=how), name, answer.text, answer.key, manner)], True
    opening = exchange(form.format(how=how), name, "Okay, like this.", "okay", manner)
    return [opening, (user, replace(answer, manner=manner))], True


def _repeat(rng: Generator, split: str) -> tuple[list[Exchange], bool]:
    if rng.random() < 0.5:
        phrase = choose(rng, smalltalk.PHRASES)
        form, name = smalltalk.REPEAT.draw(rng, split)
        return [exchange(form.format(phrase=phrase), name, phrase + ".", phrase)], False
    (user, answer), _, _ = _question(rng, split)
    form, name = smalltalk.AGAIN.draw(rng, split)
    return [(user, answer), exchange(form, name, answer.text, answer.key)], True


def _memory(rng: Generator, split: str) -> tuple[list[Exchange], bool]:
    """Tell something, perhaps talk of something else, and ask for it."""
    memory = choose(rng, MEMORIES)
    x = choose(rng, memory.values)
    tell, tell_name = memory.tells.draw(rng, split)
    ask, ask_name = memory.asks.draw(rng, split)
    told = exchange(tell.format(x=x), tell_name, memory.reply.format(x=x), x)
    between = [_question(rng, split)[0] for _ in range(int(rng.integers(3)))]
    return [told, *between, exchange(ask, ask_name, memory.answer.format(x=x), x)], True


def _unknown(rng: Generator, split: str) -> tuple[list[Exchange], bool]:
    ask, name = unknown_question(rng, split)
    return [exchange(ask, name, UNKNOWN_ANSWER, UNKNOWN_KEY)], False


def _recital(rng: Generator, split: str) -> tuple[list[Exchange], bool]:
    return [_talk(rng, split, "recital", choose(rng, smalltalk.RECITALS))], False


def _framed(rng: Generator, user: Turn) -> Turn:
    """The same with a few words around it, now and then. A question is no longer known by its first word."""
    text = user.text
    if rng.random() < _SURROUNDED:
        before = choose(rng, smalltalk.BEFORE)
        text = f"{before} {text if text.startswith('I ') else text[:1].lower() + text[1:]}"
    if text.endswith("?") and rng.random() < _SURROUNDED:
        text = f"{text[:-1]}, {choose(rng, smalltalk.AFTER)}?"
    return replace(user, text=text)


_OTHERS = {
    "persona": _persona,
    "mood": _mood,
    "style": _style,
    "repeat": _repeat,
    "memory": _memory,
    "unknown": _unknown,
    "recital": _recital,
}
FACT_TOPICS = tuple(dict.fromkeys(kind.topic for kind in all_kinds()))
TOPICS = (*FACT_TOPICS, *_OTHERS)
_SHARES = {
    "facts": 0.6,
    "persona": 0.05,
    "mood": 0.05,
    "style": 0.08,
    "repeat": 0.05,
    "memory": 0.08,
    "unknown": 0.06,
    "recital": 0.03,
}
_SURROUNDED = 0.12  # of questions that have words before them, and of those that have some after
_FRAMED = 0.08  # of conversations that open with a greeting, and of those that end with a closing


def dialogue(rng: Generator, split: str = "train", topic: str | None = None) -> Dialogue:
    """Make one conversation of the split, of one of `TOPICS` or of any."""
    assert split in SPLITS, f"{split=} is not one of {SPLITS}"
    framed = topic is None
    if topic is None:
        topic = choose_by_share(rng, _SHARES)
    if topic in _OTHERS:
        exchanges, follow_up = _OTHERS[topic](rng, split)
    else:
        exchanges, topic, follow_up = _facts_dialogue(rng, split, None if topic == "facts" else topic)
    if split == "train":
        exchanges = [(_framed(rng, user), answer) for user, answer in exchanges]
    if framed and rng.random() < _FRAMED:
        exchanges = [_talk(rng, split, "opening", choose(rng, smalltalk.OPENINGS)), *exchanges]
    if framed and rng.random() < _FRAMED:
        exchanges = [*exchanges, _talk(rng, split, "closing", choose(rng, smalltalk.CLOSINGS))]
    turns = tuple(turn for pair in exchanges for turn in pair)
    return Dialogue(turns, topic, "+".join(turn.template for turn in turns[::2]), follow_up=follow_up)


def dialogues(seed: int, split: str = "train", topic: str | None = None) -> Iterator[Dialogue]:
    """Yield conversations without end, the same for the same seed."""
    rng = np.random.default_rng((seed, SPLITS.index(split)))
    while True:
        yield dialogue(rng, split, topic)

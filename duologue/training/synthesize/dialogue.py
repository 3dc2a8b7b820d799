"""Short conversations in a closed world, as text to be spoken: the user asks, the assistant answers.

`dialogue(rng, split)` gives one conversation, `dialogues(seed, split)` an endless stream of them. In the split
"unseen_template" every phrasing is one that "train" never uses; the facts are the same, except for sums, whose
operand pairs are divided too. Knows nothing of sound.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import numpy as np
from numpy.random import Generator

from duologue.training.synthesize import facts, smalltalk
from duologue.training.synthesize.questions import KINDS, Fact, Kind
from duologue.training.synthesize.smalltalk import Talk
from duologue.training.synthesize.spoken import answer_is_right, number_words, spoken
from duologue.training.synthesize.unknown import UNKNOWN_ANSWER, UNKNOWN_KEY, unknown_question

__all__ = ["TOPICS", "Dialogue", "Turn", "answer_is_right", "dialogue", "dialogues", "spoken"]

UNSEEN = "unseen_template"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side says. `key` (assistant only) is what a right answer contains, "|" between alternatives."""

    role: Literal["user", "assistant"]
    text: str
    manner: str | None = None
    key: str = ""
    template: str = ""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Turns that alternate, the user first. `template` joins the templates of the user's turns with "+"."""

    turns: tuple[Turn, ...]
    topic: str
    template: str
    language: str = "en"
    follow_up: bool = False


Exchange = tuple[Turn, Turn]


def sentence(text: str) -> str:
    """Return the text with its first letter large."""
    return text[:1].upper() + text[1:]


def _choose(rng: Generator, options: Sequence[T]) -> T:
    return options[int(rng.integers(len(options)))]


def _phrase(
    rng: Generator, split: str, name: str, seen: Sequence[str], unseen: Sequence[str]
) -> tuple[str, str]:
    """Choose a phrasing of the split; return it with its template name ("capital/2", "capital/u0")."""
    options = unseen if split == UNSEEN else seen
    index = int(rng.integers(len(options)))
    return options[index], f"{name}/{'u' if split == UNSEEN else ''}{index}"


def _exchange(
    ask: str, template: str, answer: str, key: str, manner: str | None = None, user: str | None = None
) -> Exchange:
    return (
        Turn("user", sentence(ask), user, template=template),
        Turn("assistant", sentence(answer), manner, key.lower()),
    )


def _about(rng: Generator, split: str, kind: Kind, fact: Fact, form: str = "asks") -> Exchange:
    """Ask the kind of question about the fact; `form` is "asks", "again" or "its"."""
    seen, unseen = getattr(kind, form), getattr(kind, form + "_unseen")
    name = kind.name if form == "asks" else f"{kind.name}.{form}"
    ask, template = _phrase(rng, split, name, seen, unseen)
    answer = _choose(rng, kind.answers)
    return _exchange(ask.format(**fact), template, answer.format(**fact), kind.key.format(**fact))


def _facts_of(kind: Kind, split: str) -> tuple[Fact, ...]:
    return kind.facts_unseen if split == UNSEEN and kind.facts_unseen else kind.facts


_WEIGHTS = np.array([kind.weight for kind in KINDS])
_WEIGHTS /= _WEIGHTS.sum()


def _question(rng: Generator, split: str, topic: str | None = None) -> tuple[Exchange, Kind, Fact]:
    if topic is None:
        kind = KINDS[int(rng.choice(len(KINDS), p=_WEIGHTS))]
    else:
        kinds = [kind for kind in KINDS if kind.topic == topic]
        weights = np.array([kind.weight for kind in kinds])
        kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
    fact = _choose(rng, _facts_of(kind, split))
    return _about(rng, split, kind, fact), kind, fact


def _follow_up(rng: Generator, split: str, kind: Kind, fact: Fact) -> tuple[Exchange, Kind, Fact] | None:
    """Go on from a question: the same of another fact, or something else of the same fact."""
    others = [
        k for k in KINDS if k.its and k.name != kind.name and any(f["id"] == fact["id"] for f in k.facts)
    ]
    others = [k for k in others if k.topic == kind.topic]
    if others and (not kind.again or rng.random() < 0.5):
        other = _choose(rng, others)
        same = next(f for f in other.facts if f["id"] == fact["id"])
        return _about(rng, split, other, same, "its"), other, same
    if not kind.again:
        return None
    rest = [f for f in _facts_of(kind, split) if f["id"] != fact["id"]]
    if not rest:
        return None
    another = _choose(rng, rest)
    return _about(rng, split, kind, another, "again"), kind, another


def _facts_dialogue(rng: Generator, split: str, topic: str | None) -> tuple[list[Exchange], str, bool]:
    """One to four questions: alone, chained, or with a change of topic."""
    exchange, kind, fact = _question(rng, split, topic)
    exchanges, followed, first_topic = [exchange], False, kind.topic
    while len(exchanges) < 4 and rng.random() < 0.5:
        go_on = _follow_up(rng, split, kind, fact) if rng.random() < 0.75 else None
        if go_on is None:
            if rng.random() < 0.5:
                break
            exchange, kind, fact = _question(rng, split)
        else:
            (exchange, kind, fact), followed = go_on, True
        exchanges.append(exchange)
    return exchanges, first_topic, followed


def _talk(rng: Generator, split: str, talk: Talk) -> Exchange:
    ask, template = _phrase(rng, split, talk.name, talk.asks, talk.asks_unseen)
    return _exchange(ask, template, talk.answer, talk.key, talk.manner, talk.user_manner)


def _persona(rng: Generator, split: str) -> tuple[list[Exchange], bool]:
    count = 1 + int(rng.random() < 0.4)
    chosen = rng.permutation(len(smalltalk.PERSONA))[:count]
    return [_talk(rng, split, smalltalk.PERSONA[int(i)]) for i in chosen], False


def _mood(rng: Generator, split: str) -> tuple[list[Exchange], bool]:
    if rng.random() < 0.6:
        return [_talk(rng, split, _choose(rng, smalltalk.MOODS))], False
    tone = _choose(rng, smalltalk.TONES)
    ask, template = _phrase(rng, split, "tone", smalltalk.TONE, smalltalk.TONE_UNSEEN)
    return [_exchange(ask, template, f"You sound {tone}.", tone, None, tone)], False


def _how(rng: Generator, split: str) -> tuple[str, str]:
    """Return a manner and how it is asked for."""
    manner = _choose(rng, tuple(smalltalk.MANNER_WORDS))
    words = smalltalk.MANNER_WORDS[manner]
    return manner, words[-1] if split == UNSEEN else _choose(rng, words[:-1])


def _style(rng: Generator, split: str) -> tuple[list[Exchange], bool]:
    """Ask for a manner of speaking: with a question, with words to say, for the last answer, or from now on."""
    manner, how = _how(rng, split)
    way = int(rng.integers(4))
    (user, answer), _, _ = _question(rng, split)
    if way == 0:
        form, name = _phrase(rng, split, "styled", smalltalk.STYLED, smalltalk.STYLED_UNSEEN)
        asked = replace(
            user, text=sentence(form.format(ask=user.text, how=how)), template=f"{name}+{user.template}"
        )
        return [(asked, replace(answer, manner=manner))], False
    if way == 1:
        phrase = _choose(rng, smalltalk.PHRASES)
        form, name = _phrase(rng, split, "say", smalltalk.SAY, smalltalk.SAY_UNSEEN)
        return [_exchange(form.format(phrase=phrase, how=how), name, phrase + ".", phrase, manner)], False
    if way == 2:
        form, name = _phrase(rng, split, "restyle", smalltalk.RESTYLE, smalltalk.RESTYLE_UNSEEN)
        return [(user, answer), _exchange(form.format(how=how), name, answer.text, answer.key, manner)], True
    form, name = _phrase(rng, split, "from_now", smalltalk.FROM_NOW, smalltalk.FROM_NOW_UNSEEN)
    opening = _exchange(form.format(how=how), name, "Okay, like this.", "okay", manner)
    return [opening, (user, replace(answer, manner=manner))], True


def _repeat(rng: Generator, split: str) -> tuple[list[Exchange], bool]:
    if rng.random() < 0.5:
        phrase = _choose(rng, smalltalk.PHRASES)
        form, name = _phrase(rng, split, "repeat", smalltalk.REPEAT, smalltalk.REPEAT_UNSEEN)
        return [_exchange(form.format(phrase=phrase), name, phrase + ".", phrase)], False
    (user, answer), _, _ = _question(rng, split)
    form, name = _phrase(rng, split, "once_more", smalltalk.AGAIN, smalltalk.AGAIN_UNSEEN)
    return [(user, answer), _exchange(form, name, answer.text, answer.key)], True


# what is told, the reply, the question, the answer, each (trained, held out) where it is the user's
_MEMORIES = (
    ("name", facts.FIRST_NAMES, ("My name is {x}.", "I am {x}.", "Call me {x}."), ("You can call me {x}.",), "Nice to meet you, {x}.",
     ("What is my name?", "What's my name?", "Do you remember my name?", "Who am I?"), ("Tell me my name.",), "Your name is {x}."),
    ("color", facts.PLAIN_COLOURS, ("My favorite color is {x}.", "I like the color {x}."), ("The color I like best is {x}.",), "{x} is a nice color.",
     ("What is my favorite color?", "Which color do I like?"), ("Do you remember my favorite color?",), "Your favorite color is {x}."),
    ("food", facts.FOODS, ("I like {x}.", "My favorite food is {x}."), ("The food I like best is {x}.",), "{x} is a good choice.",
     ("What do I like to eat?", "What is my favorite food?"), ("Do you remember my favorite food?",), "You like {x}."),
    ("hobby", facts.HOBBIES, ("My hobby is {x}.", "I enjoy {x}."), ("What I enjoy is {x}.",), "{x} sounds fun.",
     ("What is my hobby?", "What do I enjoy?"), ("Do you remember my hobby?",), "You enjoy {x}."),
    ("home", tuple(c[1] for c in facts.COUNTRIES), ("I live in {x}.", "My home is in {x}."), ("I have a home in {x}.",), "{x} is a nice city.",
     ("Where do I live?", "In which city do I live?"), ("Do you remember where I live?",), "You live in {x}."),
    ("number", tuple(number_words(n) for n in range(1, 60)), ("Remember the number {x}.", "Keep the number {x} in mind."), ("Do not forget the number {x}.",), "Okay, I will remember {x}.",
     ("What was the number?", "Which number did I tell you?"), ("Do you remember the number?",), "The number is {x}."),
    ("pet", facts.FIRST_NAMES, ("My dog is called {x}.", "I have a dog called {x}."), ("The name of my dog is {x}.",), "{x} is a good name.",
     ("What is my dog called?", "What is the name of my dog?"), ("Do you remember the name of my dog?",), "Your dog is called {x}."),
)  # fmt: skip


def _memory(rng: Generator, split: str) -> tuple[list[Exchange], bool]:
    """Tell something, perhaps talk of something else, and ask for it."""
    name, values, tells, tells_unseen, reply, asks, asks_unseen, answer = _choose(rng, _MEMORIES)
    value = _choose(rng, values)
    tell, tell_name = _phrase(rng, split, f"tell_{name}", tells, tells_unseen)
    ask, ask_name = _phrase(rng, split, f"recall_{name}", asks, asks_unseen)
    exchanges = [_exchange(tell.format(x=value), tell_name, reply.format(x=value), value)]
    exchanges += [_question(rng, split)[0] for _ in range(int(rng.integers(3)))]
    return [*exchanges, _exchange(ask, ask_name, answer.format(x=value), value)], True


def _unknown(rng: Generator, split: str) -> tuple[list[Exchange], bool]:
    ask, name = unknown_question(rng, split)
    return [_exchange(ask, name, UNKNOWN_ANSWER, UNKNOWN_KEY)], False


def _recital(rng: Generator, split: str) -> tuple[list[Exchange], bool]:
    name, asks, asks_unseen, answer, key = _choose(rng, smalltalk.RECITALS)
    ask, template = _phrase(rng, split, name, asks, asks_unseen)
    return [_exchange(ask, template, answer, key)], False


_OTHERS = {
    "persona": _persona,
    "mood": _mood,
    "style": _style,
    "repeat": _repeat,
    "memory": _memory,
    "unknown": _unknown,
    "recital": _recital,
}
FACT_TOPICS = tuple(dict.fromkeys(kind.topic for kind in KINDS))
TOPICS = (*FACT_TOPICS, *_OTHERS)
_SHARES = {
    "persona": 0.05,
    "mood": 0.05,
    "style": 0.08,
    "repeat": 0.05,
    "memory": 0.08,
    "unknown": 0.06,
    "recital": 0.03,
}


def _topic(rng: Generator) -> str | None:
    """Return a topic beside the facts, or None for the facts."""
    point = rng.random()
    for topic, share in _SHARES.items():
        point -= share
        if point < 0:
            return topic
    return None


def dialogue(rng: Generator, split: str = "train", topic: str | None = None) -> Dialogue:
    """Make one conversation of the split ("train" or "unseen_template"), of one of `TOPICS` or of any."""
    assert split in ("train", UNSEEN), f"{split=}"
    wanted = topic or _topic(rng)
    if wanted in _OTHERS:
        exchanges, follow_up = _OTHERS[wanted](rng, split)
    else:
        exchanges, wanted, follow_up = _facts_dialogue(rng, split, wanted)
    if topic is None and rng.random() < 0.08:
        exchanges = [_talk(rng, split, _choose(rng, smalltalk.OPENINGS)), *exchanges]
    if topic is None and rng.random() < 0.08:
        exchanges = [*exchanges, _talk(rng, split, _choose(rng, smalltalk.CLOSINGS))]
    turns = tuple(turn for exchange in exchanges for turn in exchange)
    return Dialogue(turns, wanted, "+".join(turn.template for turn in turns[::2]), follow_up=follow_up)


def dialogues(seed: int, split: str = "train", topic: str | None = None) -> Iterator[Dialogue]:
    """Yield conversations without end, the same for the same seed."""
    rng = np.random.default_rng((seed, int(split == UNSEEN)))
    while True:
        yield dialogue(rng, split, topic)

"""Does it answer right: questions of the closed world, spoken by voices it never heard, and typed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from duologue.engine import ReplyOptions, Session
from duologue.evals.material import Exchange, Phrasing, Who, answer_is_right, choose_voice, rng_of, say, talks
from duologue.evals.report import Example, Reach, Row, share
from duologue.evals.subject import Subject
from duologue.evals.talking import answer, listen

SPOKEN: tuple[tuple[str, Who, Phrasing], ...] = (
    ("unseen voice", "unseen voice", "train"),
    ("unseen voice and phrasing", "unseen voice", "unseen_template"),
    ("unseen synthesiser", "unseen synthesiser", "train"),
)
TYPED: tuple[tuple[str, Phrasing], ...] = (("unseen seed", "train"), ("unseen phrasing", "unseen_template"))
REACH = Reach(70, at_least=True)
PROMPTS = (
    "Hello!",
    "What is your name?",
    "Are you a human?",
    "What is the capital of France?",
    "And of Italy?",
    "What is two plus three?",
    "My name is Alice.",
    "What is my name?",
    "How are you today?",
    "Tell me a joke.",
    "I am sad.",
    "Count to ten.",
    "What is the opposite of hot?",
    "Who will win the next election?",
    "Thank you, goodbye.",
)


@dataclass(slots=True)
class Tally:
    """Right and wrong answers to a kind of question."""

    keys: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)  # what a right answer would have been
    hits: list[bool] = field(default_factory=list)
    wrong: list[Example] = field(default_factory=list)

    def note(self, asked: str, wanted: str, key: str, got: str, heard: str = "") -> None:
        right = answer_is_right(got, key)
        self.keys.append(key)
        self.answers.append(wanted)
        self.hits.append(right)
        if not right:
            self.wrong.append(Example(asked + (f" (heard: {heard})" if heard else ""), wanted, got))

    def row(self, skill: str, split: str, reach: Reach | None = None) -> Row:
        chance = best_constant(self.keys, self.answers)
        return share(skill, split, self.hits, chance=chance, reach=reach, examples=self.wrong)


def best_constant(keys: Sequence[str], answers: Sequence[str]) -> float:
    """The share of questions that one and the same answer would get right: the best one, known beforehand."""
    found = [
        sum(answer_is_right(constant, key) for key in keys) / len(keys) for constant in dict.fromkeys(answers)
    ]
    return max(found, default=0.0)


def conversations(seed: int, phrasing: Phrasing, limit: int) -> Iterator[tuple[Exchange, ...]]:
    """Whole conversations, until they hold at least `limit` questions."""
    asked = 0
    for talk in talks(seed, phrasing):
        yield talk
        asked += len(talk)
        if asked >= limit:
            return


async def spoken(subject: Subject) -> list[Row]:
    return [row for split in SPOKEN for row in await ask_aloud(subject, *split)]


async def ask_aloud(subject: Subject, split: str, who: Who, phrasing: Phrasing) -> list[Row]:
    """Conversations in one voice each; a row for first questions and one for what follows from them."""
    first, follow = Tally(), Tally()
    rng = rng_of(f"dialogue {split}", subject.seed)
    for talk in conversations(subject.seed, phrasing, subject.limit):
        voice = choose_voice(who, rng)
        async with subject.engine.session(subject.asked()) as session:
            for one in talk:
                heard, _ = await listen(session, say(one.asked, who, rng, voice=voice), rng)
                got = await answer(session, subject.reply)
                (follow if one.follows else first).note(one.asked, one.answer, one.key, got.said, heard)
                subject.tick("converse, spoken")
    return [
        first.row("answers a spoken question", split, REACH),
        follow.row("answers a spoken follow-up", split),
    ]


async def typed(subject: Subject) -> list[Row]:
    return [row for split in TYPED for row in await ask_typed(subject, *split)]


async def ask_typed(subject: Subject, split: str, phrasing: Phrasing) -> list[Row]:
    first, follow = Tally(), Tally()
    for talk in conversations(subject.seed, phrasing, subject.limit):
        async with subject.engine.session(subject.asked()) as session:
            for one in talk:
                got = await _typed(session, subject.reply, one.asked)
                (follow if one.follows else first).note(one.asked, one.answer, one.key, got)
                subject.tick("converse, typed")
    return [
        first.row("answers a typed question", split),
        follow.row("answers a typed follow-up", split),
    ]


async def _typed(session: Session, options: ReplyOptions, text: str) -> str:
    await session.read(text)
    return (await answer(session, replace(options, sound=False))).said


async def prompts(subject: Subject) -> list[tuple[str, str]]:
    """One typed conversation, for people to read."""
    async with subject.engine.session(subject.asked()) as session:
        return [(prompt, await _typed(session, subject.reply, prompt)) for prompt in PROMPTS]

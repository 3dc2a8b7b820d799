"""Does it see, read and draw: pictures made for the test, asked about in writing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from duologue.evals.compare import letter_errors
from duologue.evals.dialogue import Tally
from duologue.evals.material import INKS, Shown, drawable, pictures, wishes
from duologue.evals.recognise import recognise
from duologue.evals.report import Example, Reach, Row, error_rate, share
from duologue.evals.subject import Subject
from duologue.evals.talking import answer

REACH = Reach(70, at_least=True)
SPLITS = (
    ("unseen seed", "train"),
    ("unseen phrasing", "unseen_template"),
    ("unseen style", "unseen_style"),
)
KINDS = (
    ("shapes, colours and counts", "shapes"),
    ("pictograms", "pictograms"),
    ("faces", "faces"),
    ("charts", "charts"),
    ("terminal errors", "terminal"),
    ("written maths", "maths"),
)
READ = ("words", "terminal", "maths")


async def seen(subject: Subject) -> list[Row]:
    rows = [await asked(subject, "sees the tallest bar", "unseen seed", "charts", "train", _is_tallest)]
    for split, name in SPLITS:
        rows += [await asked(subject, f"sees {what}", split, kind, name) for what, kind in KINDS]
    return rows


def _is_tallest(one: Shown) -> bool:
    return "tallest" in one.question


async def asked(
    subject: Subject,
    skill: str,
    split: str,
    kind: str,
    of: str,
    wanted: Callable[[Shown], bool] = lambda one: True,
) -> Row:
    tally = Tally()
    for one in islice(filter(wanted, pictures(subject.seed, kind, of)), subject.limit):
        tally.note(one.question, one.answer, one.key, await _look(subject, one))
        subject.tick(skill)
    return tally.row(skill, split, REACH if kind == "charts" else None)


async def _look(subject: Subject, one: Shown) -> str:
    async with subject.engine.session(subject.asked()) as session:
        await session.see(one.image)
        await session.read(one.question)
        return (await answer(session, replace(subject.reply, sound=False))).said


async def read(subject: Subject) -> list[Row]:
    return [await read_split(subject, *split) for split in SPLITS]


async def read_split(subject: Subject, split: str, of: str) -> Row:
    """Letter errors on what is written in pictures; an answer longer than the text is at most all wrong."""
    errors: list[tuple[int, int]] = []
    wrong = []
    for one in islice(written(subject.seed, of), subject.limit):
        got = await _look(subject, one)
        found = letter_errors(one.answer, got)
        errors.append((min(found.edits, found.length), found.length))
        if found.edits:
            wrong.append(Example(f"{one.question} ({one.written})", one.answer, got))
        subject.tick("reads")
    return error_rate("reads (letter errors)", split, errors, examples=wrong)


def written(seed: int, split: str) -> Iterator[Shown]:
    """Pictures whose writing is asked for, of each kind in turn."""
    sources = [filter(lambda one: one.written, pictures(seed, kind, split)) for kind in READ]
    while True:
        for source in sources:
            yield next(source)


async def drawn(subject: Subject) -> list[Row]:
    """Drawings judged without the network: by the nearest outline of all that can be drawn, and by colour."""
    things, colours, wrong = [], [], []
    for wish in islice(wishes(subject.seed), subject.limit):
        async with subject.engine.session(subject.asked()) as session:
            await session.read(wish.prompt)
            image = (await answer(session, replace(subject.reply, sound=False, draw=True))).image
        name, colour = recognise(image) if image is not None else ("", "")
        things.append(name == wish.name)
        colours.append(colour == wish.colour)
        if (name, colour) != (wish.name, wish.colour):
            wrong.append(Example(wish.prompt, f"{wish.colour} {wish.name}", f"{colour} {name}"))
        subject.tick("draws")
    split = "unseen phrasing"
    return [
        share("draws the thing asked for", split, things, chance=1 / len(drawable()), examples=wrong),
        share("draws it in the colour asked for", split, colours, chance=1 / len(INKS)),
    ]

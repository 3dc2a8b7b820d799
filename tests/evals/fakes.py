"""Minds for the evaluations: one that knows every answer beforehand, and one that never says a word."""

from collections import deque
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from duologue.backends.contract import (
    Facts,
    Instructions,
    Load,
    MindOptions,
    Part,
    Piece,
    Pixels,
    ReplyOptions,
    Samples,
    Sound,
    Usage,
)
from duologue.engine import Engine
from duologue.evals.material import reference
from duologue.evals.subject import Subject
from duologue.settings import Settings

LOUD = 0.005  # root mean square of a frame of speech
AFTER = 5  # quiet frames that end an utterance: longer than any gap between words


@dataclass(slots=True)
class Knowing:
    """A backend whose minds give out what was put in, in this order, one for each thing asked."""

    streams_input: ClassVar[bool] = True
    owns_turns: ClassVar[bool] = False
    answers: deque[str] = field(default_factory=deque)
    transcripts: deque[str] = field(default_factory=deque)
    tags: deque[str] = field(default_factory=deque)
    drawings: deque[Pixels] = field(default_factory=deque)

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        return cls()

    @property
    def voices(self) -> tuple[str, ...]:
        return ("slt",)

    @property
    def languages(self) -> tuple[str, ...]:
        return ()

    @property
    def window(self) -> int:
        return 750

    def count(self, text: str) -> int:
        return len(text.split())

    def load(self) -> Load:
        return Load()

    def mind(self, options: MindOptions) -> "KnowingMind":
        return KnowingMind(self)

    async def close(self) -> None:
        pass


class KnowingMind:
    def __init__(self, known: Knowing) -> None:
        self._known = known
        self.position = 0
        self.oldest = 0
        self.held = Usage()
        self._quiet_frames = AFTER

    async def feed(self, part: Part) -> Facts:
        self.position += 1
        if not isinstance(part, Sound):
            return Facts()
        loud = float(np.sqrt(np.mean(part.samples**2))) > LOUD
        self._quiet_frames = 0 if loud else self._quiet_frames + 1
        if self._quiet_frames != AFTER:
            return Facts()
        text = self._known.transcripts.popleft() if self._known.transcripts else ""
        tags = (self._known.tags.popleft(),) if self._known.tags else ()
        return Facts(heard=text, tags=tags, heard_all=True)

    async def reply(self, options: ReplyOptions) -> AsyncGenerator[Piece, None]:
        self.position += 1
        if options.draw:
            if self._known.drawings:
                yield Piece(image=self._known.drawings.popleft())
        elif options.text is not None:
            yield Piece(options.text, sound=_spoken(options.text, options.style))
        elif self._known.answers:
            yield Piece(self._known.answers.popleft())
        yield Piece(done=True)

    def rewind(self, to: int) -> None:
        self.position = to

    def restart(self, instructions: Instructions) -> None:
        self.position = 0

    def close(self) -> None:
        pass


def _spoken(text: str, style: str | None) -> Samples:
    """As its teacher speaks."""
    sound = reference(text, "slt", style or "neutral")
    assert sound is not None
    return sound


def subject(backend: Knowing, limit: int, data: Path | None = None) -> Subject:
    return Subject(Engine(backend, max_sessions=4), seed=3, limit=limit, data=data)


def knowing(**what: Iterable[str] | Iterable[Pixels]) -> Knowing:
    return Knowing(**{name: deque(values) for name, values in what.items()})  # type: ignore[arg-type]

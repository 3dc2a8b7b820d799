"""A mind that follows a script: for tests of what is built around minds. It understands nothing.

Its life is a list, so that a test can read what it would remember, after interruptions too.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np

from duologue.backends.contract import (
    Call,
    Facts,
    Instructions,
    Load,
    MindOptions,
    Part,
    Picture,
    Piece,
    ReplyOptions,
    Samples,
    Sound,
    Text,
    Token,
    ToolCall,
    ToolResult,
    Turn,
    Usage,
)
from duologue.errors import Busy
from duologue.settings import Settings
from duologue.sound import FRAME_SAMPLES, SAMPLE_RATE

LOUD = 0.01  # root mean square from which the script takes a frame for speech
_TIME = np.arange(FRAME_SAMPLES, dtype=np.float32) / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Script:
    says: tuple[str, ...] = ("this is a script",)  # the replies in turn; the last one again and again
    hears: tuple[str, ...] = ()  # the transcript of each utterance
    turn: Callable[[Samples], Turn] | None = None  # a turn head
    frames_per_word: int = 3
    calls: tuple[ToolCall, ...] = ()  # at the end of the first reply


class ScriptedMind:
    def __init__(self, script: Script | None = None) -> None:
        self.script = script or Script()
        self.life: list[Part | Piece] = []
        self.asked: list[ReplyOptions] = []
        self.closed = False
        self._num_replies = 0
        self._num_utterances = 0
        self._was_loud = False
        self._live: list[Piece] = []  # what a live reply still has to say

    @property
    def position(self) -> int:
        return len(self.life)

    @property
    def oldest(self) -> int:
        return 0

    @property
    def held(self) -> Usage:
        """A word counts as a token, a picture as a patch."""
        return sum((_held(part) for part in self.life), Usage())

    def restart(self, instructions: Instructions) -> None:
        self.life, self._live, self._was_loud = [], [], False
        if instructions != Instructions():
            self.life.append(instructions)

    def rewind(self, to: int) -> None:
        assert 0 <= to <= len(self.life), f"{to=} but only {len(self.life)} were lived"
        del self.life[to:]
        self._live = []

    def close(self) -> None:
        self.closed = True

    async def feed(self, part: Part) -> Facts:
        self.life.append(part)
        if not isinstance(part, Sound):
            return Facts()
        piece = self._live.pop(0) if self._live else None
        if piece is not None:
            self.life.append(piece)
        turn = self.script.turn(part.samples) if self.script.turn else None
        heard = self._listen(part.samples)
        return Facts(
            turn=turn, heard=heard, tags=("en",) if heard else (), heard_all=bool(heard), piece=piece
        )

    def _listen(self, samples: Samples) -> str:
        loud = float(np.sqrt(np.mean(samples**2))) >= LOUD
        ended, self._was_loud = self._was_loud and not loud, loud
        if not ended or not self.script.hears:
            return ""
        self._num_utterances += 1
        return self.script.hears[min(self._num_utterances, len(self.script.hears)) - 1]

    async def reply(self, options: ReplyOptions) -> AsyncGenerator[Piece, None]:
        self.asked.append(options)
        pieces = self._pieces(options)
        self._live = []
        if options.live and options.sound:
            self.life.append(pieces[0])
            self._live = pieces[1:]
            yield pieces[0]
            return
        for piece in pieces:
            self.life.append(piece)
            yield piece

    def _pieces(self, options: ReplyOptions) -> list[Piece]:
        self._num_replies += 1
        says = self.script.says[min(self._num_replies, len(self.script.says)) - 1]
        words = (says if options.text is None else options.text).split()[: options.max_tokens]
        sound = [
            self._tone(number) if options.sound else None for number in range(self.script.frames_per_word)
        ]
        first, *rest = sound if options.sound else [None]
        spaced = [word if number == 0 else f" {word}" for number, word in enumerate(words)]
        pieces = [
            Piece(text, tone, tokens=_tokens(text, options.logprobs), num_tokens=len(text.split()))
            for word in spaced
            for text, tone in [(word, first), *(("", s) for s in rest)]
        ]
        calls = self.script.calls if self._num_replies == 1 and options.choice != "none" else ()
        return [*pieces, *(Piece(call=call) for call in calls), Piece(done=True)]

    def _tone(self, number: int) -> Samples:
        return np.asarray(0.1 * np.sin(2 * np.pi * (220 + 20 * number) * _TIME), np.float32)


def _held(part: Part | Piece) -> Usage:
    match part:
        case Sound():
            return Usage(audio_in=1)
        case Picture():
            return Usage(image_in=1)
        case Text(text) | ToolResult(_, text) | Instructions(text):
            return Usage(text_in=len(text.split()))
        case Call(call):
            return Usage(text_in=len(call.arguments.split()))
        case Piece(text, sound):
            return Usage(text_in=len(text.split()), audio_in=int(sound is not None))


def _tokens(text: str, alternatives: int | None) -> tuple[Token, ...]:
    """A script has no doubts."""
    if alternatives is None or not text:
        return ()
    return (Token(text, 0.0, ((text, 0.0),) if alternatives else ()),)


@dataclass(slots=True)
class ScriptedBackend:
    streams_input: ClassVar[bool] = True
    owns_turns: ClassVar[bool] = False
    script: Script = field(default_factory=Script)
    room: int = 64
    minds: list[ScriptedMind] = field(default_factory=list)

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        return cls(room=settings.max_sessions)

    @property
    def voices(self) -> tuple[str, ...]:
        return ("script",)

    @property
    def languages(self) -> tuple[str, ...]:
        return ("en", "es")

    @property
    def window(self) -> int:
        return 750

    def count(self, text: str) -> int:
        return len(text.split())

    def load(self) -> Load:
        return Load()

    def mind(self, options: MindOptions) -> ScriptedMind:
        self.minds = [mind for mind in self.minds if not mind.closed]
        if len(self.minds) >= self.room:
            raise Busy(f"{self.room} conversations are held already; try again when one has ended")
        mind = ScriptedMind(self.script)
        mind.restart(Instructions(options.instructions, options.tools))
        self.minds.append(mind)
        return mind

    async def close(self) -> None:
        for mind in self.minds:
            mind.close()

"""Who thinks: the one seam between a conversation and whatever network answers in it.

A `Backend` is opened once and hands out `Mind`s, one for each conversation. Neither knows a clock, a user
or a wire. Sound is float32, 16 kHz mono, one frame of 80 ms at a time.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, fields
from typing import ClassVar, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from duologue.settings import Settings

Samples = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Role = Literal["user", "system", "assistant"]
Turn = tuple[float, float, float, float]  # P(nobody), P(user), P(assistant), P(user interrupts)


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """What the user's microphone gave in one frame."""

    samples: Samples  # (1280,)
    live: bool = True  # spoken now, and an answer is waited for; False: a recording


@dataclass(frozen=True, slots=True)
class Text:
    """Words that were typed, not spoken: by the user, as instructions, or by the assistant in an old turn."""

    text: str
    role: Role = "user"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What the user shows: a photograph, a frame of video, a screen."""

    pixels: Pixels  # (H, W, 3)


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool that the assistant called gave back."""

    call_id: str
    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    id: str  # made by the mind, unique among what it remembers
    name: str
    arguments: str  # JSON, as OpenAI's wire carries it


@dataclass(frozen=True, slots=True)
class Call:
    """What the assistant called in an old turn."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the assistant may call."""

    name: str
    description: str = ""
    parameters: str = "{}"  # JSON schema of its arguments, as text


@dataclass(frozen=True, slots=True)
class Instructions:
    """How to behave from here on, and what may be called."""

    text: str = ""
    tools: tuple[Tool, ...] = ()


Part = Sound | Text | Picture | ToolResult | Call | Instructions


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a part of one, that was chosen; probabilities are among what could be chosen there."""

    text: str  # U+FFFD where it is a part of a character
    logprob: float
    likeliest: tuple[tuple[str, float], ...] = ()  # the likeliest first, whether chosen or not


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens: a frame of 80 ms of sound, a patch of an image, a token of the vocabulary each count one.

    cached_* are a part of *_in, not in addition to it.
    """

    text_in: int = 0
    audio_in: int = 0
    image_in: int = 0
    cached_text: int = 0
    cached_audio: int = 0
    cached_image: int = 0
    text_out: int = 0
    audio_out: int = 0

    def __add__(self, other: Usage) -> Usage:
        return self._with(other, 1)

    def __sub__(self, other: Usage) -> Usage:
        return self._with(other, -1)

    def _with(self, other: Usage, sign: int) -> Usage:
        names = (field.name for field in fields(self))
        return Usage(**{name: getattr(self, name) + sign * getattr(other, name) for name in names})


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A little of a reply, in the order it is to be spoken, written or shown."""

    text: str = ""
    sound: Samples | None = None  # (n * 1280,)
    image: Pixels | None = None  # (64, 64, 3)
    call: ToolCall | None = None
    manner: str | None = None  # how it will be said; in the first piece only
    tokens: tuple[Token, ...] = ()  # the words chosen in it, if ReplyOptions.logprobs asks
    num_tokens: int = 0  # of the vocabulary, that were made for it; marks are not counted
    done: bool = False  # nothing comes after this piece
    truncated: bool = False  # done because of max_tokens, not because all was said


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What a mind noticed while it took in one part."""

    turn: Turn | None = None  # None: this mind does not follow turns
    heard: str = ""  # more of the transcript
    tags: tuple[str, ...] = ()  # language, manner and sounds heard: "en", "excited", "bell"
    heard_all: bool = False  # the transcript of this utterance is complete
    piece: Piece | None = None  # while a live reply is under way: its next piece


@dataclass(frozen=True, slots=True)
class ReplyOptions:
    """How to answer. A live reply is carried on by the frames fed; the other kind runs as fast as it can."""

    live: bool = False
    sound: bool = True
    style: str | None = None  # a manner: "excited", "whisper", ...; None lets the mind choose
    voice: str | None = None
    text: str | None = None  # say these words
    translate_to: str | None = None  # a language: "es"; say in it what was just heard or read
    draw: bool = False
    may_draw: bool = True  # False: it does not answer with a picture of its own accord
    max_tokens: int = 750  # positions of the reply; 750 spoken ones are a minute
    temperature: float = 0.0  # freedom in the choice of words; 0 takes the likeliest
    top_p: float = 1.0  # with a temperature: choose among the likeliest words that together have this share
    sound_temperature: float = 0.0  # and in the choice of sounds
    seed: int | None = None
    tools: tuple[Tool, ...] = ()  # what may be called; arguments are always JSON of its schema
    choice: str = "auto"  # "none": no call, "required": a call, or the name of the tool to be called
    schema: str | None = None  # a written answer is JSON of this schema; '{"type":"object"}' for any object
    logprobs: int | None = None  # tell Piece.tokens, each with so many alternatives


@dataclass(frozen=True, slots=True)
class MindOptions:
    voice: str | None = None
    instructions: str = ""
    seed: int = 0
    tools: tuple[Tool, ...] = ()


@dataclass(frozen=True, slots=True)
class Load:
    """Of the newest frames of sound taken in: how long each took from being asked for to its answer."""

    frame_ms_p50: float = 0.0
    frame_ms_p95: float = 0.0
    late_frames: int = 0  # ever, that took longer than a frame lasts
    queue_depth: int = 0  # requests that wait now


class Mind(Protocol):
    """One conversation. Call one method at a time. Every awaitable may be cancelled and leaves no trace."""

    @property
    def position(self) -> int:
        """How much this mind has lived through; grows with every part fed and every piece said."""

    @property
    def oldest(self) -> int:
        """The earliest position that `rewind` can still go back to."""

    @property
    def held(self) -> Usage:
        """What it has in mind now, the input of a reply to come: *_in only, own words and sound too."""

    async def feed(self, part: Part) -> Facts:
        """Take in one part. With a live reply under way, a frame of sound also gives the next piece."""

    def reply(self, options: ReplyOptions) -> AsyncGenerator[Piece, None]:
        """Answer. A live reply ends this iterator at its first sound: the rest comes with the frames fed.

        Closing the iterator early cancels the reply; so do `rewind` and the next reply.
        """

    def rewind(self, to: int) -> None:
        """Forget all since position `to`, and cancel the reply under way. Rewinding to now only cancels."""

    def restart(self, instructions: Instructions) -> None:
        """Forget everything and begin anew with these instructions; voice and seed stay. Raises BadText."""

    def close(self) -> None:
        """Give back everything. Nothing may be called afterwards but `close`."""


class Backend(Protocol):
    """A network that is loaded and ready."""

    streams_input: ClassVar[bool]  # takes sound in while the user speaks, and can reply live
    owns_turns: ClassVar[bool]  # its Facts carry `turn`

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        """Load the network. Raises WeightsMissing, WeightsDamaged or BadSettings."""

    @property
    def voices(self) -> tuple[str, ...]:
        """Names for ReplyOptions.voice, the default first."""

    @property
    def languages(self) -> tuple[str, ...]:
        """For ReplyOptions.translate_to."""

    @property
    def window(self) -> int:
        """How many positions a mind has in view; what is older fades."""

    def count(self, text: str) -> int:
        """How many tokens a text has."""

    def load(self) -> Load:
        """How busy it is. Cheap: may be asked at any time."""

    def mind(self, options: MindOptions) -> Mind:
        """Begin a conversation. Raises Busy when as many are held as there is room for."""

    async def close(self) -> None:
        """Stop, and give the memory back."""

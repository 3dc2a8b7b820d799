"""What a session tells: the vocabulary between a conversation and whoever shows it.

Times are counted in samples heard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from duologue.backends.contract import Pixels, Samples, Token, ToolCall

Reason = Literal["completed", "interrupted", "cancelled"]  # at its end, by the user's voice, by the caller


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The user has taken the floor."""

    at: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The user's turn is over, since `at`."""

    at: int


@dataclass(frozen=True, slots=True)
class Heard:
    """More of the transcript of what the user says; `complete` when the utterance is all there."""

    text: str
    tags: tuple[str, ...] = ()  # language, manner, sounds: "en", "excited", "bell"
    complete: bool = False


@dataclass(frozen=True, slots=True)
class ReplyStarted:
    id: int


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A little of a reply; its sound is to be played when what came before has been."""

    id: int
    text: str = ""
    sound: Samples | None = None
    image: Pixels | None = None
    call: ToolCall | None = None
    manner: str | None = None
    tokens: tuple[Token, ...] = ()  # if ReplyOptions.logprobs asks


@dataclass(frozen=True, slots=True)
class Ducked:
    """From here on the reply's sound is 20 dB quieter (it is so already: nothing to do), or loud again."""

    id: int
    on: bool = True


@dataclass(frozen=True, slots=True)
class ReplyDone:
    """Nothing of this reply comes after. Unless it was completed, do not play what was not played yet."""

    id: int
    reason: Reason
    said: str
    truncated: bool = False  # completed, but by the longest length allowed, not because all was said


@dataclass(frozen=True, slots=True)
class Shortened:
    """A reply that was done, but still being played, was cut: the mind remembers having said this much."""

    id: int
    said: str


Event = SpeechStarted | SpeechStopped | Heard | ReplyStarted | Said | Ducked | ReplyDone | Shortened

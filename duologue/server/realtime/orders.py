"""What a protocol wants done with the engine's session. `talk.py` does it, one after another.

Responses are named by their wire ids; replies that the session began by itself, by its own number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from duologue.engine import ReplyOptions, Tool, ToolCall, TurnPolicy
from duologue.sound import Samples

Role = Literal["user", "system", "assistant"]


@dataclass(frozen=True, slots=True, eq=False)
class Hear:
    """Sound of the client, or silence in its place."""

    samples: Samples
    is_own: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """A recording: heard as it is, and nobody answers before it is asked for."""

    samples: Samples
    item_id: str | None = None  # whose transcript it gives


@dataclass(frozen=True, slots=True)
class Written:
    text: str
    role: Role = "user"


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as a file; it is decoded off the loop."""

    image: bytes


@dataclass(frozen=True, slots=True)
class Called:
    """What the assistant called in an old turn."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class Returned:
    """What a tool gave back."""

    call_id: str
    text: str


Memory = Spoken | Written | Shown | Called | Returned


@dataclass(frozen=True, slots=True)
class Settle:
    """Let the network hear silence until the words of this item are all understood, at most two seconds."""

    item_id: str


@dataclass(frozen=True, slots=True)
class Instruct:
    text: str
    tools: tuple[Tool, ...]


@dataclass(frozen=True, slots=True)
class Behave:
    """Whose turn it is, and how live replies are to be, from here on."""

    policy: TurnPolicy
    options: ReplyOptions


@dataclass(frozen=True, slots=True)
class Recall:
    """Forget everything but the instructions, and live through this instead."""

    memories: tuple[Memory, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer now: live, carried on by what is heard, or as fast as possible."""

    response_id: str
    options: ReplyOptions
    is_live: bool


@dataclass(frozen=True, slots=True)
class Aside:
    """Answer out of band: in another session, which lives through these memories only."""

    response_id: str
    options: ReplyOptions
    instructions: str
    memories: tuple[Memory, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """End a reply, and let the mind remember only what was played of it; None: all that was given out."""

    response_id: str | None
    reply_id: int | None
    played: int | None = None  # samples of 16 kHz, as the engine gave them out


Order = Hear | Memory | Settle | Instruct | Behave | Recall | Reply | Aside | Stop

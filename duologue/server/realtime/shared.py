"""What the parts of a protocol share: fields, conversation, clock, what is to be sent and what to be done."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from duologue.engine import ReplyOptions, Usage
from duologue.server.realtime.fields import Json, Session
from duologue.server.realtime.items import Conversation
from duologue.server.realtime.orders import Order
from duologue.server.realtime.outbox import Outbox
from duologue.server.realtime.playback import Playback


class Quota(Protocol):
    """How much the caller may still ask."""

    def request(self) -> None:
        """Count a response. Raises TooMany."""

    def use(self, tokens: int) -> None: ...

    def state(self) -> list[Json]:
        """As `rate_limits.updated` has it."""


@dataclass(frozen=True, slots=True)
class House:
    """What a protocol asks of the server around it."""

    voice_of: Callable[[str | None], str]  # raises BadInput for a voice that nobody has
    model_of: Callable[[str | None], str]  # raises UnknownModel
    count: Callable[[str], int]  # tokens of a text
    quota: Quota
    defaults: ReplyOptions = field(default_factory=ReplyOptions)
    plays: bool = False  # the server itself plays the sound to the client, as over WebRTC


@dataclass(slots=True, eq=False)
class Shared:
    house: House
    said: Json  # what the client said of its session
    session: Session
    conversation: Conversation = field(default_factory=Conversation)
    outbox: Outbox = field(default_factory=Outbox)
    orders: deque[Order] = field(default_factory=deque)
    playback: Playback = field(default_factory=Playback)
    heard: int = 0  # samples of the client's own that the engine has taken in
    idle: int = 0  # samples' worth of time in which the client sent nothing
    flows: bool = False  # whether sound is coming in just now
    usage: Usage = field(default_factory=Usage)  # of the session so far

    @property
    def now(self) -> int:
        """The clock: time as the client's sound counts it."""
        return self.heard + self.idle

    def send(self, event_type: str, **fields: object) -> None:
        self.outbox.put({"type": event_type, **fields})

    def order(self, order: Order) -> None:
        self.orders.append(order)

"""A protocol between a client that does anything and an engine that may do anything an engine does.

No sockets, no clock. Each step is a number that decides all of it, so that a sequence of steps which shows a
fault can be made shorter, and kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import numpy as np

from bench.referee import CALLS, Referee
from duologue.engine import (
    Ducked,
    Heard,
    ReplyDone,
    ReplyOptions,
    ReplyStarted,
    Said,
    SpeechStarted,
    SpeechStopped,
    ToolCall,
    TurnPolicy,
    Usage,
)
from duologue.errors import BadImage, BadInput, Busy, TooMany
from duologue.server.realtime import orders as to_do
from duologue.server.realtime.orders import Order
from duologue.server.realtime.protocol import Protocol
from duologue.server.realtime.shared import House
from duologue.sound import FRAME_SAMPLES
from tests.server.chaos.client import AnyClient

TONE = (0.1 * np.sin(np.arange(FRAME_SAMPLES) / 10)).astype(np.float32)
LONGEST_END = 2000  # orders and events until all is over; more is a hang
AT_ONCE = (to_do.Hear, to_do.Behave, to_do.Stop, to_do.Aside)  # the rest waits while a reply is made


@dataclass(slots=True)
class AnyQuota:
    left: int

    def request(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooMany("enough for this minute; try again in the next")

    def use(self, tokens: int) -> None:
        assert tokens >= 0, f"{tokens=}"

    def state(self) -> list[dict[str, Any]]:
        return [{"name": "tokens", "limit": 9, "remaining": max(0, self.left), "reset_seconds": 1.0}]


@dataclass(slots=True)
class AnyEngine:
    """What `Talk` and a session would tell a protocol, at random, within what they promise."""

    protocol: Protocol
    rng: Random = field(default_factory=Random)
    policy: TurnPolicy = field(default_factory=lambda: TurnPolicy("manual"))
    options: ReplyOptions = field(default_factory=ReplyOptions)  # of live replies
    num_replies: int = 0
    position: int = 0
    usage: Usage = field(default_factory=Usage)
    live: int | None = None  # the number of a reply that is carried by frames
    making: tuple[int, str] | None = None  # number and response of one that is made as fast as possible
    asides: list[str] = field(default_factory=list)
    aloud: dict[int | str, bool] = field(default_factory=dict)  # of each reply or aside, whether it has sound
    begun: dict[str, int] = field(default_factory=dict)  # the number of each response's reply
    speaking: bool = False

    @property
    def is_idle(self) -> bool:
        return self.live is None and self.making is None and not self.asides and not self.protocol.orders()

    def work(self) -> str:
        """Do one order, if one can be done now."""
        orders = self.protocol.orders()
        if not orders or (self.making is not None and not isinstance(orders[0], AT_ONCE)):
            return "nothing to do"
        order = orders.popleft()
        self._do(order)
        return f"did {type(order).__name__}"

    def _do(self, order: Order) -> None:
        rng, protocol = self.rng, self.protocol
        match order:
            case to_do.Hear(samples, is_own):
                self.position += len(samples) if is_own else 0
                protocol.heard(self.position)
            case to_do.Behave(policy, options):
                self.policy, self.options = policy, options
            case to_do.Stop():
                self._stop(order)
            case to_do.Aside(response_id, options):
                self.aloud[response_id] = options.sound
                if rng.random() < 0.2:
                    protocol.failed(response_id, Busy("too many conversations; try again later"))
                else:
                    self.asides.append(response_id)
            case to_do.Reply(response_id, options, is_live):
                self.aloud[self.num_replies + 1] = options.sound
                self._reply(response_id, is_live)
            case to_do.Spoken(_, item_id) | to_do.Settle(item_id):
                if rng.random() < 0.5:
                    protocol.happened(Heard("some words", ("en",), complete=rng.random() < 0.8))
                if item_id is not None:
                    protocol.settled(item_id)
            case _:
                if rng.random() < 0.1:
                    protocol.wrong(BadImage("no picture; send a PNG"))

    def _reply(self, response_id: str, is_live: bool) -> None:
        if not self.protocol.begins(response_id, self.usage):
            return
        self.live = None
        if self.rng.random() < 0.1:
            self.protocol.failed(response_id, BadInput("no such voice; choose another"))
            return
        self.num_replies += 1
        self.begun[response_id] = self.num_replies
        if is_live:
            self.live = self.num_replies
            self._tell(ReplyStarted(self.live), response_id)
            if self.rng.random() < 0.5:
                self._tell(self._said(self.live), response_id)
        else:
            self.making = (self.num_replies, response_id)
            self._tell(ReplyStarted(self.num_replies), response_id)

    def _stop(self, order: to_do.Stop) -> None:
        assert order.played is None or order.played >= 0
        if order.response_id in self.asides:
            self.asides.remove(order.response_id)
            return
        number = order.reply_id or self.begun.get(order.response_id or "")
        if number is not None and number == self.live:
            self.live = None
        if self.making is not None and self.making[1] == order.response_id:
            self._end_making()

    def _end_making(self) -> None:
        assert self.making is not None
        (number, response_id), self.making = self.making, None
        self._tell(ReplyDone(number, "completed", "", truncated=self.rng.random() < 0.1), response_id)

    def _said(self, number: int, response_id: str | None = None) -> Said:
        rng = self.rng
        aloud = self.aloud[response_id or number]
        if rng.random() < 0.1:
            return Said(number, call=ToolCall(f"call_{rng.randrange(10**6)}", "look", "{}"))
        text = rng.choice(("", " ", "one", " two", "\n"))
        return Said(number, text, TONE if aloud and rng.random() < 0.7 else None)

    def _tell(self, event: Any, response_id: str | None = None) -> None:
        self.usage = self.usage + Usage(text_out=1, audio_in=1)
        self.protocol.spent(self.usage)
        self.protocol.happened(event, response_id)

    def act(self) -> str:
        """Let something happen that may happen now."""
        acts: list[Callable[[], None]] = [self._hears_words]
        if self.policy.kind != "manual":
            acts += [self._floor] * 2
            if self.live is None and self.making is None and self.policy.answers:
                acts += [self._own_reply] * 2
        if self.live is not None:
            acts += [self._live_goes_on] * 4 + [self._live_ends]
        if self.making is not None:
            acts += [self._making_goes_on] * 4 + [self._end_making]
        if self.asides:
            acts += [self._aside_goes_on] * 2 + [self._aside_ends]
        act = self.rng.choice(acts)
        act()
        return act.__name__.strip("_")

    def _hears_words(self) -> None:
        self._tell(Heard(self.rng.choice((" hello", "", "you")), ("en",), complete=self.rng.random() < 0.4))

    def _floor(self) -> None:
        self.speaking = not self.speaking
        at = max(0, self.position - self.rng.randrange(10_000))
        self._tell(SpeechStarted(at) if self.speaking else SpeechStopped(at))

    def _own_reply(self) -> None:
        self.num_replies += 1
        self.live = self.num_replies
        self.aloud[self.live] = self.options.sound
        if self.speaking:
            self._floor()
        self._tell(ReplyStarted(self.live))

    def _live_goes_on(self) -> None:
        assert self.live is not None
        self._tell(self._said(self.live) if self.rng.random() < 0.8 else Ducked(self.live))

    def _live_ends(self) -> None:
        assert self.live is not None
        number, self.live = self.live, None
        interrupted = self.policy.kind != "manual" and self.rng.random() < 0.5
        if interrupted and not self.speaking:
            self._floor()
        self._tell(ReplyDone(number, "interrupted" if interrupted else "completed", "one"))

    def _making_goes_on(self) -> None:
        assert self.making is not None
        self._tell(self._said(self.making[0]), self.making[1])

    def _aside_goes_on(self) -> None:
        response_id = self.rng.choice(self.asides)
        self.protocol.spent(Usage(text_out=1), response_id)
        self.protocol.happened(self._said(0, response_id), response_id)

    def _aside_ends(self) -> None:
        response_id = self.asides.pop(self.rng.randrange(len(self.asides)))
        if self.rng.random() < 0.2:
            self.protocol.failed(response_id, Busy("too many conversations; try again later"))
        else:
            self.protocol.happened(ReplyDone(0, "completed", ""), response_id)


def house(quota: int = 1000, plays: bool = False) -> House:
    """Without a server. So many responses may be asked for."""

    def voice_of(name: str | None) -> str:
        if name == "nobody":
            raise BadInput("there is no voice 'nobody'; choose alloy", "voice")
        return name or "alloy"

    left = AnyQuota(quota)
    return House(voice_of, lambda name: name or "own", lambda text: len(text.split()), left, plays=plays)


class World:
    def __init__(self, seed: int) -> None:
        rng = Random(seed)
        self.house = house(rng.choice((0, 2, 1000, 1000, 1000)), plays=rng.random() < 0.3)
        said = {"type": "transcription"} if rng.random() < 0.1 else {"model": "gpt-realtime"}
        self.protocol = Protocol(self.house, said, expires_at=1)
        self.engine = AnyEngine(self.protocol)
        self.client = AnyClient(seed)
        also = {"input_audio_buffer.timeout_triggered"} | (CALLS if self.house.plays else frozenset())
        self.referee = Referee(strict=True, also=frozenset(also))
        self.trace: list[str] = []

    def step(self, decision: int) -> None:
        """Something happens; the number decides what."""
        rng = self.client.rng = self.engine.rng = Random(decision)
        kind = rng.random()
        if kind < 0.4:
            self._send()
        elif kind < 0.6:
            self._note(self.engine.work())
        elif kind < 0.85:
            self._note(f"engine: {self.engine.act()}")
        elif kind < 0.95:
            self._take(rng.randrange(1, 8))
        else:
            length = rng.choice((320, 16_000, 100_000))
            self._note(f"nothing came for {length} samples")
            self.protocol.passed(length)

    def end(self) -> None:
        """Whatever is under way comes to its end, and the client reads everything."""
        self.engine.rng = Random(0)
        for _ in range(LONGEST_END):
            self.engine.work()
            if self.engine.is_idle:
                break
            if self.engine.live is not None or self.engine.making is not None or self.engine.asides:
                self.engine.act()
        assert self.engine.is_idle, "it goes on and on"
        self._take(10_000)
        assert not self.protocol.is_answering, "a response is open, and nobody makes it"
        self.referee.finish()

    def _send(self) -> None:
        event = self.client.next()
        self._note(f"client: {str(event)[:300]}")
        self.referee.sent.update(self.client.sent)
        nothing_waits = not len(self.protocol.shared.outbox)
        self.protocol.receive(event)
        if nothing_waits and isinstance(event, dict):
            num_errors = len(self.referee.errors)
            self._take(10_000)
            own = event.get("event_id") if isinstance(event.get("event_id"), str) else None
            for error in self.referee.errors[num_errors:]:
                assert error["event_id"] == own, f"the error names {error['event_id']!r}, not {own!r}"

    def _take(self, most: int) -> None:
        for _ in range(most):
            out = self.protocol.outgoing()
            if out is None:
                return
            if out.event is not None:
                event = json.loads(json.dumps(out.event, allow_nan=False))
                self._note(f"    {event['type']} {event.get('item_id') or event.get('response_id') or ''}")
                self.client.told(event)
                self.referee.see(event)

    def _note(self, line: str) -> None:
        self.trace.append(line)


def fault(seed: int, decisions: Sequence[int]) -> str | None:
    """What goes wrong in this sequence, if anything."""
    world = World(seed)
    try:
        for decision in decisions:
            world.step(decision)
        world.end()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return world.referee.faults[0] if world.referee.faults else None


def shrunk(seed: int, decisions: Sequence[int]) -> list[int]:
    """A shorter sequence that goes wrong too."""
    kept = list(decisions)
    size = max(1, len(kept) // 2)
    while True:
        for start in range(len(kept) - size, -1, -size):
            shorter = kept[:start] + kept[start + size :]
            if fault(seed, shorter) is not None:
                kept = shorter
        if size == 1:
            return kept
        size //= 2


def story(seed: int, decisions: Sequence[int]) -> str:
    """Everything that happened in it, a line each."""
    world = World(seed)
    try:
        for decision in decisions:
            world.step(decision)
        world.end()
    except Exception as error:
        world.trace.append(repr(error))
    return "\n".join([*world.trace, *world.referee.faults])

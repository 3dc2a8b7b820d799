"""Joins a protocol to a session of the engine: does what it orders, tells it what happened.

Three queues, all bounded: orders (a full one makes the shell stop reading), frames waiting in the session
(it drops the oldest after a minute), and what is to be sent (a full one stops the work until it is read).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager, aclosing, nullcontext

import numpy as np

from duologue import picture
from duologue.engine import (
    Call,
    Engine,
    Event,
    Heard,
    Part,
    Picture,
    ReplyDone,
    ReplyStarted,
    Said,
    Session,
    SessionOptions,
    Sound,
    SpeechStarted,
    SpeechStopped,
    Text,
    ToolResult,
)
from duologue.errors import DuologueError
from duologue.server.asking import Asking, Question
from duologue.server.metrics import Metrics
from duologue.server.realtime import orders as to_do
from duologue.server.realtime.fields import Json
from duologue.server.realtime.orders import Memory, Order
from duologue.server.realtime.outbox import Out
from duologue.server.realtime.protocol import Protocol
from duologue.server.realtime.timeline import Timeline
from duologue.server.realtime.wishes import MANUAL
from duologue.sound import FRAME_SAMPLES, SAMPLE_RATE, Samples

MOST_ORDERS = 512  # a minute of sound in usual parts; beyond that the client is not read from
MOST_UNHEARD = 600 * SAMPLE_RATE  # samples in orders: a client may send minutes in one event
MOST_UNSENT = 1024  # events; beyond that nothing is worked on until the client has read some
MOST_UNSENT_BYTES = 16 << 20  # … or so much in them
MOST_KNOWN = 64  # responses that can still be stopped or cut
MOST_SILENCE = 25  # frames (2 s) after a recording in which the transcript of its last words may come

_SILENCE: Samples = np.zeros(FRAME_SAMPLES, np.float32)
_NOTHING: Samples = np.zeros(0, np.float32)

Underway = Callable[[], AbstractContextManager[None]]


class Talk:
    """`run` it in a task. Shells give it what came in, and send what `next` gives."""

    def __init__(
        self, engine: Engine, protocol: Protocol, metrics: Metrics, underway: Underway = nullcontext
    ) -> None:
        """Raises Busy when as many conversations are held as there is room for."""
        self.protocol = protocol
        self._engine = engine
        self._metrics = metrics
        self._session: Session = engine.session(SessionOptions(policy=MANUAL))
        self._timeline = Timeline()
        self._making: asyncio.Task[None] | None = None  # a reply as fast as possible
        self._making_id: str | None = None  # its response
        self._asides: dict[str, asyncio.Task[None]] = {}
        self._reply_ids: OrderedDict[str, int] = OrderedDict()  # of responses that the engine has begun
        self._asked: float | None = None  # when the question was over that waits for its first sound
        self._underway = underway
        self._answering: AbstractContextManager[None] | None = None
        self._stirred = asyncio.Event()  # there may be orders, or room to work
        self._to_send = asyncio.Event()
        self._room = asyncio.Event()

    # For the shell

    def receive(self, message: str | bytes | Json) -> None:
        """A client event."""
        self.protocol.receive(message)
        self._stir()

    def hear(self, samples: Samples) -> None:
        """The client's sound, where it does not come by events; 16 kHz."""
        self.protocol.hear(samples)
        self._stir()

    def passed(self, num_samples: int) -> None:
        """The client sent no sound for so long, counted in samples of 16 kHz."""
        self.protocol.passed(num_samples)
        self._stir()

    async def room(self) -> None:
        """Wait until more can be taken in. Safe to cancel."""
        while self._has_enough_to_do or self.is_full:
            self._room.clear()
            await self._room.wait()

    async def next(self) -> Out:
        """Wait for the next thing to send. Safe to cancel."""
        while (out := self.protocol.outgoing()) is None:
            self._to_send.clear()
            await self._to_send.wait()
        self.wake()
        return out

    def wake(self) -> None:
        """There is room: something was sent."""
        self._room.set()
        self._stirred.set()

    async def run(self) -> None:
        """Work until cancelled, and give the session back."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    orders = self.protocol.orders()
                    if not orders or self.is_full:
                        self._stirred.clear()
                        await self._stirred.wait()
                        continue
                    await self._do(orders.popleft(), group)
                    self._stir()
        finally:
            self.close()

    def close(self) -> None:
        """Hang up. Safe at any time, and again."""
        self._session.close()
        if self._answering is not None:
            self._answering.__exit__(None, None, None)
            self._answering = None

    @property
    def is_making(self) -> bool:
        """Whether replies are being made as fast as possible, out of band ones too."""
        return bool(self._asides) or (self._making is not None and not self._making.done())

    @property
    def is_full(self) -> bool:
        """Whether more waits to be sent than may: nothing is worked on until some of it is."""
        outbox = self.protocol.shared.outbox
        return len(outbox) >= MOST_UNSENT or outbox.num_bytes >= MOST_UNSENT_BYTES

    @property
    def _has_enough_to_do(self) -> bool:
        orders = self.protocol.orders()
        unheard = sum(len(each.samples) for each in orders if isinstance(each, to_do.Hear))
        return len(orders) >= MOST_ORDERS or unheard >= MOST_UNHEARD

    def _stir(self) -> None:
        """Something may be to do, to send, or to read."""
        self._to_send.set()
        self._stirred.set()
        self._room.set()
        if self.protocol.is_answering and self._answering is None:
            self._answering = self._underway()
            self._answering.__enter__()
        elif not self.protocol.is_answering and self._answering is not None:
            self._answering.__exit__(None, None, None)
            self._answering = None

    # Orders

    async def _do(self, order: Order, group: asyncio.TaskGroup) -> None:
        match order:
            case to_do.Hear(samples, is_own):
                await self._hear(samples, is_own)
            case to_do.Behave(policy, options):
                self._session.policy, self._session.reply_options = policy, options
            case to_do.Stop():
                await self._stop(order)
            case to_do.Aside():
                self._asides[order.response_id] = group.create_task(self._aside(order))
            case to_do.Reply(response_id):
                await self._made()
                if not self.protocol.begins(response_id, self._session.usage):
                    return  # it would end the reply that came after it
                self._asked = self._asked or asyncio.get_running_loop().time()
                if order.is_live:
                    await self._answer(order)
                else:
                    self._making_id = response_id
                    self._making = group.create_task(self._say(order))
            case to_do.Spoken(samples, item_id):
                await self._made()
                await self._listen(samples, item_id)
            case _:
                await self._made()
                await self._explained(order)

    async def _explained(self, order: Order) -> None:
        """What the caller may have got wrong is told; the conversation goes on without it."""
        session = self._session
        try:
            match order:
                case to_do.Written(text, role):
                    await session.read(text, role)
                case to_do.Shown(image):
                    await session.see(await asyncio.to_thread(picture.decode, image))
                case to_do.Called(call):
                    await session.call(call)
                case to_do.Returned(call_id, text):
                    await session.result(call_id, text)
                case to_do.Instruct(text, tools):
                    await session.instruct(text, tools)
                case to_do.Recall() if session.is_replying:
                    self.protocol.put_off()
                case to_do.Recall(memories):
                    await session.recall(await _parts(memories))
                case to_do.Settle(item_id):
                    await self._listen(_NOTHING, item_id)
                case _:
                    raise AssertionError(f"nobody does {type(order).__name__}")
        except DuologueError as error:
            self.protocol.wrong(error)

    async def _hear(self, samples: Samples, is_own: bool) -> None:
        """Frame by frame, so that each event is told at its time."""
        for start in range(0, max(1, len(samples)), FRAME_SAMPLES):
            part = samples[start : start + FRAME_SAMPLES]
            (self._timeline.own if is_own else self._timeline.foreign)(len(part))
            self._tell(await self._session.hear(part))
            self._stir()

    async def _listen(self, samples: Samples, item_id: str | None) -> None:
        """A recording, and then silence until its last words are understood. Nobody takes the floor."""
        policy, self._session.policy = self._session.policy, MANUAL
        try:
            padded = np.pad(samples, (0, -len(samples) % FRAME_SAMPLES))
            self._timeline.foreign(len(padded))
            heard = await self._session.hear(padded)
            self._tell(heard)
            for _ in range(MOST_SILENCE):
                if any(isinstance(event, Heard) and event.complete for event in heard):
                    break
                self._timeline.foreign(FRAME_SAMPLES)
                heard = await self._session.hear(_SILENCE)
                self._tell(heard)
        finally:
            self._session.policy = policy
        if item_id is not None:
            self.protocol.settled(item_id)

    async def _answer(self, order: to_do.Reply) -> None:
        if self._session.is_replying:
            await self._session.interrupt(0)
        try:
            events = await self._session.answer(order.options)
        except DuologueError as error:
            self.protocol.failed(order.response_id, error)
            return
        self._began(order.response_id)
        self._tell(events, order.response_id)

    def _began(self, response_id: str) -> int:
        reply_id = self._reply_ids[response_id] = self._session.newest_reply
        if len(self._reply_ids) > MOST_KNOWN:
            self._reply_ids.popitem(last=False)
        return reply_id

    async def _say(self, order: to_do.Reply) -> None:
        session, response_id, reply_id, truncated = self._session, order.response_id, 0, False
        try:
            async with aclosing(session.say(order.options)) as pieces:
                async for piece in pieces:
                    if not reply_id:
                        reply_id = self._began(response_id)
                        self._tell([ReplyStarted(reply_id)], response_id)
                    truncated = truncated or piece.truncated
                    said = Said(reply_id, piece.text, piece.sound, piece.image, piece.call, piece.manner)
                    self._tell([said], response_id)
                    await self._sendable()
            self._tell([ReplyDone(reply_id, "completed", "", truncated)], response_id)
        except DuologueError as error:
            self.protocol.failed(response_id, error)
        finally:
            self.protocol.orders().append(to_do.Hear(_NOTHING))  # what waited meanwhile
            self._stir()

    async def _aside(self, order: to_do.Aside) -> None:
        response_id, truncated = order.response_id, False
        try:
            parts = tuple(await _parts(order.memories))
            asking = Asking(self._engine, Question(parts, order.instructions, reply=order.options))
            async with aclosing(asking.pieces()) as pieces:
                async for piece in pieces:
                    truncated = truncated or piece.truncated
                    self.protocol.spent(asking.usage, response_id)
                    said = Said(0, piece.text, piece.sound, piece.image, piece.call, piece.manner)
                    self._tell([said], response_id)
                    await self._sendable()
            self.protocol.spent(asking.usage, response_id)
            self._tell([ReplyDone(0, "completed", "", truncated)], response_id)
        except DuologueError as error:
            self.protocol.failed(response_id, error)
        finally:
            self._asides.pop(response_id, None)
            self._stir()

    async def _stop(self, order: to_do.Stop) -> None:
        aside = self._asides.pop(order.response_id or "", None)
        if aside is not None:
            aside.cancel()
            return
        reply_id = order.reply_id or self._reply_ids.get(order.response_id or "")
        if reply_id is not None:
            await self._session.interrupt(order.played, reply_id)
        if order.response_id == self._making_id:
            if reply_id is None and self._making is not None:
                self._making.cancel()
            await self._made()

    async def _made(self) -> None:
        """Wait until a reply that is over, or was stopped, has left the session."""
        if self._making is not None:
            await asyncio.wait([self._making])
            self._making = self._making_id = None

    async def _sendable(self) -> None:
        while self.is_full:
            self._room.clear()
            await self._room.wait()

    # What happened

    def _tell(self, events: list[Event], response_id: str | None = None) -> None:
        if response_id not in self._asides:
            self.protocol.spent(self._session.usage)
            self.protocol.heard(self._timeline.at(self._session.now))
        for event in events:
            self._measure(event)
            if isinstance(event, SpeechStarted):
                event = SpeechStarted(self._timeline.at(event.at))
            self.protocol.happened(event, response_id)
        self._stir()

    def _measure(self, event: Event) -> None:
        now = asyncio.get_running_loop().time()
        if isinstance(event, SpeechStopped):
            self._asked = now - (self._session.now - event.at) / SAMPLE_RATE
        elif isinstance(event, Said) and event.sound is not None and self._asked is not None:
            self._metrics.first_audio(now - self._asked)
            self._asked = None
        elif isinstance(event, ReplyDone):
            self._metrics.replied(event.reason)
            if event.reason == "interrupted":
                self._metrics.interrupted()


async def _parts(memories: tuple[Memory, ...]) -> list[Part]:
    """As the engine takes them. Raises BadImage."""
    return [await _part(memory) for memory in memories]


async def _part(memory: Memory) -> Part:
    match memory:
        case to_do.Spoken(samples):
            return Sound(samples)
        case to_do.Written(text, role):
            return Text(text, role)
        case to_do.Shown(image):
            return Picture(await asyncio.to_thread(picture.decode, image))
        case to_do.Called(call):
            return Call(call)
        case to_do.Returned(call_id, text):
            return ToolResult(call_id, text)

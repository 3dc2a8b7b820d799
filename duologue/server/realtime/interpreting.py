"""Joins a `Translation` to two sessions of the engine, whatever the wire.

The ear hears everything without a gap and tells where phrases end. The interpreter lives through one phrase
at a time, hearing it while it is spoken, says it in the other language as fast as it can, and forgets it: so
a speaker who goes on is neither lost nor mixed up with what is being said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Protocol

from duologue.engine import Engine, ReplyOptions, Session, SessionOptions, TurnPolicy
from duologue.errors import DuologueError
from duologue.server.ephemeral import Caller
from duologue.server.realtime.fields import Json
from duologue.server.realtime.phrases import Cut, Drop, End, Feed
from duologue.server.realtime.translations import Finish, Hear, Into, Order, Translation
from duologue.server.state import ServerState
from duologue.sound import FRAME_SAMPLES, Samples, frames

MOST_BEHIND = (
    1500  # orders for the interpreter, a frame of 80 ms each: 2 minutes. Full: nothing more is heard
)
LONGER = 2  # times a phrase that its translation may last,
MOST_MORE = 25  # and so many frames more; a young network does not always find an end

Work = Into | Cut | None  # None: all was said


class Wire(Protocol):
    """The way to the client. `play` and `said_phrase` are for those who play the sound themselves."""

    async def send(self, event: Json) -> None: ...

    def play(self, samples: Samples) -> None: ...

    def said_phrase(self) -> None: ...


class Interpreting:
    def __init__(self, shared: ServerState, who: Caller, protocol: Translation, wire: Wire) -> None:
        """Raises Busy. Close it in the end."""
        self._shared = shared
        self._who = who
        self._protocol = protocol
        self._wire = wire
        self._ear, self._interpreter = _sessions(shared.engine)
        self._work: asyncio.Queue[Work] = asyncio.Queue(MOST_BEHIND)
        self._sending = asyncio.Lock()

    async def converse(self, listening: Coroutine[None, None, None]) -> bool:
        """Until `listening` ends, for the client left, or the session was closed and all was said: True."""
        interpreter = asyncio.create_task(self._interpret())
        tasks = (asyncio.create_task(listening), interpreter)
        try:
            await self._flush()
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
            if not interpreter.done():
                return False
            self._protocol.closed()
            await self._flush()
            return True
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def receive(self, message: str | bytes) -> None:
        """A client event. Waits while the interpreter is too far behind."""
        await self._carry_out(self._protocol.receive(message))

    async def hear(self, samples: Samples) -> None:
        """The client's sound, where it does not come by events."""
        await self._carry_out(self._protocol.hear(samples))

    def close(self) -> None:
        """Safe at any time, and again."""
        self._ear.close()
        self._interpreter.close()

    async def _carry_out(self, orders: list[Order]) -> None:
        for order in orders:
            match order:
                case Hear(samples):
                    await self._hear(samples)
                case Finish():
                    await self._carry_out(self._protocol.heard_all())
                    await self._work.put(None)
                case work:
                    await self._work.put(work)
        await self._flush()

    async def _hear(self, samples: Samples) -> None:
        for frame in frames(samples):
            events = await self._ear.hear(frame)
            await self._carry_out(self._protocol.heard(frame, events))

    async def _interpret(self) -> None:
        language, length = "", 0
        while (work := await self._work.get()) is not None:
            match work:
                case Into(target):
                    language, length = target, 0
                    await self._interpreter.recall(())
                case Feed(samples):
                    length += len(samples)
                    await self._interpreter.hear(samples)
                case End():
                    await self._say(language, length)
                case Drop():
                    await self._interpreter.recall(())

    async def _say(self, language: str, length: int) -> None:
        most = LONGER * (length // FRAME_SAMPLES) + MOST_MORE
        before = self._interpreter.usage
        try:
            async for piece in self._interpreter.say(ReplyOptions(translate_to=language, max_tokens=most)):
                self._protocol.said(piece)
                await self._flush()
        except DuologueError as error:
            self._protocol.failed(error)
        self._protocol.said_phrase()
        await self._flush()
        self._wire.said_phrase()
        used = self._interpreter.usage - before
        tokens_in, tokens_out = used.text_in + used.audio_in, used.text_out + used.audio_out
        self._shared.limits.use(self._who, tokens_in + tokens_out)
        self._shared.metrics.used(tokens_in, tokens_out)

    async def _flush(self) -> None:
        async with self._sending:
            for event in self._protocol.outgoing():
                await self._wire.send(event)
            for samples in self._protocol.sounds():
                self._wire.play(samples)


def _sessions(engine: Engine) -> tuple[Session, Session]:
    """The ear and the interpreter. Raises Busy."""
    ear = engine.session(SessionOptions(policy=TurnPolicy("semantic_vad", eagerness="high", answers=False)))
    try:
        return ear, engine.session(SessionOptions(policy=TurnPolicy("manual")))
    except DuologueError:
        ear.close()
        raise

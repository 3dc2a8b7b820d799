"""One call in which everything the caller says is said again in another language."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from duologue.server.calls.channel import Channel
from duologue.server.calls.frames import Frame, Kind, Played, Stage
from duologue.server.calls.pool import Line
from duologue.server.ephemeral import Caller
from duologue.server.realtime.fields import Json
from duologue.server.realtime.interpreting import Interpreting
from duologue.server.realtime.translations import Translation
from duologue.server.state import ServerState
from duologue.sound import Samples, from_pcm16

MOST_S = 3600  # a session's longest life, OpenAI's


class Interpreted:
    """See interpreting.Wire."""

    def __init__(self, caller: Caller, shared: ServerState, protocol: Translation) -> None:
        """Raises Busy."""
        self.caller = caller
        self._interpreting = Interpreting(shared, caller, protocol, self)
        self._phrase = 1  # the number of the one being said
        self._unplayed: set[int] = set()

    def hold(self, line: Line) -> None:
        """The call is answered. Then `run`."""
        self._line, self._channel = line, Channel(line)

    async def run(self) -> None:
        """Until somebody hangs up, or the session was closed and all was played. Frees everything."""
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(MOST_S):
                    if await self._interpreting.converse(self._listen()):
                        await self._play_out()
        finally:
            self._line.hang_up()
            self.close()

    def hang_up(self) -> None:
        """Safe at any time, and again."""
        self._line.hang_up()

    def close(self) -> None:
        """Give the sessions back. Safe at any time, and again."""
        self._interpreting.close()

    async def send(self, event: Json) -> None:
        self._channel.send(event)

    def play(self, samples: Samples) -> None:
        self._unplayed.add(self._phrase)
        self._line.play(self._phrase, samples)

    def said_phrase(self) -> None:
        self._line.said_all(self._phrase)
        self._phrase += 1

    async def _listen(self) -> None:
        async for frame in self._line.frames():
            self._note(frame)
            if frame.kind is Kind.HEARD:
                await self._interpreting.hear(from_pcm16(frame.payload))
            elif frame.kind is Kind.TEXT:
                await self._interpreting.receive(frame.payload)

    async def _play_out(self) -> None:
        if self._unplayed:
            async for frame in self._line.frames():
                self._note(frame)
                if not self._unplayed:
                    return

    def _note(self, frame: Frame) -> None:
        if frame.kind is Kind.OPENED:
            self._channel.opened()
        elif frame.kind is Kind.PLAYED:
            played = Played.decode(frame.payload)
            if played.stage in (Stage.STOPPED, Stage.CLEARED):
                self._unplayed.discard(played.reply)

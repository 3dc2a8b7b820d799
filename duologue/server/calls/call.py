"""One call in the server: a line to its worker, the same driver as over a WebSocket, and who listens in."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from duologue.errors import DuologueError
from duologue.server.calls.channel import Channel, wire
from duologue.server.calls.frames import Frame, Kind, Played
from duologue.server.calls.pool import Line
from duologue.server.calls.speaker import Speaker
from duologue.server.ephemeral import Caller
from duologue.server.ids import new_id
from duologue.server.realtime.fields import Json
from duologue.server.realtime.talk import Talk
from duologue.sound import from_pcm16

MOST_S = 3600  # a session's longest life, OpenAI's
MOST_UNREAD = 1000  # events that somebody who listens in may leave lying before they are let go

CREATED, UPDATED = "session.created", "session.updated"


class Expired(DuologueError):
    code = "session_expired"


class Listener:
    """Somebody at a WebSocket who sees the same events as the caller, and may send some."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[str | None] = asyncio.Queue()  # None: the call is over, or you were slow

    def put(self, text: str) -> bool:
        """False when they have fallen too far behind."""
        if self.events.qsize() >= MOST_UNREAD:
            return False
        self.events.put_nowait(text)
        return True


class Call:
    def __init__(self, caller: Caller, line: Line, talk: Talk) -> None:
        self.caller = caller
        self._line = line
        self._talk = talk
        self.speaker = talk.protocol.shared.playback = Speaker(line)
        self._channel = Channel(line)
        self._session: Json = {}  # as the client was told last
        self._listeners: set[Listener] = set()

    async def run(self) -> None:
        """Until somebody hangs up, the connection is lost, or the hour is over. Frees everything."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._talk.run()), group.create_task(self._write())]
                with suppress(TimeoutError):
                    async with asyncio.timeout(MOST_S):
                        await self._read()
                if not self._line.is_over:
                    self._expire()
                for task in tasks:
                    task.cancel()
        finally:
            self._line.hang_up()
            self._talk.close()
            for listener in self._listeners:
                listener.events.put_nowait(None)

    def hang_up(self) -> None:
        """Safe at any time, and again."""
        self._line.hang_up()

    def receive(self, message: str | bytes) -> None:
        """A client event, of the caller or of somebody who listens in."""
        self._talk.receive(message)

    def listen_in(self) -> Listener:
        """From now on; first comes the session as it is."""
        listener = Listener()
        if self._session:
            listener.put(wire({"type": CREATED, "event_id": new_id("event"), "session": self._session}))
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    # From the caller

    async def _read(self) -> None:
        async for frame in self._line.frames():
            await self._take(frame)

    async def _take(self, frame: Frame) -> None:
        match frame.kind:
            case Kind.HEARD:
                await self._talk.room()
                self._talk.hear(from_pcm16(frame.payload))
            case Kind.TEXT:
                self.receive(frame.payload)
            case Kind.OPENED:
                self._channel.opened()
            case Kind.PLAYED:
                news = self.speaker.told(Played.decode(frame.payload))
                if news is not None:
                    self._tell_played(*news)
            case Kind.CONNECTED | Kind.GONE:
                pass
            case other:
                raise AssertionError(f"{other!r} from a worker")

    # To the caller

    async def _write(self) -> None:
        while True:
            out = await self._talk.next()
            if out.event is not None:
                self._send(out.event)
            elif out.sound is not None and out.response_id is not None:
                self.speaker.play(out.response_id, out.sound)

    def _send(self, event: Json) -> None:
        kind, response_id = event["type"], event.get("response_id")
        if kind == "output_audio_buffer.cleared" and not self.speaker.may_tell_cleared(str(response_id)):
            return  # nothing of it was ever heard
        if kind in (CREATED, UPDATED):
            self._session = event["session"]
        self._emit(event)
        if kind == "response.output_audio.done":
            self.speaker.said_all(str(response_id))

    def _tell_played(self, news: str, response_id: str) -> None:
        kind = f"output_audio_buffer.{news}"
        self._emit({"type": kind, "event_id": new_id("event"), "response_id": response_id})

    def _emit(self, event: Json) -> None:
        text = wire(event)
        for listener in list(self._listeners):
            if not listener.put(text):
                self.leave(listener)
                listener.events.put_nowait(None)
        self._channel.send(event)

    def _expire(self) -> None:
        self._talk.protocol.wrong(Expired("Your session hit the maximum duration of 60 minutes."))
        while (out := self._talk.protocol.outgoing()) is not None:
            if out.event is not None:
                self._send(out.event)

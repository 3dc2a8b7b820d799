"""A client without a socket: what it sends goes straight to a `Talk` around a scripted mind.

Nothing sleeps: time is the sound that is sent, and what `passed` says.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np

from duologue.backends.scripted import Script, ScriptedBackend, ScriptedMind
from duologue.engine import Engine
from duologue.errors import BadInput, TooMany
from duologue.server.metrics import Metrics
from duologue.server.realtime.protocol import Protocol
from duologue.server.realtime.shared import House
from duologue.server.realtime.talk import Talk
from duologue.sound import FRAME_SAMPLES, Samples
from tests.server.recorder import Recorder

Json = dict[str, Any]

FRAME = 1920  # samples of the wire in 80 ms
EXPIRES_AT = 1_763_769_600


class AnyQuota:
    """So many requests, and what was used."""

    def __init__(self, requests: int = 1000) -> None:
        self.requests = requests
        self.used = 0

    def request(self) -> None:
        if self.requests == 0:
            raise TooMany("the requests of this minute are used up; try again in 60 s")
        self.requests -= 1

    def use(self, tokens: int) -> None:
        self.used += tokens

    def state(self) -> list[Json]:
        limits = [("requests", 1000, self.requests), ("tokens", 50_000, 50_000 - self.used)]
        return [
            {"name": name, "limit": limit, "remaining": remaining, "reset_seconds": 60.0}
            for name, limit, remaining in limits
        ]


def voice_of(name: str | None) -> str:
    if name not in (None, "script", "alloy", "marin"):
        raise BadInput(f"there is no voice {name!r}; choose one of script, alloy, marin", "voice")
    return "script"


def house(quota: AnyQuota | None = None, plays: bool = False) -> House:
    return House(
        voice_of=voice_of,
        model_of=lambda name: name or "scripted",
        count=lambda text: len(text.split()),
        quota=quota or AnyQuota(),
        plays=plays,
    )


def speech(frames: int) -> Samples:
    time = np.arange(frames * FRAME) / 24000
    return np.asarray(0.2 * np.sin(2 * np.pi * 150 * time) * (1 + 0.3 * np.sin(8 * np.pi * time)), np.float32)


def silence(frames: int) -> Samples:
    return np.zeros(frames * FRAME, np.float32)


def pcm(samples: Samples) -> str:
    return base64.b64encode((samples * 32767).astype("<i2").tobytes()).decode("ascii")


class Driven:
    def __init__(self, talk: Talk, backend: ScriptedBackend, recorder: Recorder | None) -> None:
        self.talk = talk
        self.events: list[Json] = []
        self.log: list[tuple[str, Json]] = []  # both sides', in order
        self._backend = backend
        self._recorder = recorder
        self.played: list[Samples] = []
        self.reads = True  # a client that does not is slow

    @property
    def mind(self) -> ScriptedMind:
        """The conversation's; those of out-of-band responses come and go."""
        return self._backend.minds[0]

    async def send(self, kind: str, **fields: object) -> list[Json]:
        """One client event; returns what came of it, until nothing more does."""
        event = {"type": kind, **fields}
        self.log.append(("client", event))
        self.talk.receive(event)
        return await self.quiet()

    async def update(self, **session: object) -> list[Json]:
        return await self.send("session.update", session={"type": "realtime", **session})

    async def write(self, text: str, role: str = "user", **fields: object) -> list[Json]:
        content = [{"type": "input_text", "text": text}]
        return await self.send(
            "conversation.item.create", item={"type": "message", "role": role, "content": content}, **fields
        )

    async def show(self, *parts: Json) -> list[Json]:
        """A message of the user that is made of these."""
        item = {"type": "message", "role": "user", "content": list(parts)}
        return await self.send("conversation.item.create", item=item)

    async def hear(self, *sounds: Samples) -> list[Json]:
        """What the microphone gives, frame by frame, as fast as it is understood."""
        start, whole = len(self.events), np.concatenate(sounds)
        for frame in range(0, len(whole), FRAME):
            await self.send("input_audio_buffer.append", audio=pcm(whole[frame : frame + FRAME]))
        return self.events[start:]

    async def passed(self, frames: int) -> list[Json]:
        """So long nothing is sent."""
        start = len(self.events)
        for _ in range(frames):
            self.talk.passed(FRAME_SAMPLES)
            await self.quiet()
        return self.events[start:]

    async def quiet(self) -> list[Json]:
        """Let the server work until it has nothing more to do."""
        start, calm = len(self.events), 0
        while calm < 20:
            busy = bool(self.talk.protocol.orders()) or self.talk.is_making
            busy = busy and (self.reads or not self.talk.is_full)
            calm = 0 if busy else calm + 1
            if self.reads and self.read():
                calm = 0
            await asyncio.sleep(0)
        return self.events[start:]

    def read(self) -> bool:
        found = False
        while (out := self.talk.protocol.outgoing()) is not None:
            found = True
            if out.event is None:
                assert out.sound is not None
                self.played.append(out.sound)
                continue
            self.events.append(out.event)
            self.log.append(("server", out.event))
            if self._recorder is not None:
                self._recorder.frame("/v1/realtime", json.dumps(out.event))
        if found:
            self.talk.wake()
        return found

    def types(self) -> list[str]:
        return types(self.events)

    def of(self, kind: str) -> list[Json]:
        return [event for event in self.events if event["type"] == kind]

    def last(self, kind: str) -> Json:
        return self.of(kind)[-1]

    def sound(self) -> bytes:
        return b"".join(base64.b64decode(event["delta"]) for event in self.of("response.output_audio.delta"))


def types(events: list[Json]) -> list[str]:
    return [event["type"] for event in events]


@asynccontextmanager
async def driven(
    script: Script | None = None,
    recorder: Recorder | None = None,
    said: Json | None = None,
    quota: AnyQuota | None = None,
    plays: bool = False,
) -> AsyncIterator[Driven]:
    backend = ScriptedBackend(script or Script(), 8)
    protocol = Protocol(house(quota, plays), said or {"model": "gpt-realtime"}, EXPIRES_AT)
    talk = Talk(Engine(backend, 8), protocol, Metrics())
    client = Driven(talk, backend, recorder)
    async with asyncio.TaskGroup() as group:
        working = group.create_task(talk.run())
        try:
            await client.quiet()
            yield client
        finally:
            working.cancel()

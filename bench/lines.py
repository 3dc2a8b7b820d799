"""A line to a Realtime server over WebSocket: events both ways, and a microphone at its true pace.

Knows OpenAI's wire and no server: a base URL and a key are enough.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self
from urllib.parse import urlencode

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.player import RATE, Samples

Event = Mapping[str, Any]
ROOM = 5e-4  # root mean square of the silence between utterances: a quiet room


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, as OpenAI's clients want it: `http://127.0.0.1:4004/v1`, a key, a model's name."""

    base_url: str
    key: str = "local"
    model: str = "gpt-realtime"

    @property
    def realtime(self) -> str:
        base = self.base_url.replace("http", "ws", 1).rstrip("/")
        return f"{base}/realtime?{urlencode({'model': self.model})}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@dataclass(slots=True, eq=False)
class Said:
    """An utterance on its way through the microphone."""

    began_at: float = 0.0  # when its first sample left
    began_ms: float = 0.0  # … on the clock of the sound sent
    ended_at: float = 0.0
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Microphone:
    """Room noise, and what is to be said; taken in pieces of any length."""

    def __init__(self, seed: int) -> None:
        self._room = np.random.default_rng(seed).normal(0, ROOM, RATE).astype(np.float32)
        self._queue: list[tuple[Samples, Said]] = []
        self._given = 0  # samples of the utterance under way
        self.num_samples = 0

    def say(self, samples: Samples) -> Said:
        said = Said()
        self._queue.append((samples, said))
        return said

    def take(self, num: int, now: float) -> Samples:
        """The next samples; `now` is when they leave."""
        begin = self.num_samples % (RATE - num)
        taken = self._room[begin : begin + num].copy()
        if self._queue:
            samples, said = self._queue[0]
            if self._given == 0:
                said.began_at, said.began_ms = now, 1000.0 * self.num_samples / RATE
            part = samples[self._given : self._given + num]
            taken[: len(part)] += part
            self._given += num
            if self._given >= len(samples):
                self._queue.pop(0)
                self._given, said.ended_at = 0, now
                said.ended.set()
        self.num_samples += num
        return taken


class Line(Protocol):
    """One live conversation. `on_sound` is told what is heard: when, the samples, of which item."""

    plays_itself: bool  # the server paces the sound, and knows what was played
    late_s: list[float]  # how far this side's own microphone fell behind its pace

    async def send(self, event: Event) -> None: ...
    def events(self) -> AsyncIterator[Event]: ...
    async def speak(self, microphone: Microphone) -> None: ...
    async def close(self) -> None: ...


OnSound = Callable[[float, Samples, str], None]


class WebSocketLine:
    plays_itself = False

    def __init__(self, socket: ClientConnection, on_sound: OnSound, chunk_ms: int) -> None:
        self._socket = socket
        self._on_sound = on_sound
        self._chunk_ms = chunk_ms
        self.late_s: list[float] = []

    @classmethod
    async def open(cls, address: Address, on_sound: OnSound, chunk_ms: int) -> Self:
        socket = await connect(
            address.realtime, additional_headers=address.headers, compression=None, max_size=2**25, proxy=None
        )
        return cls(socket, on_sound, chunk_ms)

    async def send(self, event: Event) -> None:
        await self._socket.send(json.dumps(event))

    async def events(self) -> AsyncIterator[Event]:
        """Until the server hangs up."""
        try:
            async for message in self._socket:
                event = json.loads(message)
                if event["type"] == "response.output_audio.delta":
                    self._on_sound(time.perf_counter(), pcm16(event["delta"]), event["item_id"])
                yield event
        except ConnectionClosed:
            return

    async def speak(self, microphone: Microphone) -> None:
        """Send sound in real time until cancelled. A chunk leaves when its last sample has been spoken."""
        num = RATE * self._chunk_ms // 1000
        start = time.perf_counter()
        number = 0
        while True:
            number += 1
            due = start + number * self._chunk_ms / 1000
            await asyncio.sleep(due - time.perf_counter())
            now = time.perf_counter()
            self.late_s.append(now - due)
            await self._socket.send(append(microphone.take(num, now)))

    async def close(self) -> None:
        await self._socket.close()


def append(samples: Samples) -> str:
    content = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2").tobytes()
    return f'{{"type":"input_audio_buffer.append","audio":"{base64.b64encode(content).decode()}"}}'


def pcm16(delta: str) -> Samples:
    return np.frombuffer(base64.b64decode(delta), "<i2").astype(np.float32) / 32768.0

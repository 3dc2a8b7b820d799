"""A caller for tests: aiortc as the other end, a microphone and ears."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from duologue.server.calls.peer import use_loopback
from duologue.sound import SAMPLE_RATE, Samples, resample

RATE = 48_000
TICK = RATE // 50
LOUD = 0.01  # root mean square of 20 ms in which something is heard
PATIENCE_S = 20.0  # a test that waits longer has failed


def tone(seconds: float, hertz: float = 440.0) -> Samples:
    return np.asarray(
        0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE), np.float32
    )


class Microphone(MediaStreamTrack):
    """Silence, but for what is `say`ed. Stops sending while `is_muted`."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.waiting: deque[Samples] = deque()
        self._start: float | None = None
        self._number = 0

    def say(self, samples: Samples) -> None:
        """Sound at 16 kHz, after what was said before."""
        whole = resample(samples, SAMPLE_RATE, RATE)
        whole = np.pad(whole, (0, -len(whole) % TICK))
        self.waiting.extend(whole.reshape(-1, TICK))

    async def recv(self) -> AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        now = asyncio.get_running_loop().time()
        self._start = self._start or now
        await asyncio.sleep(max(0.0, self._start + self._number * 0.02 - now))
        samples = self.waiting.popleft() if self.waiting else np.zeros(TICK, np.float32)
        frame = AudioFrame.from_ndarray(
            (samples * 32767).astype(np.int16).reshape(1, -1), format="s16", layout="mono"
        )
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), self._number * TICK
        self._number += 1
        return frame


class Phone:
    def __init__(self) -> None:
        use_loopback()
        self.microphone = Microphone()
        self.events: list[dict[str, Any]] = []
        self.heard: list[Samples] = []  # 20 ms each, at 48 kHz
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connection.addTrack(self.microphone)
        self._connection.on("track", self._on_track)
        self._channel = self._connection.createDataChannel("oai-events")
        self._channel.on("message", self._on_message)
        self._news = asyncio.Event()
        self._connection.on("connectionstatechange", self._news.set)
        self._channel.on("open", self._news.set)
        self._channel.on("close", self._news.set)
        self._ears: set[asyncio.Task[None]] = set()

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    @property
    def state(self) -> str:
        return self._connection.connectionState

    @property
    def is_open(self) -> bool:
        return self._channel.readyState == "open"

    @property
    def num_loud(self) -> int:
        """How many pieces of 20 ms were loud so far."""
        return sum(float(np.sqrt(np.mean(piece**2))) > LOUD for piece in self.heard)

    def with_camera(self) -> None:
        self._connection.addTransceiver("video", direction="sendonly")

    async def offer(self) -> str:
        await self._connection.setLocalDescription(await self._connection.createOffer())
        return self._connection.localDescription.sdp

    async def accept(self, answer: str) -> None:
        await self._connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    def send(self, event: dict[str, Any] | str, beyond: bool = False) -> None:
        """`beyond`: however long it is."""
        if beyond:
            self._channel.transport._remote_max_message_size = 0
        self._channel.send(event if isinstance(event, str) else json.dumps(event))

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for news until something holds."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def until_event(self, kind: str, times: int = 1) -> dict[str, Any]:
        await self.until(lambda: self.types.count(kind) >= times)
        return [event for event in self.events if event["type"] == kind][times - 1]

    async def hang_up(self) -> None:
        await self._connection.close()
        await asyncio.gather(*self._ears)

    def _on_message(self, message: str) -> None:
        self.events.append(json.loads(message))
        self._news.set()

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._ears.add(asyncio.ensure_future(self._listen(track)))

    async def _listen(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                assert isinstance(frame, AudioFrame)
                samples = frame.to_ndarray().reshape(-1, 2).mean(axis=1) / 32768.0
                self.heard.append(samples.astype(np.float32))
                self._news.set()
        except MediaStreamError:
            self._news.set()

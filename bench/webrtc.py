"""A line to a Realtime server over WebRTC, as a browser has it: ephemeral key, SDP offer, data channel."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import AsyncIterator
from fractions import Fraction
from typing import Self

import numpy as np
from aiortc import MediaStreamTrack, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from bench.lines import Address, Event, Microphone, OnSound
from bench.player import RATE

TICK_MS = 20  # of sound in one packet
CONNECT_S = 15.0
CODEC_RATE = 48_000


class _Voice(MediaStreamTrack):
    """The microphone as a track; silent until there is one."""

    kind = "audio"

    def __init__(self, late_s: list[float]) -> None:
        super().__init__()
        self.microphone: Microphone | None = None
        self._late_s = late_s
        self._start: float | None = None
        self._number = 0

    async def recv(self) -> AudioFrame:
        self._start = self._start if self._start is not None else time.perf_counter()
        self._number += 1
        due = self._start + self._number * TICK_MS / 1000
        await asyncio.sleep(due - time.perf_counter())
        now = time.perf_counter()
        num = RATE * TICK_MS // 1000
        samples = np.zeros(num, np.float32)
        if self.microphone is not None:
            self._late_s.append(now - due)
            samples = self.microphone.take(num, now)
        frame = AudioFrame.from_ndarray((samples[None] * 32767).astype(np.int16), "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._number * num, Fraction(1, RATE)
        return frame


class WebRTCLine:
    """Sound is passed on only while the server says that it plays a reply; else the track is silent."""

    plays_itself = True

    def __init__(self, on_sound: OnSound) -> None:
        self.late_s: list[float] = []
        self._on_sound = on_sound
        self._peer = RTCPeerConnection()
        self._voice = _Voice(self.late_s)
        self._channel: RTCDataChannel = self._peer.createDataChannel("oai-events")
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._opened = asyncio.Event()
        self._playing: str | None = None  # a response
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, address: Address, on_sound: OnSound) -> Self:
        line = cls(on_sound)
        try:
            async with asyncio.timeout(CONNECT_S):
                await line._connect(address)
        except BaseException:
            await line.close()
            raise
        return line

    async def _connect(self, address: Address) -> None:
        self._peer.addTrack(self._voice)
        self._peer.on("track", self._on_track)
        self._peer.on("connectionstatechange", self._on_state)
        self._channel.on("open", self._opened.set)
        self._channel.on("close", lambda: self._events.put_nowait(None))
        self._channel.on("message", self._on_message)
        await self._peer.setLocalDescription(await self._peer.createOffer())
        answer = await asyncio.to_thread(_exchange, address, self._peer.localDescription.sdp)
        await self._peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await self._opened.wait()

    async def send(self, event: Event) -> None:
        self._channel.send(json.dumps(event))

    async def events(self) -> AsyncIterator[Event]:
        """Until the server hangs up."""
        while (event := await self._events.get()) is not None:
            yield event

    async def speak(self, microphone: Microphone) -> None:
        """The track's own pace takes from the microphone, until cancelled."""
        self._voice.microphone = microphone
        await asyncio.get_running_loop().create_future()

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
        await self._peer.close()

    def _on_message(self, message: str | bytes) -> None:
        event = json.loads(message)
        if event["type"] == "output_audio_buffer.started":
            self._playing = event["response_id"]
        elif event["type"] in ("output_audio_buffer.stopped", "output_audio_buffer.cleared"):
            self._playing = None
        self._events.put_nowait(event)

    async def _on_state(self) -> None:
        if self._peer.connectionState in ("failed", "closed"):
            self._events.put_nowait(None)

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._listening = asyncio.create_task(self._listen(track))

    async def _listen(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                assert isinstance(frame, AudioFrame)
                if self._playing is not None:
                    wide = frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0] / 32768.0
                    half = wide.reshape(-1, CODEC_RATE // RATE).mean(axis=1)
                    self._on_sound(time.perf_counter(), half.astype(np.float32), self._playing)
        except MediaStreamError:
            return


def _exchange(address: Address, offer: str) -> str:
    """An ephemeral key, and with it the offer for an answer."""
    base = address.base_url.rstrip("/")
    session = {"session": {"type": "realtime", "model": address.model}}
    secret = json.loads(
        _post(f"{base}/realtime/client_secrets", json.dumps(session), "application/json", address.key)
    )
    return _post(f"{base}/realtime/calls", offer, "application/sdp", secret["value"])


def _post(url: str, body: str, kind: str, key: str) -> str:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": kind}
    with urllib.request.urlopen(
        urllib.request.Request(url, body.encode(), headers), timeout=CONNECT_S
    ) as got:
        content: bytes = got.read()
    return content.decode()

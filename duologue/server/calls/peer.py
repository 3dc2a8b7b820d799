"""One caller's connection, in a worker: aiortc between the network and the frames to the server.

Only host candidates are used: no STUN or TURN server is ever asked, so calls work without the internet, from
this machine and from the same local network.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from fractions import Fraction

import aioice.ice
import numpy as np
from aiortc import (
    InvalidAccessError,
    InvalidStateError,
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.exceptions import InternalError, OperationError
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcrtpreceiver import RTCRtpReceiver
from aiortc.rtp import RtpPacket
from av import AudioFrame

from duologue.server.calls.frames import Kind, Played, split_reply
from duologue.server.calls.inflow import Inflow
from duologue.server.calls.offer import BadOffer, check
from duologue.server.calls.outflow import RATE, TICK, Outflow
from duologue.server.calls.thirds import ToThird
from duologue.sound import SAMPLE_RATE, Resampler, Samples, from_pcm16, to_pcm16

CONNECT_S = 30.0  # from the answer until the caller must have connected
LATE_S = 0.2  # of delay from which the track begins anew instead of hurrying after
MOST_MESSAGE = 1024 * 1024  # bytes of one event; our SDP answer says 256 KiB
MOST_UNSENT = 8 * 1024 * 1024  # bytes of events that a caller who does not read may leave lying

log = logging.getLogger(__name__)
Tell = Callable[[Kind, bytes], None]


def use_loopback() -> None:
    """Let ICE offer 127.0.0.1 too: aioice leaves it out, and a machine without a network has nothing else."""
    others = aioice.ice.get_host_addresses
    if "127.0.0.1" in others(True, False):
        return

    def addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return [*others(use_ipv4, use_ipv6), *(["127.0.0.1"] if use_ipv4 else [])]

    aioice.ice.get_host_addresses = addresses


class AtOnce:
    """In place of aiortc's jitter buffer, which holds sound for 80 ms and waits 300 ms for a lost packet.

    Packets are passed on as they come and late ones are dropped; `Inflow` makes the stream steady.
    """

    def __init__(self) -> None:
        self._newest: int | None = None

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        number = packet.sequence_number
        if self._newest is not None and (number - self._newest) % 65536 not in range(1, 32768):
            return False, None
        self._newest = number
        sound: bytes = getattr(packet, "_data", b"")  # where the receiver has put it
        return False, JitterFrame(sound, packet.timestamp) if sound else None


def _hear_at_once(receiver: RTCRtpReceiver) -> None:
    name = "_RTCRtpReceiver__jitter_buffer"
    assert hasattr(receiver, name), "aiortc has another jitter buffer than 1.14 to 1.16"
    setattr(receiver, name, AtOnce())


class ReplyTrack(MediaStreamTrack):
    """What the assistant says, 20 ms at a time, silence included."""

    kind = "audio"

    def __init__(self, outflow: Outflow, told: Callable[[list[Played]], None]) -> None:
        super().__init__()
        self._outflow = outflow
        self._told = told
        self._start: float | None = None
        self._number = 0  # of the next 20 ms
        self._since_start = 0

    async def recv(self) -> AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        await self._until_due()
        samples, news = self._outflow.pull()
        self._told(news)
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = self._number * TICK
        self._number += 1
        return frame

    async def _until_due(self) -> None:
        now = asyncio.get_running_loop().time()
        due = now if self._start is None else self._start + self._since_start * TICK / RATE
        if self._start is None or now - due > LATE_S:
            self._start, self._since_start, due = now, 0, now
        self._since_start += 1
        if due > now:
            await asyncio.sleep(due - now)


class Peer:
    def __init__(self, tell: Tell, connect_s: float = CONNECT_S) -> None:
        self._tell = tell
        self._connect_s = connect_s
        self._outflow = Outflow()
        self._inflow = Inflow(asyncio.get_running_loop().time())
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._channel: RTCDataChannel | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_connected = False
        self._is_gone = False

    async def answer(self, sdp: str) -> str:
        """The SDP answer, with all our candidates in it. Raises BadOffer."""
        check(sdp)
        connection = self._connection
        connection.on("track", self._on_track)
        connection.on("datachannel", self._on_channel)
        connection.on("connectionstatechange", self._on_state)
        try:
            await connection.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
            for transceiver in connection.getTransceivers():
                if transceiver.kind == "video":
                    transceiver.direction = "inactive"  # pictures come as events
                else:
                    _hear_at_once(transceiver.receiver)
            connection.addTrack(ReplyTrack(self._outflow, self._played))
            await connection.setLocalDescription(await connection.createAnswer())
        except (InternalError, InvalidAccessError, InvalidStateError, OperationError, ValueError) as error:
            raise BadOffer(f"the SDP offer cannot be answered ({error})") from None
        self._run(self._give_up())
        return connection.localDescription.sdp

    def take(self, kind: Kind, payload: bytes) -> None:
        """What the server says, but an offer and a hang-up."""
        if kind is Kind.TEXT:
            self._send(payload)
        elif kind is Kind.PLAY:
            reply, pcm16 = split_reply(payload)
            self._outflow.push(reply, from_pcm16(pcm16))
        elif kind is Kind.SAID_ALL:
            self._outflow.said_all(split_reply(payload)[0])
        elif kind is Kind.CLEAR:
            self._played(self._outflow.clear())
        else:
            raise AssertionError(f"{kind!r} is not for a peer")

    def tick(self, now: float) -> None:
        """Call every 20 ms."""
        if self._is_connected and not self._is_gone:
            self._heard(self._inflow.tick(now))

    async def close(self, reason: str) -> None:
        """Hang up. Safe at any time, and again; nothing is told after GONE."""
        if self._is_gone:
            return
        self._tell(Kind.GONE, reason.encode())
        self._is_gone = True
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()
        await self._connection.close()

    # The connection

    def _run(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _give_up(self) -> None:
        await asyncio.sleep(self._connect_s)
        if not self._is_connected:
            await self.close("never connected")

    def _on_state(self) -> None:
        state = self._connection.connectionState
        if state == "connected" and not self._is_connected:
            self._is_connected = True
            self._inflow = Inflow(asyncio.get_running_loop().time())
            self._tell(Kind.CONNECTED, b"")
        elif state == "failed":
            self._run(self.close("connection lost"))
        elif state == "closed":
            self._run(self.close("caller hung up"))

    # Sound

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self._run(self._listen(track))

    async def _listen(self, track: MediaStreamTrack) -> None:
        loop, to_ours = asyncio.get_running_loop(), _ToOurs()
        try:
            while True:
                frame = await track.recv()
                assert isinstance(frame, AudioFrame)
                self._heard(self._inflow.arrived(to_ours.push(frame), loop.time()))
        except MediaStreamError:
            return  # the caller stopped sending

    def _heard(self, samples: Samples) -> None:
        if len(samples) and not self._is_gone:
            self._tell(Kind.HEARD, to_pcm16(samples))

    def _played(self, news: list[Played]) -> None:
        for played in news if not self._is_gone else []:
            self._tell(Kind.PLAYED, played.encode())

    # Events

    def _on_channel(self, channel: RTCDataChannel) -> None:
        if self._channel is not None:
            return  # one carries the events
        self._channel = channel
        channel.on("message", self._on_message)
        self._tell(Kind.OPENED, b"")

    def _on_message(self, message: str | bytes) -> None:
        content = message.encode() if isinstance(message, str) else message
        if len(content) > MOST_MESSAGE:
            self._run(self.close("caller sent too much at once"))
        elif not self._is_gone:
            self._tell(Kind.TEXT, content)

    def _send(self, text: bytes) -> None:
        channel = self._channel
        if channel is None or channel.readyState != "open":
            return
        if channel.bufferedAmount > MOST_UNSENT:
            self._run(self.close("caller does not read"))
            return
        try:
            channel.send(text.decode())
        except ValueError:
            log.warning("an event of %d bytes is more than the caller's data channel takes", len(text))


class _ToOurs:
    """Decoded frames of any rate and layout to 16 kHz mono."""

    def __init__(self) -> None:
        self._rate = 0
        self._resampler: ToThird | Resampler = ToThird()

    def push(self, frame: AudioFrame) -> Samples:
        if frame.sample_rate != self._rate:
            self._rate = frame.sample_rate
            self._resampler = ToThird() if self._rate == 3 * SAMPLE_RATE else Resampler(self._rate)
        values = np.frombuffer(bytes(frame.planes[0]), np.int16)[: frame.samples * frame.layout.nb_channels]
        mono = values.reshape(-1, frame.layout.nb_channels).mean(axis=1, dtype=np.float32) / 32768.0
        return self._resampler.push(mono)

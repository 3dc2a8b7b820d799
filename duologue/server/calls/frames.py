"""The wire between the server and a worker: frames of (length, kind, call) and bytes. No I/O.

Sound on it is PCM16, 16 kHz, mono, as everywhere inside Duologue; a reply is known by a number.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

HEADER = struct.Struct("!IBI")  # bytes that follow, kind, call
MOST_BYTES = 4 * 1024 * 1024  # of one frame; a minute of sound has half of that
_PLAY = struct.Struct("!I")  # reply
_PLAYED = struct.Struct("!IIB")  # reply, samples so far, stage


class Kind(IntEnum):
    OFFER, ANSWER, REFUSED = range(3)  # SDP to the worker; SDP or a sentence back
    CONNECTED, OPENED, TEXT = range(3, 6)  # media flows; the data channel is open; one message of it
    HEARD = 6  # sound of the caller
    PLAY, SAID_ALL, CLEAR = range(7, 10)  # sound of a reply; nothing more of it comes; be silent now
    PLAYED = 10  # what was handed to the network
    HANG_UP, GONE = range(11, 13)  # to the worker; from it, with the reason


class Stage(IntEnum):
    STARTED, GOING_ON, STOPPED, CLEARED = range(4)


@dataclass(frozen=True, slots=True)
class Frame:
    kind: Kind
    call: int
    payload: bytes = b""

    def encode(self) -> bytes:
        return HEADER.pack(len(self.payload), self.kind, self.call) + self.payload

    @property
    def text(self) -> str:
        return self.payload.decode()


@dataclass(frozen=True, slots=True)
class Played:
    """How much of a reply went out, in samples at 16 kHz, and what happened to it just now."""

    reply: int
    samples: int
    stage: Stage

    def encode(self) -> bytes:
        return _PLAYED.pack(self.reply, self.samples, self.stage)

    @classmethod
    def decode(cls, payload: bytes) -> Played:
        reply, samples, stage = _PLAYED.unpack(payload)
        return cls(reply, samples, Stage(stage))


def with_reply(reply: int, pcm16: bytes = b"") -> bytes:
    """The payload of PLAY and SAID_ALL."""
    return _PLAY.pack(reply) + pcm16


def split_reply(payload: bytes) -> tuple[int, bytes]:
    (reply,) = _PLAY.unpack_from(payload)
    return reply, payload[_PLAY.size :]


class Reader:
    """Bytes in any chopping to frames."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def push(self, content: bytes) -> Iterator[Frame]:
        self._rest += content
        while len(self._rest) >= HEADER.size:
            length, kind, call = HEADER.unpack_from(self._rest)
            assert length <= MOST_BYTES, f"a frame of {length} bytes"
            end = HEADER.size + length
            if len(self._rest) < end:
                return
            payload = bytes(self._rest[HEADER.size : end])
            del self._rest[:end]
            yield Frame(Kind(kind), call, payload)

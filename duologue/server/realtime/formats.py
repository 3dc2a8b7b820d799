"""Sound as the wire has it: PCM of 24 kHz, or G.711 of 8 kHz, to and from the samples inside. Streams.

G.711 by ITU-T's tables, computed once: u-law is 14 bits wide, A-law 13.
"""

from __future__ import annotations

import base64
import binascii
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from duologue.server.realtime.rates import Rate
from duologue.server.realtime.refused import Refused
from duologue.server.stretch import Stretcher
from duologue.sound import SAMPLE_RATE, Samples, from_pcm16, to_pcm16

Kind = Literal["audio/pcm", "audio/pcmu", "audio/pcma"]
RATES: dict[Kind, int] = {"audio/pcm": 24000, "audio/pcmu": 8000, "audio/pcma": 8000}
MOST_BYTES = 15 << 20  # of sound in one append, OpenAI's bound

_Bytes = NDArray[np.uint8]


def from_base64(text: object, param: str) -> bytes:
    """Raises Refused."""
    if not isinstance(text, str):
        raise Refused(f"Invalid value for '{param}': send sound in base64.", "invalid_type", param)
    if len(text) > (MOST_BYTES + 2) // 3 * 4:
        raise Refused(f"'{param}' is over 15 MiB; send smaller parts.", "string_above_max_length", param)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):  # ValueError: characters outside ASCII
        raise Refused(f"Invalid value for '{param}': this is no base64.", "invalid_base64", param) from None


class Decoder:
    """One stream of a client's sound. A sample cut in two by the chopping is put together again."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._half = b""
        self._rate = Rate(RATES[kind], SAMPLE_RATE)

    def push(self, content: bytes) -> Samples:
        if self.kind != "audio/pcm":
            table = _ULAW if self.kind == "audio/pcmu" else _ALAW
            return self._rate.push(table[np.frombuffer(content, np.uint8)])
        content = self._half + content
        whole = len(content) // 2 * 2
        self._half = content[whole:]
        return self._rate.push(from_pcm16(content[:whole]))

    def finish(self) -> Samples:
        """The filter's last milliseconds are not waited for."""
        return np.zeros(0, np.float32)


def decode(kind: Kind, content: bytes) -> Samples:
    """A whole sound at once."""
    return Decoder(kind).push(content)


class Encoder:
    """One stream of our sound, at a speed: any chopping gives the same bytes."""

    def __init__(self, kind: Kind, speed: float = 1.0) -> None:
        self.kind = kind
        self._stretcher = Stretcher(speed)
        self._rate = Rate(SAMPLE_RATE, RATES[kind])

    def push(self, samples: Samples) -> bytes:
        return _bytes(self.kind, self._rate.push(self._stretcher.push(samples)))

    def finish(self) -> bytes:
        """What the change of speed still holds. Nothing may be pushed afterwards."""
        return _bytes(self.kind, self._rate.push(self._stretcher.finish()))


def encode(kind: Kind, samples: Samples) -> bytes:
    encoder = Encoder(kind)
    return encoder.push(samples) + encoder.finish()


def _bytes(kind: Kind, samples: Samples) -> bytes:
    if kind == "audio/pcm":
        return to_pcm16(samples)
    whole = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int32)
    return (_to_ulaw(whole) if kind == "audio/pcmu" else _to_alaw(whole)).tobytes()


# G.711: a byte is a sign, three bits of exponent and four of mantissa.

_BIAS = 132  # u-law's: 33 in 14 bits


def _ulaw_table() -> Samples:
    code = ~np.arange(256, dtype=np.uint8)
    exponent, mantissa = (code >> 4 & 7).astype(np.int32), (code & 15).astype(np.int32)
    size = ((mantissa << 3) + _BIAS << exponent) - _BIAS
    return np.asarray(np.where(code & 0x80, -size, size) / 32768.0, np.float32)


def _alaw_table() -> Samples:
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    exponent, mantissa = (code >> 4 & 7).astype(np.int32), (code & 15).astype(np.int32)
    size = (mantissa << 4) + 8
    size = np.where(exponent == 0, size, (size + 256) << np.maximum(exponent - 1, 0))
    return np.asarray(np.where(code & 0x80, size, -size) / 32768.0, np.float32)


_ULAW, _ALAW = _ulaw_table(), _alaw_table()


def _to_ulaw(whole: NDArray[np.int32]) -> _Bytes:
    size = np.minimum(np.abs(whole), 32635) + _BIAS
    exponent = np.floor(np.log2(size)).astype(np.int32) - 7
    mantissa = size >> (exponent + 3) & 15
    return ~np.asarray(np.where(whole < 0, 0x80, 0) | exponent << 4 | mantissa, np.uint8)


def _to_alaw(whole: NDArray[np.int32]) -> _Bytes:
    size = np.minimum(np.where(whole < 0, -whole - 1, whole), 32767)
    exponent = np.maximum(np.floor(np.log2(np.maximum(size, 1))).astype(np.int32) - 7, 0)
    mantissa = size >> np.where(exponent > 0, exponent + 3, 4) & 15
    return np.asarray(np.where(whole < 0, 0, 0x80) | exponent << 4 | mantissa, np.uint8) ^ np.uint8(0x55)

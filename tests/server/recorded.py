"""Sounds as callers upload them, and what a stream of the server's brought."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import soundfile

from duologue.sound import SAMPLE_RATE, Samples


def tone(seconds: float, hertz: float = 220.0, rate: int = SAMPLE_RATE) -> Samples:
    """As loud as speech, in syllables."""
    time = np.arange(round(seconds * rate)) / rate
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 3 * time)  # a steady hum would count as the room's
    return np.asarray(0.4 * syllables * np.sin(2 * np.pi * hertz * time), np.float32)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def spoken(times: int, seconds: float = 2.0, pause: float = 1.0) -> Samples:
    """Something loud so many times, a pause after each: the scripted mind hears an utterance in each."""
    return np.concatenate([np.concatenate([tone(seconds), silence(pause)]) for _ in range(times)])


def wav(samples: Samples, rate: int = SAMPLE_RATE, kind: str = "WAV", subtype: str | None = None) -> bytes:
    content = io.BytesIO()
    soundfile.write(content, samples, rate, subtype, format=kind)
    return content.getvalue()


def events(content: bytes) -> list[dict[str, Any]]:
    lines = [line for line in content.splitlines() if line.startswith(b"data: ") and line != b"data: [DONE]"]
    return [json.loads(line.removeprefix(b"data: ")) for line in lines]

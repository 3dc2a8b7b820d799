"""Spoken questions, made when they are needed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import soundfile

from duologue import sound

QUESTION = "Count to ten."  # short to ask and long to answer, and the network knows it well
INTERRUPTION = "Wait a moment. Who are you?"


def speak(text: str, folder: Path, rate: int = 24000) -> Path:
    """A recording of these words: WAV, 16 bits, mono."""
    raw, ready = folder / "raw.wav", folder / f"{'-'.join(text.lower().split())}{rate}.wav"
    subprocess.run(["espeak-ng", "-v", "en-us", "-w", raw, text], check=True)
    samples, own_rate = soundfile.read(raw, dtype="float32")
    soundfile.write(ready, sound.resample(samples, own_rate, rate), rate, "PCM_16", format="WAV")
    return ready


def pcm(recording: Path) -> bytes:
    samples, _ = soundfile.read(recording, dtype="int16")
    return np.asarray(samples, "<i2").tobytes()


def level(pcm16: bytes) -> float:
    """Root mean square, 1 for full scale."""
    samples = np.frombuffer(pcm16, "<i2") / 32768
    return float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0

"""Sounds for conversations with scripted minds: loud is speech, quiet is not."""

from __future__ import annotations

import numpy as np

from duologue.backends.contract import Samples
from duologue.sound import FRAME_SAMPLES, SAMPLE_RATE


def speech(frames: int) -> Samples:
    time = np.arange(frames * FRAME_SAMPLES) / SAMPLE_RATE
    return np.asarray(
        0.2 * np.sin(2 * np.pi * 150 * time) * (1 + 0.3 * np.sin(2 * np.pi * 4 * time)), np.float32
    )


def silence(frames: int) -> Samples:
    return np.zeros(frames * FRAME_SAMPLES, np.float32)

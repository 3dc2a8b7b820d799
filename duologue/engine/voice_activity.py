"""How likely a frame holds speech, by its loudness over the room's. Knows no words: any new noise counts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

BLOCK = 160  # samples, 10 ms; the median of a frame's blocks is deaf to clicks
QUIETEST_DB = -75.0  # below any microphone's own noise
AUDIBLE_DB = -55.0  # nobody speaks to us more quietly than this
MARGIN_DB = 9.0  # over the room: half likely speech
SLOPE_DB = 2.0
RISE_DB = 0.2  # a frame: the room may become louder by 2.5 dB a second
FALL = 0.3  # of the way down at once: the quiet between words is the room


@dataclass(frozen=True, slots=True)
class Activity:
    """What is known so far: how loud the room is."""

    room_db: float = -45.0  # a loud room at first: better deaf for a moment than speech that is none


def step(activity: Activity, frame: NDArray[np.float32]) -> tuple[Activity, float]:
    """Take in one frame of (1280,) samples; return what is known now and P(speech). Pure."""
    level = loudness_db(frame)
    over = level - max(activity.room_db + MARGIN_DB, AUDIBLE_DB)
    speech = float(1.0 / (1.0 + np.exp(-np.clip(over / SLOPE_DB, -30.0, 30.0))))
    return replace(activity, room_db=_follow(activity.room_db, level)), speech


def loudness_db(frame: NDArray[np.float32]) -> float:
    """The median power of the frame's 10 ms blocks, in dB of full scale."""
    blocks = frame.reshape(-1, BLOCK).astype(np.float64)
    power = np.median(np.mean(blocks**2, axis=1))
    return max(QUIETEST_DB, float(10.0 * np.log10(power + 1e-12)))


def _follow(room_db: float, level_db: float) -> float:
    if level_db < room_db:
        return room_db + FALL * (level_db - room_db)
    return room_db + min(RISE_DB, level_db - room_db)

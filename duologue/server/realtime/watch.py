"""Hears whether somebody speaks while the engine cannot: there frames wait while a reply is made.

It knows loudness only, so it wants more of it than the engine, which knows "mm-hm" from "stop".
"""

from __future__ import annotations

import numpy as np

from duologue.engine import voice_activity
from duologue.server.realtime.fields import ServerVad, Session
from duologue.sound import FRAME_SAMPLES, Samples

LOUD_FRAMES = 3  # in a row, 240 ms


class Watch:
    def __init__(self) -> None:
        self._activity = voice_activity.Activity()
        self._rest: Samples = np.zeros(0, np.float32)
        self._loud = 0

    def hears(self, samples: Samples, session: Session) -> bool:
        """Take in what the client sent; whether somebody speaks by now."""
        detection = session.audio.input.turn_detection
        threshold = detection.threshold if isinstance(detection, ServerVad) else 0.5
        whole = np.concatenate([self._rest, samples])
        end = len(whole) // FRAME_SAMPLES * FRAME_SAMPLES
        self._rest = whole[end:]
        for frame in whole[:end].reshape(-1, FRAME_SAMPLES):
            self._activity, speech = voice_activity.step(self._activity, frame)
            self._loud = self._loud + 1 if speech >= threshold else 0
        return self._loud >= LOUD_FRAMES

"""The caller's sound as a steady stream. Pure: the time comes as an argument, in seconds.

The network lives by frames of sound, and a reply goes on only while they come. A caller whose packets stop
(a lost link, a paused microphone, Opus that sends nothing in silence) is therefore heard as silent.
"""

from __future__ import annotations

import numpy as np

from duologue.sound import SAMPLE_RATE, Samples

TICK = SAMPLE_RATE // 50  # samples in 20 ms, the length of a usual packet
LATE_S = 0.12  # without a packet before silence takes its place; jitter in a home is below that
AHEAD_S = 0.16  # of sound more than time has passed, before quiet packets are left out to make up for it
MOST_AHEAD_S = 2.0  # before any packet is
QUIET = 0.003  # root mean square of a packet that may be left out

_NOTHING: Samples = np.zeros(0, np.float32)


class Inflow:
    def __init__(self, now: float) -> None:
        self._start = now
        self._last = now
        self._passed = 0  # samples given on

    def arrived(self, samples: Samples, now: float) -> Samples:
        """Sound from the network; returns what is to be heard of it."""
        self._last = now
        ahead = self._passed / SAMPLE_RATE - (now - self._start)
        is_quiet = float(np.sqrt(np.mean(samples**2))) < QUIET if len(samples) else True
        if ahead > MOST_AHEAD_S or (ahead > AHEAD_S and is_quiet):
            return _NOTHING
        self._passed += len(samples)
        return samples

    def tick(self, now: float) -> Samples:
        """Call every 20 ms; returns the silence that stands for what did not arrive."""
        if now - self._last < LATE_S:
            return _NOTHING
        behind = int((now - self._start) * SAMPLE_RATE) - self._passed
        missing = max(0, behind) // TICK * TICK
        self._passed += missing
        return np.zeros(missing, np.float32)

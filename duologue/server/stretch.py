"""Speed without change of pitch: WSOLA (Verhelst and Roelands, ICASSP 1993) on 16 kHz speech, as a stream.

Windows of the input are laid over each other at another distance; each is taken from where, near its due
place, the sound goes on most like the one before. Any chopping of the input gives the same samples.
"""

from __future__ import annotations

import numpy as np

from duologue.errors import BadInput
from duologue.sound import Samples

SLOWEST, FASTEST = 0.25, 4.0  # OpenAI's bounds for speech
WINDOW = 640  # samples, 40 ms: at least two periods of a deep voice
HOP = WINDOW // 2  # from one window to the next in what comes out
SEARCH = 200  # samples, 12.5 ms either way: one period of 80 Hz
_EARLIEST = -SEARCH  # the input's index of the first sample that a search may touch
_RISE = np.asarray(np.sin(np.pi * (np.arange(HOP) + 0.5) / WINDOW) ** 2, np.float32)  # with its mirror: 1
_FALL = _RISE[::-1].copy()
_QUIET = 1e-7  # power of a window below which nothing is searched for: -70 dB


class Stretcher:
    """One stream at one speed; 1.0 passes it on untouched. What comes out lags by at most 80 ms of the input.

    The whole length is that of the input divided by the speed, to the sample.
    """

    def __init__(self, speed: float) -> None:
        """Raises BadInput for a speed out of bounds."""
        if not SLOWEST <= speed <= FASTEST:
            raise BadInput(f"speed is {speed:g}; send {SLOWEST:g} to {FASTEST:g}")
        self._speed = speed
        self._input: Samples = np.zeros(SEARCH, np.float32)  # from index `_start` on
        self._start = _EARLIEST
        self._num_in = 0
        self._num_out = 0
        self._num_windows = 0
        self._at = 0  # where the newest window was taken from
        self._tail: Samples = np.zeros(0, np.float32)  # the falling half of the newest window

    def push(self, samples: Samples) -> Samples:
        """What is ready so far."""
        self._num_in += len(samples)
        if self._speed == 1.0:
            return samples
        self._input = np.concatenate([self._input, samples])
        return self._windows()

    def finish(self) -> Samples:
        """The rest. Nothing may be pushed afterwards."""
        if self._speed == 1.0:
            return np.zeros(0, np.float32)
        missing = round(self._num_in / self._speed) - self._num_out
        if missing <= 0:
            return np.zeros(0, np.float32)
        after = int(missing * self._speed) + 2 * (WINDOW + SEARCH)
        self._input = np.concatenate([self._input, np.zeros(after, np.float32)])
        return self._windows()[:missing]

    def _windows(self) -> Samples:
        """Lay down every window whose surroundings are known."""
        done = [np.zeros(0, np.float32)]
        while self._needed() <= self._end:
            done.append(self._window(self._due()))
        ready = np.concatenate(done)
        self._num_out += len(ready)
        return ready

    @property
    def _end(self) -> int:
        return self._start + len(self._input)

    def _due(self) -> int:
        return int(self._num_windows * HOP * self._speed)

    def _needed(self) -> int:
        """The index up to which the input must be there for the next window."""
        stands_for = int((self._num_windows + 1) * HOP * self._speed)  # or too much would be given out
        return max(self._due() + SEARCH + WINDOW, self._at + HOP + WINDOW, stands_for)

    def _window(self, due: int) -> Samples:
        """The HOP samples that are final once the next window lies over the one before."""
        if self._num_windows == 0:
            window = self._cut(0, WINDOW)
            ready = window[:HOP]
        else:
            self._at = due + self._shift(due)
            window = self._cut(self._at, WINDOW)
            ready = self._tail + _RISE * window[:HOP]
        self._tail = _FALL * window[HOP:]
        self._num_windows += 1
        self._forget(min(self._due() - SEARCH, self._at + HOP))
        return np.asarray(ready, np.float32)

    def _shift(self, due: int) -> int:
        """How far from its due place the next window fits best behind the newest one."""
        natural = self._cut(self._at + HOP, WINDOW)
        if float(natural @ natural) < _QUIET * WINDOW:
            return 0
        around = self._cut(due - SEARCH, WINDOW + 2 * SEARCH)
        likeness = np.correlate(around, natural, "valid")
        energy = np.cumsum(np.concatenate([[0.0], around.astype(np.float64) ** 2]))
        likeness = likeness / np.sqrt(energy[WINDOW:] - energy[:-WINDOW] + _QUIET * WINDOW)
        return int(np.argmax(likeness)) - SEARCH

    def _cut(self, start: int, length: int) -> Samples:
        begin = start - self._start
        return self._input[begin : begin + length]

    def _forget(self, before: int) -> None:
        self._input = self._input[before - self._start :]
        self._start = before


def stretch(samples: Samples, speed: float) -> Samples:
    """A whole signal at once. Raises BadInput."""
    stream = Stretcher(speed)
    return np.concatenate([stream.push(samples), stream.finish()])

"""48 kHz to 16 kHz and back in steps of any length, a millisecond late.

A general resampler waits for blocks of some 30 ms; between these two rates a short filter is enough.
"""

from __future__ import annotations

import numpy as np

from duologue.sound import Samples

RATIO = 3
TAPS = 97  # at 48 kHz; half of them, 1 ms, is the delay
CUTOFF = 7_300 / 48_000  # Hz over Hz: with this many taps, little is left above 8 kHz


def _low_pass() -> Samples:
    at = np.arange(TAPS) - TAPS // 2
    taps = 2 * CUTOFF * np.sinc(2 * CUTOFF * at) * np.hamming(TAPS)
    return np.asarray(taps / taps.sum(), np.float32)


_FILTER = _low_pass()


class _Filter:
    """A convolution that goes on from chunk to chunk."""

    def __init__(self, gain: float) -> None:
        self._taps = _FILTER * np.float32(gain)
        self._before: Samples = np.zeros(TAPS - 1, np.float32)

    def push(self, samples: Samples) -> Samples:
        whole = np.concatenate([self._before, samples])
        self._before = whole[len(whole) - (TAPS - 1) :]
        return np.asarray(np.convolve(whole, self._taps, "valid"), np.float32)


class ToThird:
    """48 kHz in, 16 kHz out."""

    def __init__(self) -> None:
        self._filter = _Filter(1.0)
        self._skip = 0  # samples until the next one that is kept

    def push(self, samples: Samples) -> Samples:
        if not len(samples):
            return samples
        filtered = self._filter.push(samples)
        kept = filtered[self._skip :: RATIO]
        self._skip = (self._skip - len(filtered)) % RATIO
        return kept


class FromThird:
    """16 kHz in, 48 kHz out."""

    def __init__(self) -> None:
        self._filter = _Filter(float(RATIO))

    def push(self, samples: Samples) -> Samples:
        if not len(samples):
            return samples
        spread = np.zeros(len(samples) * RATIO, np.float32)
        spread[::RATIO] = samples
        return self._filter.push(spread)

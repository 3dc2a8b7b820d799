"""Between 16 kHz and the wire's rates in steps of any length, one to three milliseconds late.

A general resampler waits for blocks of 20 to 60 ms, in each direction; for speech a short filter is enough.
"""

from __future__ import annotations

from functools import cache
from math import gcd

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from duologue.sound import Samples

TAPS = 48  # of the slower signal's samples; half of them is the delay
PASSED = 0.92  # of what the slower rate can carry: the filter falls from there
BLOCK = 4096  # samples at once: little memory, and matrices too small for the library to start threads
GROUP = 16  # periods of the two rates that one product of matrices makes


class Rate:
    """One stream from one rate to another: any chopping gives the same samples, and none is lost or added."""

    def __init__(self, source: int, target: int) -> None:
        common = gcd(source, target)
        self._up, self._down = target // common, source // common
        self._taps = TAPS * max(1, source // target)
        self._before: Samples = np.zeros(self._taps - 1, np.float32)
        self._num_in = 0
        self._num_out = 0

    def push(self, samples: Samples) -> Samples:
        if self._up == self._down or not len(samples):
            return samples
        starts = range(0, len(samples), BLOCK)
        return np.concatenate([self._push(samples[start : start + BLOCK]) for start in starts])

    def _push(self, samples: Samples) -> Samples:
        whole = np.concatenate([self._before, samples])
        oldest = self._num_in - len(self._before)  # the input's index of whole[0]
        self._num_in += len(samples)
        self._before = whole[len(samples) :]
        end = -(-self._num_in * self._up // self._down)  # outputs that lie before the end of the input
        first, self._num_out = self._num_out, end
        if first == end:
            return np.zeros(0, np.float32)
        newest, phase = divmod(first * self._down, self._up)
        weights = _weights(self._up, self._down, self._taps, phase)  # (inputs, outputs)
        num_rows = -(-(end - first) // weights.shape[1])
        begin = newest - (self._taps - 1) - oldest
        step = GROUP * self._down
        needed = begin + (num_rows - 1) * step + len(weights)
        padded = np.pad(whole, (0, max(0, needed - len(whole))))
        rows = np.ascontiguousarray(sliding_window_view(padded, len(weights))[begin::step][:num_rows])
        return np.asarray((rows @ weights).reshape(-1)[: end - first])


@cache
def _weights(up: int, down: int, taps: int, phase: int) -> Samples:
    """What each input of a row gives to each of its outputs, the first of which lies at this phase."""
    filters = _filters(up, down, taps)
    places = phase + np.arange(GROUP * up) * down
    weights = np.zeros((taps + int(places[-1] // up), len(places)), np.float32)
    for output, (offset, at) in enumerate(zip(places // up, places % up, strict=True)):
        weights[offset : offset + taps, output] = filters[at]
    return weights


def _filters(up: int, down: int, taps: int) -> Samples:
    """(up, taps): for each place between two inputs, the weights of the inputs before it, oldest first."""
    at = np.arange(taps * up) - (taps * up - 1) / 2
    cutoff = PASSED * min(1.0, up / down) / 2 / up  # in cycles a sample of the finer grid
    low_pass = 2 * cutoff * np.sinc(2 * cutoff * at) * np.hamming(len(at))
    low_pass *= up / low_pass.sum()
    return np.asarray(low_pass.reshape(taps, up).T[:, ::-1], np.float32)

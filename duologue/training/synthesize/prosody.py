"""Pitch and time of speech, measured, and changed without touching its formants.

The change is pitch-synchronous overlap-add (TD-PSOLA, Moulines and Charpentier 1990).
Pure functions on 16 kHz samples.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from scipy.ndimage import median_filter
from scipy.signal import butter, sosfiltfilt

from duologue.model.mel import SAMPLE_RATE, Samples

HOP = 160  # 10 ms between values of a pitch track
LOWEST_HZ, HIGHEST_HZ = 55.0, 420.0
_SPAN = 640  # 40 ms: two periods of the lowest voice, nearly
_UNVOICED_PERIOD = 80  # 5 ms between grains where there is no pitch

Track = NDArray[np.float64]  # Hz every 10 ms, 0 where there is no pitch
_LOW_PASS = butter(4, 900, fs=SAMPLE_RATE, output="sos")


def pitch_track(samples: Samples) -> Track:
    """Return the pitch every 10 ms by normalised autocorrelation of the part below 900 Hz."""
    frames = max(1, len(samples) // HOP)
    score, own = _periodicity(_bass(samples)[::2], frames)
    lags = np.clip(score.argmax(axis=1), 1, score.shape[1] - 2)
    before, best, after = (score[np.arange(frames), lags + step] for step in (-1, 0, 1))
    # The top of the parabola through the three values: finer than one sample.
    bend = np.minimum(before - 2.0 * best + after, -1e-9)
    exact = lags + np.clip(0.5 * (before - after) / bend, -0.5, 0.5)
    loud = own > 1e-3 * own.max()
    # A fricative can look periodic after the low-pass, but little of its energy is left.
    whole = np.pad(samples.astype(np.float64), (_SPAN // 2, _SPAN + HOP)) ** 2
    sums = np.concatenate([[0.0], np.cumsum(whole)])
    starts = np.arange(frames) * HOP
    bright = 0.5 * (sums[starts + _SPAN] - sums[starts])
    voiced = (best > 0.45) & loud & (own > 0.2 * bright)
    pitch = np.where(voiced, 0.5 * SAMPLE_RATE / exact, 0.0)
    return np.asarray(median_filter(pitch, 5, mode="nearest"), np.float64)


def _periodicity(low: NDArray[np.float64], frames: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how alike a frame is to itself some samples later (frames, lags), and its energy, at 8 kHz."""
    rate, span, hop = SAMPLE_RATE // 2, _SPAN // 2, HOP // 2
    longest, shortest = int(rate / LOWEST_HZ) + 1, int(rate / HIGHEST_HZ)
    padded = np.pad(low, (span // 2, span + longest + hop))
    spans = np.lib.stride_tricks.sliding_window_view(padded, span + longest)[::hop][:frames]
    size = next_fast_len(span + longest, real=True)
    spectra = np.fft.rfft(spans, size) * np.conj(np.fft.rfft(spans[:, :span], size))
    correlation = np.fft.irfft(spectra, size)[:, : longest + 1]
    energy = np.concatenate([np.zeros((frames, 1)), np.cumsum(spans**2, axis=1)], axis=1)
    ahead = energy[:, span : span + longest + 1] - energy[:, : longest + 1]
    own = energy[:, span]
    score = correlation / np.sqrt(own[:, None] * ahead + 1e-9)
    # A whole number of periods fits as well as one: prefer the shortest.
    score -= 0.1 * np.arange(longest + 1) / longest
    score[:, :shortest] = -1.0
    return score, own


def _bass(samples: Samples) -> NDArray[np.float64]:
    if len(samples) <= 30:  # shorter than the filter's own edges
        return np.zeros(len(samples))
    return np.asarray(sosfiltfilt(_LOW_PASS, samples), np.float64)


def typical(track: Track) -> float:
    """Return the median of the voiced part, or 0 where nothing is voiced."""
    voiced = track[track > 0]
    return float(np.median(voiced)) if len(voiced) else 0.0


@dataclass(frozen=True, slots=True)
class TimeMap:
    """Where each instant goes: piecewise linear, both sides rising, in seconds."""

    source: NDArray[np.float64]
    target: NDArray[np.float64]

    def forward(self, seconds: float) -> float:
        return float(np.interp(seconds, self.source, self.target))


def unchanged(seconds: float) -> TimeMap:
    edges = np.array([0.0, seconds])
    return TimeMap(edges, edges)


def reshape(samples: Samples, track: Track, wanted: Track, times: TimeMap) -> Samples:
    """Give speech the `wanted` pitch (Hz per 10 ms of the source, ignored where unvoiced) and new times."""
    marks, periods = _pitch_marks(samples, track)
    length = round(times.target[-1] * SAMPLE_RATE)
    reach = int(SAMPLE_RATE / LOWEST_HZ) + 1
    padded = np.pad(samples, reach)
    out = np.zeros(length + 2 * reach + 1, np.float64)
    weight = np.zeros_like(out)
    source, target = times.source * SAMPLE_RATE, times.target * SAMPLE_RATE
    position = 0.0
    while position < length:
        at = float(np.interp(position, target, source))
        nearest = _nearest(marks, at)
        centre, period = int(marks[nearest]), int(periods[nearest])
        window = _window(period)
        begin = round(position) + reach - period
        out[begin : begin + 2 * period] += window * padded[centre + reach - period : centre + reach + period]
        weight[begin : begin + 2 * period] += window
        frame = min(int(at) // HOP, len(track) - 1)
        voiced = track[frame] > 0 and wanted[frame] > 0
        position += SAMPLE_RATE / wanted[frame] if voiced else _UNVOICED_PERIOD
    # Grains set wider apart than they are long leave gaps: those stay quiet instead of being amplified.
    return (out / np.maximum(weight, 0.5))[reach : reach + length].astype(np.float32)


def _pitch_marks(samples: Samples, track: Track) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return one mark per period at its strongest peak, and the period there, both in samples."""
    low = _bass(samples)
    if abs(low.min(initial=0.0)) > low.max(initial=0.0):
        low = -low
    marks, periods, position = [], [], 0
    was_voiced = False
    while position < len(samples):
        pitch = track[min(position // HOP, len(track) - 1)]
        if pitch <= 0:
            period, was_voiced = _UNVOICED_PERIOD, False
            mark = position
        else:
            period = int(SAMPLE_RATE / pitch)
            slack = period // 5 if was_voiced else period // 2
            begin, end = max(0, position - slack), min(len(low), position + slack + 1)
            mark = begin + int(low[begin:end].argmax())
            was_voiced = True
        marks.append(mark)
        periods.append(period)
        position = max(mark + period, position + period // 2)
    return np.array(marks), np.array(periods)


def _nearest(marks: NDArray[np.int64], at: float) -> int:
    right = int(np.searchsorted(marks, at))
    if right == 0:
        return 0
    if right == len(marks):
        return right - 1
    return right if marks[right] - at < at - marks[right - 1] else right - 1


_windows: dict[int, NDArray[np.float64]] = {}


def _window(period: int) -> NDArray[np.float64]:
    if period not in _windows:
        _windows[period] = np.hanning(2 * period + 1)[:-1]
    return _windows[period]

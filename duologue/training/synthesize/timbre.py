"""The spectrum's shape: envelope, tilt, whisper, vocal-tract length.

Pure functions on 16 kHz samples; they keep the length and the time of everything.
"""

import numpy as np
from numpy.typing import NDArray

from duologue.model.mel import SAMPLE_RATE, Samples

_SIZE, _HOP = 512, 256  # 32 ms frames, 16 ms apart
_ORDER = 18  # linear prediction: the formants and not the harmonics
_WINDOW = np.sqrt(np.hanning(_SIZE + 1)[:-1])
_BINS = np.arange(_SIZE // 2 + 1) * SAMPLE_RATE / _SIZE

Spectra = NDArray[np.complex128]  # (frames, bins)
Envelopes = NDArray[np.float64]  # (frames, bins), magnitudes


def analysed(samples: Samples) -> Spectra:
    padded = np.pad(samples.astype(np.float64), (_SIZE, _SIZE + -len(samples) % _HOP))
    spans = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[::_HOP]
    return np.fft.rfft(spans * _WINDOW, axis=1)


def synthesised(spectra: Spectra, length: int) -> Samples:
    """Overlap-add the frames of `analysed`; the square-root windows sum to a constant."""
    spans = np.fft.irfft(spectra, _SIZE, axis=1) * _WINDOW
    blocks = spans.reshape(len(spans), _SIZE // _HOP, _HOP)
    out = np.zeros((len(spans) + _SIZE // _HOP, _HOP))
    for k in range(_SIZE // _HOP):
        out[k : k + len(spans)] += blocks[:, k]
    scale = (_WINDOW**2).reshape(-1, _HOP).sum(axis=0)
    return np.asarray((out / scale).reshape(-1)[_SIZE : _SIZE + length], np.float32)


def envelopes(spectra: Spectra) -> Envelopes:
    """Return the linear-prediction envelope of each frame (Levinson-Durbin, all frames at once)."""
    correlation = np.fft.irfft(np.abs(spectra) ** 2, axis=1)[:, : _ORDER + 1]
    correlation[:, 0] = correlation[:, 0] * 1.0005 + 1e-9  # a noise floor at -33 dB keeps the filter tame
    frames = len(spectra)
    filters = np.zeros((frames, _ORDER + 1))
    filters[:, 0] = 1.0
    error = correlation[:, 0].copy()
    for i in range(1, _ORDER + 1):
        reflection = -(filters[:, :i] * correlation[:, i:0:-1]).sum(axis=1) / error
        filters[:, 1 : i + 1] += reflection[:, None] * filters[:, i - 1 :: -1][:, :i]
        error *= 1.0 - reflection**2
    # `error` is the residual's energy: with it, |gain / A| has the frame's own energy.
    return np.sqrt(error)[:, None] / np.abs(np.fft.rfft(filters, _SIZE, axis=1))


def whispered(samples: Samples, rng: np.random.Generator) -> Samples:
    """Replace the voice by breath: white noise through the same envelope, its lowest part damped."""
    shape = envelopes(analysed(samples))
    breath = analysed(rng.standard_normal(len(samples)).astype(np.float32))
    damped = 1.0 / (1.0 + (500.0 / np.maximum(_BINS, 1.0)) ** 2)
    scale = np.sqrt((np.abs(breath) ** 2).mean())
    return synthesised(breath / scale * shape * damped, len(samples))


def tilted(samples: Samples, decibels: float) -> Samples:
    """Raise (or lower) the part above 500 Hz by a slope that reaches `decibels` at 4 kHz."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1.0 / SAMPLE_RATE)
    slope = np.clip(np.log2(np.maximum(hertz, 1.0) / 500.0) / 3.0, 0.0, 1.0)
    return np.fft.irfft(spectrum * 10.0 ** (decibels * slope / 20.0), len(samples)).astype(np.float32)


def vocal_tract(samples: Samples, factor: float) -> Samples:
    """Move the formants by a factor (above 1: a shorter throat) and leave pitch and time."""
    spectra = analysed(samples)
    shape = np.log(envelopes(spectra))
    places = np.clip(np.arange(len(_BINS)) / factor, 0, len(_BINS) - 1)
    below = np.minimum(places.astype(np.int64), len(_BINS) - 2)
    part = places - below
    moved = shape[:, below] * (1.0 - part) + shape[:, below + 1] * part
    return synthesised(spectra * np.exp(np.clip(moved - shape, -4.0, 4.0)), len(samples))

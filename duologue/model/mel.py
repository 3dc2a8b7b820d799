"""What the network hears: causal log-mel columns, 100 a second. Numpy only.

Column i is computed from samples [160 (i + 1) - 400, 160 (i + 1)), so it needs no sample of the future
and 240 samples of the past.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

SAMPLE_RATE = 16_000
FRAME_SAMPLES = 1280  # 80 ms: one position of the network
HOP = 160  # 10 ms
SPAN = 400  # 25 ms
PAST = SPAN - HOP  # samples that the first column of a frame still looks back to
BANDS = 80
COLUMNS = FRAME_SAMPLES // HOP  # new columns of a frame: 8
CONTEXT = 14  # earlier columns that the front-end's convolutions reach back to
_FFT = 512
_FLOOR = 1e-5


@lru_cache(maxsize=1)
def _filters() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The Hann window (400,) and the triangular filters (257, 80) on the HTK mel scale, 0 to 8 kHz."""

    def to_mel(hertz: NDArray[np.float64] | float) -> NDArray[np.float64] | float:
        return 2595.0 * np.log10(1.0 + np.asarray(hertz) / 700.0)

    edges = 700.0 * (10.0 ** (np.linspace(0.0, to_mel(SAMPLE_RATE / 2), BANDS + 2) / 2595.0) - 1.0)
    bins = np.linspace(0.0, SAMPLE_RATE / 2, _FFT // 2 + 1)[:, None]
    rise = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters = np.maximum(0.0, np.minimum(rise, fall)).astype(np.float32)
    return np.hanning(SPAN + 1)[:-1].astype(np.float32), filters


SILENCE = np.float32((np.log(_FLOOR) + 5.0) / 4.0)  # the value of every band in digital silence


def columns(samples: Samples) -> NDArray[np.float32]:
    """Return (n, 80) columns for (..., 240 + 160 n) samples whose first 240 are the past; batches too."""
    window, filters = _filters()
    spans = np.lib.stride_tricks.sliding_window_view(samples, SPAN, axis=-1)[..., ::HOP, :]
    power = np.abs(np.fft.rfft(spans * window, _FFT, axis=-1)).astype(np.float32) ** 2
    bands: NDArray[np.float32] = ((np.log(power @ filters + _FLOOR) + 5.0) / 4.0).astype(np.float32)
    return bands


def log_mel(samples: Samples) -> NDArray[np.float32]:
    """Return the (n, 80) columns of a whole signal after silence; a rest under 160 samples is left."""
    whole = len(samples) // HOP * HOP
    return columns(np.concatenate([np.zeros(PAST, np.float32), samples[:whole]]))


def frames(samples: Samples) -> NDArray[np.float32]:
    """Return (T, 22, 80): for each whole frame its 8 columns after the 14 before it."""
    count = len(samples) // FRAME_SAMPLES
    mel = log_mel(samples[: count * FRAME_SAMPLES])
    padded = np.concatenate([np.full((CONTEXT, BANDS), SILENCE, np.float32), mel])
    spans = np.lib.stride_tricks.sliding_window_view(padded, CONTEXT + COLUMNS, axis=0)[::COLUMNS]
    return np.ascontiguousarray(spans.transpose(0, 2, 1))

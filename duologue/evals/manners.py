"""How speech is said, in numbers: pitch, pace, loudness, brightness and voice, each against the plain way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from duologue.evals.material import pitch_track
from duologue.sound import SAMPLE_RATE

Samples = NDArray[np.float32]
Measures = NDArray[np.float64]  # (6,) as NAMES

NAMES = ("pitch", "its range", "pace", "loudness", "brightness", "voice")
UNITS = ("semitones", "semitones", "%", "dB", "dB", "points")
SPLIT_HZ = 1000.0  # brightness: power above over power below
SILENT_DB = -40.0  # below the loudest 20 ms


def change(plain: Samples, styled: Samples) -> Measures:
    """Return by how much each measure differs between two ways of saying the same words."""
    return _measures(styled) - _measures(plain)


def _measures(samples: Samples) -> Measures:
    """(6,): pitch and its range in semitones, pace as 100 ln(1/s), dB loud and bright, part voiced in %."""
    sounding = _sounding(samples)
    if len(sounding) < SAMPLE_RATE // 10:
        return np.zeros(len(NAMES))
    track = pitch_track(sounding)
    voiced = 12 * np.log2(track[track > 0] / 100.0)
    pitch = float(np.median(voiced)) if len(voiced) else 0.0
    spread = float(np.quantile(voiced, 0.9) - np.quantile(voiced, 0.1)) if len(voiced) else 0.0
    power = np.abs(np.fft.rfft(sounding)) ** 2
    above = np.fft.rfftfreq(len(sounding), 1 / SAMPLE_RATE) > SPLIT_HZ
    bright = 10 * np.log10((power[above].sum() + 1e-12) / (power[~above].sum() + 1e-12))
    loud = 10 * np.log10(float(np.mean(sounding**2)) + 1e-12)
    pace = -100 * np.log(len(sounding) / SAMPLE_RATE)
    return np.array([pitch, spread, pace, loud, bright, 100 * len(voiced) / max(1, len(track))])


def _sounding(samples: Samples) -> Samples:
    """Cut silence off both ends."""
    blocks = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    power = np.sqrt(np.mean(blocks**2, axis=1))
    loud = np.flatnonzero(power > power.max(initial=0.0) * 10 ** (SILENT_DB / 20))
    return samples[loud[0] * 320 : (loud[-1] + 1) * 320] if len(loud) else samples[:0]


def told_apart(ours: Mapping[str, Sequence[Measures]], ideal: Mapping[str, Sequence[Measures]]) -> list[bool]:
    """Say for each styled sentence whether the nearest of the ideal styles is the one it was asked for.

    Measures are weighed by how much they vary over all ideal sentences.
    """
    spread = np.std([one for some in ideal.values() for one in some], axis=0) + 1e-6
    middles = {style: np.mean(some, axis=0) for style, some in ideal.items()}
    return [
        min(middles, key=lambda name: float(np.linalg.norm((middles[name] - one) / spread))) == style
        for style, some in ours.items()
        for one in some
    ]


def table(ours: Mapping[str, Sequence[Measures]], ideal: Mapping[str, Sequence[Measures]]) -> str:
    """Return the mean change of every measure for each style, ours / the reference's, as Markdown."""
    head = ["style", *(f"{name} ({unit})" for name, unit in zip(NAMES, UNITS, strict=True))]
    lines = [head, ["---", *("---:" for _ in NAMES)]]
    for style, some in ours.items():
        pairs = zip(np.mean(some, axis=0), np.mean(ideal[style], axis=0), strict=True)
        lines.append([style, *(f"{own:+.1f} / {other:+.1f}" for own, other in pairs)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

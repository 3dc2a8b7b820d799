"""Pitch is measured and changed; checked on a buzz whose pitch is known."""

import numpy as np
import pytest

from duologue.model.mel import SAMPLE_RATE, Samples
from duologue.training.synthesize.prosody import TimeMap, pitch_track, reshape, typical, unchanged


def vowel(pitch: float, seconds: float = 1.0) -> Samples:
    """Harmonics under a resonance at 700 Hz."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    sound = np.zeros(len(time))
    for k in range(1, int(4000 / pitch)):
        sound += np.sin(2 * np.pi * k * pitch * time) / (1 + ((k * pitch - 700) / 200) ** 2)
    return np.asarray(0.1 * sound / np.abs(sound).max(), np.float32)


@pytest.mark.parametrize("pitch", [80.0, 120.0, 210.0, 330.0])
def test_the_pitch_of_a_buzz_is_found(pitch: float) -> None:
    track = pitch_track(vowel(pitch))
    assert typical(track) == pytest.approx(pitch, rel=0.02)
    assert (track > 0).mean() > 0.9


def test_noise_and_silence_have_no_pitch() -> None:
    hiss = np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32) * 0.1
    assert (pitch_track(hiss) > 0).mean() < 0.1
    assert typical(pitch_track(np.zeros(8000, np.float32))) == 0.0
    assert len(pitch_track(np.zeros(1, np.float32))) == 1


@pytest.mark.parametrize("factor", [0.75, 1.3])
def test_a_new_pitch_leaves_time_and_resonance(factor: float) -> None:
    sound = vowel(140)
    track = pitch_track(sound)
    moved = reshape(sound, track, track * factor, unchanged(1.0))
    assert len(moved) == len(sound)
    assert typical(pitch_track(moved)) == pytest.approx(140 * factor, rel=0.04)
    power = np.abs(np.fft.rfft(moved)) ** 2
    hertz = np.fft.rfftfreq(len(moved), 1 / SAMPLE_RATE)
    assert (power * hertz).sum() / power.sum() == pytest.approx(700, abs=120)


def test_stretching_one_part_moves_what_follows_it() -> None:
    sound = np.concatenate([vowel(140, 0.4), np.zeros(1600, np.float32), vowel(140, 0.5)])
    track = pitch_track(sound)
    times = TimeMap(np.array([0.0, 0.4, 1.0]), np.array([0.0, 0.8, 1.4]))
    longer = reshape(sound, track, track, times)
    assert len(longer) == round(1.4 * SAMPLE_RATE)
    assert times.forward(0.45) == pytest.approx(0.85)
    quiet = longer[int(0.83 * SAMPLE_RATE) : int(0.87 * SAMPLE_RATE)]
    assert np.abs(quiet).max() < 0.05 * np.abs(longer).max()
    assert typical(pitch_track(longer)) == pytest.approx(140, rel=0.04)

"""Speed without change of pitch: length, pitch, loudness, and the same samples in any chopping."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.errors import BadInput
from duologue.server.stretch import WINDOW, Stretcher, stretch
from duologue.sound import SAMPLE_RATE, Samples

SPEEDS = (0.25, 0.5, 0.8, 1.25, 1.5, 2.0, 4.0)


def voice(seconds: float = 1.5, pitch: float = 120.0) -> Samples:
    """A buzz with harmonics and syllables, like speech to a search by likeness."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    buzz = np.sum([np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 9)], axis=0)
    syllables = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * time)
    return np.asarray(0.2 * buzz * syllables, np.float32)


def pitch_of(samples: Samples) -> float:
    """By autocorrelation, between 60 and 400 Hz."""
    samples = samples[:4000]
    whole = np.correlate(samples, samples, "full")[len(samples) - 1 :]
    shortest, longest = SAMPLE_RATE // 400, SAMPLE_RATE // 60
    return SAMPLE_RATE / (shortest + int(np.argmax(whole[shortest:longest])))


@pytest.mark.parametrize("speed", SPEEDS)
def test_the_length_changes(speed: float) -> None:
    assert len(stretch(voice(), speed)) == round(len(voice()) / speed)


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("pitch", [90.0, 120.0, 210.0])
def test_the_pitch_does_not(speed: float, pitch: float) -> None:
    changed = stretch(voice(pitch=pitch), speed)
    assert pitch_of(changed) == pytest.approx(pitch, rel=0.03)


@pytest.mark.parametrize("speed", SPEEDS)
def test_nor_does_the_loudness(speed: float) -> None:
    before, after = voice(), stretch(voice(), speed)
    assert np.sqrt(np.mean(after**2)) == pytest.approx(np.sqrt(np.mean(before**2)), rel=0.1)
    assert np.abs(after).max() <= 1.1 * np.abs(before).max()


@pytest.mark.parametrize("speed", SPEEDS)
def test_the_seams_are_smooth(speed: float) -> None:
    """A click would be a step that the sound itself never makes."""
    tone = np.asarray(0.5 * np.sin(2 * np.pi * 200 * np.arange(16000) / SAMPLE_RATE), np.float32)
    inside = stretch(tone, speed)[WINDOW:-WINDOW]
    assert np.abs(np.diff(inside)).max() <= 1.2 * np.abs(np.diff(tone)).max()


def test_at_speed_one_nothing_is_touched() -> None:
    stream = Stretcher(1.0)
    assert np.array_equal(stream.push(voice()), voice())
    assert len(stream.finish()) == 0


@given(st.sampled_from(SPEEDS), st.lists(st.integers(0, 3000), max_size=12))
@settings(deadline=None, max_examples=25)
def test_any_chopping_gives_the_same_samples(speed: float, cuts: list[int]) -> None:
    whole, stream = stretch(voice(0.6), speed), Stretcher(speed)
    parts, rest = list[Samples](), voice(0.6)
    for cut in cuts:
        parts.append(stream.push(rest[:cut]))
        rest = rest[cut:]
    parts += [stream.push(rest), stream.finish()]
    assert np.array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("length", [0, 1, 100, WINDOW - 1, WINDOW, 1280])
@pytest.mark.parametrize("speed", [0.25, 1.5, 4.0])
def test_short_sounds(length: int, speed: float) -> None:
    assert len(stretch(voice()[:length], speed)) == round(length / speed)


def test_the_beginning_is_kept() -> None:
    assert np.allclose(stretch(voice(), 1.5)[:300], voice()[:300])


def test_sound_comes_out_before_all_went_in() -> None:
    stream = Stretcher(0.5)
    ready = sum(len(stream.push(voice()[start : start + 1280])) for start in range(0, 12800, 1280))
    assert ready >= 2 * (12800 - 1280)


@pytest.mark.parametrize("speed", [0.0, 0.2, 4.1, float("nan"), -1.0])
def test_other_speeds_are_refused(speed: float) -> None:
    with pytest.raises(BadInput, match=r"0\.25 to 4"):
        Stretcher(speed)

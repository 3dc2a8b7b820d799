"""Rates: streaming equals whole, lengths are exact, speech passes, what a rate cannot carry does not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.server.realtime.rates import Rate
from duologue.sound import Samples

PAIRS = [(24000, 16000), (16000, 24000), (8000, 16000), (16000, 8000)]
noise = np.asarray(np.random.default_rng(0).normal(0, 0.1, 4000), np.float32)


def tone(hertz: float, rate: int) -> Samples:
    return np.asarray(np.sin(2 * np.pi * hertz * np.arange(rate) / rate), np.float32)


@pytest.mark.parametrize(("source", "target"), PAIRS)
@given(cuts=st.lists(st.integers(0, len(noise)), max_size=10))
def test_any_chopping_gives_the_same_samples(source: int, target: int, cuts: list[int]) -> None:
    stream = Rate(source, target)
    chopped = np.concatenate([stream.push(part) for part in np.split(noise, sorted(cuts))])
    assert np.allclose(chopped, Rate(source, target).push(noise), atol=1e-6)
    assert len(chopped) == -(-len(noise) * target // source)


@pytest.mark.parametrize(("source", "target"), PAIRS)
@pytest.mark.parametrize("part", [0.05, 0.4, 0.8])
def test_speech_passes_as_it_is(source: int, target: int, part: float) -> None:
    hertz = part * min(source, target) / 2
    given, got = tone(hertz, source), Rate(source, target).push(tone(hertz, source))
    assert np.sqrt(np.mean(got[500:] ** 2)) == pytest.approx(np.sqrt(np.mean(given**2)), rel=0.02)


def test_what_the_slower_rate_cannot_carry_is_left_away() -> None:
    assert np.abs(Rate(24000, 16000).push(tone(9500, 24000))[500:]).max() < 0.01
    assert np.abs(Rate(16000, 8000).push(tone(5000, 16000))[500:]).max() < 0.01


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_it_is_at_most_three_milliseconds_late(source: int, target: int) -> None:
    click = np.zeros(source // 10, np.float32)
    click[source // 50] = 1.0
    got = Rate(source, target).push(click)
    assert 0 <= np.argmax(np.abs(got)) / target - 0.02 < 0.0035

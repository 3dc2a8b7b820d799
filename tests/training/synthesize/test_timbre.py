"""Analysis and synthesis are inverse; tilt tilts; a whisper keeps the shape and loses the pitch."""

import numpy as np
import pytest

from duologue.model.mel import SAMPLE_RATE, log_mel
from duologue.training.synthesize.timbre import analysed, synthesised, tilted, whispered


@pytest.mark.parametrize("length", [1, 511, 16_000])
def test_synthesis_undoes_analysis(length: int) -> None:
    sound = np.random.default_rng(0).standard_normal(length).astype(np.float32)
    assert np.allclose(synthesised(analysed(sound), length), sound, atol=1e-5)


def test_tilt_reaches_its_decibels_at_four_kilohertz_and_leaves_the_bass() -> None:
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    for hertz, decibels in ((200, 0.0), (1414, 3.0), (4000, 6.0), (7000, 6.0)):
        tone = np.sin(2 * np.pi * hertz * time).astype(np.float32)
        assert 20 * np.log10(tilted(tone, 6.0).std() / tone.std()) == pytest.approx(decibels, abs=0.3)


def test_a_whisper_has_the_vowel_and_not_the_voice() -> None:
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    voice = np.zeros(SAMPLE_RATE)
    for k in range(1, 60):
        near = 1 / (1 + ((120 * k - 800) / 120) ** 2) + 0.5 / (1 + ((120 * k - 2300) / 150) ** 2)
        voice += near * np.sin(2 * np.pi * 120 * k * time)
    sound = np.asarray(voice * 0.05, np.float32)
    whisper = whispered(sound, np.random.default_rng(0))

    spectrum = np.abs(np.fft.rfft(whisper))
    on, off = spectrum[np.arange(3, 20) * 120].sum(), spectrum[np.arange(3, 20) * 120 + 60].sum()
    assert 0.5 < on / off < 2.0
    likeness = np.corrcoef(log_mel(sound)[20:].mean(axis=0), log_mel(whisper)[20:].mean(axis=0))[0, 1]
    assert likeness > 0.7
    assert np.array_equal(whisper, whispered(sound, np.random.default_rng(0)))

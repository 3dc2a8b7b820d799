"""What the network hears is the same in any chopping, and nothing of it comes from the future."""

import numpy as np

from duologue import sound
from duologue.model import mel

NOISE = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)


def test_one_rate_and_one_frame_everywhere() -> None:
    assert (mel.SAMPLE_RATE, mel.FRAME_SAMPLES) == (sound.SAMPLE_RATE, sound.FRAME_SAMPLES)


def test_frame_by_frame_equals_the_whole_signal() -> None:
    whole = mel.log_mel(NOISE)
    past = np.zeros(mel.PAST, np.float32)
    pieces = []
    for start in range(0, 12 * mel.FRAME_SAMPLES, mel.FRAME_SAMPLES):
        heard = np.concatenate([past, NOISE[start : start + mel.FRAME_SAMPLES]])
        pieces.append(mel.columns(heard))
        past = heard[-mel.PAST :]
    np.testing.assert_allclose(np.concatenate(pieces), whole[:96], atol=1e-6)


def test_a_column_does_not_know_the_future() -> None:
    changed = NOISE.copy()
    changed[8000:] = 0.5
    before = slice(0, 8000 // mel.HOP)
    np.testing.assert_array_equal(mel.log_mel(changed)[before], mel.log_mel(NOISE)[before])


def test_frames_carry_the_columns_before_them() -> None:
    columns, frames = mel.log_mel(NOISE), mel.frames(NOISE)
    assert frames.shape == (12, 22, 80)
    np.testing.assert_array_equal(frames[5], columns[5 * 8 - 14 : 6 * 8])
    assert (frames[0, :14] == mel.SILENCE).all()


def test_digital_silence_has_its_value() -> None:
    np.testing.assert_allclose(mel.log_mel(np.zeros(1600, np.float32)), mel.SILENCE, atol=1e-6)


def test_a_tone_sounds_in_its_band() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000).astype(np.float32)
    loudest = mel.log_mel(tone)[50].argmax()
    mels = 2595 * np.log10(1 + 1000 / 700) / (2595 * np.log10(1 + 8000 / 700)) * 81 - 1
    assert abs(loudest - mels) < 1.5

"""Sounds that are not speech: repeatable, varied, at a usable level."""

import numpy as np
import pytest
from numpy.typing import NDArray

from duologue.model.mel import SAMPLE_RATE, log_mel
from duologue.model.tokens import SOUNDS
from duologue.training.synthesize.sound_events import sound_event


@pytest.mark.parametrize("kind", SOUNDS)
def test_a_sound_is_repeatable_and_no_two_seeds_sound_alike(kind: str) -> None:
    heard = [sound_event(kind, np.random.default_rng(seed)) for seed in range(6)]
    assert np.array_equal(heard[0], sound_event(kind, np.random.default_rng(0)))
    assert len({sound.tobytes() for sound in heard}) == len(heard)
    for sound in heard:
        assert sound.dtype == np.float32
        assert 0.3 * SAMPLE_RATE < len(sound) <= 4.0 * SAMPLE_RATE
        assert np.isfinite(sound).all()
        assert 0.05 < np.abs(sound).max() <= 1.0


def test_kinds_can_be_told_apart_by_their_average_spectrum() -> None:
    def likeness(kind: str, seed: int) -> NDArray[np.float32]:
        mel = log_mel(sound_event(kind, np.random.default_rng(seed)))
        return np.concatenate([mel.mean(axis=0), 2 * mel.std(axis=0)]).astype(np.float32)

    centres = {kind: np.mean([likeness(kind, s) for s in range(8)], axis=0) for kind in SOUNDS}
    right = 0
    for kind in SOUNDS:
        for seed in range(8, 12):
            heard = likeness(kind, seed)
            right += kind == min(SOUNDS, key=lambda k: float(np.abs(centres[k] - heard).sum()))
    assert right / (4 * len(SOUNDS)) > 0.6  # chance is 1 in 7


def test_an_unknown_sound_is_refused_with_the_list() -> None:
    with pytest.raises(ValueError, match="no such sound 'whale'; choose from noise, music"):
        sound_event("whale", np.random.default_rng(0))

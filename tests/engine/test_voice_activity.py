"""Voice activity on sounds made here: rooms, clicks and voiced tones."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from duologue.engine.voice_activity import Activity, loudness_db, step
from duologue.sound import FRAME_SAMPLES, SAMPLE_RATE

Samples = NDArray[np.float32]


def room(frames: int, db: float) -> Samples:
    noise = np.random.default_rng(0).standard_normal(frames * FRAME_SAMPLES)
    return np.asarray(noise * 10 ** (db / 20), np.float32)


def voice(frames: int, db: float) -> Samples:
    time = np.arange(frames * FRAME_SAMPLES) / SAMPLE_RATE
    tone = np.sum([np.sin(2 * np.pi * 140 * n * time) / n for n in range(1, 12)], axis=0)
    return np.asarray(tone / np.std(tone) * 10 ** (db / 20), np.float32)


def speech(samples: Samples, activity: Activity | None = None) -> list[float]:
    activity = activity or Activity()
    found = []
    for frame in samples.reshape(-1, FRAME_SAMPLES):
        activity, likely = step(activity, frame)
        found.append(likely)
    return found


@pytest.mark.parametrize("db", [-90.0, -60.0, -45.0])
def test_a_steady_room_becomes_silence(db: float) -> None:
    assert max(speech(room(125, db))[-25:]) < 0.2


@pytest.mark.parametrize(("room_db", "voice_db"), [(-70.0, -35.0), (-55.0, -30.0), (-40.0, -15.0)])
def test_a_voice_stands_out_at_once_and_its_end_too(room_db: float, voice_db: float) -> None:
    quiet = room(90, room_db)
    mixed = quiet + np.concatenate(
        [
            np.zeros(60 * FRAME_SAMPLES, np.float32),
            voice(20, voice_db),
            np.zeros(10 * FRAME_SAMPLES, np.float32),
        ]
    )
    found = speech(mixed)
    assert max(found[50:60]) < 0.2
    assert min(found[60:80]) > 0.8
    assert max(found[80:]) < 0.2


def test_a_click_is_no_voice() -> None:
    frame = room(1, -70.0)
    frame[500:520] = 1.0
    assert speech(frame)[0] < 0.1


def test_digital_silence_has_a_loudness() -> None:
    assert np.isfinite(loudness_db(np.zeros(FRAME_SAMPLES, np.float32)))
    assert speech(np.zeros(FRAME_SAMPLES, np.float32))[0] < 0.01

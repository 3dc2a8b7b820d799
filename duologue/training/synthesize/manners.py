"""How a sentence is said: each manner as numbers, and their use on a spoken sentence.

The names are the vocabulary's MANNERS. The rate is asked of the synthesiser; everything else is done here.
"""

import zlib
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from duologue.model.mel import SAMPLE_RATE
from duologue.training.synthesize.prosody import HOP, TimeMap, Track, pitch_track, reshape, typical, unchanged
from duologue.training.synthesize.timbre import tilted, whispered
from duologue.training.synthesize.utterance import LEVEL_DBFS, Phoneme, Spoken, levelled

Melody = Literal["spoken", "flat", "sung"]


@dataclass(frozen=True, slots=True)
class Manner:
    """Factors and decibels relative to the neutral sentence."""

    rate: float = 1.0
    pitch: float = 1.0
    pitch_range: float = 1.0  # exponent on the distance from the typical pitch, in octaves
    phrase_end: float = 1.0  # pitch factor reached at the end of each phrase
    level_db: float = 0.0
    tilt_db: float = 0.0  # of the part above 500 Hz: a loud voice is bright
    drive: float = 0.0  # a strained voice: saturation, 0 to 1
    breath: float = 0.0  # share of whispered sound mixed in
    melody: Melody = "spoken"


MANNERS: dict[str, Manner] = {
    "neutral": Manner(),
    "happy": Manner(rate=1.06, pitch=1.15, pitch_range=1.5, phrase_end=1.08, level_db=2, tilt_db=3),
    "excited": Manner(rate=1.2, pitch=1.35, pitch_range=1.8, level_db=4, tilt_db=5),
    "sad": Manner(
        rate=0.8, pitch=0.9, pitch_range=0.6, phrase_end=0.82, level_db=-4, tilt_db=-5, breath=0.25
    ),
    "angry": Manner(rate=1.1, pitch=1.08, pitch_range=1.4, phrase_end=0.9, level_db=6, tilt_db=6, drive=0.8),
    "calm": Manner(rate=0.9, pitch=0.94, pitch_range=0.6, level_db=-3, tilt_db=-3),
    "urgent": Manner(rate=1.4, pitch=1.18, pitch_range=0.8, phrase_end=1.1, level_db=5, tilt_db=4),
    "confused": Manner(rate=0.86, pitch=1.05, pitch_range=1.2, phrase_end=1.55, level_db=-1),
    "whisper": Manner(rate=0.95, level_db=-9, tilt_db=4, breath=1.0),
    "sing": Manner(rate=0.85, pitch=1.1, melody="sung"),
    "robot": Manner(rate=0.95, melody="flat", tilt_db=2),
    "slow": Manner(rate=0.65),
    "fast": Manner(rate=1.5),
}

_SCALE = np.array([-3, 0, 2, 4, 7, 4, 2, 0])  # semitones of a simple tune
_VOWELS = frozenset("aeiouAEIOUV@3y0")  # first letters of vowels in all our synthesisers' notations
_SUNG_STRETCH = 1.7  # of vowels


def perform(spoken: Spoken, manner: Manner, pitch: float, text: str) -> Spoken:
    """Give a neutral sentence its pitch (a further factor), melody and voice quality; sets the level.

    The times of words and phonemes move with the sound. The same text always gets the same tune and breath.
    """
    seed = zlib.crc32(text.encode())
    shaped = _reshaped(spoken, manner, pitch * manner.pitch, seed)
    samples = shaped.samples
    if manner.breath:
        breath = whispered(samples, np.random.default_rng(seed))
        samples = ((1.0 - manner.breath) * samples + manner.breath * breath).astype(np.float32)
    if manner.tilt_db:
        samples = tilted(samples, manner.tilt_db)
    if manner.drive:
        samples = levelled(samples)
        pushed = np.tanh(samples * (1.0 + 12.0 * manner.drive))
        samples = ((1.0 - manner.drive) * samples + manner.drive * pushed).astype(np.float32)
    return replace(shaped, samples=levelled(samples, LEVEL_DBFS + manner.level_db))


def _reshaped(spoken: Spoken, manner: Manner, pitch: float, seed: int) -> Spoken:
    if (pitch, manner.pitch_range, manner.phrase_end, manner.melody) == (1.0, 1.0, 1.0, "spoken"):
        return spoken
    track = pitch_track(spoken.samples)
    middle = typical(track)
    if middle <= 0:  # a whispering voice has no pitch to change
        return spoken
    seconds = len(spoken.samples) / SAMPLE_RATE
    at = np.arange(len(track)) * HOP / SAMPLE_RATE
    times = unchanged(seconds)
    if manner.melody == "flat":
        wanted = np.full(len(track), middle * pitch)
    elif manner.melody == "sung":
        times = _sung_times(spoken.phonemes, seconds)
        wanted = middle * pitch * _tune(spoken.phonemes, at, seed)
    else:
        away = np.where(track > 0, track / middle, 1.0) ** manner.pitch_range
        wanted = middle * pitch * away * _phrase_ends(spoken.phonemes, at, seconds, manner.phrase_end)
    wanted = np.clip(wanted, 60.0, 500.0)
    return _moved(spoken, track, wanted, times)


def _moved(spoken: Spoken, track: Track, wanted: Track, times: TimeMap) -> Spoken:
    def at(seconds: float) -> float:
        return times.forward(seconds)

    return Spoken(
        reshape(spoken.samples, track, wanted, times),
        tuple(replace(w, start=at(w.start), end=at(w.end)) for w in spoken.words),
        tuple(replace(p, start=at(p.start), end=at(p.end)) for p in spoken.phonemes),
    )


def _phrase_ends(
    phonemes: tuple[Phoneme, ...], at: NDArray[np.float64], seconds: float, factor: float
) -> NDArray[np.float64]:
    """Return a factor per instant that moves from 1 to `factor` over the last half second of each phrase."""
    ends = [p.start for p in phonemes if p.name == "pau" and p.start > 0.1] + [seconds]
    next_end = np.array(ends)[np.minimum(np.searchsorted(ends, at), len(ends) - 1)]
    part = np.clip(1.0 - (next_end - at) / 0.5, 0.0, 1.0)
    return np.asarray(factor**part)


def _is_vowel(phoneme: Phoneme) -> bool:
    return phoneme.name[:1] in _VOWELS


def _sung_times(phonemes: tuple[Phoneme, ...], seconds: float) -> TimeMap:
    edges = sorted({0.0, seconds, *(p.start for p in phonemes), *(p.end for p in phonemes)})
    middles = [(a + b) / 2 for a, b in pairwise(edges)]
    vowels = [(p.start, p.end) for p in phonemes if _is_vowel(p)]
    longer = [_SUNG_STRETCH if any(a <= m < b for a, b in vowels) else 1.0 for m in middles]
    target = np.concatenate([[0.0], np.cumsum(np.diff(edges) * longer)])
    return TimeMap(np.array(edges), target)


def _tune(phonemes: tuple[Phoneme, ...], at: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Return a pitch factor per instant: a note per vowel, held with a light vibrato."""
    starts = np.array([p.start for p in phonemes if _is_vowel(p)] or [0.0])
    note = np.clip(np.searchsorted(starts, at + 0.04, side="right") - 1, 0, None)
    semitones = _SCALE[(note + seed) % len(_SCALE)] + 0.25 * np.sin(2 * np.pi * 5.5 * at)
    return np.asarray(2.0 ** (semitones / 12.0))

"""Sounds that are not speech, made from nothing: each kind is one of the vocabulary's SOUNDS."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

from duologue.model.mel import SAMPLE_RATE, Samples

Wave = NDArray[np.float64]
Formants = Sequence[tuple[float, float]]  # centre and width in Hz


def sound_event(kind: str, rng: np.random.Generator) -> Samples:
    """Return up to four seconds of noise, music, bell, dog, clap, laugh or cough at -23 dBFS.

    Raises ValueError for another kind.
    """
    if kind not in _KINDS:
        raise ValueError(f"no such sound {kind!r}; choose from {', '.join(_KINDS)}")
    wave = _ended(_KINDS[kind](rng), 4.0)
    # Short sounds have little energy: their level is that of their loudest 100 ms.
    spans = wave[: max(len(wave) // 1600, 1) * 1600].reshape(-1, min(1600, len(wave)))
    loudest = float(np.sqrt((spans**2).mean(axis=1)).max())
    return np.clip(wave / max(loudest, 1e-9) * 0.1, -1.0, 1.0).astype(np.float32)


def _ended(wave: Wave, seconds: float) -> Wave:
    """Let what is longer die away within its last half second."""
    length = int(seconds * SAMPLE_RATE)
    if len(wave) <= length:
        return wave
    return wave[:length] * np.clip(np.arange(length, 0, -1) / (0.5 * SAMPLE_RATE), 0.0, 1.0)


def _time(seconds: float) -> Wave:
    return np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE


def _placed(pieces: Sequence[tuple[float, Wave]], tail: float = 0.05) -> Wave:
    """Set pieces at their seconds on one line."""
    end = max(at + len(piece) / SAMPLE_RATE for at, piece in pieces)
    out = np.zeros(int((end + tail) * SAMPLE_RATE) + 1)
    for at, piece in pieces:
        begin = int(at * SAMPLE_RATE)
        out[begin : begin + len(piece)] += piece
    return out


def _resonant(wave: Wave, formants: Formants) -> Wave:
    """Pass through resonators side by side (a throat, a muzzle)."""
    out = np.zeros_like(wave)
    for centre, width in formants:
        radius = np.exp(-np.pi * width / SAMPLE_RATE)
        poles = [1.0, -2.0 * radius * np.cos(2 * np.pi * centre / SAMPLE_RATE), radius**2]
        out += lfilter([1.0 - radius, 0.0, -(1.0 - radius)], poles, wave)
    return out


def _pulses(pitch: Wave) -> Wave:
    """Return a buzz at a pitch given for each sample, in Hz."""
    phase = np.cumsum(pitch) / SAMPLE_RATE
    return 2.0 * (phase % 1.0) ** 3 - 0.5


def _envelope(length: int, attack: float, decay: float) -> Wave:
    """Rise in `attack` seconds, then fall to 1/e in `decay` seconds."""
    time = np.arange(length) / SAMPLE_RATE
    return np.minimum(time / attack, 1.0) * np.exp(-np.maximum(time - attack, 0.0) / decay)


def _noise(rng: np.random.Generator) -> Wave:
    time = _time(rng.uniform(0.8, 4.0))
    edges = np.sort(rng.uniform(60, 7600, size=2))
    band = butter(2, [edges[0], max(edges[1], edges[0] + 300)], "bandpass", fs=SAMPLE_RATE, output="sos")
    swell = 1.0 + rng.uniform(0, 0.6) * np.sin(2 * np.pi * (rng.uniform(0.3, 4.0) * time + rng.random()))
    white = rng.standard_normal(len(time))
    clicks = white * (rng.random(len(time)) < 0.0005) * rng.uniform(0, 30)
    return np.asarray((sosfilt(band, white) + sosfilt(band, clicks)) * swell)


def _music(rng: np.random.Generator) -> Wave:
    """Chords of a common progression with a melody over them, on a plucked or a blown instrument."""
    beat = 60.0 / rng.uniform(80, 160)
    root = 220.0 * 2.0 ** (rng.integers(-5, 7) / 12.0)
    progression = ([0, 5, 7, 0], [0, 9, 5, 7], [0, 7, 9, 5])[rng.integers(3)]
    plucked = bool(rng.random() < 0.6)
    scale = np.array([0, 2, 4, 7, 9, 12])
    pieces = []
    for bar, chord in enumerate(progression[: int(rng.integers(2, 5))]):
        third = 3 if chord == 9 else 4
        for step in (0, third, 7):
            pieces.append(
                (2 * bar * beat, 0.4 * _note(root * 2.0 ** ((chord + step) / 12.0), 2 * beat, plucked))
            )
        for half in range(4):
            if rng.random() < 0.8:
                tone = 2.0 * root * 2.0 ** (rng.choice(scale) / 12.0)
                pieces.append(((2 * bar + half / 2) * beat, 0.6 * _note(tone, beat / 2, plucked)))
    return _placed(pieces)


def _note(hertz: float, seconds: float, plucked: bool) -> Wave:
    time = _time(seconds)
    tone = sum(np.sin(2 * np.pi * k * hertz * time) * 0.5**k for k in range(1, 6) if k * hertz < 7500)
    shape = _envelope(len(time), 0.005, 0.3) if plucked else _envelope(len(time), 0.04, 5.0)
    shape *= np.minimum((seconds - time) / 0.02, 1.0)
    return np.asarray(tone * shape)


def _bell(rng: np.random.Generator) -> Wave:
    """One to four strokes; the partials of a bell are not harmonic."""
    strike, decay = rng.uniform(350, 1400), rng.uniform(0.25, 1.2)
    partials = np.array([0.5, 1.0, 1.19, 1.5, 2.0, 2.51, 2.67, 3.01, 4.1]) * rng.uniform(0.98, 1.02, size=9)
    time = _time(min(3.0 * decay, 2.0))
    stroke = np.zeros(len(time))
    for ratio in partials[partials * strike < 7500]:
        stroke += (
            rng.uniform(0.3, 1.0) * np.sin(2 * np.pi * ratio * strike * time) * np.exp(-time * ratio / decay)
        )
    gap = rng.uniform(0.15, 0.7)
    return _placed([(i * gap, stroke) for i in range(int(rng.integers(1, 5)))])


def _dog(rng: np.random.Generator) -> Wave:
    size = rng.uniform(0.7, 1.5)  # a small dog barks high
    pieces, at = [], 0.0
    for _ in range(int(rng.integers(2, 6))):
        time = _time(rng.uniform(0.12, 0.25))
        part = time / time[-1]
        pitch = size * rng.uniform(320, 420) * (0.7 + 0.6 * np.sin(np.pi * part**0.7))
        source = _pulses(pitch) + 0.5 * rng.standard_normal(len(time))
        throat = [(size * 600, 180.0), (size * 1300, 250.0), (size * 2400, 400.0)]
        pieces.append((at, _resonant(source, throat) * np.sin(np.pi * part**0.5) ** 0.7))
        at += float(time[-1]) + rng.uniform(0.08, 0.5)
    return _placed(pieces)


def _clap(rng: np.random.Generator) -> Wave:
    """One person's steady claps, or the loose applause of many."""
    many = bool(rng.random() < 0.4)
    count = int(rng.integers(40, 120)) if many else int(rng.integers(2, 9))
    gap = rng.uniform(0.2, 0.45)
    span = rng.uniform(1.0, 2.5)
    pieces = []
    for i in range(count):
        at = rng.uniform(0, span) if many else i * gap + rng.uniform(0, 0.03)
        hit = rng.standard_normal(int(0.12 * SAMPLE_RATE)) * _envelope(int(0.12 * SAMPLE_RATE), 0.0005, 0.012)
        palm = [(rng.uniform(700, 1300), 500.0), (rng.uniform(1800, 3000), 1200.0)]
        pieces.append((at, rng.uniform(0.4, 1.0) * _resonant(hit, palm)))
    return _placed(pieces)


def _laugh(rng: np.random.Generator) -> Wave:
    """ "Ha ha ha": breath, then a short vowel, falling in pitch and strength."""
    pitch, rate = rng.uniform(130, 320), rng.uniform(4.0, 6.0)
    vowel = ([(800, 90), (1250, 110), (2600, 200)], [(500, 90), (1800, 120), (2500, 200)])[rng.integers(2)]
    count = int(rng.integers(4, 9))
    pieces = []
    for i in range(count):
        time = _time(0.8 / rate)
        part = time / time[-1]
        voiced = _pulses(pitch * (1.15 - 0.3 * i / count) * (1.05 - 0.15 * part)) * np.clip(
            (part - 0.35) * 6, 0, 1
        )
        breath = 0.25 * rng.standard_normal(len(time)) * np.clip(1.2 - 1.5 * part, 0.1, 1)
        shape = np.sin(np.pi * part**0.8) ** 0.5 * (1.0 - 0.6 * i / count)
        pieces.append((i / rate, _resonant(voiced + breath, vowel) * np.nan_to_num(shape)))
    return _placed(pieces)


def _cough(rng: np.random.Generator) -> Wave:
    """An explosion of air, a rough rest, sometimes a voiced end; once to three times."""
    throat = [
        (rng.uniform(450, 700), 200.0),
        (rng.uniform(1100, 1700), 300.0),
        (rng.uniform(2300, 3200), 600.0),
    ]
    pieces, at = [], 0.0
    for _ in range(int(rng.integers(1, 4))):
        length = int(rng.uniform(0.25, 0.4) * SAMPLE_RATE)
        burst = rng.standard_normal(length) * (
            _envelope(length, 0.003, 0.03) + 0.35 * _envelope(length, 0.06, rng.uniform(0.05, 0.1))
        )
        time = np.arange(length) / SAMPLE_RATE
        end = _pulses(np.full(length, rng.uniform(90, 200))) * np.exp(-(((time - 0.2) / 0.04) ** 2))
        pieces.append((at, _resonant(burst + rng.uniform(0, 0.6) * end, throat)))
        at += length / SAMPLE_RATE + rng.uniform(0.02, 0.4)
    return _placed(pieces)


_KINDS: dict[str, Callable[[np.random.Generator], Wave]] = {
    "noise": _noise,
    "music": _music,
    "bell": _bell,
    "dog": _dog,
    "clap": _clap,
    "laugh": _laugh,
    "cough": _cough,
}

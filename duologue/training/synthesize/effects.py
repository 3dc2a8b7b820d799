"""What happens to speech between a mouth and a microphone: distance, rooms, noise, telephones, own echo.

Pure functions on 16 kHz samples: the same samples and the same generator give the same result. All keep the
length, `speed` excepted. They run on the fly in training, so each costs a few milliseconds for a sentence.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from scipy.signal import butter, fftconvolve, sosfilt

from duologue.model.mel import SAMPLE_RATE, Samples
from duologue.training.synthesize.sound_events import sound_event
from duologue.training.synthesize.timbre import vocal_tract
from duologue.training.synthesize.utterance import Utterance

__all__ = [
    "add_at_snr",
    "augment",
    "babble",
    "clip",
    "coloured_noise",
    "dull",
    "fade",
    "gain",
    "hum",
    "level",
    "own_echo",
    "ratio",
    "room",
    "sound_event",
    "speed",
    "telephone",
    "vocal_tract",
]


def level(samples: Samples) -> float:
    """Return the RMS in dB of full scale; silence is -120."""
    return 20.0 * float(np.log10(max(float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0, 1e-6)))


def ratio(decibels: float) -> float:
    """Return the factor on amplitudes that a number of decibels stands for."""
    return float(10.0 ** (decibels / 20.0))


def gain(samples: Samples, decibels: float) -> Samples:
    """Amplify, and clip where that passes full scale, as a converter does."""
    return _clipped(samples * ratio(decibels))


def clip(samples: Samples, decibels: float) -> Samples:
    """Cut the peaks `decibels` below the highest one: a microphone driven too hard."""
    limit = float(np.abs(samples).max(initial=0.0)) * ratio(-decibels)
    return np.clip(samples, -limit, limit).astype(np.float32)


def fade(samples: Samples, seconds: float) -> Samples:
    """Let the sound come and go over `seconds` at both ends."""
    length = min(int(seconds * SAMPLE_RATE), len(samples) // 2)
    faded = samples.copy()
    ramp = np.linspace(0.0, 1.0, length, dtype=np.float32)
    faded[:length] *= ramp
    faded[len(faded) - length :] *= ramp[::-1]
    return faded


def coloured_noise(length: int, rng: np.random.Generator, slope: float = -3.0) -> Samples:
    """Return noise at -23 dBFS whose spectrum falls by `slope` dB an octave (0 white, -3 pink, -6 brown)."""
    size = next_fast_len(length, real=True)
    spectrum = np.fft.rfft(rng.standard_normal(size))
    hertz = np.maximum(np.fft.rfftfreq(size, 1.0 / SAMPLE_RATE), 20.0)
    noise = np.fft.irfft(spectrum * (hertz / 1000.0) ** (slope / 6.02), size)[:length]
    return np.asarray(noise / max(float(noise.std()), 1e-9) * 0.07, np.float32)


def babble(talkers: Sequence[Samples], length: int, rng: np.random.Generator) -> Samples:
    """Let several people talk at once: each is repeated from a random place and set at a random distance."""
    out = np.zeros(length, np.float32)
    for talker in talkers:
        out += ratio(rng.uniform(-9, 0)) * _fitted(talker, length, rng)
    return out


def add_at_snr(samples: Samples, other: Samples, decibels: float, rng: np.random.Generator) -> Samples:
    """Add another sound, repeated or cut to fit, so that the speech lies `decibels` above it."""
    fitted = _fitted(other, len(samples), rng)
    scale = ratio(level(samples) - decibels - level(fitted))
    return _clipped(samples + scale * fitted)


def room(samples: Samples, rng: np.random.Generator, seconds: float | None = None) -> Samples:
    """Say it in a room that takes `seconds` to decay by 60 dB (drawn from 0.1 to 0.7 if not given).

    The direct sound stays where it was, so the times of words hold.
    """
    impulse = _impulse(rng.uniform(0.1, 0.7) if seconds is None else seconds, rng)
    wet = fftconvolve(samples, impulse)[: len(samples)]
    return _at_level(wet, level(samples))


def _impulse(seconds: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Direct sound, a few early reflections, and noise that decays exponentially and loses its treble."""
    length = max(int(seconds * SAMPLE_RATE), 2)
    time = np.arange(length) / SAMPLE_RATE
    tail = rng.standard_normal(length) * np.exp(-6.9 * time / seconds)
    tail = sosfilt(_filter("lowpass", round(rng.uniform(2000, 7000), -2)), tail)
    tail[: int(0.004 * SAMPLE_RATE)] = 0.0
    direct = ratio(rng.uniform(0, 15))  # over the reverberant part
    impulse = tail / max(float(np.sqrt((tail**2).sum())), 1e-9) / direct
    for delay in rng.uniform(0.002, 0.04, size=int(rng.integers(3, 9))):
        at = int(delay * SAMPLE_RATE)
        if at < length:
            impulse[at] += rng.choice([-1.0, 1.0]) * rng.uniform(0.1, 0.5) / direct
    impulse[0] += 1.0
    return np.asarray(impulse, np.float32)


def telephone(samples: Samples) -> Samples:
    """300 to 3400 Hz and eight bits a sample on the logarithmic µ-law scale (ITU-T G.711)."""
    narrow = sosfilt(_filter("bandpass", 300.0, 3400.0), samples)
    squeezed = np.sign(narrow) * np.log1p(255.0 * np.minimum(np.abs(narrow), 1.0)) / np.log(256.0)
    stepped = np.round(squeezed * 127.0) / 127.0
    return np.asarray(np.sign(stepped) * (256.0 ** np.abs(stepped) - 1.0) / 255.0, np.float32)


def dull(samples: Samples, hertz: float) -> Samples:
    """Take away what lies above `hertz`: a cheap microphone, or a lossy codec at a low rate."""
    return np.asarray(sosfilt(_filter("lowpass", hertz), samples), np.float32)


def speed(samples: Samples, factor: float) -> Samples:
    """Play faster and higher by `factor`; every time in it divides by the factor."""
    return np.asarray(soxr.resample(samples, SAMPLE_RATE * factor, SAMPLE_RATE, quality="MQ"), np.float32)


def hum(samples: Samples, rng: np.random.Generator, decibels: float = 30.0) -> Samples:
    """Add mains hum with its overtones, `decibels` below the speech, and a constant offset."""
    time = np.arange(len(samples)) / SAMPLE_RATE
    mains = 50.0 if rng.random() < 0.5 else 60.0
    tone = sum(
        rng.uniform(0.2, 1.0) / k * np.sin(2 * np.pi * (k * mains * time + rng.random())) for k in (1, 2, 3)
    )
    hummed = _at_level(np.asarray(tone), level(samples) - decibels) + rng.uniform(-0.003, 0.003)
    return _clipped(samples + hummed)


def own_echo(
    samples: Samples, far: Samples, rng: np.random.Generator, loss_db: float | None = None
) -> Samples:
    """Add what our own loudspeaker played (`far`, on the same clock) as the microphone hears it.

    Delayed by 10 to 120 ms, coloured by a small loudspeaker and a room, and `loss_db` weaker (15 to 40 dB if
    not given).
    """
    loss = rng.uniform(15, 40) if loss_db is None else loss_db
    delay = int(rng.uniform(0.01, 0.12) * SAMPLE_RATE)
    band = _filter("bandpass", round(rng.uniform(150, 400), -1), round(rng.uniform(3500, 7500), -2))
    played = np.zeros(len(samples), np.float64)
    heard = min(len(far), len(samples) - delay)
    if heard <= 0 or not far[:heard].any():
        return samples
    played[delay : delay + heard] = far[:heard]
    echo = fftconvolve(sosfilt(band, played), _impulse(rng.uniform(0.1, 0.4), rng))[: len(samples)]
    weaker = 10.0 ** (
        (level(far[:heard]) - loss - level(echo[delay : delay + heard].astype(np.float32))) / 20.0
    )
    return _clipped(samples + weaker * echo)


def augment(utterance: Utterance, rng: np.random.Generator, strength: float = 1.0) -> Utterance:
    """Say the same in another place through another microphone; `strength` 0 changes nothing, 1 is rough.

    The times of words and phonemes follow the sound.
    """

    def chance(share: float) -> bool:
        return bool(rng.random() < share * min(2.0 * strength, 1.0))

    if strength <= 0:
        return utterance
    samples, factor = utterance.samples, 1.0
    if chance(0.5):
        factor = float(np.exp(rng.uniform(-0.14, 0.14) * strength))
        samples = speed(samples, factor)
    if chance(0.4):
        samples = vocal_tract(samples, float(np.exp(rng.uniform(-0.15, 0.15) * strength)))
    if chance(0.4):
        samples = room(samples, rng)
    if chance(0.3):
        samples = (
            telephone(samples) if rng.random() < 0.3 else dull(samples, float(rng.integers(25, 75)) * 100)
        )
    if chance(0.6):
        noise = coloured_noise(len(samples), rng, slope=rng.uniform(-7, 0))
        samples = add_at_snr(samples, noise, rng.uniform(30 - 25 * strength, 35), rng)
    if chance(0.1):
        samples = hum(samples, rng, rng.uniform(20, 40))
    if chance(0.08):
        samples = clip(samples, rng.uniform(3, 12))
    samples = gain(samples, rng.uniform(-14, 9) * strength)
    return _retimed(utterance, samples, factor)


def _retimed(utterance: Utterance, samples: Samples, factor: float) -> Utterance:
    end = len(samples) / SAMPLE_RATE
    return replace(
        utterance,
        samples=samples,
        words=tuple(
            replace(w, start=min(w.start / factor, end), end=min(w.end / factor, end))
            for w in utterance.words
        ),
        phonemes=tuple(
            replace(p, start=min(p.start / factor, end), end=min(p.end / factor, end))
            for p in utterance.phonemes
        ),
    )


def _clipped(samples: NDArray[np.float64] | Samples) -> Samples:
    """Cut at full scale, as a converter does."""
    return np.asarray(np.clip(samples, -1.0, 1.0), np.float32)


def _at_level(samples: NDArray[np.float64], decibels: float) -> Samples:
    rms = max(float(np.sqrt(np.mean(samples**2))), 1e-9)
    return _clipped(samples * (ratio(decibels) / rms))


def _fitted(samples: Samples, length: int, rng: np.random.Generator) -> Samples:
    """Repeat or cut to a length, from a random place on."""
    return np.take(samples, np.arange(length) + int(rng.integers(len(samples))), mode="wrap")


@lru_cache(maxsize=512)
def _filter(kind: str, *hertz: float) -> NDArray[np.float64]:
    edges = hertz[0] if len(hertz) == 1 else hertz
    return np.asarray(butter(4, edges, kind, fs=SAMPLE_RATE, output="sos"))

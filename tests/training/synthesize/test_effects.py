"""What rooms, noise and telephones do to sound; made-up speech is enough, no synthesiser is needed."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from duologue.model.mel import SAMPLE_RATE, Samples
from duologue.training.synthesize import effects
from duologue.training.synthesize.utterance import Phoneme, Utterance, Word

Effect = Callable[[Samples, np.random.Generator], Samples]


def buzz(seconds: float, pitch: float = 120.0, seed: int = 0) -> Samples:
    """Syllables of a buzzing tone: four a second, silent between them."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = 2.0 * (pitch * time % 1.0) - 1.0 + 0.05 * np.random.default_rng(seed).standard_normal(len(time))
    return np.asarray(0.1 * tone * (np.sin(2 * np.pi * 4 * time) > 0), np.float32)


def utterance(seconds: float = 2.0) -> Utterance:
    words = tuple(Word(f"w{i}", i * 0.25, i * 0.25 + 0.125) for i in range(int(seconds * 4)))
    phonemes = tuple(Phoneme("a", w.start, w.end) for w in words)
    return Utterance(buzz(seconds), " ".join(w.text for w in words), words, phonemes, "v", "en", "neutral")


def band(samples: Samples, low: float, high: float) -> float:
    """Energy between two frequencies, in dB."""
    hertz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    power = np.abs(np.fft.rfft(samples)) ** 2
    return float(10 * np.log10(power[(hertz >= low) & (hertz < high)].sum() + 1e-12))


EFFECTS: dict[str, Effect] = {
    "gain": lambda x, rng: effects.gain(x, 3.0),
    "clip": lambda x, rng: effects.clip(x, 6.0),
    "fade": lambda x, rng: effects.fade(x, 0.05),
    "noise": lambda x, rng: effects.add_at_snr(x, effects.coloured_noise(3000, rng), 10.0, rng),
    "babble": lambda x, rng: effects.add_at_snr(x, effects.babble([buzz(1), buzz(0.7)], 9000, rng), 5.0, rng),
    "room": lambda x, rng: effects.room(x, rng),
    "telephone": lambda x, rng: effects.telephone(x),
    "dull": lambda x, rng: effects.dull(x, 3000.0),
    "hum": lambda x, rng: effects.hum(x, rng),
    "vocal_tract": lambda x, rng: effects.vocal_tract(x, 1.1),
    "own_echo": lambda x, rng: effects.own_echo(x, buzz(0.9, 200.0), rng),
}


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_depends_on_its_generator_only_and_keeps_the_length(name: str) -> None:
    sound = buzz(1.03)
    before = sound.copy()
    first, again = (EFFECTS[name](sound, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, again)
    assert np.array_equal(sound, before)
    assert first.dtype == np.float32
    assert len(first) == len(sound)
    assert np.isfinite(first).all()
    assert np.abs(first).max() <= 1.0
    assert not np.array_equal(first, sound)


@pytest.mark.parametrize("name", [name for name in EFFECTS if name != "babble"])
@pytest.mark.parametrize("length", [1, 700])
def test_very_short_and_silent_sounds_are_borne(name: str, length: int) -> None:
    for sound in (np.zeros(length, np.float32), buzz(1)[:length]):
        out = EFFECTS[name](sound, np.random.default_rng(5))
        assert len(out) == length
        assert np.isfinite(out).all()


def test_noise_lies_as_far_below_the_speech_as_asked() -> None:
    sound, rng = buzz(2), np.random.default_rng(0)
    for decibels in (0.0, 12.0, 30.0):
        mixed = effects.add_at_snr(sound, effects.coloured_noise(len(sound), rng), decibels, rng)
        assert effects.level(sound) - effects.level(mixed - sound) == pytest.approx(decibels, abs=0.5)


def test_the_colour_of_noise_is_its_slope() -> None:
    rng = np.random.default_rng(0)
    for slope in (-6.0, -3.0, 0.0):
        noise = effects.coloured_noise(64_000, rng, slope)
        # White noise has 3 dB more in each octave, because the octave is twice as wide.
        fall = band(noise, 2000, 4000) - band(noise, 500, 1000)
        assert fall == pytest.approx(2 * (slope + 3.01), abs=0.7)


def test_a_room_rings_on_and_leaves_the_first_sound_in_place() -> None:
    click = np.zeros(SAMPLE_RATE, np.float32)
    click[1000] = 0.5
    ringing = effects.room(click, np.random.default_rng(1), seconds=0.5)
    assert not np.abs(ringing[:1000]).max() > 1e-4
    assert np.abs(ringing).argmax() == 1000
    assert np.abs(ringing[2000:4000]).max() > 0
    early, late = ringing[1100:3000], ringing[6000:7900]
    assert effects.level(early) > effects.level(late) + 15


def test_a_telephone_and_a_dull_microphone_take_away_bands() -> None:
    sound = effects.coloured_noise(32_000, np.random.default_rng(0), 0.0)
    for heard, kept, lost in (
        (effects.telephone(sound), (500, 3000), (4500, 8000)),
        (effects.dull(sound, 2500.0), (100, 2000), (5000, 8000)),
    ):
        assert band(heard, *kept) == pytest.approx(band(sound, *kept), abs=1.5)
        assert band(heard, *lost) < band(sound, *lost) - 15


def test_own_echo_is_the_far_end_late_and_weaker() -> None:
    near, far = np.zeros(32_000, np.float32), buzz(1.0)
    rng = np.random.default_rng(2)
    echo = effects.own_echo(near, far, rng, loss_db=20.0)
    assert np.abs(echo[: int(0.009 * SAMPLE_RATE)]).max() < 1e-6
    assert effects.level(far) - effects.level(echo[: len(far) + 1920]) == pytest.approx(20, abs=1.5)
    assert np.array_equal(effects.own_echo(near, np.zeros(500, np.float32), rng), near)


def test_speed_and_vocal_tract_move_what_they_say() -> None:
    sound = buzz(2.0, 120.0)

    def pitch(samples: Samples) -> float:
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
        return float(spectrum[: len(samples) // 40].argmax() * SAMPLE_RATE / len(samples))

    faster = effects.speed(sound, 1.25)
    assert len(faster) == pytest.approx(len(sound) / 1.25, abs=2)
    assert pitch(faster) == pytest.approx(150, abs=3)
    # A resonance at 1500 Hz goes to 1800 Hz while the pitch stays.
    time = np.arange(32_000) / SAMPLE_RATE
    vowel = np.zeros(32_000)
    for k in range(1, 60):
        vowel += np.sin(2 * np.pi * 120 * k * time) / (1 + ((120 * k - 1500) / 150) ** 2)
    voice = np.asarray(0.05 * vowel, np.float32)
    shorter = effects.vocal_tract(voice, 1.2)
    assert band(shorter, 1700, 1900) > band(shorter, 1400, 1600)
    assert band(voice, 1700, 1900) < band(voice, 1400, 1600)
    harmonics = np.abs(np.fft.rfft(shorter))[np.arange(8, 20) * 240]
    between = np.abs(np.fft.rfft(shorter))[np.arange(8, 20) * 240 + 120]
    assert harmonics.sum() > 10 * between.sum()


def test_augmented_words_stay_on_their_sound() -> None:
    plain = utterance()
    speeds, contrasts = set(), []
    for seed in range(40):
        heard = effects.augment(plain, np.random.default_rng(seed), strength=0.7)
        assert [w.text for w in heard.words] == [w.text for w in plain.words]
        assert all(a.end <= b.start for a, b in pairwise(heard.words))
        assert heard.words[-1].end <= heard.seconds + 1e-6
        assert heard.words[3].start * len(plain.samples) == pytest.approx(0.75 * len(heard.samples), rel=1e-3)
        speeds.add(len(heard.samples))
        energy = [
            float(np.abs(heard.samples[int(a * SAMPLE_RATE) : int(b * SAMPLE_RATE)]).mean())
            for a, b in (
                (heard.words[3].start, heard.words[3].end),
                (heard.words[3].end, heard.words[4].start),
            )
        ]
        contrasts.append(energy[0] / energy[1])
    assert min(contrasts) > 1.0
    assert np.median(contrasts) > 3.0
    assert len(speeds) > 10


def test_augmenting_is_repeatable_and_strength_nought_is_nothing() -> None:
    plain = utterance()
    assert effects.augment(plain, np.random.default_rng(0), strength=0.0) is plain
    first, again = (effects.augment(plain, np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(first.samples, again.samples)
    assert first.words == again.words

"""Speech from text: its words, their times, its pitch and manner.

Needs the Debian packages of runs/packages.txt and fails without them.
"""

import multiprocessing
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from duologue.model.mel import SAMPLE_RATE, Samples
from duologue.model.tokens import MANNERS
from duologue.training.synthesize import espeak, festival, flite
from duologue.training.synthesize.prosody import pitch_track
from duologue.training.synthesize.utterance import Phoneme, Utterance, Word
from duologue.training.synthesize.voices import ASSISTANT_VOICES, VOICES, speak, voice_split, voices

ENGLISH = "Well, the capital of Italy is Rome; it's twenty-three degrees."
SENTENCES = {
    "flite-slt": ENGLISH,
    "flite-awb": ENGLISH,
    "flite-kal16": ENGLISH,
    "espeak-en-gb+f2": ENGLISH,
    "espeak-en-us+m3": "One of the best in the world, I am sure; that is what I said to him.",
    "espeak-es+m1": "¿Dónde está la estación? Mañana es el día de la niña.",
    "espeak-fr-fr+f1": "Qu'est-ce que c'est, l'été à la plage ?",
    "espeak-de+f3": "Das große Mädchen geht über die Straße.",
    "espeak-it+m5": "La città è bella, perché c'è il mare.",
    "espeak-ca+f2": "Bon dia, com estàs avui?",
    "festival-ked": ENGLISH,
    "festival-lp": "La città è bella, perché c'è il mare.",
}
PLAIN = "The weather in the north is nice today, and the rivers are long."


@cache
def said(voice: str, manner: str = "neutral", rate: float = 1.0, pitch: float = 1.0) -> Utterance:
    return speak(PLAIN, voice, manner=manner, rate=rate, pitch=pitch)


@cache
def pitches(voice: str, manner: str = "neutral", pitch: float = 1.0) -> Samples:
    """The pitch of the voiced part, every 10 ms, in Hz."""
    track = pitch_track(said(voice, manner, pitch=pitch).samples)
    return np.asarray(track[track > 0], np.float32)


def rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def between(utterance: Utterance, start: float, end: float) -> Samples:
    return utterance.samples[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]


def brightness(utterance: Utterance) -> float:
    """Energy above 2 kHz over energy below, in dB."""
    power = np.abs(np.fft.rfft(utterance.samples)) ** 2
    return float(10 * np.log10(power[len(power) // 4 :].sum() / power[: len(power) // 4].sum()))


@pytest.mark.parametrize("voice", SENTENCES)
def test_words_are_those_of_the_text_in_order_and_in_time(voice: str) -> None:
    text = SENTENCES[voice]
    utterance = speak(text, voice)

    stripped = [word.strip(".,;?¿!") for word in text.split()]
    assert [word.text for word in utterance.words] == [word for word in stripped if word]
    assert utterance.text == text
    timed: tuple[tuple[Word | Phoneme, ...], ...] = (utterance.words, utterance.phonemes)
    for spans in timed:
        assert all(0 <= span.start <= span.end <= utterance.seconds for span in spans)
        assert all(a.end <= b.start + 1e-6 for a, b in pairwise(spans))
    assert all(word.end - word.start > 0.02 for word in utterance.words)


@pytest.mark.parametrize("voice", ["flite-slt", "flite-kal16", "espeak-en-us+f3"])
def test_a_word_after_a_pause_starts_where_the_sound_starts(voice: str) -> None:
    utterance = speak("No, really, bananas.", voice)
    for before, word in pairwise(utterance.words):
        pause = between(utterance, before.end + 0.03, word.start - 0.03)
        assert rms(between(utterance, word.start, word.end)) > 5 * rms(pause) if len(pause) else True
    assert utterance.words[0].start < 0.1
    assert utterance.seconds - utterance.words[-1].end < 0.15


@pytest.mark.parametrize("voice", ["flite-slt", "flite-rms", "espeak-en-gb+f2"])
def test_speech_is_finite_levelled_and_without_long_silence_around_it(voice: str) -> None:
    samples = said(voice).samples
    assert samples.dtype == np.float32
    assert np.abs(samples).max() <= 1.0
    assert 20 * np.log10(rms(samples)) == pytest.approx(-23, abs=0.5)
    assert rms(samples[:1600]) > 1e-3
    assert rms(samples[-1600:]) > 1e-3


@pytest.mark.parametrize("voice", ["flite-rms", "espeak-en-us+klatt2", "festival-ked"])
def test_the_same_call_gives_the_same_samples_whatever_was_said_before(voice: str) -> None:
    first = speak("Rain!", voice, manner="sad")
    speak("Snow?", voice, rate=1.3)
    again = speak("Rain!", voice, manner="sad")
    assert np.array_equal(first.samples, again.samples)
    assert first.words == again.words


def _checksum(voice: str) -> float:
    return float(np.abs(speak("It is raining again.", voice).samples).astype(np.float64).sum())


def test_worker_processes_forked_after_the_engines_were_used_speak_alike() -> None:
    names = ["flite-slt", "espeak-en-us+m3", "flite-kal16", "espeak-en-us+f5"]
    here = [_checksum(name) for name in names]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(_checksum, names * 2, chunksize=1) == here * 2


@pytest.mark.parametrize("voice", ["flite-slt", "espeak-en-gb+f2"])
def test_rate_changes_the_duration(voice: str) -> None:
    assert said(voice, rate=1.5).seconds == pytest.approx(said(voice).seconds / 1.5, rel=0.12)
    assert said(voice, rate=0.7).seconds == pytest.approx(said(voice).seconds / 0.7, rel=0.12)


@pytest.mark.parametrize("voice", ["flite-slt", "flite-rms", "espeak-en-gb+f2"])
@pytest.mark.parametrize("factor", [0.65, 0.8, 1.25])
def test_pitch_changes_the_pitch_and_not_the_duration(voice: str, factor: float) -> None:
    plain, moved = said(voice), said(voice, pitch=factor)
    ratio = np.median(pitches(voice, pitch=factor)) / np.median(pitches(voice))
    assert ratio == pytest.approx(factor, rel=0.06)
    assert moved.seconds == pytest.approx(plain.seconds, rel=0.03)


@pytest.mark.parametrize("voice", ["flite-slt", "espeak-en-gb+f2"])
def test_manners_differ_from_neutral_in_the_way_they_are_named_for(voice: str) -> None:
    def one(manner: str) -> Utterance:
        return said(voice, manner)

    def pitch(manner: str) -> float:
        return float(np.median(pitches(voice, manner)))

    def spread(manner: str) -> float:
        low, high = np.quantile(np.log2(pitches(voice, manner)), [0.1, 0.9])
        return float(high - low)

    def voiced(manner: str) -> float:
        return len(pitches(voice, manner)) / one(manner).seconds

    def rise(manner: str) -> float:
        return float(np.median(pitches(voice, manner)[-15:])) / pitch(manner)

    neutral = one("neutral")
    assert pitch("excited") > pitch("happy") > 1.08 * pitch("neutral")
    assert pitch("sad") < pitch("neutral") < pitch("urgent")
    loudness = [rms(one(m).samples) for m in ("angry", "excited", "neutral", "sad", "whisper")]
    assert loudness == sorted(loudness, reverse=True)
    assert one("urgent").seconds < neutral.seconds < one("calm").seconds < one("sad").seconds
    assert one("fast").seconds < 0.75 * neutral.seconds
    assert one("slow").seconds > 1.35 * neutral.seconds
    assert one("sing").seconds > 1.3 * neutral.seconds
    assert brightness(one("angry")) > brightness(neutral) + 2
    assert brightness(one("sad")) < brightness(neutral) - 2
    assert brightness(one("whisper")) > brightness(neutral) + 5
    assert voiced("whisper") < 0.6 * voiced("neutral")
    assert spread("excited") > 1.3 * spread("calm")
    assert spread("robot") < 0.3 * spread("neutral")
    assert spread("sing") > 0.4
    assert rise("confused") > 1.2 * rise("neutral")


def test_in_every_manner_the_times_follow_the_sound() -> None:
    plain = said("flite-kal16")
    comma = [word.text for word in plain.words].index("today")
    for manner in MANNERS:
        utterance = said("flite-kal16", manner)
        assert utterance.manner == manner
        assert [w.text for w in utterance.words] == [w.text for w in plain.words]
        assert utterance.words[-1].end <= utterance.seconds
        before, after = utterance.words[comma], utterance.words[comma + 1]
        middle = (before.end + after.start) / 2
        assert rms(between(utterance, middle - 0.02, middle + 0.02)) < 0.3 * rms(utterance.samples), manner


def test_held_out_voices_are_never_trained_on() -> None:
    for language in ("en", "es", "fr", "de", "it", "ca"):
        train, unseen = set(voices(language, "train")), set(voices(language, "unseen_voice"))
        assert len(train) >= 20
        assert len(unseen) >= 3
        assert not train & unseen
        assert not {name.split("+")[1] for name in train if "+" in name} & {
            name.split("+")[1] for name in unseen if "+" in name
        }
    assert set(voices("en", "unseen_synthesiser")) == {"festival-kal", "festival-ked", "festival-slt-hts"}
    assert not [v for v in VOICES.values() if v.engine == "festival" and v.split != "unseen_synthesiser"]
    assert {voice_split(voice) for voice in ASSISTANT_VOICES} == {"train"}
    assert voice_split("flite-awb") == "unseen_voice"


def test_every_espeak_variant_is_installed_and_sounds_like_no_other() -> None:
    # espeak-ng ignores a variant that it does not have: two missing ones would sound the same.
    names = [v.name for v in VOICES.values() if v.name.startswith("espeak-en-us+")]
    heard = {speak("Hello.", name).samples.tobytes() for name in names}
    assert len(heard) == len(names) > 50


def test_every_accent_is_installed() -> None:
    for name in (v.name for v in VOICES.values() if v.engine == "espeak" and v.own.endswith("+m1")):
        assert speak("Roma 3", name).seconds > 0.3


@pytest.mark.parametrize("text", ["", "  \n", "...", "\ud800", "😀"])
def test_nothing_to_say_is_the_callers_mistake(text: str) -> None:
    with pytest.raises(ValueError, match="at least one word"):
        speak(text, "flite-slt")


def test_other_mistakes_are_named_with_their_remedy() -> None:
    with pytest.raises(ValueError, match="unknown voice 'hal'"):
        speak("Hello.", "hal")
    with pytest.raises(ValueError, match="unknown manner 'grumpy'; choose from neutral"):
        speak("Hello.", "flite-slt", manner="grumpy")
    with pytest.raises(ValueError, match="give a factor from"):
        speak("Hello.", "flite-slt", rate=9)
    with pytest.raises(ValueError, match="cut the text into sentences"):
        speak("word " * 200_000, "flite-slt")
    with pytest.raises(RuntimeError, match="only silence"):
        speak("你好", "flite-slt")
    with pytest.raises(RuntimeError, match="letters unknown in its language"):
        speak("Ünïcödé", "festival-lp")


def test_what_is_not_installed_is_named_with_the_packages_to_install() -> None:
    with pytest.raises(RuntimeError, match="apt-get install flite"):
        flite.speak("Hello.", "nobody")
    with pytest.raises(RuntimeError, match="apt-get install espeak-ng"):
        espeak.speak("Hello.", "xx-nowhere")
    with pytest.raises(RuntimeError, match="apt-get install festival"):
        festival.speak("Hello.", "nobody_diphone")


def test_odd_text_is_said_and_its_words_kept() -> None:
    text = "It’s “fine” — really… (yes)   $5 & 50%!"
    for voice in ("flite-kal16", "espeak-en-us+m1"):
        assert [w.text for w in speak(text, voice).words] == ["It's", "fine", "really", "yes", "5", "50"]

"""Every voice training may use, and `speak`: text in, an utterance with word and phoneme times out."""

from dataclasses import dataclass, replace
from typing import Literal

from duologue.training.synthesize import espeak, flite
from duologue.training.synthesize.utterance import (
    Phoneme,
    Spoken,
    Utterance,
    Word,
    levelled,
    prepare,
    trim,
)

__all__ = [
    "ASSISTANT_VOICES",
    "VOICES",
    "Phoneme",
    "Utterance",
    "VoiceInfo",
    "Word",
    "speak",
    "voice_split",
    "voices",
]

Engine = Literal["flite", "espeak", "festival"]
Split = Literal["train", "unseen_voice", "unseen_synthesiser"]

ASSISTANT_VOICES = ("flite-slt", "flite-rms", "flite-kal16", "espeak-en-gb+f2")

_ACCENTS = {
    "en": (
        "en-us",
        "en-gb",
        "en-gb-x-rp",
        "en-gb-scotland",
        "en-gb-x-gbclan",
        "en-gb-x-gbcwmd",
        "en-029",
        "en-us-nyc",
    ),
    "es": ("es", "es-419"),
    "fr": ("fr-fr", "fr-be", "fr-ch"),
    "de": ("de",),
    "it": ("it",),
    "ca": ("ca",),
}
# espeak-ng knows these two accents by the name of their file only.
_FILES = {"en-gb": "en", "fr-fr": "fr"}
_VARIANTS = (
    *("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5"),
    *("klatt", "klatt2", "klatt3", "klatt4", "klatt5", "klatt6", "croak", "whisper", "whisperf"),
    *(
        "Andrea",
        "Annie",
        "Diogo",
        "Gene",
        "Hugo",
        "Jacky",
        "Lee",
        "Mario",
        "Michael",
        "Mike",
        "adam",
        "steph",
    ),
)
_UNSEEN_VARIANTS = ("m6", "f4", "Michael", "steph", "klatt3")


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """A voice: `own` is its name inside the synthesiser."""

    name: str
    engine: Engine
    own: str
    language: str
    split: Split


def _registry() -> dict[str, VoiceInfo]:
    flites = [
        VoiceInfo(f"flite-{own}", "flite", own, "en", "train") for own in ("slt", "rms", "kal16", "kal")
    ]
    flites.append(VoiceInfo("flite-awb", "flite", "awb", "en", "unseen_voice"))
    espeaks = [
        VoiceInfo(
            f"espeak-{accent}+{variant}",
            "espeak",
            f"{_FILES.get(accent, accent)}+{variant}",
            language,
            "unseen_voice" if variant in _UNSEEN_VARIANTS else "train",
        )
        for language, accents in _ACCENTS.items()
        for accent in accents
        for variant in _VARIANTS
    ]
    return {voice.name: voice for voice in [*flites, *espeaks]}


VOICES: dict[str, VoiceInfo] = _registry()


def voices(language: str, split: Split) -> list[str]:
    """Return the names of a language's voices in one split, in a fixed order."""
    return [v.name for v in VOICES.values() if v.language == language and v.split == split]


def voice_split(voice: str) -> Split:
    """Say which split a voice belongs to; raises ValueError for an unknown one."""
    return _known(voice).split


def speak(
    text: str, voice: str, *, rate: float = 1.0, pitch: float = 1.0, manner: str = "neutral"
) -> Utterance:
    """Say the text; the same call gives the same samples in every process.

    `rate` and `pitch` are factors (0.5 to 2). Raises ValueError for the caller's mistakes and RuntimeError where
    the synthesiser is not installed, both with the remedy.
    """
    info = _known(voice)
    prepared = prepare(text)
    for name, factor in (("rate", rate), ("pitch", pitch)):
        if not 0.5 <= factor <= 2.0:
            raise ValueError(f"{name} {factor} is out of range; give a factor from 0.5 to 2")
    spoken = trim(_engine(info, prepared, rate, pitch))
    done = replace(spoken, samples=levelled(spoken.samples))
    return Utterance(done.samples, text.strip(), done.words, done.phonemes, voice, info.language, manner)


def _engine(info: VoiceInfo, text: str, rate: float, pitch: float) -> Spoken:
    if info.engine == "flite":
        return flite.speak(text, info.own, rate, pitch)
    return espeak.speak(text, info.own, rate, pitch)


def _known(voice: str) -> VoiceInfo:
    if voice not in VOICES:
        raise ValueError(
            f"unknown voice {voice!r}; see duologue.training.synthesize.voices.VOICES, e.g. flite-slt"
        )
    return VOICES[voice]

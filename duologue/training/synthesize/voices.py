"""Every voice training may use, and `speak`: text in, an utterance with word and phoneme times out."""

from dataclasses import dataclass
from typing import Literal

from duologue.training.synthesize import espeak, festival, flite
from duologue.training.synthesize.manners import MANNERS, perform
from duologue.training.synthesize.utterance import Phoneme, Spoken, Utterance, Word, prepare, trim

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
        *("en-us", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-gbcwmd"),
        *("en-029", "en-us-nyc"),
    ),
    "es": ("es", "es-419"),
    "fr": ("fr-fr", "fr-be", "fr-ch"),
    "de": ("de",),
    "it": ("it",),
    "ca": ("ca",),
}
# espeak-ng knows these two accents by the name of their file only.
_FILES = {"en-gb": "en", "fr-fr": "fr"}
# Those of espeak-ng 1.51 that sound different from each other; its whispering and robot variants are left
# out, because whisper and robot are manners here.
_VARIANTS = (
    *("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5"),
    *("klatt", "klatt2", "klatt3", "klatt4", "klatt5", "croak", "Alex", "Alicia", "Andrea", "Andy", "Annie"),
    *("AnxiousAndy", "Denis", "Diogo", "Gene", "Gene2", "Hugo", "Jacky", "Lee", "Marco", "Mario", "Michael"),
    *("Mike", "Nguyen", "Storm", "adam", "anika", "antonio", "belinda", "boris", "david", "ed", "edward"),
    *("grandma", "grandpa", "kaukovalta", "linda", "marcelo", "max", "norbert", "pablo", "paul", "quincy"),
    *("rob", "robert", "sandro", "shelby", "steph", "travis", "victor", "zac"),
)
_UNSEEN_VARIANTS = ("m6", "f4", "Michael", "steph", "klatt3")
# Speakers repeat: festival's kal is flite's kal16 and its slt flite's slt, in another synthesiser;
# ked is a speaker found nowhere else.
_FESTIVALS = {
    "kal": ("kal_diphone", "en"),
    "ked": ("ked_diphone", "en"),
    "slt-hts": ("cmu_us_slt_arctic_hts", "en"),
    "lp": ("lp_diphone", "it"),
    "pc": ("pc_diphone", "it"),
}


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """A voice: `own` is its name inside the synthesiser, `language` a two-letter code."""

    name: str
    engine: Engine
    own: str
    language: str
    split: Split


def _registry() -> dict[str, VoiceInfo]:
    found = [VoiceInfo(f"flite-{own}", "flite", own, "en", "train") for own in ("slt", "rms", "kal16", "kal")]
    found.append(VoiceInfo("flite-awb", "flite", "awb", "en", "unseen_voice"))
    for language, accents in _ACCENTS.items():
        for accent in accents:
            for variant in _VARIANTS:
                split: Split = "unseen_voice" if variant in _UNSEEN_VARIANTS else "train"
                own = f"{_FILES.get(accent, accent)}+{variant}"
                found.append(VoiceInfo(f"espeak-{accent}+{variant}", "espeak", own, language, split))
    for name, (own, language) in _FESTIVALS.items():
        found.append(VoiceInfo(f"festival-{name}", "festival", own, language, "unseen_synthesiser"))
    return {voice.name: voice for voice in found}


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

    `rate` and `pitch` are factors (0.5 to 2) on top of the manner's own. Raises ValueError for the caller's
    mistakes and RuntimeError where the synthesiser is not installed, both with the remedy.
    """
    info = _known(voice)
    prepared = prepare(text)
    if manner not in MANNERS:
        raise ValueError(f"unknown manner {manner!r}; choose from {', '.join(MANNERS)}")
    for name, factor in (("rate", rate), ("pitch", pitch)):
        if not 0.5 <= factor <= 2.0:
            raise ValueError(f"{name} {factor} is out of range; give a factor from 0.5 to 2")
    how = MANNERS[manner]
    spoken, pitch_to_do = _spoken(info, prepared, rate * how.rate, pitch)
    done = perform(trim(spoken), how, pitch_to_do, prepared)
    return Utterance(done.samples, text.strip(), done.words, done.phonemes, voice, info.language, manner)


def _spoken(info: VoiceInfo, text: str, rate: float, pitch: float) -> tuple[Spoken, float]:
    """Let the engine speak; return with it the pitch factor that the engine could not give itself."""
    if info.engine == "espeak":
        native = min(max(pitch, espeak.LOWEST_PITCH), espeak.HIGHEST_PITCH)
        return espeak.speak(text, info.own, rate, native), pitch / native
    if info.engine == "festival":
        return festival.speak(text, info.own, rate), pitch
    if info.own in flite.PITCH_IS_NATIVE:
        return flite.speak(text, info.own, rate, pitch), 1.0
    return flite.speak(text, info.own, rate), pitch


def _known(voice: str) -> VoiceInfo:
    if voice not in VOICES:
        raise ValueError(f"unknown voice {voice!r}; the names are in voices.VOICES, for example flite-slt")
    return VOICES[voice]

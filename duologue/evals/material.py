"""What the network is tested with. The only file of the evaluations that knows how training material is made.

Seeds begin at FIRST_SEED, which training never reaches; voices, templates and styles are the held-out ones.
Everything is the same for the same seed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from duologue.errors import ExtraMissing
from duologue.sound import SAMPLE_RATE
from duologue.training.corpus import Corpus
from duologue.training.synthesize import effects, pictograms
from duologue.training.synthesize.canvas import COLOURS
from duologue.training.synthesize.dialogue import dialogues
from duologue.training.synthesize.drawings import INKS as INK_NAMES
from duologue.training.synthesize.drawings import draw_things, drawings
from duologue.training.synthesize.interjections import BACKCHANNELS, FILLERS, INTERRUPTIONS
from duologue.training.synthesize.pictures import picture_questions
from duologue.training.synthesize.prosody import pitch_track
from duologue.training.synthesize.spoken import answer_is_right
from duologue.training.synthesize.spoken import spoken as in_words
from duologue.training.synthesize.voices import speak, voices

__all__ = ["answer_is_right", "in_words", "pitch_track"]

FIRST_SEED = 1_000_000_000
TAIL_DB = -40.0  # below its peak, speech has ended
ROOM_DB = -65.0  # no microphone gives true silence
SYNTHESISERS = "install the free synthesisers that read the questions: apt-get install flite espeak-ng"
INKS = {name: COLOURS[name] for name in INK_NAMES}  # what a thing can be drawn in
# The assistant's voices as their own synthesiser speaks them: what the judge's floor is measured on.
REFERENCE_VOICES = {"slt": "flite-slt", "rms": "flite-rms", "kal": "flite-kal16"}

Samples = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Who = Literal["seen voice", "unseen voice", "unseen synthesiser"]
Phrasing = Literal["train", "unseen_template"]


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """One utterance of a user."""

    samples: Samples
    text: str
    voice: str
    manner: str = "neutral"
    language: str = "en"

    @property
    def end(self) -> int:
        """The sample after the last that can be heard."""
        return last_audible(self.samples)


@dataclass(frozen=True, slots=True)
class Exchange:
    asked: str
    answer: str
    key: str  # what a right answer contains
    follows: bool  # cannot be answered without what was said before


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A picture, a question about it, and what is written in it, if that is what was asked."""

    image: Pixels
    question: str
    answer: str
    key: str
    written: str


@dataclass(frozen=True, slots=True)
class Wish:
    """A drawing asked for: one thing, in one colour."""

    prompt: str
    name: str
    colour: str


def rng_of(name: str, seed: int) -> Generator:
    """Return a generator of its own for each test and seed."""
    return np.random.default_rng((FIRST_SEED + seed, zlib.crc32(name.encode())))


def last_audible(samples: Samples) -> int:
    loud = np.flatnonzero(np.abs(samples) > np.abs(samples).max(initial=0.0) * 10 ** (TAIL_DB / 20))
    return int(loud[-1]) + 1 if len(loud) else 0


def talks(seed: int, phrasing: Phrasing, topic: str | None = None) -> Iterator[tuple[Exchange, ...]]:
    """Conversations without end."""
    for found in dialogues(FIRST_SEED + seed, phrasing, topic):
        turns = found.turns
        yield tuple(
            Exchange(asked.text, answer.text, answer.key, found.follow_up and number > 0)
            for number, (asked, answer) in enumerate(zip(turns[::2], turns[1::2], strict=True))
        )


def short_replies(seed: int, n: int) -> list[str]:
    """Different sentences of at most ten words, such as the assistant says."""
    found: dict[str, None] = {}
    for talk in talks(seed, "unseen_template"):
        found |= dict.fromkeys(one.answer for one in talk if len(one.answer.split()) <= 10)
        if len(found) >= n:
            return list(found)[:n]
    raise AssertionError("conversations never end")


_SENTENCES = {
    "en": "Where is the station? | I would like some water. | The weather is nice today.",
    "es": "¿Dónde está la estación? | Quisiera un poco de agua. | Hoy hace buen tiempo.",
    "fr": "Où est la gare ? | Je voudrais un peu d'eau. | Il fait beau aujourd'hui.",
    "de": "Wo ist der Bahnhof? | Ich hätte gern etwas Wasser. | Das Wetter ist heute schön.",
    "it": "Dov'è la stazione? | Vorrei un po' d'acqua. | Oggi fa bel tempo.",
}


def sentences(languages: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Languages in turn, each with a sentence in it, without end."""
    for number in count():
        for language in languages:
            own = _SENTENCES[language].split(" | ")
            yield language, own[number % len(own)]


def choose_voice(who: Who, rng: Generator, language: str = "en") -> str:
    """Choose a synthesiser, then one of its voices: some have forty, some have one."""
    split = {
        "seen voice": "train",
        "unseen voice": "unseen_voice",
        "unseen synthesiser": "unseen_synthesiser",
    }
    names = voices(language, split[who])  # type: ignore[arg-type]
    engines = sorted({name.split("-")[0] for name in names})
    engine = engines[int(rng.integers(len(engines)))]
    own = [name for name in names if name.startswith(engine)]
    return own[int(rng.integers(len(own)))]


def say(
    text: str, who: Who, rng: Generator, manner: str = "neutral", voice: str = "", language: str = "en"
) -> Speech:
    """Let a held-out voice say it. Raises ExtraMissing where its synthesiser is not installed."""
    voice = voice or choose_voice(who, rng, language)
    try:
        said = speak(text, voice, rate=float(rng.uniform(0.9, 1.1)), manner=manner)
    except RuntimeError as error:
        raise ExtraMissing(f"{voice} cannot speak; {SYNTHESISERS} ({error})") from error
    return Speech(said.samples, text, voice, manner, language)


def hesitating(text: str, rng: Generator) -> tuple[Speech, int, int]:
    """A sentence with a pause inside; the pause's first sample and the first after it."""
    words = text.split()
    cut = int(rng.integers(max(1, len(words) // 3), max(2, len(words))))
    filler = f" {FILLERS[int(rng.integers(len(FILLERS)))]}," if rng.random() < 0.5 else ""
    voice = choose_voice("unseen voice", rng)
    before = say(" ".join(words[:cut]).rstrip(".?!,") + filler, "unseen voice", rng, voice=voice)
    after = say(" ".join(words[cut:]) or "please", "unseen voice", rng, voice=voice)
    pause = np.zeros(int(rng.uniform(0.5, 1.5) * SAMPLE_RATE), np.float32)
    samples = np.concatenate([before.samples[: before.end], pause, after.samples])
    return Speech(samples, text, voice), before.end, before.end + len(pause)


def backchannel(rng: Generator) -> Speech:
    return say(BACKCHANNELS[int(rng.integers(len(BACKCHANNELS)))], "unseen voice", rng)


def interruption(rng: Generator) -> Speech:
    return say(INTERRUPTIONS[int(rng.integers(len(INTERRUPTIONS)))], "unseen voice", rng)


def noise(rng: Generator) -> Samples:
    """A second or two of what is nobody's speech: an event, or a gust of noise."""
    kinds = ("bell", "dog", "clap", "music", "noise")
    kind = kinds[int(rng.integers(len(kinds)))]
    if kind != "noise":
        return effects.sound_event(kind, rng)
    gust = effects.fade(effects.coloured_noise(int(rng.uniform(0.5, 2.0) * SAMPLE_RATE), rng), 0.1)
    return effects.gain(gust, float(rng.uniform(-12, 0)))


def echo(played: Samples, rng: Generator) -> Samples:
    """What the microphone hears of our own loudspeaker, 20 dB weaker."""
    return effects.own_echo(np.zeros_like(played), played, rng, loss_db=20.0)


def far_and_noisy(speech: Speech, rng: Generator) -> Speech:
    """The same, said in a room with noise 15 dB below it."""
    there = effects.room(speech.samples, rng, 0.35)
    noisy = effects.add_at_snr(there, effects.coloured_noise(len(there), rng), 15.0, rng)
    return Speech(noisy, speech.text, speech.voice, speech.manner, speech.language)


def room_tone(length: int, rng: Generator) -> Samples:
    """(length,) of a quiet room."""
    return (rng.standard_normal(length) * 10 ** (ROOM_DB / 20)).astype(np.float32)


def reference(text: str, voice: str, manner: str = "neutral") -> Samples | None:
    """The sentence as the assistant's voice was taught; None for a voice that is not of this house."""
    known = REFERENCE_VOICES.get(voice)
    return None if known is None else speak(text, known, manner=manner).samples


def recordings(folder: Path, n: int) -> dict[str, list[Speech]]:
    """English read by people, none of it trained on, by the name of its set; `n` different of each.

    See `training/corpus.py` for the layout of the folder.
    """
    corpus = Corpus(folder)
    return {name: list(islice(_clips(corpus, name), n)) for name in corpus.names("audio") if "_en" in name}


def _clips(corpus: Corpus, name: str) -> Iterator[Speech]:
    seen: set[tuple[str, str]] = set()
    for clip in corpus.clips(name, "held_out"):
        who, text = clip.speaker or name, clip.text or ""
        if text and clip.language == "en" and (who, text) not in seen:
            seen.add((who, text))
            yield Speech(clip.samples, text, who)


def pictures(seed: int, kind: str, split: str) -> Iterator[Shown]:
    for one in picture_questions(FIRST_SEED + seed, split, kind):
        yield Shown(one.image, one.question, one.answer, one.key, one.written)


def wishes(seed: int) -> Iterator[Wish]:
    """Requests for one thing in one colour, asked in ways never trained on."""
    for one in drawings(FIRST_SEED + seed, "unseen_template"):
        if one.template.startswith("draw.plain"):
            colour, name = one.key.split(" ", 1)
            yield Wish(one.prompt, name, colour)


def emblem(name: str, colour: str) -> Pixels:
    """The thing as it would be drawn on white, (64, 64, 3)."""
    return draw_things("white", ((name, colour, 0.5, 0.5, 0.75),))


def drawable() -> tuple[str, ...]:
    return tuple(pictograms.DRAWERS)

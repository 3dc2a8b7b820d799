"""Short everyday sentences in English, Spanish, French, German and Italian that mean the same.

Sentences come from frames filled with words of `lexicon.py`, where each word has the forms that the frames
need, so that articles and endings agree. One sentence in eight is kept for the split "unseen_template".
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.random import Generator

from duologue.training.synthesize import facts
from duologue.training.synthesize.dialogue import SPLITS
from duologue.training.synthesize.lexicon import (
    ADJECTIVES,
    CITIES,
    DAYS,
    LANGUAGE_NAMES,
    LANGUAGES,
    NOUNS,
    NUMBERS,
    PHRASES,
    PLACES,
    Noun,
    adjective,
)
from duologue.training.synthesize.phrasing import choose, choose_by_share, sentence


@dataclass(frozen=True, slots=True)
class Translation:
    """A sentence and what it means in another language. Languages are "en", "es", "fr", "de", "it"."""

    source: str
    target: str
    text: str
    translated: str
    template: str  # the frame


Row = tuple[str, dict[str, str]]  # frame, sentence by language

# frame: the sentence in each language around {def}inite, {ind}efinite or {acc}usative noun phrases
NOUN_FRAMES: dict[str, dict[str, str]] = {
    "where": {
        "en": "Where is {def}?",
        "es": "¿Dónde está {def}?",
        "fr": "Où est {def} ?",
        "de": "Wo ist {def}?",
        "it": "Dov'è {def}?",
    },
    "here": {
        "en": "Here is {def}.",
        "es": "Aquí está {def}.",
        "fr": "Voici {def}.",
        "de": "Hier ist {def}.",
        "it": "Ecco {def}.",
    },
    "have": {
        "en": "I have {ind}.",
        "es": "Tengo {ind}.",
        "fr": "J'ai {ind}.",
        "de": "Ich habe {ind_acc}.",
        "it": "Ho {ind}.",
    },
    "need": {
        "en": "I need {ind}.",
        "es": "Necesito {ind}.",
        "fr": "Il me faut {ind}.",
        "de": "Ich brauche {ind_acc}.",
        "it": "Mi serve {ind}.",
    },
    "like": {
        "en": "I like {def}.",
        "es": "Me gusta {def}.",
        "fr": "J'aime {def}.",
        "de": "Ich mag {def_acc}.",
        "it": "Mi piace {def}.",
    },
    "see": {
        "en": "I see {def}.",
        "es": "Veo {def}.",
        "fr": "Je vois {def}.",
        "de": "Ich sehe {def_acc}.",
        "it": "Vedo {def}.",
    },
    "cost": {
        "en": "How much is {def}?",
        "es": "¿Cuánto cuesta {def}?",
        "fr": "Combien coûte {def} ?",
        "de": "Wie viel kostet {def}?",
        "it": "Quanto costa {def}?",
    },
}


def _noun_rows() -> Iterator[Row]:
    for name, frame in NOUN_FRAMES.items():
        for noun in NOUNS:
            yield name, {language: frame[language].format(**noun.forms(language)) for language in LANGUAGES}


def _described(noun: Noun, index: int) -> dict[str, str]:
    is_word = {"en": "is", "es": "es", "fr": "est", "de": "ist", "it": "è"}
    return {
        language: f"{noun.forms(language)['def']} {is_word[language]} {adjective(index, language, noun)}."
        for language in LANGUAGES
    }


def _adjective_rows() -> Iterator[Row]:
    for noun in NOUNS:
        for index in range(len(ADJECTIVES)):
            yield "is", _described(noun, index)


def _number_rows() -> Iterator[Row]:
    see = {"en": "I see", "es": "Veo", "fr": "Je vois", "de": "Ich sehe", "it": "Vedo"}
    for numbers in NUMBERS:
        for noun in NOUNS:
            yield (
                "number",
                {
                    language: f"{see[language]} {number} {noun.forms(language)['plural']}."
                    for language, number in zip(LANGUAGES, numbers, strict=True)
                },
            )


_SIMPLE: dict[str, tuple[str, str, str, str, str]] = {
    "name": ("My name is {}.", "Me llamo {}.", "Je m'appelle {}.", "Ich heiße {}.", "Mi chiamo {}."),
    "live": ("I live in {}.", "Vivo en {}.", "J'habite à {}.", "Ich wohne in {}.", "Abito a {}."),
    "speak": ("I speak {}.", "Hablo {}.", "Je parle {}.", "Ich spreche {}.", "Parlo {}."),
    "speak_you": ("Do you speak {}?", "¿Hablas {}?", "Tu parles {} ?", "Sprichst du {}?", "Parli {}?"),
    "today": ("Today is {}.", "Hoy es {}.", "Aujourd'hui, c'est {}.", "Heute ist {}.", "Oggi è {}."),
    "tomorrow": ("Tomorrow is {}.", "Mañana es {}.", "Demain, c'est {}.", "Morgen ist {}.", "Domani è {}."),
    "go": ("I am going {}.", "Voy {}.", "Je vais {}.", "Ich gehe {}.", "Vado {}."),
    "clock": ("It is {} o'clock.", "Son las {}.", "Il est {} heures.", "Es ist {} Uhr.", "Sono le {}."),
}


def _simple_rows() -> Iterator[Row]:
    names = tuple((name,) * len(LANGUAGES) for name in facts.FIRST_NAMES)
    words = {
        "name": names,
        "live": CITIES,
        "speak": LANGUAGE_NAMES,
        "speak_you": LANGUAGE_NAMES,
        "today": DAYS,
        "tomorrow": DAYS,
        "go": PLACES,
        "clock": NUMBERS,
    }
    for frame, forms in _SIMPLE.items():
        for row in words[frame]:
            yield (
                frame,
                {lang: form.format(word) for lang, form, word in zip(LANGUAGES, forms, row, strict=True)},
            )


def _phrase_rows() -> Iterator[Row]:
    for row in PHRASES:
        yield "phrase", dict(zip(LANGUAGES, row, strict=True))


def _is_unseen(row: Row) -> bool:
    return zlib.crc32(row[1]["en"].encode()) % 8 == 0


@cache
def rows(split: str = "train") -> tuple[Row, ...]:
    """Return every sentence of the split, in all languages. Set phrases are for training only."""
    makers = (_noun_rows, _adjective_rows, _number_rows, _simple_rows)
    found = [row for maker in makers for row in maker() if _is_unseen(row) == (split != "train")]
    if split == "train":
        found += _phrase_rows()
    return tuple((frame, {lang: sentence(text) for lang, text in texts.items()}) for frame, texts in found)


@cache
def _frames(split: str) -> dict[str, tuple[Row, ...]]:
    names = dict.fromkeys(frame for frame, _ in rows(split))
    return {name: tuple(row for row in rows(split) if row[0] == name) for name in names}


def translation(rng: Generator, split: str = "train", source: str = "", target: str = "") -> Translation:
    """Make a pair from or to English, or from `source` to `target`."""
    other = choose(rng, LANGUAGES[1:])
    if not source and not target:
        source, target = ("en", other) if rng.random() < 0.5 else (other, "en")
    source, target = (
        source or ("en" if target != "en" else other),
        target or ("en" if source != "en" else other),
    )
    # A frame comes as often as the root of its sentences' number, so that no frame drowns the others.
    frame = choose_by_share(rng, {name: len(found) ** 0.5 for name, found in _frames(split).items()})
    _, texts = choose(rng, _frames(split)[frame])
    return Translation(source, target, texts[source], texts[target], f"translate.{frame}")


def translations(seed: int, split: str = "train") -> Iterator[Translation]:
    """Yield pairs without end, the same for the same seed."""
    rng = np.random.default_rng((seed, SPLITS.index(split)))
    while True:
        yield translation(rng, split)

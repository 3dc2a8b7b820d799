from collections import defaultdict
from itertools import islice

import pytest

from duologue.training.synthesize.lexicon import LANGUAGES
from duologue.training.synthesize.translations import rows, translations


def pairs() -> dict[str, dict[str, str]]:
    return {texts["en"]: texts for split in ("train", "unseen_template") for _, texts in rows(split)}


@pytest.mark.parametrize(
    ("english", "language", "translated"),
    [
        ("I have a dog.", "de", "Ich habe einen Hund."),
        ("The lamp is small.", "fr", "La lampe est petite."),
        ("Where is the tree?", "fr", "Où est l'arbre ?"),
        ("I like the mirror.", "it", "Mi piace lo specchio."),
        ("I have an apple.", "it", "Ho una mela."),
        ("The house is white.", "es", "La casa es blanca."),
        ("It is two o'clock.", "it", "Sono le due."),
        ("I see three trees.", "es", "Veo tres árboles."),
    ],
)
def test_grammar(english: str, language: str, translated: str) -> None:
    assert pairs()[english][language] == translated


def test_there_are_enough_sentences_and_none_is_empty() -> None:
    assert len(rows("train")) > 900
    assert len(rows("unseen_template")) > 100
    for _, texts in rows():
        assert set(texts) == set(LANGUAGES)
        assert all(text.strip() and "{" not in text for text in texts.values())


def test_no_sentence_has_two_translations_and_splits_are_apart() -> None:
    seen = {texts["en"] for _, texts in rows("train")}
    assert not seen & {texts["en"] for _, texts in rows("unseen_template")}
    for language in LANGUAGES[1:]:
        meanings = defaultdict(set)
        for _, texts in rows():
            meanings[texts[language]].add(texts["en"])
        assert not {text: found for text, found in meanings.items() if len(found) > 1}


def test_pairs_go_from_or_to_english_by_seed() -> None:
    made = list(islice(translations(1), 100))
    assert made == list(islice(translations(1), 100))
    assert all((pair.source == "en") != (pair.target == "en") for pair in made)
    assert {pair.source for pair in made} == set(LANGUAGES)

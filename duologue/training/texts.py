"""Stage 0: the words. Sentences to be read aloud and dictated, and the vocabulary learned from everything."""

import re
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import numpy as np

from duologue.files import write_whole
from duologue.model.tokens import Vocabulary
from duologue.training.corpus import Corpus, hash_split, is_plain
from duologue.training.synthesize.dialogue import dialogues
from duologue.training.synthesize.phrasing import sentence
from duologue.training.synthesize.pictures import picture_questions
from duologue.training.synthesize.spoken import spoken

DIALOGUES = 6000
LONGEST = 16  # words of a sentence
LANGUAGES = ("es", "fr", "de", "it")


def prepare(folder: Path, data: Path | None, vocabulary_size: int, num_sentences: int, seed: int = 0) -> None:
    """Write sentences.txt (a sentence a line) and tokenizer.json into a folder, the same for the same seed.

    Without a data folder everything comes from the generators.
    """
    folder.mkdir(parents=True, exist_ok=True)
    corpus = Corpus(data) if data else None
    talk = sorted({turn.text for one in islice(dialogues(seed), DIALOGUES) for turn in one.turns})
    found = talk + (sorted(set(_plain_english(corpus))) if corpus else [])
    order = np.random.default_rng(seed).permutation(len(found))
    sentences = [found[i] for i in order[:num_sentences]]
    with write_whole(folder / "sentences.txt") as file:
        file.write("\n".join(sentences).encode())
    texts = [*found, *(text.lower() for text in found), *_pictures(seed)]
    if corpus:
        texts += [text for language in LANGUAGES for text in islice(_other(corpus, language), 4000)]
    Vocabulary.train(texts, vocabulary_size).save(folder / "tokenizer.json")


def _plain_english(corpus: Corpus) -> Iterator[str]:
    """English sentences of the training side, as they are spoken: translated ones, then what users say."""
    every = chain(
        (pair.english for language in corpus.names("parallel") for pair in corpus.parallel(language)),
        (sentence(text) for text in _said_by_users(corpus)),
    )
    for one in every:
        text = spoken(one)
        if (
            hash_split(one) == "train"
            and is_plain(text, LONGEST)
            and re.fullmatch(r"[A-Za-z ,.?!'-]{8,90}", text)
        ):
            yield text


def _said_by_users(corpus: Corpus) -> Iterator[str]:
    for row in corpus.rows():
        if row.get("lang", "en") == "en":
            yield from (turn["content"] for turn in row.get("messages", ()) if turn["role"] == "user")
            if row.get("user"):
                yield row["user"]


def _other(corpus: Corpus, language: str) -> Iterator[str]:
    if language in corpus.names("parallel"):
        yield from (pair.other for pair in corpus.parallel(language) if pair.split == "train")


def _pictures(seed: int) -> Iterator[str]:
    for asked in islice(picture_questions(seed), 300):
        yield asked.question
        yield asked.answer

"""Texts compared: word and letter error rates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import jiwer

from duologue.evals.material import in_words


@dataclass(frozen=True, slots=True)
class Errors:
    """How far one text is from another: insertions, deletions and substitutions over words or letters."""

    edits: int
    length: int  # of the text that was wanted


def normal(text: str) -> str:
    """Return the text as it is compared: lower case, numbers in words, no punctuation, single spaces.

    "[um]" and "<sil>", as recognisers write noises, are left out.
    """
    text = re.sub(r"\[[^\]]*\]|<[^>]*>", " ", text)
    text = in_words(text).lower().replace("’", "'").replace("-", " ")
    return " ".join(re.sub(r"[^\w' ]|_", " ", text).replace("'", "").split())


def word_errors(wanted: str, found: str) -> Errors:
    """Compare two texts word by word, after `normal`."""
    wanted, found = normal(wanted), normal(found)
    if not wanted:
        return Errors(len(found.split()), 0)
    result = jiwer.process_words(wanted, found)
    edits = result.substitutions + result.deletions + result.insertions
    return Errors(edits, len(wanted.split()))


def letter_errors(wanted: str, found: str) -> Errors:
    """Compare two texts letter by letter, spaces among them, after `normal`."""
    wanted, found = normal(wanted), normal(found)
    if not wanted:
        return Errors(len(found), 0)
    result = jiwer.process_characters(wanted, found)
    edits = result.substitutions + result.deletions + result.insertions
    return Errors(edits, len(wanted))


def rate(errors: Sequence[Errors]) -> float:
    """All edits over all words (or letters): the usual WER or CER; can pass 1."""
    return sum(one.edits for one in errors) / max(1, sum(one.length for one in errors))

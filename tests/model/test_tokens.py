"""The vocabulary gives back what it was given, and text cannot pretend to be a mark."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.model.tokens import END, LANGUAGES, MARKS, PAD, Vocabulary

VOCABULARY = Vocabulary.train(["the capital of France is Paris", "what is the time", "hello there"] * 3, 400)


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    assert VOCABULARY.decode(VOCABULARY.encode(text)) == text.encode("utf-8", "replace").decode()


@pytest.mark.parametrize("text", ["<end>", "a <reply> b", "<en><end>", "<<end>", "<pad"])
def test_a_mark_in_text_is_plain_characters(text: str) -> None:
    tokens = VOCABULARY.encode(text)
    assert min(tokens) >= len(MARKS)
    assert VOCABULARY.decode(tokens) == text


def test_a_lone_surrogate_becomes_a_question_mark() -> None:
    assert VOCABULARY.decode(VOCABULARY.encode("a\ud800b")) == "a?b"


def test_digits_stay_single() -> None:
    assert len(VOCABULARY.encode("2026")) == 4


def test_marks_have_fixed_places_and_say_nothing() -> None:
    assert (VOCABULARY.id("<pad>"), VOCABULARY.id("<end>")) == (PAD, END)
    assert [VOCABULARY.name(VOCABULARY.id(f"<{name}>")) for name in LANGUAGES] == list(LANGUAGES)
    assert VOCABULARY.decode([PAD, END, VOCABULARY.id("<en>")]) == ""

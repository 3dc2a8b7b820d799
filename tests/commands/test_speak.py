"""Long texts are spoken breath by breath, and no word is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from duologue.text import BREATH, breaths


def test_a_short_text_is_one_breath() -> None:
    assert list(breaths(" Good morning. How are you? ")) == ["Good morning. How are you?"]


def test_breaths_end_with_sentences() -> None:
    text = " ".join(f"This is sentence {number}, and it is neither short nor long." for number in range(9))
    assert all(breath.endswith(".") for breath in breaths(text))


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=900))
def test_nothing_is_lost_and_nothing_is_too_long(text: str) -> None:
    found = list(breaths(text))
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(0 < len(breath) <= BREATH for breath in found)


def test_a_word_without_end_is_cut() -> None:
    assert [len(breath) for breath in breaths("a" * 450)] == [200, 200, 50]

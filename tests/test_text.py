"""Text from outside: what passes, what gets one sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue import text
from duologue.errors import BadText


def test_ordinary_text_passes_as_it_is() -> None:
    assert text.check("Wie heißt die Hauptstadt?\n\tBerlin 🙂") == "Wie heißt die Hauptstadt?\n\tBerlin 🙂"


def test_accents_are_composed_and_control_characters_dropped() -> None:
    assert text.check("Cafe\u0301\x00\x1b[31m\r") == "Café[31m"


@pytest.mark.parametrize("empty", ["", " \n\t ", "\x00"])
def test_empty_text(empty: str) -> None:
    with pytest.raises(BadText, match="empty"):
        text.check(empty)


def test_a_megabyte_of_text() -> None:
    with pytest.raises(BadText, match="1,000,000 characters; send at most 20,000"):
        text.check("a" * 1_000_000)


@pytest.mark.parametrize("broken", ["\ud83d", "a\udcffb"])
def test_lone_surrogates(broken: str) -> None:
    with pytest.raises(BadText, match="UTF-8"):
        text.check(broken)


def test_bytes_that_are_no_utf8() -> None:
    with pytest.raises(BadText, match="at byte 2"):
        text.decode(b"ab\xff")


@given(st.text(st.characters(), max_size=50))
def test_any_text_is_passed_in_a_form_that_passes_again_or_refused(anything: str) -> None:
    try:
        passed = text.check(anything)
    except BadText:
        return
    assert text.check(passed) == passed
    passed.encode()

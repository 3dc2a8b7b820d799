import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.evals.compare import Errors, letter_errors, normal, rate, word_errors


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Rome is the capital of Italy.", "rome is the capital of italy"),
        ("It's 23!", "its twenty three"),
        ("  twenty-three  ", "twenty three"),
        ("[um] <sil> yes", "yes"),
        ("", ""),
        ("?!", ""),
    ],
)
def test_texts_are_compared_without_case_punctuation_or_digits(written: str, compared: str) -> None:
    assert normal(written) == compared


def test_word_errors_count_what_is_missing_wrong_and_too_much() -> None:
    assert word_errors("one two three", "one three") == Errors(1, 3)
    assert word_errors("one two three", "one too three") == Errors(1, 3)
    assert word_errors("one two three", "one two three four") == Errors(1, 3)
    assert word_errors("I have 3 dogs.", "i have three dogs") == Errors(0, 4)


def test_letter_errors_count_letters_and_spaces() -> None:
    assert letter_errors("Lima", "lina") == Errors(1, 4)
    assert letter_errors("a b", "ab") == Errors(1, 3)


def test_nothing_wanted_and_nothing_found_is_no_error() -> None:
    assert word_errors("", "") == Errors(0, 0)
    assert word_errors("", "two words") == Errors(2, 0)
    assert word_errors("two words", "") == Errors(2, 2)


def test_a_rate_weighs_sentences_by_their_length() -> None:
    assert rate([Errors(1, 2), Errors(0, 8)]) == pytest.approx(0.1)
    assert rate([]) == 0.0


@given(st.text())
def test_a_text_never_differs_from_itself(text: str) -> None:
    assert word_errors(text, text).edits == 0
    assert letter_errors(text, text).edits == 0

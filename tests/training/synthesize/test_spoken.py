import pytest

from duologue.training.synthesize.spoken import (
    answer_is_right,
    key_words,
    number_words,
    ordinal_words,
    spoken,
)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (20, "twenty"),
        (42, "forty two"),
        (100, "one hundred"),
        (365, "three hundred sixty five"),
        (1001, "one thousand one"),
        (1_234_567, "one million two hundred thirty four thousand five hundred sixty seven"),
        (-5, "minus five"),
    ],
)
def test_numbers_in_words(number: int, words: str) -> None:
    assert number_words(number) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "first"), (3, "third"), (12, "twelfth"), (20, "twentieth"), (21, "twenty first")],
)
def test_ordinals_in_words(number: int, words: str) -> None:
    assert ordinal_words(number) == words


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2x + 3 = 11", "two x plus three equals eleven"),
        ("12-5", "twelve minus five"),
        ("It costs $5.20.", "It costs five dollars and twenty cents."),
        ("At 5:30, or 7:05", "At five thirty, or seven oh five"),
        ("born in 1984", "born in nineteen eighty four"),
        ("3.14", "three point one four"),
        ("10% of 1,000", "ten percent of one thousand"),
        ("1 kg and 5 km", "one kilogram and five kilometers"),
        ("-4 °C", "minus four degrees Celsius"),
        ("the 21st", "the twenty first"),
        ("Dr. Who", "Doctor Who"),
        ("", ""),
    ],
)
def test_text_is_made_sayable(written: str, said: str) -> None:
    assert spoken(written) == said


def test_a_number_of_several_words_is_one_word_to_compare() -> None:
    assert key_words("Twenty two, and 7!") == ["22", "and", "7"]
    assert key_words("two three zero zero") == ["2", "3", "0", "0"]
    assert key_words("three hundred sixty five") == ["365"]


@pytest.mark.parametrize(
    ("answer", "expected", "right"),
    [
        ("The capital is Rome.", "rome", True),
        ("It is 12.", "twelve", True),
        ("It is twenty two.", "two", False),
        ("A snake has zero legs.", "no|zero", True),
        ("It is Romeo.", "rome", False),
        ("It's Buenos Aires!", "buenos aires", True),
        ("C-A-T", "c, a, t", True),
        ("", "rome", False),
        ("anything", "", False),
    ],
)
def test_an_answer_is_right_if_it_contains_the_key(answer: str, expected: str, right: bool) -> None:
    assert answer_is_right(answer, expected) is right

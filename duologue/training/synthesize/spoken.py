"""Written English made sayable, and spoken answers compared: digits, symbols and units become words.

Knows nothing of sound; a synthesiser reads what `spoken` returns without meeting a digit.
"""

import re

from duologue.training.synthesize.phrasing import words

_ONES = words("""
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen
""")
_TENS = words("_ _ twenty thirty forty fifty sixty seventy eighty ninety")
_SCALES = ((1_000_000_000, "billion"), (1_000_000, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_ABBREVIATIONS = {
    "Mr.": "Mister",
    "Mrs.": "Missus",
    "Dr.": "Doctor",
    "St.": "Saint",
    "e.g.": "for example",
    "i.e.": "that is",
    "etc.": "and so on",
    "vs.": "versus",
    "a.m.": "A M",
    "p.m.": "P M",
}
_UNITS = {
    "km/h": "kilometers per hour",
    "km": "kilometers",
    "cm": "centimeters",
    "mm": "millimeters",
    "m": "meters",
    "kg": "kilograms",
    "g": "grams",
    "mg": "milligrams",
    "ml": "milliliters",
    "l": "liters",
    "s": "seconds",
    "ms": "milliseconds",
    "min": "minutes",
    "h": "hours",
    "GB": "gigabytes",
    "MB": "megabytes",
    "Hz": "hertz",
}
_SYMBOLS = {
    "+": "plus",
    "−": "minus",
    "×": "times",
    "*": "times",
    "÷": "divided by",
    "/": "over",
    "=": "equals",
    "<": "is less than",
    ">": "is more than",
    "%": "percent",
    "&": "and",
    "@": "at",
    "#": "number",
    "°C": "degrees Celsius",
    "°F": "degrees Fahrenheit",
    "°": "degrees",
    "²": "squared",
    "³": "cubed",
    "√": "the square root of",
    "π": "pi",
    "_": "underscore",
    "~": "about",
    "^": "to the power of",
    "|": "bar",
    "\\": "backslash",
}
_CURRENCIES = {"$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny")}


def number_words(number: int) -> str:
    """Return the cardinal in words without hyphens: 123 gives "one hundred twenty three"."""
    if number < 0:
        return "minus " + number_words(-number)
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f" {_ONES[ones]}" if ones else "")
    if number >= 10**12:
        return " ".join(_ONES[int(digit)] for digit in str(number))
    value, name = next(scale for scale in _SCALES if number >= scale[0])
    count, rest = divmod(number, value)
    return f"{number_words(count)} {name}" + (f" {number_words(rest)}" if rest else "")


def ordinal_words(number: int) -> str:
    """Return the ordinal in words: 21 gives "twenty first"."""
    *head, last = number_words(number).split()
    if last not in _ORDINALS:
        last = last[:-1] + "ieth" if last.endswith("y") else last + "th"
    else:
        last = _ORDINALS[last]
    return " ".join([*head, last])


def _year(match: re.Match[str]) -> str:
    number = int(match.group())
    century, rest = divmod(number, 100)
    if 2000 <= number < 2010 or (rest == 0 and number % 1000 == 0):
        return number_words(number)
    if rest == 0:
        return f"{number_words(century)} hundred"
    return f"{number_words(century)} {'oh ' if rest < 10 else ''}{number_words(rest)}"


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    if minute == 0:
        return f"{number_words(hour)} o'clock"
    return f"{number_words(hour)} {'oh ' if minute < 10 else ''}{number_words(minute)}"


def _money(match: re.Match[str]) -> str:
    whole, part = _CURRENCIES[match[1]]
    amount = int(match[2].replace(",", ""))
    words = f"{number_words(amount)} {whole}{'' if amount == 1 else 's'}"
    if match[3]:
        cents = int(match[3])
        plural = "pence" if part == "penny" else part + "s"
        words += f" and {number_words(cents)} {part if cents == 1 else plural}"
    return words


def _decimal(match: re.Match[str]) -> str:
    digits = " ".join(_ONES[int(digit)] for digit in match[2])
    return f"{number_words(int(match[1].replace(',', '')))} point {digits}"


def _unit(match: re.Match[str]) -> str:
    unit = _UNITS[match[2]]
    return f"{match[1]} {unit.removesuffix('s') if match[1] == '1' and match[2] != 'Hz' else unit}"


_UNIT = re.compile(r"\b(\d+) ?(" + "|".join(sorted(_UNITS, key=len, reverse=True)) + r")\b")


def spoken(text: str) -> str:
    """Return the text as one would say it: no digits, no mathematical symbols, no abbreviations."""
    for short, long in _ABBREVIATIONS.items():
        text = text.replace(short, long)
    text = re.sub(r"([$€£])(\d[\d,]*)(?:\.(\d\d))?", _money, text)
    text = re.sub(r"\b(\d{1,2}):(\d\d)\b", _clock, text)
    text = _UNIT.sub(_unit, text)
    text = re.sub(r"\b(\d+)(st|nd|rd|th)\b", lambda m: ordinal_words(int(m[1])), text)
    text = re.sub(r"(\d[\d,]*)\.(\d+)", _decimal, text)
    text = re.sub(r"(?<=\bin )(1[1-9]|20)\d\d\b", _year, text)
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"(?<=[\d\w)]) ?- ?(?=\d)|(?<=\d) - (?=\w)", " minus ", text)
    text = re.sub(r"(?<!\w)-(?=\d)", "minus ", text)
    for symbol in sorted(_SYMBOLS, key=len, reverse=True):
        text = text.replace(symbol, f" {_SYMBOLS[symbol]} ")
    text = re.sub(r"\d+", lambda m: f" {number_words(int(m[0]))} ", text)
    text = re.sub(r"[ \t]+", " ", text).strip()
    return re.sub(r" ([,.;:?!)])", r"\1", text)


def _value(word: str) -> int | None:
    if word in _ONES:
        return _ONES.index(word)
    return _TENS.index(word) * 10 if word in _TENS else None


def key_words(text: str) -> list[str]:
    """Return the words of a text for comparing: lower case, no punctuation, each number one word of digits.

    "twenty two" and "22" both give ["22"], so "two" is not found in "twenty two".
    """
    words = re.sub(r"[^\w' ]", " ", spoken(text).lower().replace("’", "'")).replace("'", "").split()
    found: list[str] = []
    total, current, reading = 0, 0, False
    for word in [*words, ""]:
        value = _value(word)
        tens = current % 100
        joins = (
            not reading
            or (total + current and tens == 0)
            or (tens >= 20 and tens % 10 == 0 and value in range(1, 10))
        )
        if value is not None and joins:
            current += value
            reading = True
            continue
        if reading and word == "hundred" and 0 < current < 100:
            current *= 100
            continue
        if reading and word == "thousand" and current:
            total, current = total + current * 1000, 0
            continue
        if reading:
            found.append(str(total + current))
            total, current, reading = 0, 0, False
        if value is not None:
            current, reading = value, True
        elif word:
            found.append(word)
    return found


def answer_is_right(answer: str, expected: str) -> bool:
    """Say whether the answer contains the expected key; "|" in `expected` separates accepted alternatives."""
    said = key_words(answer)
    for alternative in expected.split("|"):
        key = key_words(alternative)
        if key and any(said[i : i + len(key)] == key for i in range(len(said) - len(key) + 1)):
            return True
    return False

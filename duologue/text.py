"""Text from outside: checked before anyone reads it, and cut into what is said in one breath."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from duologue.errors import BadText

BREATH = 200  # characters said in one reply: well within the network's memory
MAX_CHARS = 20_000  # the default of settings.max_text_chars


def check(text: str, max_chars: int = MAX_CHARS) -> str:
    """The text in its composed form (NFC), without control characters. Raises BadText."""
    if len(text) > max_chars:
        raise BadText(f"the text has {len(text):,} characters; send at most {max_chars:,}")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadText("the text holds bytes that are no characters; send it as UTF-8")
    text = unicodedata.normalize("NFC", text)
    text = "".join(char for char in text if char in "\n\t" or unicodedata.category(char) != "Cc")
    if not text.strip():
        raise BadText("the text is empty; write something")
    return text


def decode(content: bytes, max_chars: int = MAX_CHARS) -> str:
    """Bytes of a pipe or a file as checked text. Raises BadText."""
    try:
        return check(content.decode("utf-8"), max_chars)
    except UnicodeDecodeError as error:
        raise BadText(f"the text is no UTF-8 at byte {error.start}; convert it") from None


def breaths(words: str) -> Iterator[str]:
    """Cut a text into stretches of at most BREATH characters, at ends of sentences if there are any."""
    breath = ""
    for sentence in re.split(r"(?<=[.!?;:…])\s+|\n+", words.strip()):
        for part in re.findall(rf"\S.{{0,{BREATH - 1}}}(?=\s|$)|\S{{{BREATH}}}", sentence, re.DOTALL):
            if breath and len(breath) + len(part) >= BREATH:
                yield breath
                breath = ""
            breath = f"{breath} {part}".strip()
    if breath:
        yield breath

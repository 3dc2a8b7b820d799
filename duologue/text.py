"""Text from outside: checked before anyone reads it."""

from __future__ import annotations

import unicodedata

from duologue.errors import BadText

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

"""Byte-level byte-pair encoding (Sennrich et al. 2016; bytes as GPT-2 shows them), from a tokenizer.json.

Gives the same tokens as the library `tokenizers`, whose install is 45 MB with what it brings along; that one
learns the vocabulary, this one uses it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Self

MOST_KNOWN = 65536

# GPT-2's words, for text whose digits were cut out before: there \w without "_" is what it calls a letter.
_WORD = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W_]+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def _byte_alphabet() -> dict[int, str]:
    """A visible character for each byte: printable Latin-1 is itself, the rest follow from U+0100."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return {byte: chr(byte) for byte in visible} | {byte: chr(0x100 + n) for n, byte in enumerate(hidden)}


_SHOWN = _byte_alphabet()
_BYTE = {shown: byte for byte, shown in _SHOWN.items()}


class BytePairs:
    def __init__(self, ids: dict[str, int], merges: Iterable[tuple[str, str]]) -> None:
        self._ids = ids
        self._ranks = {pair: rank for rank, pair in enumerate(merges)}
        self._bytes = {number: bytes(_BYTE[char] for char in token) for token, number in ids.items()}
        self._known: dict[str, tuple[int, ...]] = {}  # words are few, and come again

    @classmethod
    def from_json(cls, stored: str) -> Self:
        """Read the content of a tokenizer.json, as the library writes it."""
        model = json.loads(stored)["model"]
        return cls(model["vocab"], [(left, right) for left, right in model["merges"]])

    @property
    def size(self) -> int:
        return len(self._ids)

    def encode(self, text: str) -> list[int]:
        return [number for word in _words(text) for number in self._word(word)]

    def decode(self, ids: Iterable[int]) -> str:
        """Broken UTF-8 becomes U+FFFD."""
        return b"".join(self._bytes[number] for number in ids).decode("utf-8", "replace")

    def spelled(self, number: int) -> bytes:
        return self._bytes[number]

    def _word(self, word: str) -> tuple[int, ...]:
        if word not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[word] = self._merge(word)
        return self._known[word]

    def _merge(self, word: str) -> tuple[int, ...]:
        """Join the pair that was learned first, as long as there is one."""
        parts = [_SHOWN[byte] for byte in word.encode()]
        while len(parts) > 1:
            pairs = list(pairwise(parts))
            best = min(pairs, key=lambda pair: self._ranks.get(pair, len(self._ranks)))
            if best not in self._ranks:
                break
            joined: list[str] = []
            for part in parts:
                if joined and (joined[-1], part) == best:
                    joined[-1] += part
                else:
                    joined.append(part)
            parts = joined
        return tuple(self._ids[part] for part in parts)


def _words(text: str) -> Iterator[str]:
    """Digits and other numerals one by one, the stretches between them in GPT-2's words."""
    start = 0
    for at, character in enumerate(text):
        if unicodedata.category(character)[0] == "N":
            yield from _WORD.findall(text[start:at])
            yield character
            start = at + 1
    yield from _WORD.findall(text[start:])

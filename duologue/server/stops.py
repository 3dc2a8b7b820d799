"""Stop sequences: texts that end a reply, wherever its pieces are cut; none of them leaks out."""

from __future__ import annotations

from dataclasses import replace

from duologue.engine import Piece


class Stops:
    """Holds back the pieces that may be the beginning of a stop, and no others."""

    def __init__(self, stops: tuple[str, ...]) -> None:
        self.found = False  # the reply is over: push nothing more
        self._stops = stops
        self._held: list[Piece] = []

    def push(self, piece: Piece) -> list[Piece]:
        """The pieces that are certain now. The last one of a reply releases all that is held."""
        self._held.append(piece)
        text = "".join(held.text for held in self._held)
        # The stop that is complete first counts, so that it does not matter how the pieces are cut.
        found = [(start + len(stop), start) for stop in self._stops if (start := text.find(stop)) >= 0]
        if found:
            self.found = True
            return self._release(min(found)[1], cut=True)
        return self._release(len(text) if piece.done else len(text) - self._possible(text))

    def _possible(self, text: str) -> int:
        """How many of the last characters may be the beginning of a stop."""
        lengths = range(min(len(text), max(map(len, self._stops), default=1) - 1), 0, -1)
        return next((n for n in lengths if any(stop.startswith(text[-n:]) for stop in self._stops)), 0)

    def _release(self, upto: int, cut: bool = False) -> list[Piece]:
        """The held pieces that end at or before a character; with `cut`, the one that crosses it in part."""
        released: list[Piece] = []
        while self._held and len(self._held[0].text) <= upto:
            released.append(self._held.pop(0))
            upto -= len(released[-1].text)
        if cut and self._held and upto:
            released.append(_head(self._held.pop(0), upto))
        return released


def _head(piece: Piece, length: int) -> Piece:
    tokens, upto = [], 0
    for token in piece.tokens:
        upto += len(token.text)
        if upto <= length:
            tokens.append(token)
    return replace(piece, text=piece.text[:length], tokens=tuple(tokens))

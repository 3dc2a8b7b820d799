"""One reply while it is made: which word comes next, given what the network would say. Runs nothing itself.

The order of its positions is that of docs/positions.md: a head (<reply>, or <write>, or <translate> and a
language), then its manner if it is spoken, then words, until <end>.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from duologue.backends.contract import ReplyOptions
from duologue.backends.local.runner import Floats
from duologue.errors import BadInput
from duologue.model.tokens import (
    CALL,
    DRAW,
    END,
    LANGUAGES,
    MANNERS,
    MARKS,
    PAD,
    REPLY,
    TRANSLATE,
    WRITE,
    Vocabulary,
)

LONGEST_WAIT = 10  # frames for which a forced word may be put off; pauses of speech are shorter
LONGEST_TAIL = 25  # frames from the last forced word to the end of its sound
LONGEST_PAUSE = 40  # frames without a word after which a reply that never ends is ended
LONGEST_CALL = 256  # tokens of a tool call
TOP = 50  # words that have a chance at temperatures above 0

_NOT_WORDS = np.array([mark for mark in range(len(MARKS)) if mark not in (PAD, END, CALL, DRAW)])
_MANNERS = np.array([MARKS.index(f"<{manner}>") for manner in MANNERS])


@dataclass(slots=True, eq=False)
class Reply:
    options: ReplyOptions
    opening: int | None  # the own token to be taken in first; None when it was
    voice: int
    vocoder: Floats  # its state; zeros = silence before
    planned: deque[int]  # tokens that the network is not asked about
    forced: deque[int] | None  # words to be said, if they are given
    asks_manner: bool
    num_words: int = 0
    num_positions: int = 0  # since the first word
    waited: int = 0  # positions since the last word
    held: tuple[int, ...] = ()  # tokens of a character that is not complete
    done: bool = False
    truncated: bool = False

    @classmethod
    def begin(cls, options: ReplyOptions, voice: int, vocabulary: Vocabulary, silence: Floats) -> Reply:
        """Raises BadInput for a language or a style that the network has no mark for."""
        if options.schema is not None or options.choice not in ("auto", "none"):
            raise BadInput("answers of a given form and calls that must be made are not offered yet")
        opening, planned = REPLY if options.sound else WRITE, deque[int]()
        if options.translate_to is not None:
            opening = TRANSLATE
            planned.append(_mark(vocabulary, options.translate_to, LANGUAGES, "language"))
        if options.sound and options.style is not None:
            planned.append(_mark(vocabulary, options.style, MANNERS, "style"))
        forced = None if options.text is None else deque(vocabulary.encode(options.text))
        asks_manner = options.sound and options.style is None
        return cls(options, opening, voice, silence, planned, forced, asks_manner)

    @property
    def is_speaking(self) -> bool:
        """The next position gives sound: its input is a word, or comes after one."""
        return self.options.sound and self.num_words > 0

    @property
    def is_paced(self) -> bool:
        """There may be positions without a new word."""
        return self.options.sound

    def choose(self, logits: Floats, rng: np.random.Generator) -> int:
        """The own token that the position just run gives. Call once for each."""
        self.opening = None
        if self.planned:
            return self.planned.popleft()
        if self.asks_manner:
            self.asks_manner = False
            return int(_MANNERS[np.argmax(logits[_MANNERS])])
        if self.num_words:
            self.num_positions += 1
        token = self._forced(logits) if self.forced is not None else self._free(logits, rng)
        if self.num_positions >= self.options.max_tokens:
            self.truncated, token = token != END, END
        self.num_words += token >= len(MARKS)
        self.waited = self.waited + 1 if token == PAD else 0
        self.done = token == END
        return token

    def _forced(self, logits: Floats) -> int:
        assert self.forced is not None
        if self.forced:
            may_wait = self.is_speaking and self.waited < LONGEST_WAIT
            # Any word, not the likeliest one: with nothing to go by, each of many words is unlikely.
            waits = may_wait and logits[PAD] > np.logaddexp.reduce(logits[len(MARKS) :])
            return PAD if waits else self.forced.popleft()
        may_wait = self.is_speaking and self.waited < LONGEST_TAIL
        return PAD if may_wait and logits[PAD] > logits[END] else END

    def _free(self, logits: Floats, rng: np.random.Generator) -> int:
        if self.waited >= LONGEST_PAUSE:
            return END
        logits = logits.copy()
        logits[_NOT_WORDS] = -np.inf
        if not self.num_words:
            logits[[PAD, END]] = -np.inf
        elif not self.is_paced:
            logits[PAD] = -np.inf
        return sample(logits, self.options.temperature, rng)


def _mark(vocabulary: Vocabulary, name: str, names: tuple[str, ...], what: str) -> int:
    if name not in names:
        raise BadInput(f"there is no {what} {name!r}; choose one of {', '.join(names)}")
    return vocabulary.id(f"<{name}>")


def sample(logits: Floats, temperature: float, rng: np.random.Generator) -> int:
    """One token, among the TOP likeliest; temperature 0 takes the likeliest."""
    if temperature <= 0.0:
        return int(np.argmax(logits))
    top = np.argsort(logits)[-TOP:]
    weights = np.exp((logits[top] - logits[top[-1]]).astype(np.float64) / temperature)
    return int(rng.choice(top, p=weights / weights.sum()))


def likeliest_word(logits: Floats) -> int:
    """Without temperature, and with no mark but <end>."""
    word = len(MARKS) + int(np.argmax(logits[len(MARKS) :]))
    return END if logits[END] >= logits[word] else word


def characters(vocabulary: Vocabulary, held: tuple[int, ...], token: int) -> tuple[tuple[int, ...], str]:
    """Text as it becomes readable: (tokens of a character still incomplete, what `token` completed).

    The tokens are pieces of UTF-8: a character may be spread over up to four of them.
    """
    if token < len(MARKS):
        return held, ""
    held = (*held, token)
    text = vocabulary.decode(held)
    if text.endswith("\ufffd") and len(held) < 4:
        return held, ""
    return (), text

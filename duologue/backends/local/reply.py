"""One reply while it is made: which word comes next, given what the network would say. Runs nothing itself.

The order of its positions is that of docs/positions.md: a head (<reply>, or <write>, or <translate> and a
language), then its manner if it is spoken, then words, until <end>.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from duologue.backends.contract import ReplyOptions, Token
from duologue.backends.local.forms import Form, Grammars
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
LONGEST_CALL = 512  # tokens of a tool call
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
    form: Form | None  # of what is written
    call_form: Form | None  # of a call, if one may be made
    vocabulary: Vocabulary
    num_words: int = 0
    num_positions: int = 0  # since the first word
    waited: int = 0  # positions since the last word
    held: tuple[int, ...] = ()  # tokens of a character that is not complete
    done: bool = False
    truncated: bool = False
    told: Token | None = None  # of the newest word, if its probability is asked for

    @classmethod
    def begin(
        cls, options: ReplyOptions, voice: int, vocabulary: Vocabulary, silence: Floats, grammars: Grammars
    ) -> Reply:
        """Raises BadInput for a language or a style that has no mark, a bad schema, or an unknown tool."""
        form, call_form = _form(options, grammars), _call_form(options, grammars)
        opening, planned = REPLY if options.sound else WRITE, deque[int]()
        if options.translate_to is not None:
            opening = TRANSLATE
            planned.append(_mark(vocabulary, options.translate_to, LANGUAGES, "language"))
        if options.sound and options.style is not None:
            planned.append(_mark(vocabulary, options.style, MANNERS, "style"))
        asks_manner = options.sound and options.style is None
        if call_form is not None and options.choice != "auto":
            planned += [vocabulary.id("<neutral>"), CALL] if asks_manner else [CALL]
            asks_manner = False
        forced = None if options.text is None else deque(vocabulary.encode(options.text))
        return cls(
            options, opening, voice, silence, planned, forced, asks_manner, form, call_form, vocabulary
        )

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
        self.opening = self.told = None
        if self.planned:
            return self.planned.popleft()
        if self.asks_manner:
            self.asks_manner = False
            return int(_MANNERS[np.argmax(logits[_MANNERS])])
        if self.num_words:
            self.num_positions += 1
        logits = self._possible(logits)
        token = self._forced(logits) if self.forced is not None else self._free(logits, rng)
        if self.num_positions >= self.options.max_tokens:
            self.truncated, token = token != END, END
        if self.form is not None:
            self.form.take(token)
        if self.options.logprobs is not None and token >= len(MARKS):
            self.told = _told(logits, token, self.options.logprobs, self.vocabulary)
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
        token = sample(logits, self.options.temperature, rng, self.options.top_p)
        if self.form is not None and token != CALL:
            token = self.form.within(token, self.options.max_tokens - self.num_positions)
        return token

    def _possible(self, logits: Floats) -> Floats:
        """The logits of what may be chosen; the others have no chance."""
        logits = logits.copy()
        logits[_NOT_WORDS] = -np.inf
        if self.form is not None:
            call = logits[CALL]
            logits[~self.form.allowed()] = -np.inf
            logits[CALL] = call
        elif self.forced is None and not self.num_words:
            logits[[PAD, END]] = -np.inf
        if not self.is_paced:
            logits[PAD] = -np.inf
        if self.num_words or self.call_form is None or self.options.choice == "none":
            logits[CALL] = -np.inf
        if self.num_words or self.form is not None or not self.options.may_draw:
            logits[DRAW] = -np.inf
        return logits


def _form(options: ReplyOptions, grammars: Grammars) -> Form | None:
    if options.schema is None:
        return None
    if options.sound or options.text is not None or options.translate_to is not None:
        raise BadInput("a schema is for written answers in the network's own words; ask for no sound")
    return grammars.of_schema(options.schema)


def _call_form(options: ReplyOptions, grammars: Grammars) -> Form | None:
    """None: there is nothing that may be called."""
    if options.choice == "none" or (options.choice == "auto" and not options.tools):
        return None
    if options.text is not None or options.translate_to is not None:
        return None
    return grammars.of_calls(
        options.tools, None if options.choice in ("auto", "required") else options.choice
    )


def _told(logits: Floats, token: int, count: int, vocabulary: Vocabulary) -> Token:
    """How likely a word was, and the likeliest `count`, among all that could be chosen."""
    shares = logits.astype(np.float64) - np.logaddexp.reduce(logits.astype(np.float64))
    best = np.argsort(shares)[::-1][:count]
    likeliest = [int(at) for at in best if at >= len(MARKS) and np.isfinite(shares[at])]
    return Token(
        vocabulary.decode([token]),
        float(shares[token]),
        tuple((vocabulary.decode([at]), float(shares[at])) for at in likeliest),
    )


def _mark(vocabulary: Vocabulary, name: str, names: tuple[str, ...], what: str) -> int:
    if name not in names:
        raise BadInput(f"there is no {what} {name!r}; choose one of {', '.join(names)}")
    return vocabulary.id(f"<{name}>")


def sample(logits: Floats, temperature: float, rng: np.random.Generator, top_p: float = 1.0) -> int:
    """One token, among the TOP likeliest, and of those the likeliest that together have the share top_p.

    Temperature 0 takes the likeliest.
    """
    if temperature <= 0.0:
        return int(np.argmax(logits))
    top = np.argsort(logits)[-TOP:]
    weights = np.exp((logits[top] - logits[top[-1]]).astype(np.float64) / temperature)
    if top_p < 1.0:
        likelier = 1.0 - np.cumsum(weights) / weights.sum()  # the share of those likelier than each
        weights[:-1][likelier[:-1] >= top_p] = 0.0
    return int(rng.choice(top, p=weights / weights.sum()))


def choose_in_form(form: Form, logits: Floats, left: int) -> int:
    """The likeliest token of a call, which must come to its end within so many. Takes it."""
    token = form.within(int(np.argmax(np.where(form.allowed(), logits, -np.inf))), left)
    form.take(token)
    return token


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

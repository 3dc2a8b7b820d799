"""Answers of a given form: JSON of a schema, or a call of one of some tools. Built on llguidance.

A `Form` says which tokens may come next, and keeps a shortest way to the end at hand, so that what is begun
can always be finished within so many tokens. llguidance is imported when the first form is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from duologue.backends.contract import Tool
from duologue.backends.local.calls import schema_of
from duologue.errors import BadInput
from duologue.model.tokens import END, MARKS, Vocabulary

if TYPE_CHECKING:
    import llguidance

AMPLE = 256  # tokens left with which nobody asks yet how to come to an end
LONGEST_WAY = 512  # tokens of a way to the end that is looked for
MOST_DIGITS = 17  # of a number, all that a double holds; a small network may never stop counting
LONGEST_STRING = 2000  # bytes
COMPACT = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
_CLOSING = b'}]"0,:'  # what leads soonest to the end outside of strings, the best first
_DIGITS = b"0123456789.eE+-"


class Grammars:
    """Makes forms in the tokens of one vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._tokenizer: llguidance.LLTokenizer | None = None
        self._bytes: list[bytes] = []

    def load(self) -> None:
        """Import and prepare what forms need: half a second once. May run in any thread."""
        if self._tokenizer is None:
            import llguidance

            self._bytes = [self._vocabulary.spelled(token) for token in range(self._vocabulary.size)]
            self._tokenizer = llguidance.LLTokenizer(
                llguidance.TokenizerWrapper(_Tokens(self._vocabulary, self._bytes)),
                n_vocab=self._vocabulary.size,
                eos_token=END,
            )

    def of_schema(self, schema: str) -> Form:
        """JSON of a schema. Raises BadInput for one that is none, or asks what cannot be kept."""
        parsed = _parsed(schema)
        return self._form(f"start: %json {json.dumps(_compact(parsed, is_strict=True))}\n", "the schema")

    def of_calls(self, tools: Sequence[Tool], only: str | None = None) -> Form:
        """A call of one of the tools, or of `only`. Raises BadInput.

        Keywords of a schema that cannot be kept are passed over: OpenAI's tools are not strict by default.
        Arguments that no tool has a name for are not made up, unless the schema says that there may be any.
        """
        named = [tool for tool in tools if only in (None, tool.name)]
        if not named:
            offered = ", ".join(tool.name for tool in tools) or "none"
            raise BadInput(f"there is no tool {only or 'to be called'!r}; the tools given are: {offered}")
        rules = [f"start: {' | '.join(f't{at}' for at in range(len(named)))}"]
        for at, tool in enumerate(named):
            head = json.dumps({"name": tool.name, "arguments": 0}, ensure_ascii=False, separators=(",", ":"))
            schema = json.dumps(_compact(_closed(schema_of(tool)), is_strict=False))
            rules.append(f't{at}: {json.dumps(head[:-2])} %json {schema} "}}"')
        return self._form("\n".join(rules) + "\n", "a tool's parameters")

    def _form(self, grammar: str, what: str) -> Form:
        import llguidance

        self.load()
        assert self._tokenizer is not None
        matcher = llguidance.LLMatcher(self._tokenizer, grammar, log_level=0)
        if matcher.is_error():
            reason = " ".join(matcher.get_error().split("\n")[0].split())[:200]
            raise BadInput(f"{what} cannot be followed: {reason}; leave that part out")
        return Form(matcher, self._bytes)


class Form:
    """One answer while it is written: ask `allowed`, correct the choice by `within`, then `take` it."""

    def __init__(self, matcher: llguidance.LLMatcher, token_bytes: list[bytes]) -> None:
        self._matcher = matcher
        self._bytes = token_bytes
        self._where = _Where()
        self._way: list[int] | None = None  # from here to the end; None: not known

    @property
    def is_over(self) -> bool:
        """Nothing may follow but the end."""
        return bool(self._matcher.is_stopped())

    def allowed(self) -> NDArray[np.bool_]:
        """(V,): which tokens may come next; END where it may end."""
        allowed = _bits(self._matcher, len(self._bytes))
        curbed = allowed & ~self._where.tiring(self._bytes)
        return curbed if curbed.any() else allowed

    def within(self, token: int, left: int) -> int:
        """The token, or, if what it begins could not be finished in `left` tokens, one that can be."""
        if token == END or left > AMPLE:
            return token
        after, where = self._matcher.deep_copy(), self._where.copy()
        after.consume_token(token)
        where.pass_by(self._bytes[token])
        way = _way_out(after, where, self._bytes)
        if len(way) < left:
            self._way = [token, *way]
        elif self._way is None:
            self._way = _way_out(self._matcher, self._where, self._bytes)
        return self._way[0] if self._way else END

    def take(self, token: int) -> None:
        if token == END:
            return
        if not self._matcher.consume_token(token):
            raise AssertionError(f"{token=} was not allowed: {self._matcher.get_error()}")
        self._where.pass_by(self._bytes[token])
        self._way = self._way[1:] if self._way and self._way[0] == token else None


class _Where:
    """Where in a JSON text one is: in a string or not, and for how long in it, or in a number."""

    def __init__(self) -> None:
        self.in_string = self.is_escaped = False
        self.num_bytes = 0  # of the string
        self.num_digits = 0

    def copy(self) -> _Where:
        other = _Where()
        other.in_string, other.is_escaped = self.in_string, self.is_escaped
        other.num_bytes, other.num_digits = self.num_bytes, self.num_digits
        return other

    def pass_by(self, text: bytes) -> None:
        for byte in text:
            quote = byte == ord('"') and not self.is_escaped
            self.is_escaped = self.in_string and byte == ord("\\") and not self.is_escaped
            self.in_string ^= quote
            self.num_bytes = 0 if quote else self.num_bytes + 1
            is_number = not self.in_string and byte in _DIGITS
            self.num_digits = self.num_digits + 1 if is_number else 0

    def tiring(self, token_bytes: list[bytes]) -> NDArray[np.bool_]:
        """Which tokens only make longer what is long enough."""
        if self.in_string and self.num_bytes >= LONGEST_STRING:
            return np.array([not text.startswith(b'"') for text in token_bytes])
        if self.num_digits >= MOST_DIGITS:
            return np.array([text[:1] in [bytes([digit]) for digit in _DIGITS] for text in token_bytes])
        return np.zeros(len(token_bytes), bool)

    def soonest(self, tokens: NDArray[np.intp], token_bytes: list[bytes]) -> int:
        """The token that leads soonest to the end."""
        best = b'"' if self.in_string and not self.is_escaped else _CLOSING

        def rank(token: int) -> tuple[int, int]:
            text = token_bytes[token]
            found = best.find(text) if len(text) == 1 else -1
            return (len(text), len(best)) if found < 0 else (0, found)

        return int(min(tokens.tolist(), key=rank))


def _way_out(matcher: llguidance.LLMatcher, where: _Where, token_bytes: list[bytes]) -> list[int]:
    """A short way to the end, as tokens: closes what is open, and fills in the least of what is required."""
    matcher, where = matcher.deep_copy(), where.copy()
    way: list[int] = []
    while len(way) < LONGEST_WAY and not matcher.is_accepting():
        forced = matcher.compute_ff_tokens()
        if not forced:
            allowed = np.flatnonzero(_bits(matcher, len(token_bytes)))
            forced = [where.soonest(allowed[allowed >= len(MARKS)], token_bytes)]
        matcher.consume_tokens(forced)
        for token in forced:
            where.pass_by(token_bytes[token])
        way += forced
    return way


def _bits(matcher: llguidance.LLMatcher, size: int) -> NDArray[np.bool_]:
    packed = np.frombuffer(matcher.compute_bitmask(), np.uint8)
    return np.unpackbits(packed, bitorder="little")[:size].astype(bool)


class _Tokens:
    """A vocabulary as llguidance wants to be told of one."""

    eos_token_id = END
    bos_token_id = None

    def __init__(self, vocabulary: Vocabulary, token_bytes: list[bytes]) -> None:
        self._vocabulary = vocabulary
        self.special_token_ids = list(range(len(MARKS)))
        # It marks what is no text by a byte that UTF-8 does not have.
        self.tokens = [
            b"\xff" + MARKS[token].encode() if token < len(MARKS) else text
            for token, text in enumerate(token_bytes)
        ]

    def __call__(self, text: bytes) -> list[int]:
        return self._vocabulary.encode(text.decode("utf-8", "replace"))


def _parsed(schema: str) -> dict[str, Any]:
    try:
        parsed = json.loads(schema)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise BadInput('the schema is no JSON object; send one such as {"type": "object"}')
    return parsed


def _compact(schema: dict[str, Any], is_strict: bool) -> dict[str, Any]:
    """The schema, for JSON without spaces between its parts."""
    return schema | {"x-guidance": COMPACT | {"lenient": not is_strict}}


def _closed(schema: Any) -> Any:
    """The schema, in which an object that names its properties has no others, where it does not say so."""
    if not isinstance(schema, dict):
        return schema
    closed = dict(schema)
    if isinstance(schema.get("properties"), dict):
        if not {"additionalProperties", "patternProperties", "allOf"} & schema.keys():
            closed["additionalProperties"] = False
        closed["properties"] = {name: _closed(inner) for name, inner in schema["properties"].items()}
    if "items" in schema:
        closed["items"] = _closed(schema["items"])
    for choices in ("anyOf", "oneOf"):
        if isinstance(schema.get(choices), list):
            closed[choices] = [_closed(choice) for choice in schema[choices]]
    return closed

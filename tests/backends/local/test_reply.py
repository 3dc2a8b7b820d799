"""Choosing words, and reading them: no network is needed for either."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.backends.contract import ReplyOptions
from duologue.backends.local.calls import tool_call
from duologue.backends.local.forms import Grammars
from duologue.backends.local.reply import Reply, characters, sample
from duologue.backends.local.runner import Floats
from duologue.model.tokens import END, MARKS, PAD, REPLY, TRANSLATE, WRITE
from tests.backends.local.fakes import small_vocabulary

VOCABULARY = small_vocabulary()
RNG = np.random.default_rng(0)


def begin(options: ReplyOptions) -> Reply:
    return Reply.begin(options, 0, VOCABULARY, np.zeros(4, np.float32), Grammars(VOCABULARY))


def logits(**likely: float) -> Floats:
    """pad, end, or a word by its text: how likely each is; the rest is unlikely."""
    found = np.full(VOCABULARY.size, -10.0, np.float32)
    for name, value in likely.items():
        found[{"pad": PAD, "end": END}.get(name) or VOCABULARY.encode(name)[0] if name != "pad" else PAD] = (
            value
        )
    return found


def choices(reply: Reply, *given_logits: Floats) -> list[int]:
    return [reply.choose(one, RNG) for one in given_logits]


def test_heads() -> None:
    assert begin(ReplyOptions()).opening == REPLY
    assert begin(ReplyOptions(sound=False)).opening == WRITE
    translation = begin(ReplyOptions(translate_to="es", style="calm"))
    assert translation.opening == TRANSLATE
    assert choices(translation, logits(), logits()) == [VOCABULARY.id("<es>"), VOCABULARY.id("<calm>")]


def test_the_network_chooses_a_manner_then_a_word() -> None:
    reply = begin(ReplyOptions())
    manner = logits(pad=9.0, end=8.0)
    manner[VOCABULARY.id("<sad>")] = 1.0
    word = VOCABULARY.encode("France")[0]
    assert choices(reply, manner, logits(pad=9.0, end=9.0, France=1.0)) == [VOCABULARY.id("<sad>"), word]
    assert reply.is_speaking
    assert choices(reply, logits(pad=9.0), logits(end=9.0)) == [PAD, END]
    assert reply.done


def test_given_words_wait_for_their_moment_but_not_for_ever() -> None:
    reply = begin(ReplyOptions(text="Paris Paris", style="calm"))
    words = VOCABULARY.encode("Paris Paris")
    eager, wait, over = logits(France=9.0), logits(pad=9.0), logits(end=9.0)
    first = choices(reply, eager, wait)  # the manner, then the first word at once
    assert first == [VOCABULARY.id("<calm>"), words[0]]
    assert choices(reply, wait, over, wait) == [
        PAD,
        words[1],
        PAD,
    ]  # <end> comes too early, so: the next word
    rest = choices(reply, *[wait] * 400)
    said = [word for word in rest if word >= len(MARKS)]
    assert said == words[2:]
    assert END in rest


def test_a_reply_without_words_is_ended() -> None:
    reply = begin(ReplyOptions(style="calm", max_tokens=1000))
    spoken = choices(reply, logits(), logits(France=1.0), *[logits(pad=9.0)] * 100)
    assert END in spoken


@given(st.text(max_size=20))
def test_text_comes_whole_however_its_bytes_are_cut(text: str) -> None:
    held: tuple[int, ...] = ()
    read = ""
    for token in VOCABULARY.encode(text):
        held, more = characters(VOCABULARY, held, token)
        read += more
    assert read == text
    assert held == ()


def test_no_half_character_is_shown() -> None:
    held: tuple[int, ...] = ()
    for token in VOCABULARY.encode("🎈")[:-1]:
        held, text = characters(VOCABULARY, held, token)
        assert text == ""


def test_sampling() -> None:
    likely = np.array([0.0, 1.0, 5.0, 4.9], np.float32)
    assert sample(likely, 0.0, RNG) == 2
    drawn = [sample(likely, 1.0, RNG) for _ in range(200)]
    assert {2, 3} <= set(drawn)
    assert sample(np.array([-np.inf, 1.0, -np.inf]), 2.0, RNG) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '"name"', "{}", "3"])
def test_what_is_no_tool_call(text: str) -> None:
    assert tool_call(text, 1) is None


def test_a_tool_call() -> None:
    call = tool_call('{"name": "weather", "arguments": {"city": "Roma"}}', 7)
    assert call is not None
    assert (call.id, call.name, json.loads(call.arguments)) == ("call_7", "weather", {"city": "Roma"})

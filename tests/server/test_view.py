"""Long conversations: what is left out, and what never is."""

from __future__ import annotations

import numpy as np
import pytest

from duologue.backends.scripted import Script, ScriptedBackend
from duologue.engine import Call, Engine, Part, Picture, Sound, Text, ToolCall, ToolResult
from duologue.server.view import TooLong, in_view, positions


@pytest.fixture
def engine() -> Engine:
    return Engine(ScriptedBackend(Script()), 1)


def turns(number: int, words: int = 46) -> list[Part]:
    """Each of 48 positions: 562 are there for them."""
    return [Text(f"{'word ' * words}", "assistant" if turn % 2 else "user") for turn in range(number)]


def test_what_fits_is_read(engine: Engine) -> None:
    parts = turns(11)
    assert in_view(engine, "", parts) == tuple(parts)


def test_the_oldest_is_left_out(engine: Engine) -> None:
    parts = turns(100)
    assert in_view(engine, "", parts) == tuple(parts[-11:])
    assert len(in_view(engine, "word " * 100, parts)) == 9
    with pytest.raises(TooLong):
        in_view(engine, "", parts, may_drop=False)


def test_the_newest_turn_is_never_left_out(engine: Engine) -> None:
    parts: list[Part] = [*turns(2), Text("word " * 600), Text("and " * 600)]
    assert in_view(engine, "", parts) == tuple(parts[2:])


def test_positions(engine: Engine) -> None:
    assert positions(engine, Sound(np.zeros(1281, np.float32))) == 2
    assert positions(engine, Picture(np.zeros((64, 33, 3), np.uint8))) == 12
    assert positions(engine, Picture(np.zeros((4000, 4000, 3), np.uint8))) == 256
    assert positions(engine, ToolResult("c", "one two")) == 4
    assert positions(engine, Call(ToolCall("c", "f", "{}"))) == 4

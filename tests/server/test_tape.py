"""The tape and the stops: what sits between a reply and whoever reads it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as some

from duologue.engine import Piece, Token
from duologue.errors import TookTooLong
from duologue.server.stops import Stops
from duologue.server.tape import Tape

LETTERS = some.text("ab ", max_size=12)


async def counted(upto: int, log: list[str]) -> AsyncGenerator[int, None]:
    try:
        for number in range(upto):
            yield number
            await asyncio.sleep(0)
        await asyncio.Event().wait()
    finally:
        log.append("closed")


async def test_several_readers_read_from_where_they_like() -> None:
    log: list[str] = []
    tape = Tape(counted(5, log))

    async def read(start: int, upto: int) -> list[int]:
        found = []
        async for number in tape.read(start):
            found.append(number)
            if number == upto:
                break
        return found

    found = await asyncio.gather(read(0, 4), read(2, 3), read(4, 4))
    assert tuple(found) == ([0, 1, 2, 3, 4], [2, 3], [4])
    late = asyncio.create_task(read(0, 99))
    await asyncio.sleep(0)
    await tape.stop()
    assert await late == [0, 1, 2, 3, 4]
    assert log == ["closed"] and tape.is_over
    await tape.stop()


async def test_a_source_that_takes_too_long_is_closed() -> None:
    log: list[str] = []
    tape = Tape(counted(1, log), most_seconds=0.01)
    with pytest.raises(TookTooLong):
        async for _ in tape.read():
            pass
    assert log == ["closed"]


@given(some.lists(LETTERS, min_size=1), some.lists(some.text("ab ", min_size=1, max_size=4), max_size=4))
def test_cut_in_any_way_the_text_ends_before_the_stop_that_is_complete_first(
    pieces: list[str], stops: list[str]
) -> None:
    whole = "".join(pieces)
    held, said, tokens = Stops(tuple(stops)), "", ""
    for number, text in enumerate(pieces):
        piece = Piece(text, tokens=(Token(text, 0.0),), done=number == len(pieces) - 1)
        for released in held.push(piece):
            said += released.text
            tokens += "".join(token.text for token in released.tokens)
        if held.found:
            break
    ends = [(whole.find(stop) + len(stop), whole.find(stop)) for stop in stops if stop in whole]
    assert held.found == bool(ends)
    assert said == (whole[: min(ends)[1]] if ends else whole)
    assert said.startswith(tokens)


def test_what_cannot_be_a_stop_is_not_held_back() -> None:
    held = Stops(("END",))
    assert [piece.text for piece in held.push(Piece("go on"))] == ["go on"]
    assert held.push(Piece(" E")) == []
    assert [piece.text for piece in held.push(Piece("x"))] == [" E", "x"]
    assert [piece.text for piece in held.push(Piece("yEND more"))] == ["y"]
    assert held.found

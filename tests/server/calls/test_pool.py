"""Lines through real workers: each a process of ours with aiortc, and aiortc here as the caller."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import numpy as np
import pytest

pytest.importorskip("aiortc")

from duologue.errors import Busy, ExtraMissing
from duologue.server.calls.frames import Frame, Kind, Played, Stage
from duologue.server.calls.peer import MOST_MESSAGE
from duologue.server.calls.pool import CALLS_EACH, BadCall, Line, Pool
from duologue.sound import SAMPLE_RATE, from_pcm16
from tests.server.calls.phone import PATIENCE_S, Phone, tone


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    pool = Pool(most_workers=1)
    yield pool
    await pool.close()
    assert not pool.pids


class Server:
    """Notes what a line tells."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.frames: list[Frame] = []
        self._news = asyncio.Event()
        self.listening = asyncio.ensure_future(self._listen())

    async def until(self, kind: Kind, times: int = 1) -> Frame:
        async with asyncio.timeout(PATIENCE_S):
            while len(found := [frame for frame in self.frames if frame.kind is kind]) < times:
                self._news.clear()
                await self._news.wait()
        return found[times - 1]

    async def until_loud(self) -> float:
        """Seconds of sound before the first that is loud."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                heard = [from_pcm16(each.payload) for each in self.frames if each.kind is Kind.HEARD]
                loud = [float(np.abs(samples).max()) > 0.1 for samples in heard]
                if any(loud):
                    return sum(map(len, heard[: loud.index(True)])) / SAMPLE_RATE
                self._news.clear()
                await self._news.wait()

    @property
    def played(self) -> list[Played]:
        return [Played.decode(frame.payload) for frame in self.frames if frame.kind is Kind.PLAYED]

    async def until_played(self, stage: Stage) -> Played:
        times = 1
        while Played.decode((await self.until(Kind.PLAYED, times)).payload).stage is not stage:
            times += 1
        return self.played[times - 1]

    async def _listen(self) -> None:
        async for frame in self.line.frames():
            self.frames.append(frame)
            self._news.set()


async def ring(pool: Pool) -> tuple[Phone, Server]:
    phone = Phone()
    line, answer = await pool.call(await phone.offer())
    server = Server(line)
    await phone.accept(answer)
    await server.until(Kind.OPENED)
    return phone, server


async def test_sound_and_messages_go_both_ways(pool: Pool) -> None:
    phone, server = await ring(pool)
    await server.until(Kind.CONNECTED)
    phone.microphone.say(tone(0.3))
    await server.until_loud()
    server.line.text('{"type": "hello"}')
    await phone.until_event("hello")
    phone.send('{"type": "here"}')
    assert (await server.until(Kind.TEXT)).text == '{"type": "here"}'
    server.line.play(7, tone(0.5))
    server.line.said_all(7)
    await phone.until(lambda: phone.num_loud >= 20)
    assert await server.until_played(Stage.STOPPED) == Played(7, SAMPLE_RATE // 2, Stage.STOPPED)
    assert server.played[0].stage is Stage.STARTED
    await phone.hang_up()
    assert (await server.until(Kind.GONE)).text == "caller hung up"


async def test_a_clear_is_silence_within_two_frames(pool: Pool) -> None:
    phone, server = await ring(pool)
    server.line.play(1, tone(10.0))
    await phone.until(lambda: phone.num_loud >= 5)
    server.line.clear()
    played = (await server.until_played(Stage.CLEARED)).samples
    assert played < SAMPLE_RATE
    quiet = len(phone.heard) + 10
    await phone.until(lambda: len(phone.heard) > quiet + 3)
    assert phone.num_loud * 320 <= played + 320 * 2
    await phone.hang_up()


async def test_two_calls_do_not_mix(pool: Pool) -> None:
    (one, server_one), (two, server_two) = [await ring(pool) for _ in range(2)]
    assert len(pool.pids) == 1
    server_one.line.play(1, tone(0.3))
    server_one.line.text('{"type": "one"}')
    server_two.line.text('{"type": "two"}')
    await one.until(lambda: one.num_loud >= 10)
    await two.until_event("two")
    assert one.types == ["one"] and two.types == ["two"] and not two.num_loud
    two.microphone.say(tone(0.2))
    await server_two.until_loud()
    heard = [from_pcm16(frame.payload) for frame in server_one.frames if frame.kind is Kind.HEARD]
    assert np.abs(np.concatenate(heard)).max() < 0.01
    await one.hang_up()
    await server_one.until(Kind.GONE)
    assert not server_two.line.is_over
    await two.hang_up()


async def test_a_caller_who_is_silent_on_the_wire_is_heard_as_silent(pool: Pool) -> None:
    phone, server = await ring(pool)
    phone.microphone.stop()
    before = len(server.frames)
    await server.until(Kind.HEARD, before + 25)
    await phone.hang_up()


async def test_hanging_up_here_reaches_the_caller(pool: Pool) -> None:
    phone, server = await ring(pool)
    server.line.hang_up()
    assert (await server.until(Kind.GONE)).text == "hung up"
    await phone.until(lambda: phone.state == "closed")
    await phone.hang_up()


async def test_a_worker_that_dies_ends_its_calls_and_nothing_else(pool: Pool) -> None:
    phone, server = await ring(pool)
    os.kill(pool.pids[0], signal.SIGKILL)
    assert (await server.until(Kind.GONE)).text == "worker ended"
    await phone.hang_up()
    other, other_server = await ring(pool)
    other_server.line.text('{"type": "again"}')
    await other.until_event("again")
    await other.hang_up()


async def test_an_offer_that_cannot_be_taken_is_told_why(pool: Pool) -> None:
    for _ in range(2):
        with pytest.raises(BadCall, match="begin with v=0"):
            await pool.call("hello")
    assert len(pool.pids) == 1


async def test_there_are_only_so_many_calls(pool: Pool) -> None:
    phone = Phone()
    sdp = await phone.offer()
    lines = [(await pool.call(sdp))[0] for _ in range(CALLS_EACH)]
    with pytest.raises(Busy):
        await pool.call(sdp)
    lines[0].hang_up()
    async for _ in lines[0].frames():
        pass
    await pool.call(sdp)
    await phone.hang_up()


async def test_a_worker_without_calls_ends() -> None:
    pool = Pool(most_workers=1, idle_s=0.01)
    phone, server = await ring(pool)
    await phone.hang_up()
    async with asyncio.timeout(PATIENCE_S):
        while pool.pids:  # noqa: ASYNC110  # nobody tells it
            await asyncio.sleep(0.01)
    assert server.line.is_over
    await pool.close()


async def test_without_the_package_there_are_no_calls() -> None:
    with pytest.raises(ExtraMissing, match="webrtc"):
        await Pool(needs="no_such_package").call("v=0")


async def test_a_message_beyond_all_bounds_ends_only_its_call(pool: Pool) -> None:
    (one, server_one), (two, server_two) = [await ring(pool) for _ in range(2)]
    one.send("x" * (MOST_MESSAGE + 1), beyond=True)
    assert (await server_one.until(Kind.GONE)).text == "caller sent too much at once"
    two.send("{}")
    await server_two.until(Kind.TEXT)
    await one.hang_up()
    await two.hang_up()

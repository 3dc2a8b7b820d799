"""Opening backends, and as many sessions as allowed."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path

import pytest

from duologue.backends.contract import ReplyOptions, Sound, Text, Tool
from duologue.backends.local.backend import LocalBackend
from duologue.engine.engine import Engine, Stats
from duologue.engine.session import Session, SessionOptions
from duologue.errors import Busy, WeightsMissing
from duologue.settings import load
from tests.backends.local.fakes import FakeRunner, small_config, small_vocabulary
from tests.engine.sounds import silence, speech


async def test_sessions_are_counted() -> None:
    async with await Engine.open(load(model="scripted", max_sessions=2)) as engine:
        assert engine.voices == ("script",)
        first, _ = engine.session(), engine.session()
        with pytest.raises(Busy, match="2 conversations"):
            engine.session()
        first.close()
        async with engine.session():
            assert engine.num_sessions == 2
        assert engine.num_sessions == 1
    assert engine.num_sessions == 0


async def test_a_model_that_is_not_here(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="omni-giant"):
        await Engine.open(load(model="omni-giant", data_dir=tmp_path))
    with pytest.raises(WeightsMissing, match="no model"):
        await Engine.open(load(model_dir=tmp_path))


async def test_what_the_engine_tells_of_itself() -> None:
    async with await Engine.open(load(model="scripted", max_sessions=2)) as engine:
        assert (engine.model_name, engine.max_sessions, engine.count("how are you")) == ("scripted", 2, 3)
        async with engine.session():
            assert engine.stats() == Stats(1, 0.0, 0.0, 0, 0)
    vocabulary = small_vocabulary()
    backend = LocalBackend(FakeRunner(small_config(vocabulary.size)), vocabulary, room=2)
    async with Engine(backend, 2) as engine, engine.session() as session:
        await session.hear(silence(5))
        stats = engine.stats()
        assert stats.sessions == 1
        assert 0 < stats.frame_ms_p50 <= stats.frame_ms_p95 == 1000 * engine.frame_seconds
        assert engine.count("Paris") == len(vocabulary.encode("Paris"))


TOOL = Tool("go", parameters='{"properties":{"x":{"type":"integer"}},"additionalProperties":false}')


@pytest.mark.parametrize("seed", range(6))
async def test_hang_ups_and_cancelling_at_any_moment_leave_nothing(seed: int) -> None:
    """Conversations end by a hang-up, by being cancelled, or in peace."""
    vocabulary, chance = small_vocabulary(), random.Random(seed)
    runner = FakeRunner(replace(small_config(vocabulary.size), window=100))
    backend = LocalBackend(runner, vocabulary, room=6)
    engine, ended = Engine(backend, 6), list[str]()

    async def talk(session: Session, name: str) -> None:
        async with session:
            for _ in range(6):
                match chance.randrange(6):
                    case 0:
                        await session.hear(speech(chance.randrange(1, 4)))
                    case 1:
                        await session.answer(ReplyOptions(max_tokens=4))
                    case 2:
                        [_ async for _ in session.say(ReplyOptions(max_tokens=4))]
                    case 3:
                        wish = ReplyOptions(sound=False, tools=(TOOL,), choice="required")
                        [_ async for _ in session.say(wish)]
                    case 4:
                        await session.interrupt(chance.randrange(3) * 1280)
                    case 5:
                        await session.recall([Text("Paris"), Sound(silence(2))])
        ended.append(name)

    sessions = [engine.session(SessionOptions(seed=at)) for at in range(6)]
    tasks = [asyncio.create_task(talk(session, str(at))) for at, session in enumerate(sessions)]
    for at in chance.sample(range(6), 4):
        await asyncio.sleep(chance.random() * 0.03)
        if at % 2:
            tasks[at].cancel()
        else:
            sessions[at].close()
    results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
    for at, result in enumerate(results):
        assert result is None or (at % 2 and isinstance(result, asyncio.CancelledError))
    assert engine.num_sessions == 0
    assert backend._network.pool.num_free == 6
    await engine.close()
    assert backend._network.scheduler.num_waiting == 0

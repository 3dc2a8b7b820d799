"""The whole stair with a tiny exported network: settings, engine, session, mind, scheduler, ONNX."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from duologue.backends.contract import Piece, ReplyOptions
from duologue.backends.local.backend import find
from duologue.engine import Engine, Event, ReplyDone, ReplyStarted, Said, SessionOptions, TurnPolicy
from duologue.errors import WeightsMissing
from duologue.settings import load
from tests.engine.sounds import silence, speech

LIVE = SessionOptions(
    policy=TurnPolicy("server_vad", silence_ms=160, max_reply_ms=800),
    reply=ReplyOptions(temperature=0.9, sound_temperature=0.5),
    instructions="how are you",
    seed=3,
)


async def talk(folder: Path, chop: int) -> list[tuple[object, ...]]:
    samples = np.concatenate([silence(2), speech(5), silence(14), speech(4), silence(16)])
    async with (
        await Engine.open(load(model_dir=folder, threads=1)) as engine,
        engine.session(LIVE) as session,
    ):
        events: list[Event] = []
        for start in range(0, len(samples), chop):
            events += await session.hear(samples[start : start + chop])
    return [described(event) for event in events]


def described(event: Event) -> tuple[object, ...]:
    if isinstance(event, Said):
        return (Said, event.id, event.text, None if event.sound is None else event.sound.tobytes())
    return (event,)


async def test_a_conversation_by_any_chopping(folder: Path) -> None:
    whole, chopped = await talk(folder, 10**6), await talk(folder, 777)
    assert whole == chopped
    assert sum(isinstance(event[0], ReplyStarted) for event in whole) == 2
    done = [event[0] for event in whole if isinstance(event[0], ReplyDone)]
    assert len(done) == 2
    assert all(event[3] is None or len(event[3]) == 1280 * 4 for event in whole if event[0] is Said)  # type: ignore[arg-type]


async def test_an_interrupted_reply_was_never_said(folder: Path) -> None:
    """Bit by bit: cutting a reply to nothing gives the conversation in which nobody answered."""
    async with await Engine.open(load(model_dir=folder, threads=1)) as engine:
        answers = []
        for replies in (True, False):
            async with engine.session(SessionOptions(policy=TurnPolicy("manual"))) as session:
                await session.hear(speech(4))
                if replies:
                    await session.answer(ReplyOptions(text="the capital of France is Paris"))
                await session.hear(silence(3))
                if replies:
                    await session.interrupt(0)
                await session.read("how are you")
                options = ReplyOptions(max_tokens=8)
                answers.append([said async for piece in session.say(options) for said in flat(piece)])
        np.testing.assert_equal(answers[0], answers[1])


def flat(piece: Piece) -> list[object]:
    return [piece.text, piece.sound, piece.manner, piece.done]


def test_models_are_found_in_the_data_folder(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "models" / "tiny")
    assert find(load(model="tiny", data_dir=tmp_path)) == tmp_path / "models" / "tiny"
    with pytest.raises(WeightsMissing, match="huge"):
        find(load(model="huge", data_dir=tmp_path))

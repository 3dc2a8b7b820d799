"""Talking through a sound card, with a card made of arrays and a scripted mind."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace, TracebackType
from typing import Any, Self

import numpy as np
import pytest

from duologue.commands import talk
from duologue.commands.aloud import Loudspeaker, as_line, as_words, converse, run
from duologue.engine import Engine, Event, ReplyDone, ReplyStarted, Said, SessionOptions, TurnPolicy
from duologue.errors import NoMicrophone
from duologue.settings import Settings
from duologue.sound import FRAME_SAMPLES, Samples

SILENCE = np.zeros(FRAME_SAMPLES, np.float32)
SPEECH = (np.sin(np.arange(FRAME_SAMPLES) / 5) / 2).astype(np.float32)
SETTINGS = Settings(model="scripted")


def test_the_loudspeaker_plays_in_order_and_counts() -> None:
    loudspeaker = Loudspeaker()
    loudspeaker.begin()
    loudspeaker.add(np.array([1, 2, 3], np.float32))
    loudspeaker.add(np.array([4, 5], np.float32))
    assert loudspeaker.take(4).tolist() == [1, 2, 3, 4]
    assert loudspeaker.take(4).tolist() == [5, 0, 0, 0]
    assert loudspeaker.played == 5
    loudspeaker.add(np.ones(9, np.float32))
    loudspeaker.hush()
    assert not loudspeaker.take(9).any()
    loudspeaker.begin()
    assert loudspeaker.played == 0


async def recorded(
    loudspeaker: Loudspeaker, played: list[Samples], *frames: Samples
) -> AsyncIterator[Samples]:
    """As a card does: with each frame that it gives it takes one to play."""
    for frame in frames:
        played.append(loudspeaker.take(FRAME_SAMPLES))
        yield frame


async def conversation(*frames: Samples) -> tuple[list[Event], Samples]:
    events: list[Event] = []
    played: list[Samples] = []
    loudspeaker = Loudspeaker()
    options = SessionOptions(policy=TurnPolicy("server_vad", silence_ms=240))
    async with await Engine.open(SETTINGS) as engine, engine.session(options) as session:
        await converse(session, recorded(loudspeaker, played, *frames), loudspeaker, events.append)
    return events, np.concatenate(played)


async def test_a_question_is_answered_aloud() -> None:
    events, played = await conversation(*[SILENCE] * 10, *[SPEECH] * 6, *[SILENCE] * 30)
    assert [type(event) for event in events].count(ReplyStarted) == 1
    said = [event.sound for event in events if isinstance(event, Said) and event.sound is not None]
    heard_by_user = played[np.flatnonzero(played)[0] - 1 :]
    assert np.array_equal(heard_by_user[1:1000], np.concatenate(said)[1:1000])


async def test_an_interruption_silences_the_loudspeaker_at_once() -> None:
    frames = [*[SILENCE] * 10, *[SPEECH] * 6, *[SILENCE] * 6, *[SPEECH] * 6]
    events, played = await conversation(*frames)
    done = [event for event in events if isinstance(event, ReplyDone)]
    assert [event.reason for event in done] == ["interrupted"]
    assert played[-4 * FRAME_SAMPLES : -3 * FRAME_SAMPLES].any()
    assert not played[-FRAME_SAMPLES:].any()


class Card:
    """The part of sounddevice that is used; a thread of its own stands for the card's."""

    PortAudioError = RuntimeError

    def __init__(self, *frames: Samples) -> None:
        self.frames = frames
        self.played: list[Samples] = []
        self.ended = threading.Event()

    def query_devices(self, kind: str) -> dict[str, Any]:
        return {"name": f"a card's {kind}"}

    def Stream(self, *_: object, callback: Callable[..., None], **__: object) -> Self:  # noqa: N802
        self.thread = threading.Thread(target=self._run, args=(callback,))
        return self

    def _run(self, callback: Callable[..., None]) -> None:
        for frame in self.frames:
            played = np.empty((FRAME_SAMPLES, 1), np.float32)
            callback(frame[:, None], played, FRAME_SAMPLES, None, None)
            self.played.append(played[:, 0])
            self.ended.wait(0.005)
        self.ended.set()

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.thread.join()


async def test_through_a_card_until_it_is_ended(capsys: pytest.CaptureFixture[str]) -> None:
    card = Card(*[SILENCE] * 10, *[SPEECH] * 6, *[SILENCE] * 60)
    talking = asyncio.create_task(run(SETTINGS, None, card, as_words))
    await asyncio.to_thread(card.ended.wait)
    talking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await talking
    assert np.concatenate(card.played).any()
    assert "this is a script" in capsys.readouterr().out


def test_events_as_lines_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    for event in (ReplyStarted(1), Said(1, "hello"), Said(1, "", SPEECH), ReplyDone(1, "completed", "hello")):
        as_line(event)
    assert capsys.readouterr().out.splitlines() == [
        '{"event": "said", "text": "hello"}',
        '{"event": "reply_done", "reason": "completed", "said": "hello"}',
    ]


def test_devices_are_named() -> None:
    assert talk.devices(Card()) == "a card's input and a card's output"


def test_no_microphone_is_one_sentence() -> None:
    def none(kind: str) -> dict[str, Any]:
        raise ValueError(f"No {kind} device found")

    with pytest.raises(NoMicrophone, match="plug them in"):
        talk.devices(SimpleNamespace(query_devices=none, PortAudioError=RuntimeError))

"""A live conversation between a sound card and a session.

The card's clock is the only one: each frame it records takes one step, and plays what that step gave.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np
import typer

from duologue.commands.answer import options
from duologue.engine import (
    Engine,
    Event,
    Heard,
    ReplyDone,
    ReplyStarted,
    Said,
    Session,
    SessionOptions,
)
from duologue.settings import Settings
from duologue.sound import FRAME_SAMPLES, SAMPLE_RATE, Samples

MOST_WAITING = 25  # recorded frames: at 2 s behind the oldest are dropped, the computer is too slow to talk


class Loudspeaker:
    """What is still to be played. The card's thread takes from it while the conversation adds to it."""

    def __init__(self) -> None:
        self._waiting: Samples = np.zeros(0, np.float32)
        self._lock = threading.Lock()
        self.played = 0  # samples of the newest reply

    def begin(self) -> None:
        """A new reply: nothing of it was played yet."""
        with self._lock:
            self.played = 0

    def add(self, samples: Samples) -> None:
        with self._lock:
            self._waiting = np.concatenate([self._waiting, samples])

    def hush(self) -> None:
        """Play nothing of what is still waiting."""
        with self._lock:
            self._waiting = self._waiting[:0]

    def take(self, num_samples: int) -> Samples:
        """The next samples; silence where there are none."""
        with self._lock:
            now, self._waiting = self._waiting[:num_samples], self._waiting[num_samples:]
            self.played += len(now)
        return np.pad(now, (0, num_samples - len(now)))


async def converse(
    session: Session,
    recorded: AsyncIterator[Samples],
    loudspeaker: Loudspeaker,
    show: Callable[[Event], None],
) -> None:
    """Talk until nothing more is recorded."""
    async for frame in recorded:
        for event in await session.hear(frame):
            show(event)
            match event:
                case ReplyStarted():
                    loudspeaker.begin()
                case Said(sound=sound) if sound is not None:
                    loudspeaker.add(sound)
                case ReplyDone(reason="interrupted"):
                    loudspeaker.hush()
                    await session.interrupt(loudspeaker.played)


async def run(settings: Settings, style: str | None, card: Any, show: Callable[[Event], None]) -> None:
    """Talk through a sound card (the module sounddevice) until cancelled."""
    live = SessionOptions(voice=settings.voice, reply=options(settings, style), seed=settings.seed)
    async with await Engine.open(settings) as engine, engine.session(live) as session:
        loudspeaker = Loudspeaker()
        await converse(session, _record(card, loudspeaker), loudspeaker, show)


async def _record(card: Any, loudspeaker: Loudspeaker) -> AsyncIterator[Samples]:
    """Frames of the microphone, while the loudspeaker plays at the same pace."""
    loop = asyncio.get_running_loop()
    frames = asyncio.Queue[Samples]()

    def keep(frame: Samples) -> None:
        if frames.qsize() >= MOST_WAITING:
            frames.get_nowait()
        frames.put_nowait(frame)

    def exchange(recorded: Samples, played: Samples, num_samples: int, time: Any, status: Any) -> None:
        played[:, 0] = loudspeaker.take(num_samples)
        loop.call_soon_threadsafe(keep, recorded[:, 0].copy())

    with card.Stream(SAMPLE_RATE, FRAME_SAMPLES, channels=1, dtype="float32", callback=exchange):
        while True:
            yield await frames.get()


def as_words(event: Event) -> None:
    """Both sides as they speak: what was heard after >, the answer on a line of its own."""
    match event:
        case Heard(text=text, complete=complete):
            typer.echo(text, nl=complete)
        case Said(text=text):
            typer.echo(text, nl=False)
        case ReplyDone(reason="completed"):
            typer.echo()
        case ReplyDone():
            typer.echo(" ...")


def as_line(event: Event) -> None:
    """One JSON object a line, without the sound."""
    match event:
        case Heard(text=text, tags=tags, complete=complete):
            shown: dict[str, Any] = {"event": "heard", "text": text, "tags": tags, "complete": complete}
        case Said(text=text) if text:
            shown = {"event": "said", "text": text}
        case ReplyDone(said=said, reason=reason):
            shown = {"event": "reply_done", "reason": reason, "said": said}
        case _:
            return
    typer.echo(json.dumps(shown))

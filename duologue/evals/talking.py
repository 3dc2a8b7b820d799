"""Conversations as a user has them: questions asked and answered, and live calls on a clock of samples.

Knows no network; everything goes through an engine's session.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from duologue.engine import Event, Heard, ReplyDone, ReplyOptions, Said, Session
from duologue.evals.material import Speech, room_tone
from duologue.sound import FRAME_SAMPLES, SAMPLE_RATE

Samples = NDArray[np.float32]
Pixels = NDArray[np.uint8]

AUDIBLE = 10 ** (-50 / 20)  # full scale; what is quieter, nobody hears
MOST_SILENCE = 25  # frames in which the rest of the transcript may come
TAIL_S = 0.5  # of room after a question, as a recording has it
ECHO_DELAY = int(0.06 * SAMPLE_RATE)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What came back to one question."""

    said: str
    heard: str = ""  # transcript of the question, where it was spoken
    tags: tuple[str, ...] = ()
    sound: Samples = field(default_factory=lambda: np.zeros(0, np.float32))
    image: Pixels | None = None


async def answer(session: Session, options: ReplyOptions) -> Answer:
    """Let the session reply once, not live."""
    words: list[str] = []
    sound: list[Samples] = []
    image = None
    async for piece in session.say(options):
        words.append(piece.text)
        if piece.sound is not None:
            sound.append(piece.sound)
        image = piece.image if piece.image is not None else image
    return Answer("".join(words).strip(), sound=_joined(sound), image=image)


async def listen(session: Session, speech: Speech, rng: Generator) -> tuple[str, tuple[str, ...]]:
    """Play a recording to a session that does not answer by itself; return the transcript and its tags."""
    tail = room_tone(int(TAIL_S * SAMPLE_RATE), rng)
    events = await session.hear(np.concatenate([tail[: FRAME_SAMPLES * 2], speech.samples, tail]))
    # The last words are written down some frames after they were said.
    for _ in range(MOST_SILENCE):
        if any(isinstance(event, Heard) and event.complete for event in events):
            break
        events += await session.hear(room_tone(FRAME_SAMPLES, rng))
    return transcript(events)


def transcript(events: list[Event]) -> tuple[str, tuple[str, ...]]:
    """All words heard, utterances apart, and all tags."""
    heard = [event for event in events if isinstance(event, Heard)]
    text = "".join(event.text + " " * event.complete for event in heard)
    return " ".join(text.split()), tuple(tag for event in heard for tag in event.tags)


def _joined(parts: list[Samples]) -> Samples:
    return np.concatenate([np.zeros(0, np.float32), *parts])


@dataclass(slots=True, eq=False)
class Call:
    """A live conversation. Time is `now`, in samples fed; on that clock lies what is `played` to the user."""

    session: Session
    rng: Generator
    echoes: float = 0.0  # gain at which the microphone hears what is played
    now: int = 0
    events: list[tuple[int, Event]] = field(default_factory=list)  # when the user's side learned of each
    played: list[Samples] = field(default_factory=list)
    _waiting: Samples = field(default_factory=lambda: np.zeros(0, np.float32))

    async def hear(self, samples: Samples) -> None:
        """Feed whole frames of sound, at the pace of the samples; the last one is filled up with the room."""
        short = -len(samples) % FRAME_SAMPLES
        samples = np.concatenate([samples, np.zeros(short, np.float32)]) + room_tone(
            len(samples) + short, self.rng
        )
        for start in range(0, len(samples), FRAME_SAMPLES):
            await self._frame(samples[start : start + FRAME_SAMPLES])

    async def wait(self, seconds: float, until: Callable[[Call], bool] = lambda call: False) -> bool:
        """Say nothing for so long, or until something is true; return whether it is."""
        for _ in range(round(seconds * SAMPLE_RATE / FRAME_SAMPLES)):
            if until(self):
                return True
            await self.hear(np.zeros(FRAME_SAMPLES, np.float32))
        return until(self)

    async def _frame(self, samples: Samples) -> None:
        # What is played while this frame is being recorded came out of the frames before.
        self.played.append(self._next_sound())
        self.now += FRAME_SAMPLES
        if self.echoes:
            samples = np.clip(samples + self._echo(), -1.0, 1.0).astype(np.float32)
        for event in await self.session.hear(samples):
            self.events.append((self.now, event))
            self._take(event)

    def _take(self, event: Event) -> None:
        if isinstance(event, Said) and event.sound is not None:
            self._waiting = np.concatenate([self._waiting, event.sound])
        elif isinstance(event, ReplyDone) and event.reason != "completed":
            self._waiting = self._waiting[:0]

    def _next_sound(self) -> Samples:
        sound, self._waiting = self._waiting[:FRAME_SAMPLES], self._waiting[FRAME_SAMPLES:]
        return np.pad(sound, (0, FRAME_SAMPLES - len(sound)))

    def _echo(self) -> Samples:
        near = _joined(self.played[-2:])
        near = np.pad(near, (2 * FRAME_SAMPLES - len(near), 0))
        return near[FRAME_SAMPLES - ECHO_DELAY : 2 * FRAME_SAMPLES - ECHO_DELAY] * np.float32(self.echoes)

    def first_audible(self, since: int = 0) -> int | None:
        """The first sample at or after `since` at which the assistant can be heard."""
        loud = np.flatnonzero(np.abs(_joined(self.played)[since:]) > AUDIBLE)
        return since + int(loud[0]) if len(loud) else None

    def when(self, is_it: Callable[[Event], bool], since: int = 0) -> int | None:
        """The time of the first such event at or after `since`."""
        return next((at for at, event in self.events if at >= since and is_it(event)), None)

    def said(self, since: int = 0) -> str:
        return "".join(e.text for at, e in self.events if at >= since and isinstance(e, Said)).strip()

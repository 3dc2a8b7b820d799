"""The assistant's sound as a steady stream: 20 ms at 48 kHz whenever the track asks. Pure: no clock.

Knows exactly how much of each reply was handed out, which is what the conversation is cut to when it stops.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from duologue.server.calls.frames import Played, Stage
from duologue.server.calls.thirds import RATIO, FromThird
from duologue.sound import Samples

RATE = 48_000  # Opus has this clock (RFC 7587)
TICK = RATE // 50  # samples in 20 ms
HOLD = (
    2 * TICK
)  # gathered before a reply begins, and after it ran dry: frames of 80 ms do not come on the dot
FADE = RATE // 200  # 5 ms: a stop without a click
MOST_SECONDS = 180  # of sound waiting; what would be more is not played

Pcm16 = NDArray[np.int16]


@dataclass(slots=True)
class _Reply:
    id: int
    upsampler: FromThird = field(default_factory=FromThird)
    waiting: deque[Samples] = field(default_factory=deque)
    num_waiting: int = 0  # samples at 48 kHz
    num_pushed: int = 0  # samples at 16 kHz
    num_played: int = 0  # samples at 48 kHz
    is_whole: bool = False  # nothing more comes
    is_held: bool = True

    def add(self, samples: Samples) -> None:
        if len(samples):
            self.waiting.append(samples)
            self.num_waiting += len(samples)

    def take(self, num: int) -> Samples:
        taken: list[Samples] = []
        while num and self.waiting:
            first = self.waiting.popleft()
            if len(first) > num:
                self.waiting.appendleft(first[num:])
                first = first[:num]
            taken.append(first)
            num -= len(first)
            self.num_waiting -= len(first)
        return np.concatenate(taken) if taken else np.zeros(0, np.float32)

    def played(self, stage: Stage) -> Played:
        samples = self.num_pushed if stage is Stage.STOPPED else self.num_played // RATIO
        return Played(self.id, min(samples, self.num_pushed), stage)


class Outflow:
    def __init__(self) -> None:
        self._replies: deque[_Reply] = deque()
        self._tail: Samples = np.zeros(0, np.float32)  # the fading end of what was cleared

    @property
    def seconds_waiting(self) -> float:
        return sum(entry.num_waiting for entry in self._replies) / RATE

    def push(self, reply: int, samples: Samples) -> None:
        """Sound at 16 kHz, to be played after what came before."""
        entry = self._entry(reply)
        if self.seconds_waiting >= MOST_SECONDS:
            return
        entry.num_pushed += len(samples)
        entry.add(entry.upsampler.push(samples))

    def said_all(self, reply: int) -> None:
        """Nothing more of it comes."""
        for entry in self._replies:
            if entry.id == reply:
                entry.is_whole = True

    def clear(self) -> list[Played]:
        """Be silent from the next 20 ms on."""
        cleared = [entry.played(Stage.CLEARED) for entry in self._replies]
        if self._replies and self._replies[0].num_played:
            self._tail = _faded(self._replies[0].take(FADE))
        self._replies.clear()
        return cleared

    def pull(self) -> tuple[Pcm16, list[Played]]:
        """The next 20 ms, and what they tell."""
        tail, self._tail = self._tail, np.zeros(0, np.float32)
        parts, told = [tail], list[Played]()
        missing = TICK - len(tail)
        while missing and self._replies:
            entry = self._replies[0]
            if entry.is_held and entry.num_waiting < HOLD and not entry.is_whole:
                break
            entry.is_held = False
            part = entry.take(missing)
            parts.append(part)
            missing -= len(part)
            told += self._note(entry, len(part))
            if not entry.is_whole:
                entry.is_held = missing > 0
                break
            if not entry.num_waiting:
                self._replies.popleft()
                told.append(entry.played(Stage.STOPPED))
        sound = np.concatenate([*parts, np.zeros(missing, np.float32)])
        return np.clip(np.rint(sound * 32768.0), -32768, 32767).astype(np.int16), told

    def _note(self, entry: _Reply, num: int) -> list[Played]:
        if not num:
            return []
        stage = Stage.GOING_ON if entry.num_played else Stage.STARTED
        entry.num_played += num
        return [entry.played(stage)]

    def _entry(self, reply: int) -> _Reply:
        for entry in self._replies:
            if entry.id == reply:
                return entry
        self._replies.append(_Reply(reply))
        return self._replies[-1]


def _faded(samples: Samples) -> Samples:
    return np.asarray(samples * np.linspace(1.0, 0.0, len(samples)), np.float32)

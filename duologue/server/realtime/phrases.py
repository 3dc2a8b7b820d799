"""Where speech that never ends is cut for the interpreter. Pure: sound and the ear's events in, orders out.

The ear is a session that only listens; its turn head says where a thought ends. Who speaks on and on is cut
at a short pause, and in the end anywhere, so that an interpretation is never far behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from duologue.engine import Event, SpeechStarted, SpeechStopped
from duologue.sound import FRAME_SAMPLES, SAMPLE_RATE, Samples

LEAD = SAMPLE_RATE * 24 // 100  # before speech was noticed: soft beginnings of words
KEPT = 2 * SAMPLE_RATE  # of the past, for the lead; the ear notices speech within some frames
CUT_AT_PAUSE = 8 * SAMPLE_RATE  # a phrase this long ends at the next quiet frame
CUT_ANYWHERE = 15 * SAMPLE_RATE
QUIET = 0.006  # root mean square of a frame between two words
SILENT = 0.002  # a phrase that was never louder holds nothing to interpret


@dataclass(frozen=True, slots=True)
class Begin:
    """A phrase."""


@dataclass(frozen=True, slots=True, eq=False)
class Feed:
    """More of it."""

    samples: Samples


@dataclass(frozen=True, slots=True)
class End:
    """Interpret it now."""


@dataclass(frozen=True, slots=True)
class Drop:
    """It was nothing."""


Cut = Begin | Feed | End | Drop


class Cutter:
    def __init__(self) -> None:
        self._now = 0  # samples heard
        self._past: Samples = np.zeros(0, np.float32)  # that may belong to the next phrase
        self._length = 0  # of the phrase under way
        self._loudest = 0.0
        self._is_speech = False

    def heard(self, frame: Samples, events: Sequence[Event]) -> list[Cut]:
        """One frame, and what the ear said about it."""
        assert len(frame) == FRAME_SAMPLES, f"{len(frame)=}"
        self._now += len(frame)
        self._past = np.concatenate([self._past, frame])
        cuts: list[Cut] = []
        for event in events:
            if isinstance(event, SpeechStarted) and not self._is_speech:
                cuts += self._begin(event.at)
            elif isinstance(event, SpeechStopped) and self._is_speech:
                cuts += self._feed() + self._end()
        if self._is_speech:
            cuts += self._feed()
            if self._is_too_long(frame):
                cuts += [*self._end(), *self._begin(self._now + LEAD)]
        self._past = self._past[-KEPT:]
        return cuts

    def finish(self) -> list[Cut]:
        """Nothing more is heard."""
        return self._end() if self._is_speech else []

    def _begin(self, at: int) -> list[Cut]:
        """A phrase, with what was heard since `at` and a little before, as far as it is not interpreted."""
        self._past = self._past[max(0, len(self._past) - (self._now - at + LEAD)) :]
        self._is_speech, self._length, self._loudest = True, 0, 0.0
        return [Begin()]

    def _feed(self) -> list[Cut]:
        samples, self._past = self._past, np.zeros(0, np.float32)
        if not len(samples):
            return []
        self._length += len(samples)
        self._loudest = max(self._loudest, loudness(samples))
        return [Feed(samples)]

    def _end(self) -> list[Cut]:
        self._is_speech = False
        return [End() if self._loudest >= SILENT else Drop()]

    def _is_too_long(self, frame: Samples) -> bool:
        at_pause = self._length >= CUT_AT_PAUSE and loudness(frame) < QUIET
        return at_pause or self._length >= CUT_ANYWHERE


def loudness(samples: Samples) -> float:
    """The loudest frame's root mean square."""
    whole = len(samples) // FRAME_SAMPLES * FRAME_SAMPLES
    frames = samples[:whole].reshape(-1, FRAME_SAMPLES) if whole else samples.reshape(1, -1)
    return float(np.sqrt(np.mean(frames**2, axis=1)).max())

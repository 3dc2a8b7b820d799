"""A loudspeaker that is not there: what a listener would have heard of what arrived, and when.

Pure: the caller says what time it is, in seconds. Knows no wire.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 24_000  # Hz, of all sound on this side
AUDIBLE = 10 ** (-50 / 20)  # of full scale: the first sample above it is heard
LEAD_S = 0.06  # a player begins so long after its first sound; what comes later than that is missed


def first_audible(samples: Samples) -> int | None:
    """The place of the first sample that can be heard."""
    heard = np.flatnonzero(np.abs(samples) > AUDIBLE)
    return int(heard[0]) if len(heard) else None


def last_audible(samples: Samples) -> int | None:
    heard = np.flatnonzero(np.abs(samples) > AUDIBLE)
    return int(heard[-1]) if len(heard) else None


@dataclass(slots=True)
class Player:
    """Plays one item after another, each without a gap if its sound arrives in time."""

    lead_s: float = LEAD_S
    num_gaps: int = 0
    gap_s: float = 0.0  # in which a reply had begun and there was nothing to play
    played_s: float = 0.0  # of sound, all items
    audible_at: float | None = None  # since `listen`: when the first audible sample arrived
    item: str | None = None
    _item_s: float = 0.0  # of sound given, this item
    _stopped: str | None = None  # an item that was flushed: what still comes of it is not played
    _ends: float = field(default=float("-inf"))  # when all that was given will have been played

    def listen(self) -> None:
        """Note anew when something can be heard."""
        self.audible_at = None

    def push(self, now: float, samples: Samples, item: str) -> None:
        if item == self._stopped:
            return
        length = len(samples) / RATE
        if item != self.item:
            self.item, self._item_s = item, 0.0
            begins = max(self._ends, now + self.lead_s)
        else:
            begins = max(self._ends, now)
            if now > self._ends:
                self.num_gaps += 1
                self.gap_s += now - self._ends
        place = first_audible(samples)
        if self.audible_at is None and place is not None:
            # The lead is this player's own, not the server's.
            self.audible_at = max(now, begins - self.lead_s) + place / RATE
        self._ends = begins + length
        self._item_s += length
        self.played_s += length

    def flush(self, now: float) -> float:
        """Stop at once. Return the milliseconds of the item that were played, as `truncate` wants them."""
        left = max(0.0, self._ends - now)
        self.played_s -= left
        self._item_s = max(0.0, self._item_s - left)
        self._ends = min(self._ends, now)
        self._stopped = self.item
        return 1000.0 * self._item_s

    def is_playing(self, now: float) -> bool:
        return now < self._ends

    @property
    def ends_at(self) -> float:
        return self._ends

"""Two counts of the same sound: what a session heard, and what of it was the client's own.

The rest is silence put in while a client sent nothing, and recordings that came inside items.
"""

from __future__ import annotations

from collections import deque

MOST_STRETCHES = 1000  # of foreign sound that are remembered one by one; nobody asks about older times


class Timeline:
    def __init__(self) -> None:
        self._given = 0  # samples
        self._before = 0  # foreign samples that are not remembered one by one
        self._foreign: deque[tuple[int, int]] = deque()  # where each begins, and how long it is

    def own(self, num_samples: int) -> None:
        self._given += num_samples

    def foreign(self, num_samples: int) -> None:
        last = self._foreign[-1] if self._foreign else (0, 0)
        if self._foreign and last[0] + last[1] == self._given:
            self._foreign[-1] = (last[0], last[1] + num_samples)
        else:
            self._foreign.append((self._given, num_samples))
        self._given += num_samples
        if len(self._foreign) > MOST_STRETCHES:
            self._before += self._foreign.popleft()[1]

    def at(self, heard: int) -> int:
        """The client's own samples among the first so many heard."""
        foreign = sum(min(length, max(0, heard - start)) for start, length in self._foreign)
        return max(0, heard - self._before - foreign)

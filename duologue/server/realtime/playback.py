"""How much of a reply the user has heard, for clients that never say: what was sent, and the time since.

The clock is in samples of 16 kHz. A client plays what it is sent one after another, from when it arrives.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(slots=True)
class _Stretch:
    response_id: str
    start: int  # on the clock
    length: int


class Playback:
    def __init__(self) -> None:
        self._stretches: deque[_Stretch] = deque()
        self._played: dict[str, int] = {}  # by stretches that are over
        self._end = 0  # when everything sent will have been played

    def sent(self, response_id: str, length: int, now: int) -> None:
        """So much sound of a response left just now."""
        self._forget(now)
        start = max(self._end, now)
        last = self._stretches[-1] if self._stretches else None
        if last is not None and last.response_id == response_id and last.start + last.length == start:
            last.length += length
        else:
            self._stretches.append(_Stretch(response_id, start, length))
        self._end = start + length

    def played(self, response_id: str, now: int) -> int:
        """How much of what was sent of this response has been heard."""
        over = self._played.get(response_id, 0)
        under_way = (each for each in self._stretches if each.response_id == response_id)
        return over + sum(min(each.length, max(0, now - each.start)) for each in under_way)

    def remaining(self, now: int) -> int:
        return max(0, self._end - now)

    def stop(self, now: int) -> None:
        """The client has thrown away what it had not played."""
        self._forget(now)
        for each in self._stretches:
            heard = min(each.length, max(0, now - each.start))
            self._played[each.response_id] = self._played.get(each.response_id, 0) + heard
        self._stretches.clear()
        self._end = min(self._end, now)

    def _forget(self, now: int) -> None:
        while self._stretches and self._stretches[0].start + self._stretches[0].length <= now:
            over = self._stretches.popleft()
            self._played[over.response_id] = self._played.get(over.response_id, 0) + over.length
        while len(self._played) > 64:  # nobody asks how much was heard of a reply so long ago
            del self._played[next(iter(self._played))]

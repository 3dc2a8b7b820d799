"""The input audio buffer: what the client sent since the last commit. Positions count its own samples."""

from __future__ import annotations

from collections import deque

import numpy as np

from duologue.sound import SAMPLE_RATE, Samples

MOST_KEPT = 120 * SAMPLE_RATE  # samples, two minutes: of a longer buffer the beginning is heard, but not kept
_SAMPLES_A_MS = SAMPLE_RATE // 1000


def ms(position: int) -> int:
    return max(0, position) // _SAMPLES_A_MS


class InputBuffer:
    def __init__(self) -> None:
        self.position = 0  # samples that came in
        self.committed = 0  # the position up to which everything is in an item, or was cleared
        self._parts: deque[tuple[int, Samples]] = deque()  # position, samples

    @property
    def num_uncommitted(self) -> int:
        return self.position - self.committed

    def hear(self, samples: Samples) -> None:
        self._parts.append((self.position, samples))
        self.position += len(samples)
        self._forget(max(self.committed, self.position - MOST_KEPT))

    def cut(self, start: int, end: int) -> Samples:
        """What the client sent between two positions, as far as it is kept."""
        parts = [
            part[max(0, start - at) : max(0, end - at)]
            for at, part in self._parts
            if at < end and at + len(part) > start
        ]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def take(self, start: int, end: int) -> Samples:
        """Like `cut`, and commit everything before `end`."""
        samples = self.cut(max(start, self.committed), end)
        self.committed = max(self.committed, end)
        self._forget(self.committed)
        return samples

    def _forget(self, before: int) -> None:
        while self._parts and self._parts[0][0] + len(self._parts[0][1]) <= before:
            self._parts.popleft()

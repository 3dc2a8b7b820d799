"""What one conversation remembers: its ring buffer of keys and values, and where it stands.

A `Pool` has room for so many conversations and hands out `Sequence`s.
"""

from __future__ import annotations

import numpy as np

from duologue.backends.local.runner import CACHE_WIDTH, Floats, Integers, Memory
from duologue.errors import Busy
from duologue.model.config import OmniConfig


class Pool:
    """The ring buffers of all conversations, one after another, so that each is one block of memory."""

    def __init__(self, config: OmniConfig, room: int) -> None:
        self.config = config
        self.room = room
        # Zeros that were never written cost no memory: the system hands pages out as they are touched.
        self.cache: Floats = np.zeros((room, config.layers, config.cache_slots, CACHE_WIDTH), np.float32)
        self.slots: Integers = np.full((room, config.cache_slots), -1)
        self._free = list(range(room))
        self._batch: Floats = np.zeros(0, np.float32)  # where `gather` lays several side by side

    @property
    def num_free(self) -> int:
        return len(self._free)

    def take(self) -> Sequence:
        """Begin an empty conversation. Raises Busy when there is no room."""
        if not self._free:
            raise Busy(f"{self.room} conversations are held already; try again when one has ended")
        row = self._free.pop(0)
        self.slots[row] = -1
        return Sequence(self, row)

    def give_back(self, row: int) -> None:
        assert row not in self._free, f"{row=} was given back twice"
        self._free.append(row)

    def gather(self, rows: list[int]) -> Memory:
        """The memories of a batch. Valid until the next call; alone, a conversation is not copied."""
        if len(rows) == 1:
            return Memory(self.slots[rows].copy(), self.cache[rows[0]][:, None])
        _, layers, slots, width = self.cache.shape
        shape = (layers, len(rows), slots, width)
        if self._batch.size < np.prod(shape):
            self._batch = np.empty(np.prod(shape), np.float32)
        batch = self._batch[: np.prod(shape)].reshape(shape)
        for at, row in enumerate(rows):
            batch[:, at] = self.cache[row]
        return Memory(self.slots[rows], batch)


class Sequence:
    """One conversation's row of the pool. `position` is that of what comes next."""

    def __init__(self, pool: Pool, row: int) -> None:
        self._pool = pool
        self.row = row
        self.position = 0
        self.is_open = True
        self._farthest = 0  # the position once reached, before any rewind

    @property
    def oldest(self) -> int:
        """The earliest position to rewind to: no slot that its future may attend to was used again."""
        config = self._pool.config
        return 0 if self._farthest <= config.cache_slots else self._farthest - config.slack

    def append(self, columns: Floats) -> None:
        """Remember what a step gave for the next T positions: (layers, T, CACHE_WIDTH)."""
        assert self.is_open, "the conversation was closed"
        positions = self.position + np.arange(columns.shape[1])
        slots = positions % self._pool.config.cache_slots
        self._pool.cache[self.row][:, slots] = columns
        self._pool.slots[self.row, slots] = positions
        self.position += columns.shape[1]
        self._farthest = max(self._farthest, self.position)

    def rewind(self, to: int) -> None:
        """Forget position `to` and what followed, as if it had never been."""
        assert self.oldest <= to <= self.position, f"{to=} is not between {self.oldest=} and {self.position=}"
        slots = self._pool.slots[self.row]
        slots[slots >= to] = -1
        self.position = to

    def close(self) -> None:
        """Give the row back. Safe while a step of this conversation runs: its result has nowhere to go."""
        if self.is_open:
            self.is_open = False
            self._pool.give_back(self.row)

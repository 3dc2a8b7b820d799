"""What one conversation remembers: its ring buffer of keys and values, and where it stands.

A `Pool` has room for so many conversations and hands out `Sequence`s.
"""

from __future__ import annotations

import numpy as np

from duologue.backends.local.runner import Floats, Integers, Memory
from duologue.errors import Busy
from duologue.model.config import HEAD_DIM, OmniConfig

GRAIN = 128  # slots of a young conversation are given in multiples of this
MOST_IDLE = 1.5  # rows run for each one that asked: measured, a row costs 1.0 ms to run and 0.6 ms to copy


class Pool:
    """The ring buffers of all conversations, side by side, so that neighbours are a batch without a copy."""

    def __init__(self, config: OmniConfig, room: int) -> None:
        self.config = config
        self.room = room
        # (keys and values, layers, rows, W, HEAD_DIM). Zeros that were never written cost no memory: the
        # system hands pages out as they are touched.
        self.cache: Floats = np.zeros((2, config.layers, room, config.cache_slots, HEAD_DIM), np.float32)
        self.slots: Integers = np.full((room, config.cache_slots), -1)
        self._free = list(range(room))
        self._batch: Floats = np.zeros(0, np.float32)  # where `gather` lays those that are no neighbours

    @property
    def num_free(self) -> int:
        return len(self._free)

    def take(self) -> Sequence:
        """Begin an empty conversation. Raises Busy when there is no room."""
        if not self._free:
            raise Busy(f"{self.room} conversations are held already; try again when one has ended")
        row = min(self._free)  # low rows first: then those in use are neighbours
        self._free.remove(row)
        self.slots[row] = -1
        return Sequence(self, row)

    def give_back(self, row: int) -> None:
        assert row not in self._free, f"{row=} was given back twice"
        self._free.append(row)

    def gather(self, sequences: list[Sequence]) -> tuple[Memory, list[int]]:
        """The memories of a batch, given in ascending rows, and where in it each of them is.

        Others may lie between them: to run an idle neighbour for nothing is cheaper than to copy a few.
        Valid until the next call, and while none of them is written to.
        """
        rows = [sequence.row for sequence in sequences]
        first, after = rows[0], rows[-1] + 1
        W, used = self.config.cache_slots, max(sequence.num_slots for sequence in sequences)
        used = min(W, max(GRAIN, -(-used // GRAIN) * GRAIN))
        if len(rows) == 1:
            return self._memory(rows, self.cache[:, :, first:after, :used]), [0]
        is_dense = after - first <= MOST_IDLE * len(rows)
        if is_dense and used > W // 2:  # a short copy is cheaper than long attention
            return self._memory(list(range(first, after)), self.cache[:, :, first:after]), [
                row - first for row in rows
            ]
        return self._memory(rows, self._copy(rows, used)), list(range(len(rows)))

    def _memory(self, rows: list[int], cache: Floats) -> Memory:
        return Memory(self.slots[rows, : cache.shape[3]], list(cache[0]), list(cache[1]))

    def _copy(self, rows: list[int], used: int) -> Floats:
        shape = (2, self.config.layers, len(rows), used, HEAD_DIM)
        size = int(np.prod(shape))
        if self._batch.size < size:
            self._batch = np.empty(size, np.float32)
        batch = self._batch[:size].reshape(shape)
        for at, row in enumerate(rows):
            batch[:, :, at] = self.cache[:, :, row, :used]
        return batch


class Sequence:
    """One conversation's row of the pool. `position` is that of what comes next."""

    def __init__(self, pool: Pool, row: int) -> None:
        self._pool = pool
        self.row = row
        self.position = 0
        self.is_open = True
        self._farthest = 0  # the position once reached, before any rewind

    @property
    def num_slots(self) -> int:
        """How many slots, from the first, hold all that it remembers."""
        return min(self.position, self._pool.config.cache_slots)

    @property
    def oldest(self) -> int:
        """The earliest position to rewind to: no slot that its future may attend to was used again."""
        config = self._pool.config
        return 0 if self._farthest <= config.cache_slots else self._farthest - config.slack

    def append(self, columns: Floats) -> None:
        """Remember what a step gave for the next T positions: (layers, T, 2 * HEAD_DIM)."""
        assert self.is_open, "the conversation was closed"
        positions = self.position + np.arange(columns.shape[1])
        slots = positions % self._pool.config.cache_slots
        for part, half in enumerate((columns[..., :HEAD_DIM], columns[..., HEAD_DIM:])):
            self._pool.cache[part, :, self.row][:, slots] = half
        self._pool.slots[self.row, slots] = positions
        self.position += columns.shape[1]
        self._farthest = max(self._farthest, self.position)

    def restart(self) -> None:
        """Forget everything, as if just begun."""
        self.position = self._farthest = 0
        self.rewind(0)

    def rewind(self, to: int) -> None:
        """Forget position `to` and what followed, as if it had never been."""
        assert self.is_open, "the conversation was closed: its row may be another's"
        assert self.oldest <= to <= self.position, f"{to=} is not between {self.oldest=} and {self.position=}"
        slots = self._pool.slots[self.row]
        slots[slots >= to] = -1
        self.position = to

    def close(self) -> None:
        """Give the row back. Safe while a step of this conversation runs: its result has nowhere to go."""
        if self.is_open:
            self.is_open = False
            self._pool.give_back(self.row)

"""Ring buffers: what is written is found at its slot, what is rewound is gone, what is closed is free."""

from __future__ import annotations

import numpy as np
import pytest

from duologue.backends.local.runner import CACHE_WIDTH, Floats
from duologue.backends.local.sequence import Pool, Sequence
from duologue.errors import Busy
from tests.backends.local.fakes import small_config

CONFIG = small_config(300)


def write(sequence: Sequence, count: int) -> None:
    """Each position writes its own number."""
    columns: Floats = np.zeros((CONFIG.layers, count, CACHE_WIDTH), np.float32)
    columns += np.arange(sequence.position, sequence.position + count, dtype=np.float32)[None, :, None]
    sequence.append(columns)


def remembered(pool: Pool, sequence: Sequence) -> dict[int, float]:
    memory = pool.gather([sequence.row])
    return {
        int(position): float(memory.cache[0, 0, slot, 0])
        for slot, position in enumerate(memory.slots[0])
        if position >= 0
    }


@pytest.mark.parametrize("chunks", [[1] * 50, [20, 20, 10], [36, 14]])
def test_the_newest_positions_are_kept(chunks: list[int]) -> None:
    pool = Pool(CONFIG, 2)
    sequence = pool.take()
    for count in chunks:
        write(sequence, count)
    kept = remembered(pool, sequence)
    assert kept == {position: float(position) for position in range(50 - CONFIG.cache_slots, 50)}


def test_rewound_positions_are_gone_and_come_again() -> None:
    pool = Pool(CONFIG, 2)
    sequence = pool.take()
    write(sequence, 30)
    sequence.rewind(25)
    assert sorted(remembered(pool, sequence)) == list(range(25))
    write(sequence, 2)
    assert sorted(remembered(pool, sequence)) == list(range(27))


def test_the_oldest_position_to_go_back_to() -> None:
    sequence = Pool(CONFIG, 1).take()
    write(sequence, CONFIG.cache_slots)
    assert sequence.oldest == 0  # no slot was used twice
    write(sequence, 10)
    farthest = CONFIG.cache_slots + 10
    assert sequence.oldest == farthest - CONFIG.slack
    sequence.rewind(farthest - 5)
    assert sequence.oldest == farthest - CONFIG.slack  # slots used again stay used
    with pytest.raises(AssertionError):
        sequence.rewind(farthest - CONFIG.slack - 1)


def test_a_batch_lays_conversations_side_by_side() -> None:
    pool = Pool(CONFIG, 3)
    sequences = [pool.take() for _ in range(3)]
    for count, sequence in enumerate(sequences, start=1):
        write(sequence, count)
    memory = pool.gather([2, 0])
    assert memory.cache.flags.c_contiguous
    assert memory.cache.shape == (CONFIG.layers, 2, CONFIG.cache_slots, CACHE_WIDTH)
    assert (memory.slots >= 0).sum(1).tolist() == [3, 1]
    assert memory.cache[0, 0, 2, 0] == 2.0


def test_rooms_are_given_back_once_and_used_again() -> None:
    pool = Pool(CONFIG, 2)
    first, second = pool.take(), pool.take()
    with pytest.raises(Busy):
        pool.take()
    write(first, 3)
    first.close()
    first.close()
    assert pool.num_free == 1
    again = pool.take()
    assert remembered(pool, again) == {}
    assert again.position == 0
    assert second.is_open

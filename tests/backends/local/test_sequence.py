"""Ring buffers: what is written is found at its slot, what is rewound is gone, what is closed is free."""

from __future__ import annotations

import numpy as np
import pytest

from duologue.backends.local.runner import Floats
from duologue.backends.local.sequence import GRAIN, Pool, Sequence
from duologue.errors import Busy
from duologue.model.config import HEAD_DIM, OmniConfig
from tests.backends.local.fakes import small_config

CONFIG = small_config(300)


def write(sequence: Sequence, count: int) -> None:
    """Each position writes its own number."""
    columns: Floats = np.zeros((CONFIG.layers, count, 2 * HEAD_DIM), np.float32)
    columns += np.arange(sequence.position, sequence.position + count, dtype=np.float32)[None, :, None]
    sequence.append(columns)


def remembered(pool: Pool, sequence: Sequence) -> dict[int, float]:
    memory, _ = pool.gather([sequence])
    return {
        int(position): float(memory.keys[0][0, slot, 0])
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


@pytest.mark.parametrize("rows", [[0], [1], [0, 1], [0, 2], [1, 2], [0, 1, 2]])
def test_a_batch_lays_conversations_side_by_side(rows: list[int]) -> None:
    pool = Pool(CONFIG, 3)
    sequences = [pool.take() for _ in range(3)]
    for sequence in sequences:
        write(sequence, sequence.row + 1)
    memory, places = pool.gather([sequences[row] for row in rows])
    for layer in (*memory.keys, *memory.values):
        assert layer.flags.c_contiguous
        assert layer.shape == (len(memory.slots), CONFIG.cache_slots, HEAD_DIM)
        assert [layer[at, row, 0] for at, row in zip(places, rows, strict=True)] == rows
    assert (memory.slots >= 0).sum(1)[places].tolist() == [row + 1 for row in rows]


def test_neighbours_are_not_copied_and_young_ones_are_given_short() -> None:
    config = OmniConfig.from_depth(1, ("anna",), window=3 * GRAIN, slack=GRAIN)
    pool = Pool(config, 4)
    sequences = [pool.take() for _ in range(4)]
    for sequence in sequences:
        write(sequence, 5)
    assert pool.gather(sequences)[0].keys[0].shape == (4, GRAIN, HEAD_DIM)
    assert np.shares_memory(pool.gather(sequences[1:2])[0].keys[0], pool.cache)
    write(sequences[0], 3 * GRAIN)
    neighbours, places = pool.gather([sequences[0], sequences[2]])
    assert (neighbours.keys[0].shape, places) == ((3, 4 * GRAIN, HEAD_DIM), [0, 2])
    assert np.shares_memory(neighbours.values[0], pool.cache)
    apart, places = pool.gather([sequences[0], sequences[3]])
    assert (apart.keys[0].shape, places) == ((2, 4 * GRAIN, HEAD_DIM), [0, 1])
    assert not np.shares_memory(apart.keys[0], pool.cache)


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

"""The scheduler is fair and frees everything."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from duologue.backends.local.runner import Integers, Memory, Outputs, Positions
from duologue.backends.local.scheduler import STRETCH, Result, Scheduler
from duologue.backends.local.sequence import Pool
from tests.backends.local.fakes import FakeRunner, small_config

CONFIG = small_config(300)


class SlowRunner(FakeRunner):
    """Waits at each step until it is let go, so that a test knows what is queued meanwhile."""

    def __init__(self) -> None:
        super().__init__(CONFIG)
        self.gate = threading.Semaphore(0)
        self.error: Exception | None = None
        self.num_begun = 0

    def step(self, inputs: Positions, position: Integers, memory: Memory) -> Outputs:
        self.num_begun += 1
        assert self.gate.acquire(timeout=5)
        if self.error is not None:
            raise self.error
        return super().step(inputs, position, memory)


@pytest.fixture
def runner() -> SlowRunner:
    return SlowRunner()


@pytest.fixture
def pool() -> Pool:
    return Pool(CONFIG, 8)


@pytest.fixture
def scheduler(runner: SlowRunner, pool: Pool) -> Iterator[Scheduler]:
    scheduler = Scheduler(runner, pool)
    yield scheduler
    runner.gate.release(1000)
    scheduler.close()


def positions(count: int = 1, word: int = 50) -> Positions:
    inputs = Positions.quiet(CONFIG, count)
    inputs.heard[:] = word
    return inputs


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - another thread makes it true
        await asyncio.sleep(0.001)


async def test_whoever_waits_is_in_the_next_batch(
    scheduler: Scheduler, runner: SlowRunner, pool: Pool
) -> None:
    tasks = [asyncio.create_task(scheduler.step(pool.take(), positions()))]
    await until(lambda: runner.num_begun == 1)
    tasks += [asyncio.create_task(scheduler.step(pool.take(), positions())) for _ in range(4)]
    await until(lambda: scheduler.num_waiting == 4)
    runner.gate.release(2)
    await asyncio.gather(*tasks)
    assert runner.batches == [(1, 1), (4, 1)]


async def test_long_texts_and_frames_take_turns(scheduler: Scheduler, runner: SlowRunner, pool: Pool) -> None:
    async def read(stretches: int) -> None:
        sequence = pool.take()
        for _ in range(stretches):
            await scheduler.step(sequence, positions(STRETCH))

    async def listen(frames: int) -> None:
        sequence = pool.take()
        for _ in range(frames):
            await scheduler.step(sequence, positions())

    runner.gate.release(1000)
    await asyncio.gather(*(read(6) for _ in range(2)), *(listen(12) for _ in range(3)))
    stretches = [at for at, (_, count) in enumerate(runner.batches) if count > 1]
    assert len(stretches) == 12
    frames_before_last_stretch = sum(rows for rows, count in runner.batches[: stretches[-1]] if count == 1)
    assert frames_before_last_stretch >= 18  # frames went on while texts were read ...
    frames_behind = sum(rows for rows, count in runner.batches[stretches[5] :] if count == 1)
    assert frames_behind >= 3  # ... and texts went on while frames came


async def test_each_gets_its_own_answer(scheduler: Scheduler, runner: SlowRunner, pool: Pool) -> None:
    runner.gate.release(1000)
    words = [40, 60, 80, 100]
    alone = [await scheduler.step(pool.take(), positions(word=word)) for word in words]
    together = await asyncio.gather(*(scheduler.step(pool.take(), positions(word=word)) for word in words))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.text_logits, other.text_logits)
        np.testing.assert_array_equal(one.codes, other.codes)


async def test_sound_comes_to_those_who_asked(scheduler: Scheduler, runner: SlowRunner, pool: Pool) -> None:
    runner.gate.release(1000)
    silence = np.zeros(runner.vocoder_state, np.float32)
    results = await asyncio.gather(
        *(
            scheduler.step(pool.take(), positions(), silence if speaks else None)
            for speaks in (True, False, True)
        )
    )
    assert [result.sound is not None for result in results] == [True, False, True]
    assert results[0].sound is not None
    assert results[0].sound.shape == (1280,)


@pytest.mark.parametrize("is_running", [True, False])
async def test_a_cancelled_step_leaves_no_trace(
    is_running: bool, scheduler: Scheduler, runner: SlowRunner, pool: Pool
) -> None:
    other = asyncio.create_task(scheduler.step(pool.take(), positions()))
    await until(lambda: runner.num_begun == 1)
    sequence = pool.take()
    task = asyncio.create_task(scheduler.step(sequence, positions()))
    await until(lambda: scheduler.num_waiting == 1)
    if is_running:
        runner.gate.release()
        await other
        await until(lambda: runner.num_begun == 2)
    task.cancel()
    runner.gate.release(2)
    await asyncio.gather(other, task, return_exceptions=True)
    assert task.cancelled()
    assert sequence.position == 0
    runner.gate.release(10)
    await scheduler.step(sequence, positions())
    assert sequence.position == 1


async def test_a_hang_up_while_the_step_runs(scheduler: Scheduler, runner: SlowRunner, pool: Pool) -> None:
    sequence = pool.take()
    task = asyncio.create_task(scheduler.step(sequence, positions()))
    await until(lambda: runner.num_begun == 1)
    sequence.close()
    runner.gate.release(1000)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert pool.num_free == pool.room
    assert (pool.slots == -1).all()


async def test_a_fault_falls_on_those_who_asked_and_nobody_else(
    scheduler: Scheduler, runner: SlowRunner, pool: Pool
) -> None:
    runner.gate.release(1000)
    runner.error = RuntimeError("the network fell over")
    sequence = pool.take()
    with pytest.raises(RuntimeError, match="fell over"):
        await scheduler.step(sequence, positions())
    assert sequence.position == 0
    runner.error = None
    await scheduler.step(sequence, positions())


async def test_closing_cancels_what_waits(runner: SlowRunner, pool: Pool) -> None:
    scheduler = Scheduler(runner, pool)
    tasks = [asyncio.create_task(scheduler.step(pool.take(), positions())) for _ in range(3)]
    await until(lambda: runner.num_begun == 1)
    closing = asyncio.create_task(asyncio.to_thread(scheduler.close))
    await asyncio.sleep(0.01)
    runner.gate.release(1000)
    await closing
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, Result | asyncio.CancelledError) for result in results)


@pytest.mark.parametrize("seed", range(4))
async def test_arrivals_and_hang_ups_leave_nothing_behind(seed: int) -> None:
    runner, pool = FakeRunner(CONFIG), Pool(CONFIG, 6)
    scheduler, chance = Scheduler(runner, pool), random.Random(seed)

    async def guest() -> None:
        await asyncio.sleep(chance.random() * 0.02)
        await until(lambda: pool.num_free > 0)
        sequence = pool.take()
        try:
            for _ in range(chance.randrange(1, 6)):
                before, count = sequence.position, chance.choice([1, 1, 1, STRETCH])
                await scheduler.step(sequence, positions(count))
                assert sequence.position == before + count
        finally:
            sequence.close()

    tasks = [asyncio.create_task(guest()) for _ in range(25)]
    for task in chance.sample(tasks, 8):
        await asyncio.sleep(chance.random() * 0.01)
        task.cancel()
    results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
    assert all(result is None or isinstance(result, asyncio.CancelledError) for result in results)
    scheduler.close()
    assert pool.num_free == pool.room
    assert scheduler.num_waiting == 0

"""A folder of shards as one long list of records, and making such a folder in several processes.

The format of one file is in shard_file.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from duologue.errors import DuologueError
from duologue.training.shard_file import SUFFIX, BadShard, Record, Shard, write_shard

__all__ = ["BadShard", "Make", "Record", "Shard", "Shards", "finished", "write_parallel", "write_shard"]

Make = Callable[[int], Iterable[Record]]  # the records of one seed
OPEN_SHARDS = 128  # each open shard holds one file handle; the usual limit is 1024


class Shards:
    """All shards of a folder, in the order of their names, as one long list of records."""

    def __init__(self, folder: Path) -> None:
        self.paths = finished(folder)
        if not self.paths:
            raise BadShard(f"no shards (*{SUFFIX}) in {folder}; make them first")
        self._ends = np.cumsum([len(Shard(path)) for path in self.paths])
        self._open: dict[int, Shard] = {}

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, i: int) -> Record:
        if not 0 <= i < len(self):
            raise IndexError(f"record {i} of {len(self)}")
        which = int(np.searchsorted(self._ends, i, side="right"))
        shard = self._open.pop(which, None) or Shard(self.paths[which])
        self._open[which] = shard  # last in, so that the first is the one longest unused
        if len(self._open) > OPEN_SHARDS:
            del self._open[next(iter(self._open))]
        return shard[i - int(self._ends[which]) + len(shard)]

    def order(self, seed: int, epoch: int) -> NDArray[np.int64]:
        """The order of an epoch: every record once."""
        return np.random.default_rng((seed, epoch)).permutation(len(self)).astype(np.int64)

    def shuffled(self, seed: int, epoch: int, start: int = 0, step: int = 1) -> Iterator[Record]:
        """Records `start`, `start + step`, ... of the epoch's order.

        To resume, start where you stopped. Process r of n takes start=r, step=n.
        """
        for i in self.order(seed, epoch)[start::step]:
            yield self[int(i)]


def finished(folder: Path) -> list[Path]:
    """The complete shards of a folder in the order of their names."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def write_parallel(
    folder: Path,
    make: Make,
    seeds: Sequence[int],
    processes: int = 1,
    block: int = 16,
    progress: str | None = None,
) -> Path:
    """Make the records of every seed, `block` seeds a shard, in several processes; return the folder.

    What is written does not depend on `processes`; shards already there are kept, so a run can be
    continued. `make` and what it holds must be picklable (a function of a module, or a partial of one).
    `progress` is the words beside a bar on a terminal. A folder belongs to one list of seeds and one `make`.
    """
    blocks = [list(seeds[i : i + block]) for i in range(0, len(seeds), block)]
    plan = {folder / f"{k:05d}-{b[0]}-{b[-1]}{SUFFIX}": b for k, b in enumerate(blocks)}
    for path in finished(folder):
        if path not in plan:
            raise BadShard(f"{path} is from another run; empty {folder} or choose another folder")
    left = {path: seeds for path, seeds in plan.items() if not _is_whole(path)}
    for remains in folder.glob(f".*{SUFFIX}.*"):  # of a run that was killed while it wrote
        remains.unlink()
    with _bar(progress) as bar:
        task = bar.add_task(progress or "", total=len(plan), completed=len(plan) - len(left))
        for _ in _run(make, left, min(processes, len(left))):
            bar.advance(task)
    return folder


def _run(make: Make, left: dict[Path, list[int]], processes: int) -> Iterator[None]:
    """Write the shards left; yield once for each. The first failure stops the rest."""
    if processes <= 1:
        for path, seeds in left.items():
            _write_block(path, make, seeds)
            yield
        return
    # spawn: the parent may hold torch's threads, which a forked child cannot use.
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
    try:
        jobs = [pool.submit(_write_block, path, make, seeds) for path, seeds in left.items()]
        for job in as_completed(jobs):
            yield job.result()
    except BrokenProcessPool as error:
        raise DuologueError(
            "a process making shards was killed (no memory?); run again with fewer"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _write_block(path: Path, make: Make, seeds: Sequence[int]) -> None:
    write_shard(path, (record for seed in seeds for record in make(seed)))


def _is_whole(path: Path) -> bool:
    try:
        Shard(path)
    except (BadShard, OSError):
        return False
    return True


def _bar(words: str | None) -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=words is None or not console.is_terminal)

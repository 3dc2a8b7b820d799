"""Shards: what is written comes back, in any order, whoever writes it, and damage is told in one sentence."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from duologue.errors import NoWritePermission
from duologue.training.shards import BadShard, Record, Shard, Shards, write_parallel, write_shard


def example(seed: int) -> list[Record]:
    rng = np.random.default_rng(seed)
    return [
        {
            "sound": rng.standard_normal((seed + 1, 80)).astype(np.float32),
            "codes": rng.integers(0, 99, 7).astype(np.uint16),
            "seed": seed,
            "part": part,
        }
        for part in range(2)
    ]


def kept_or_refused(seed: int) -> list[Record]:
    if seed == 5:
        raise RuntimeError("seed 5 is refused")
    return example(seed)


def write(path: Path, records: list[Record]) -> Path:
    write_shard(path, records)
    return path


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    record: Record = {
        "sound": np.linspace(-1, 1, 1000, dtype=np.float32),
        "image": np.arange(24, dtype=np.uint8).reshape(2, 4, 3),
        "nothing": np.zeros((0, 80), dtype=np.int64),
        "number": np.array(7.5),
        "turned": np.arange(6).reshape(2, 3).T,
        "text": "Über ça, però no.",
        "count": 3,
        "rate": np.float32(0.5),
        "live": True,
        "words": [["one", 0.25, 0.5]],
        "where": {"topic": None},
    }
    (back,) = list(iter(Shard(write(tmp_path / "a.shard", [record]))))
    assert back.keys() == record.keys()
    for name, value in record.items():
        if isinstance(value, np.ndarray):
            assert back[name].dtype == value.dtype
            assert back[name].shape == value.shape
            assert np.array_equal(back[name], value)
            assert back[name].flags.writeable
        else:
            assert back[name] == value


def test_many_shards_are_one_list_in_the_order_of_names(tmp_path: Path) -> None:
    write(tmp_path / "b.shard", [{"n": 2}, {"n": 3}])
    write(tmp_path / "a.shard", [{"n": 0}, {"n": 1}])
    write(tmp_path / "empty.shard", [])
    shards = Shards(tmp_path)
    assert [shards[i]["n"] for i in range(len(shards))] == [0, 1, 2, 3]
    with pytest.raises(IndexError):
        shards[4]


def test_an_epoch_is_every_record_once_and_can_be_continued_or_shared(tmp_path: Path) -> None:
    write(tmp_path / "a.shard", [{"n": n} for n in range(20)])
    shards = Shards(tmp_path)
    epoch = [record["n"] for record in shards.shuffled(seed=1, epoch=0)]
    assert sorted(epoch) == list(range(20))
    assert epoch != [record["n"] for record in shards.shuffled(seed=1, epoch=1)]
    assert epoch[7:] == [record["n"] for record in shards.shuffled(seed=1, epoch=0, start=7)]
    assert epoch[1::2] == [record["n"] for record in shards.shuffled(seed=1, epoch=0, start=1, step=2)]


def test_readers_travel_to_other_processes(tmp_path: Path) -> None:
    write(tmp_path / "a.shard", example(3))
    shards = Shards(tmp_path)
    first = shards[0]
    again: Shards = pickle.loads(pickle.dumps(shards))
    assert np.array_equal(again[0]["sound"], first["sound"])


def test_the_number_of_processes_changes_nothing(tmp_path: Path) -> None:
    one = write_parallel(tmp_path / "one", example, range(6), processes=1, block=2)
    two = write_parallel(tmp_path / "two", example, range(6), processes=2, block=2)
    contents = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in (one, two)]
    assert contents[0] == contents[1]
    assert [record["seed"] for record in map(Shards(two).__getitem__, range(12))] == sorted([*range(6)] * 2)


def test_a_stopped_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="seed 5"):
        write_parallel(tmp_path, kept_or_refused, range(6), block=2)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(kept) == 2, "nothing half-written stays"
    write_parallel(tmp_path, example, range(6), block=2)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept, "finished shards are left alone"
    assert len(Shards(tmp_path)) == 12


def test_a_failure_in_another_process_is_ours_too(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="seed 5"):
        write_parallel(tmp_path, kept_or_refused, range(6), processes=2, block=2)


def test_shards_of_another_run_are_not_mixed_in(tmp_path: Path) -> None:
    write_parallel(tmp_path, example, range(4), block=2)
    with pytest.raises(BadShard, match="another run"):
        write_parallel(tmp_path, example, range(4), block=4)


def test_damage_is_told_in_one_sentence(tmp_path: Path) -> None:
    path = write(tmp_path / "a.shard", example(9))
    whole = path.read_bytes()
    for content, what in [
        (whole[:-7], "cut short"),
        (whole[:5], "too short"),
        (whole[:-30] + b"x" + whole[-29:], "damaged index"),
        (b"RIFF" + whole[4:], "not a shard"),
        (whole[:8] + b"\x09" + whole[9:], "format 9"),
    ]:
        path.write_bytes(content)
        with pytest.raises(BadShard, match=what):
            Shard(path)
    path.write_bytes(whole[:50] + b"x" + whole[51:])
    with pytest.raises(BadShard, match=r"record 0.*delete it"):
        Shard(path)[0]
    with pytest.raises(BadShard, match="no shards"):
        Shards(tmp_path / "nowhere")


def test_a_cut_shard_is_made_again(tmp_path: Path) -> None:
    write_parallel(tmp_path, example, range(2), block=1)
    first = sorted(tmp_path.iterdir())[0]
    first.write_bytes(first.read_bytes()[:-1])
    write_parallel(tmp_path, example, range(2), block=1)
    assert len(Shards(tmp_path)) == 4


FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
from duologue.errors import DiskFull
from duologue.training.shards import write_parallel

def make(seed):
    size = 10 if seed < 2 else 100_000
    return [{"noise": np.random.default_rng(seed).random(size)}]

resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    write_parallel(Path(sys.argv[1]), make, range(3), block=1)
except DiskFull as error:
    print(error)
"""


def test_a_full_disk_leaves_the_finished_shards(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "free some disk space" in run.stdout
    assert len(run.stdout.splitlines()) == 1
    assert run.stderr == ""
    assert len(list(tmp_path.iterdir())) == 2
    assert [record["noise"].shape for record in map(Shards(tmp_path).__getitem__, range(2))] == [(10,), (10,)]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NoWritePermission, match="choose another place"):
        write_parallel(tmp_path / "file", example, range(1))


def test_a_failure_of_the_maker_is_not_taken_for_the_disk(tmp_path: Path) -> None:
    def make(seed: int) -> list[Record]:
        raise FileNotFoundError("no synthesiser here")

    with pytest.raises(FileNotFoundError, match="no synthesiser"):
        write_parallel(tmp_path, make, range(1))

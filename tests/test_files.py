"""A file is written whole or not at all."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

import pytest

from duologue.errors import DiskFull, NoWritePermission
from duologue.files import explain, write_whole


def test_the_file_is_there_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with write_whole(path) as file:
        file.write(b"half")
        assert not path.exists()
        file.write(b" and half")
    assert path.read_bytes() == b"half and half"
    assert [path] == list(tmp_path.iterdir())


def test_it_may_be_read_like_any_other_file(tmp_path: Path) -> None:
    with write_whole(tmp_path / "ours") as file:
        file.write(b"x")
    (tmp_path / "other").write_bytes(b"x")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_a_private_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    with write_whole(tmp_path / "key", private=True) as file:
        file.write(b"x")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), write_whole(path) as file:
        file.write(b"new")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert [path] == list(tmp_path.iterdir())


def test_no_such_folder(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "a.bin"
    with pytest.raises(NoWritePermission, match="No such file or directory"), write_whole(path):
        pass


def test_the_name_of_a_folder(tmp_path: Path) -> None:
    with pytest.raises(NoWritePermission, match="directory"), write_whole(tmp_path):
        pass


@pytest.mark.parametrize(
    ("number", "kind", "remedy"),
    [
        (errno.ENOSPC, DiskFull, "free some disk space"),
        (errno.EDQUOT, DiskFull, "free some disk space"),
        (errno.EACCES, NoWritePermission, "choose another place"),
        (errno.EROFS, NoWritePermission, "choose another place"),
    ],
)
def test_each_cause_has_its_remedy(number: int, kind: type[Exception], remedy: str) -> None:
    error = explain(OSError(number, "x"), Path("here.wav"))
    assert isinstance(error, kind)
    assert remedy in str(error)
    assert "here.wav" in str(error)

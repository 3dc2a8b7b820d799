"""Writing a file all or nothing. Knows no format."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from duologue.errors import DiskFull, NoWritePermission

# EFBIG: the file-size limit of the account or the file system, the same remedy as a full disk.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def write_whole(path: Path, private: bool = False) -> Iterator[BinaryIO]:
    """Open a file to write; it takes the name `path` only once all of it is on disk. A private one is for
    this account's eyes only.

    Whatever goes wrong, an older file of that name stays as it was and nothing half-written is left behind.
    Raises NoWritePermission or DiskFull.
    """
    temporary: Path | None = None
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            yield file  # type: ignore[misc]  # typeshed's wrapper is a BinaryIO in all but name
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o600 if private else 0o666 & ~_umask())
        temporary.replace(path)
        temporary = None
    except OSError as error:
        raise explain(error, path) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def explain(error: OSError, path: Path) -> DiskFull | NoWritePermission:
    """Put a failed write into one sentence with its remedy."""
    if error.errno in _NO_ROOM:
        return DiskFull(f"no room left to write {path}; free some disk space or choose another folder")
    cause = os.strerror(error.errno or errno.EIO)
    return NoWritePermission(f"cannot write {path} ({cause}); choose another place")


def _umask() -> int:
    """The account's mask: a temporary file is born private, the finished file should be like any other."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask

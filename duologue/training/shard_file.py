"""One file of training examples: many records, compressed one by one, read in any order.

A shard is: MAGIC, version | one zstd frame a record | the index (place, length, crc of each) | the tail.
A record is a dict whose values are numpy arrays or anything JSON can say. Knows nothing about their meaning.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import zstandard

# Any: only the maker and the reader of a record know what is under each name.
Record = dict[str, Any]

SUFFIX = ".shard"
MAGIC = b"DUOSHARD"
VERSION = 1
HEAD = struct.Struct("<8sI")  # magic, version
TAIL = struct.Struct("<QQI8s")  # place of the index, number of records, crc of the index, magic
INDEX = np.dtype([("place", "<u8"), ("length", "<u4"), ("crc", "<u4")])


class BadShard(ValueError):
    """A shard, or a folder of them, cannot be read; the sentence says which and what to do."""


class ShardWriter:
    """Write one shard; it appears under its name only when complete.

    Use as a context manager. Raises OSError with one sentence when the disk is full or not writable;
    shards finished before are untouched.
    """

    def __init__(self, path: Path, level: int = 3) -> None:
        self.path = path
        self._part = path.with_name(path.name + ".part")
        self._compressor = zstandard.ZstdCompressor(level=level, write_checksum=False)
        self._index: list[tuple[int, int, int]] = []
        self._place = HEAD.size
        with self._clear_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("wb")
            self._file.write(HEAD.pack(MAGIC, VERSION))

    def add(self, record: Record) -> None:
        blob = self._compressor.compress(pack(record))
        self._index.append((self._place, len(blob), zlib.crc32(blob)))
        self._place += len(blob)
        with self._clear_errors():
            self._file.write(blob)

    def close(self) -> None:
        """Write the index and give the shard its name."""
        index = np.array(self._index, dtype=INDEX).tobytes()
        with self._clear_errors():
            self._file.write(index + TAIL.pack(self._place, len(self._index), zlib.crc32(index), MAGIC))
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.replace(self.path)

    def discard(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(OSError):  # closing flushes, which fails again on a full disk
            self._file.close()
        self._part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.discard()
            return
        try:
            self.close()
        except OSError:
            self.discard()
            raise

    @contextlib.contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = f"cannot write {self.path}: {error.strerror or error}; make room or choose another folder, "
            raise OSError(why + "then run again (finished shards are kept)") from error


class Shard:
    """One finished shard, memory-mapped: len(), [i], iteration. Safe to share with forked readers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < HEAD.size + TAIL.size:
                raise self._bad("is too short")
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, version = HEAD.unpack_from(self._map)
        if magic != MAGIC:
            raise self._bad("is not a shard")
        if version != VERSION:
            raise self._bad(f"has format {version}, this program reads format {VERSION}")
        place, count, crc, end = TAIL.unpack_from(self._map, size - TAIL.size)
        if end != MAGIC or place + count * INDEX.itemsize + TAIL.size != size:
            raise self._bad("is cut short")
        index = self._map[place : size - TAIL.size]
        if zlib.crc32(index) != crc:
            raise self._bad("has a damaged index")
        self._index = np.frombuffer(index, dtype=INDEX)

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, i: int) -> Record:
        place, length, crc = (int(value) for value in self._index[i])
        blob = self._map[place : place + length]
        if zlib.crc32(blob) != crc:
            raise self._bad(f"is damaged at record {i}")
        return unpack(zstandard.ZstdDecompressor().decompress(blob))

    def __reduce__(self) -> tuple[type[Shard], tuple[Path]]:
        return Shard, (self.path,)  # a map cannot travel to another process; its name can

    def _bad(self, what: str) -> BadShard:
        return BadShard(f"{self.path} {what}; delete it and make it again")


def pack(record: Record) -> bytes:
    """A record as bytes: length of the header, the header in JSON, the arrays one after another."""
    arrays = {name: np.ascontiguousarray(v) for name, v in record.items() if isinstance(v, np.ndarray)}
    plain = {name: value for name, value in record.items() if name not in arrays}
    shapes = [(name, array.dtype.str, record[name].shape) for name, array in arrays.items()]
    assert not any(array.dtype.hasobject for array in arrays.values()), f"objects in {list(arrays)}"
    header = json.dumps([plain, shapes], default=_as_plain, ensure_ascii=False).encode()
    return b"".join([struct.pack("<I", len(header)), header, *(array.tobytes() for array in arrays.values())])


def unpack(blob: bytes) -> Record:
    """The opposite of `pack`; arrays are the reader's own and may be written to."""
    (length,) = struct.unpack_from("<I", blob)
    at = 4 + length
    record, shapes = json.loads(blob[4:at])
    for name, dtype, shape in shapes:
        count = int(np.prod(shape, dtype=np.int64))
        record[name] = np.frombuffer(blob, dtype=dtype, count=count, offset=at).reshape(shape).copy()
        at += record[name].nbytes
    return dict(record)


def _as_plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be stored in a record; use arrays and plain values")

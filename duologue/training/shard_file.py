"""One file of training examples: many records, compressed one by one, read in any order.

A shard is: MAGIC, version | one zstd frame a record | the index (place, length, crc of each) | the tail.
A record is a dict whose values are numpy arrays or anything JSON can say. Knows nothing about their meaning.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import zstandard

from duologue.errors import DuologueError
from duologue.files import explain, write_whole

# Any: only the maker and the reader of a record know what is under each name.
Record = dict[str, Any]

SUFFIX = ".shard"
MAGIC = b"DUOSHARD"
VERSION = 1
HEAD = struct.Struct("<8sI")  # magic, version
TAIL = struct.Struct("<QQI8s")  # place of the index, number of records, crc of the index, magic
INDEX = np.dtype([("place", "<u8"), ("length", "<u4"), ("crc", "<u4")])


class BadShard(DuologueError):
    """A shard, or a folder of them, cannot be read; the sentence says which and what to do."""


def write_shard(path: Path, records: Iterable[Record], level: int = 3) -> None:
    """Write one shard, which appears under its name only when complete; its folder is made if need be.

    Holds the compressed records in memory until all are made, so a failure among them is not taken for one of
    the disk. Raises DiskFull or NoWritePermission; shards finished before are untouched.
    """
    compressor = zstandard.ZstdCompressor(level=level)
    blobs = [compressor.compress(pack(record)) for record in records]
    lengths = [len(blob) for blob in blobs]
    index = np.zeros(len(blobs), dtype=INDEX)
    index["length"] = lengths
    index["place"] = HEAD.size + np.cumsum([0, *lengths])[:-1]
    index["crc"] = [zlib.crc32(blob) for blob in blobs]
    tail = TAIL.pack(HEAD.size + sum(lengths), len(blobs), zlib.crc32(index.tobytes()), MAGIC)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain(error, path) from error
    with write_whole(path) as file:
        file.writelines([HEAD.pack(MAGIC, VERSION), *blobs, index.tobytes(), tail])


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

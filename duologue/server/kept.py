"""What callers store: small shelves of records, one file each, apart for every caller.

A file is one line of JSON, then the record's bytes if it has any. Its name begins with the time it was put
there, so that a folder's order is the shelf's. Files are written whole: a crash loses at most the record
being written. Knows nothing of what the records say.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from duologue.errors import NotFound, TooLarge
from duologue.files import explain, write_whole

MEBIBYTE = 2**20

Record = dict[str, Any]  # JSON of the wire's own making

_SAFE = re.compile(r"[A-Za-z0-9_-]{1,96}")  # an id or a caller: no dot, no slash, no way out of the folder


@dataclass(frozen=True, slots=True)
class Shelf:
    """A kind of record, and how much of it one caller may have."""

    name: str
    most: int = 2000  # records
    most_bytes: int = 512 * MEBIBYTE
    forgets: bool = True  # when full: the oldest leave; False: the newcomer is refused


@dataclass(frozen=True, slots=True)
class _Place:
    path: Path
    id: str


class Kept:
    """Safe to call from several tasks. Survives a restart: nothing is held in memory."""

    def __init__(self, folder: Path) -> None:
        self._disk = _Disk(folder)

    async def put(self, caller: str, shelf: Shelf, id: str, record: Record, content: bytes = b"") -> None:
        """Store a record, or replace the one of that id. Raises TooLarge, DiskFull or NoWritePermission."""
        line = json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode()
        await asyncio.to_thread(self._disk.put, caller, shelf, id, line + b"\n" + content)

    async def get(self, caller: str, shelf: Shelf, id: str) -> Record:
        """Raises NotFound, also when it is another caller's."""
        return await asyncio.to_thread(lambda: _record(self._disk.find(caller, shelf, id)))

    async def content(self, caller: str, shelf: Shelf, id: str) -> bytes:
        """The bytes that were put with the record. Raises NotFound."""
        return await asyncio.to_thread(lambda: _read(self._disk.find(caller, shelf, id)).partition(b"\n")[2])

    async def list(self, caller: str, shelf: Shelf) -> list[Record]:
        """All records of a caller, the oldest first."""
        return await asyncio.to_thread(lambda: list(self._disk.records(caller, shelf)))

    async def delete(self, caller: str, shelf: Shelf, id: str) -> None:
        """Raises NotFound."""
        await asyncio.to_thread(self._disk.delete, caller, shelf, id)


class _Disk:
    """The same without async: these block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()  # one writer at a time, so that a shelf's bounds hold

    def put(self, caller: str, shelf: Shelf, id: str, whole: bytes) -> None:
        assert _SAFE.fullmatch(id), f"{id=} is no id of ours"
        if len(whole) > shelf.most_bytes:
            raise TooLarge(
                f"{len(whole):,} bytes are more than may be stored; send at most {shelf.most_bytes:,}"
            )
        with self._lock:
            places = self._places(caller, shelf)
            old = next((place for place in places if place.id == id), None)
            self._make_room(shelf, [place for place in places if place is not old], len(whole))
            path = self._shelf(caller, shelf) / f"{time.time_ns():020d}.{id}" if old is None else old.path
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # nobody else's to read
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise explain(error, path.parent) from error
            with write_whole(path) as file:
                file.write(whole)

    def _make_room(self, shelf: Shelf, places: list[_Place], num_bytes: int) -> None:
        sizes = [_size(place) for place in places]
        num_records, total = len(places) + 1, sum(sizes) + num_bytes
        for place, size in zip(places, sizes, strict=True):
            if num_records <= shelf.most and total <= shelf.most_bytes:
                return
            if not shelf.forgets:
                raise TooLarge(
                    f"there is no room for more {shelf.name}: {shelf.most:,} and {shelf.most_bytes:,} bytes "
                    "are kept at most; delete some"
                )
            place.path.unlink(missing_ok=True)
            num_records, total = num_records - 1, total - size

    def records(self, caller: str, shelf: Shelf) -> Iterator[Record]:
        for place in self._places(caller, shelf):
            try:
                yield _record(place)
            except NotFound:  # it left meanwhile
                continue

    def delete(self, caller: str, shelf: Shelf, id: str) -> None:
        with self._lock:
            self.find(caller, shelf, id).path.unlink(missing_ok=True)

    def find(self, caller: str, shelf: Shelf, id: str) -> _Place:
        for place in self._places(caller, shelf):
            if place.id == id:
                return place
        raise _not_found(id)

    def _places(self, caller: str, shelf: Shelf) -> list[_Place]:
        """The oldest first. Half-written files begin with a dot and are nobody's."""
        folder = self._shelf(caller, shelf)
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        return [_Place(folder / name, name.partition(".")[2]) for name in names if name[0] != "."]

    def _shelf(self, caller: str, shelf: Shelf) -> Path:
        assert _SAFE.fullmatch(caller), "a caller's id may not lead out of the folder"
        return self._folder / caller / shelf.name


def _not_found(id: str) -> NotFound:
    shown = id if _SAFE.fullmatch(id) else "of that name"
    return NotFound(f"there is nothing {shown} here; check the id, it may have been deleted")


def _read(place: _Place) -> bytes:
    try:
        return place.path.read_bytes()
    except FileNotFoundError:
        raise _not_found(place.id) from None


def _record(place: _Place) -> Record:
    try:
        with place.path.open("rb") as file:
            record: Record = json.loads(file.readline())
    except FileNotFoundError:
        raise _not_found(place.id) from None
    return record


def _size(place: _Place) -> int:
    try:
        return place.path.stat().st_size
    except FileNotFoundError:
        return 0

"""How much memory and processor a server takes, seen from outside: its process and all that it started.

Linux only (/proc); elsewhere, and for a server on another machine, nothing is known and nothing is claimed.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Sample:
    at: float  # seconds
    memory_mb: float  # resident, shared pages counted once for each process
    cpu_s: float  # used since each process began


def server_of(url: str) -> int | None:
    """The process that listens at the port of this URL, if it is on this machine and may be looked at."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme in ("https", "wss") else 80)
    if not (PROC / "net/tcp").exists() or not _is_here(parts.hostname or ""):
        return None
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    for process in PROC.glob("[0-9]*"):
        try:
            if any(str(entry.readlink()) in sockets for entry in (process / "fd").iterdir()):
                return int(process.name)
        except OSError:  # not ours to look at, or gone
            continue
    return None


def _is_here(host: str) -> bool:
    try:
        return socket.gethostbyname(host).startswith("127.")
    except OSError:
        return False


def _listening(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        path = PROC / "net" / table
        for line in path.read_text().splitlines()[1:] if path.exists() else []:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                yield fields[9]


def look(pid: int, now: float) -> Sample | None:
    """Memory and processor time of a process and its descendants; None when it is gone."""
    pages = ticks = 0
    for process in _family(pid):
        try:
            fields = (PROC / str(process) / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
        pages += int(fields[21])
    if not pages:
        return None
    return Sample(now, pages * os.sysconf("SC_PAGE_SIZE") / 2**20, ticks / os.sysconf("SC_CLK_TCK"))


def _family(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for process in PROC.glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        parents.setdefault(parent, []).append(int(process.name))
    family = [pid]
    for member in family:  # grows while it is read
        family += parents.get(member, [])
    return family


def slope_mb_per_hour(samples: Sequence[Sample]) -> float | None:
    """Of the straight line through the memory, the first third left out: caches fill then."""
    late = samples[len(samples) // 3 :]
    if len(late) < 3 or late[-1].at <= late[0].at:
        return None
    mean_at = sum(one.at for one in late) / len(late)
    mean_mb = sum(one.memory_mb for one in late) / len(late)
    above = sum((one.at - mean_at) * (one.memory_mb - mean_mb) for one in late)
    return 3600.0 * above / sum((one.at - mean_at) ** 2 for one in late)


def cores(samples: Sequence[Sample]) -> float | None:
    """Processor cores in use, on average."""
    if len(samples) < 2 or samples[-1].at <= samples[0].at:
        return None
    return (samples[-1].cpu_s - samples[0].cpu_s) / (samples[-1].at - samples[0].at)

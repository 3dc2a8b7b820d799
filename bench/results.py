"""Where measurements are kept: a section of RESULTS.md each, with its command and the machine."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"


def machine(load_before: tuple[float, float, float], threads: int | None) -> str:
    """One sentence; `threads` of the network, None where nobody knows.

    A load average above the number of cores makes every number too high.
    """
    one, _, _ = load_before
    after = os.getloadavg()[0]
    busy = f"load average {one:.2f} before, {after:.2f} after"
    told = "" if threads is None else f"; {threads or 'all'} threads"
    return f"{_processor()}, {os.cpu_count()} cores, {busy}{told}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "processor"
    )


def section(title: str, command: str, where: str, rows: Sequence[Sequence[str]]) -> str:
    """Markdown; the first of `rows` is the head."""
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    day = datetime.datetime.now(datetime.UTC).date()
    return f"\n## {title}, {day}\n\n`{command}`\n\n{where}\n\n{table}\n"


def append(text: str, path: Path = RESULTS) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)

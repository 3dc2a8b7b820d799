"""`duologue bench load`: how many live calls one machine holds in real time."""

from __future__ import annotations

from collections.abc import Sequence

from duologue.evals.timing import Load

STEPS = (1, 2, 4, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 128)


def held(found: Sequence[Load]) -> int:
    """The most calls that were served in real time."""
    return max((step.sessions for step in found if step.is_real_time), default=0)


def table(found: Sequence[Load]) -> list[list[str]]:
    """Rows of the section, the head first."""
    rows = [["live calls", "frame p50", "frame p95", "of the time in a reply", "in real time"]]
    for step in found:
        p50, p95 = f"{step.frame_p50_ms:.0f} ms", f"{step.frame_p95_ms:.0f} ms"
        real = "yes" if step.is_real_time else "no"
        rows.append([str(step.sessions), p50, p95, f"{100 * step.replying:.0f} %", real])
    return rows

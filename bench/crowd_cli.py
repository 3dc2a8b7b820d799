"""`duologue bench crowd`: the flags, a bar that moves, and the tables."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from bench import crowd, results, speech, watch
from bench.caller import Manners
from bench.crowd import Plan, Step
from bench.lines import Address

SOAK_S = 1800.0
FLAT = 0.02  # of the memory in an hour: a slope below is called flat


def command(
    url: Annotated[str, typer.Option(help="Where the server's API begins.")] = "http://127.0.0.1:4004/v1",
    key: Annotated[str, typer.Option(help="Key for the server.", envvar="OPENAI_API_KEY")] = "local",
    model: Annotated[str, typer.Option(help="Model asked for.")] = "gpt-realtime",
    sessions: Annotated[int, typer.Option(min=1, help="Live calls; with --ramp, the most.")] = 4,
    seconds: Annotated[float | None, typer.Option(min=1, help="Length; 30, or 1800 with --soak.")] = None,
    ramp: Annotated[bool, typer.Option(help="Ever larger crowds, until one is not served in time.")] = False,
    soak: Annotated[bool, typer.Option(help="Half an hour; is the memory flat?")] = False,
    bound_ms: Annotated[float, typer.Option(help="Largest p95 that counts as real time.")] = 500.0,
    text: Annotated[bool, typer.Option(help="Written questions beside the voices.")] = False,
    webrtc: Annotated[bool, typer.Option(help="Call over WebRTC (needs aiortc).")] = False,
    voices: Annotated[Path | None, typer.Option(help="Folder with recordings of questions.")] = None,
    turn_detection: Annotated[str | None, typer.Option(help="server_vad or semantic_vad.")] = None,
    barge_every: Annotated[int, typer.Option(min=0, help="One reply in so many is interrupted.")] = 4,
    chunk_ms: Annotated[int, typer.Option(min=20, max=100, help="Sound in one message.")] = 40,
    pid: Annotated[int | None, typer.Option(help="Process of the server; else found by its port.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed pauses otherwise.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    keep: Annotated[bool, typer.Option(help="Append a section to bench/RESULTS.md.")] = True,
) -> None:
    """Live calls over the wire with any Realtime server: latency, late sound, memory, broken rules."""
    (interruption,) = speech.spoken([speech.INTERRUPTION])
    manners = Manners(speech.questions(voices), interruption, barge_every, turn_detection)
    found_pid = pid if pid is not None else watch.server_of(url)
    length = seconds or (SOAK_S if soak else 30.0)
    plan = Plan(Address(url, key, model), manners, length, chunk_ms, found_pid, text, webrtc, seed)
    before = os.getloadavg()
    steps = asyncio.run(_run(plan, sessions, bound_ms if ramp else None))
    where = results.machine(before, None)
    words = ["***" if word == key and key != "local" else word for word in sys.argv[1:] if word != "bench"]
    asked = " ".join(["duologue bench", *words])
    rows = ramp_table(steps, bound_ms) if ramp else table(steps[-1])
    shown = results.section("Soak" if soak else "Crowd", asked, where, rows)
    if keep:
        results.append(shown)
    held = crowd.held(steps, bound_ms)
    print(
        json.dumps({"held": held, "steps": [asdict(step) for step in steps], "machine": where})
        if as_json
        else shown
    )


async def _run(plan: Plan, sessions: int, bound_ms: float | None) -> list[Step]:
    console = Console(stderr=True)
    if bound_ms is not None:
        return await crowd.ramp(plan, sessions, bound_ms, lambda step: console.print(_line(step, bound_ms)))
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(f"{sessions} calls", total=1.0)
        return [await crowd.measure(plan, sessions, lambda share: bar.update(task, completed=share))]


def _line(step: Step, bound_ms: float) -> str:
    real = "in real time" if step.is_real_time(bound_ms) else "too slow"
    return f"{step.sessions} calls: p95 {_ms(step.p95_ms)}, {step.gaps} gaps, {real}"


def ramp_table(steps: Sequence[Step], bound_ms: float) -> list[list[str]]:
    """Rows of the section, the head first."""
    head = [
        "live calls",
        "answered",
        "first sound p50",
        "p95",
        "stop p95",
        "late sound",
        "errors",
        "rules broken",
    ]
    rows = [[*head, "memory a call", "cores", f"p95 ≤ {bound_ms:.0f} ms, in time"]]
    for step in steps:
        rows.append(
            [
                str(step.sessions),
                f"{step.answered} of {step.turns}",
                _ms(step.p50_ms),
                _ms(step.p95_ms),
                _ms(step.stop_p95_ms),
                late_sound(step),
                str(sum(step.errors.values()) + step.hung_up),
                str(sum(step.faults.values()) + len(step.leaks)),
                _mb(step.session_mb),
                _number(step.cores, 2),
                "yes" if step.is_real_time(bound_ms) else "no",
            ]
        )
    return rows


def table(step: Step) -> list[list[str]]:
    """Rows of the section, the head first."""
    return [
        ["what", "measured", "to reach"],
        ["live calls", str(step.sessions), ""],
        ["questions answered", f"{step.answered} of {step.turns}", ""],
        ["… spoken into by the server", str(step.early), "≤ 10 %"],
        ["end of speech to first audible sample, p50", _ms(step.p50_ms), "≤ 232 ms"],
        ["end of speech to first audible sample, p95", _ms(step.p95_ms), "≤ 320 ms"],
        ["interruptions that stopped the reply", f"{step.stopped} of {step.barged}", "≥ 95 %"],
        ["interruption to silence, p50", _ms(step.stop_p50_ms), "≤ 160 ms"],
        ["interruption to silence, p95", _ms(step.stop_p95_ms), "≤ 320 ms"],
        ["late sound: gaps, share of the replies", late_sound(step), "≤ 1 %"],
        ["frames of speech that the server lost", str(step.dropped_frames), "0"],
        ["calls that the server ended", str(step.hung_up), "0"],
        ["errors", _counted(step.errors), "0"],
        ["rules of the protocol broken", _counted(step.faults), "0"],
        ["conversations mixed up", "; ".join(step.leaks[:3]) or "0", "0"],
        ["callers whose code word was known at the end", f"{step.recalled} of {step.sessions}", ""],
        ["written question, quiet · beside the voices", written(step), "≤ 2 times"],
        ["memory: quiet · most · a call", memory(step), ""],
        ["memory's slope", slope(step), "flat"],
        ["cores in use", _number(step.cores, 2), ""],
        ["lateness of these microphones, p95", _ms(step.microphone_late_p95_ms), "≤ 20 ms"],
    ]


def late_sound(step: Step) -> str:
    share = 100.0 * step.gap_s / step.reply_s if step.reply_s else 0.0
    return f"{step.gaps}, {share:.1f} %"


def written(step: Step) -> str:
    if not step.text_idle_ms or not step.text_busy_ms:
        return "—"
    ratio = step.text_busy_ms / step.text_idle_ms
    return f"{_ms(step.text_idle_ms)} · {_ms(step.text_busy_ms)}: {ratio:.1f} times"


def memory(step: Step) -> str:
    return " · ".join(_mb(value) for value in (step.idle_mb, step.memory_mb, step.session_mb))


def slope(step: Step) -> str:
    """A verdict only where there is half a minute to judge by."""
    if step.slope_mb_per_hour is None or not step.memory_mb or step.memory[-1][0] < 30.0:
        return "—"
    verdict = "flat" if abs(step.slope_mb_per_hour) <= FLAT * step.memory_mb else "not flat"
    return f"{step.slope_mb_per_hour:+.1f} MB an hour: {verdict}"


def _counted(what: dict[str, int]) -> str:
    most = sorted(what.items(), key=lambda one: -one[1])[:3]
    return "; ".join(f"{number} × {name}" for name, number in most) or "0"


def _ms(value: float | None) -> str:
    return "—" if value is None else f"{value:.0f} ms"


def _mb(value: float | None) -> str:
    return "—" if value is None else f"{value:.1f} MB"


def _number(value: float | None, digits: int) -> str:
    return "—" if value is None else f"{value:.{digits}f}"

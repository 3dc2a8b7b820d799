"""Runs the suites on one engine and writes the report card."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from duologue.engine import Engine, ReplyOptions
from duologue.errors import BadInput, NoWritePermission
from duologue.evals import dialogue, duplex, speech, vision
from duologue.evals.report import HEAD, Report, Row, cells
from duologue.evals.subject import Subject
from duologue.files import write_whole
from duologue.settings import Settings

LONGEST_REPLY = 200  # positions: what is not said in 16 s is no answer
LONGEST_SHOWN = 200  # characters of a reply in the printed conversation

Suite = Callable[[Subject], Awaitable[tuple[list[Row], list[str]]]]  # rows, and notes under the table


def _rows(*parts: Callable[[Subject], Awaitable[list[Row]]]) -> Suite:
    async def run(subject: Subject) -> tuple[list[Row], list[str]]:
        return [row for part in parts for row in await part(subject)], []

    return run


async def _styles(subject: Subject) -> tuple[list[Row], list[str]]:
    rows, table = await speech.styles(subject)
    title = "Change against the plain way of speaking, ours / reference speech:"
    return rows, [f"{title}\n\n{table}"] if table else []


async def _chat(subject: Subject) -> tuple[list[Row], list[str]]:
    said = [(asked, _short(reply) or "(silence)") for asked, reply in await dialogue.prompts(subject)]
    lines = [f"> {asked}\n>\n> **{reply}**" for asked, reply in said]
    return [], ["A typed conversation:\n\n" + "\n\n".join(lines)]


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]} …"


SUITES: dict[str, Suite] = {
    "dialogue": _rows(dialogue.spoken, dialogue.typed),
    "hear": _rows(speech.transcripts, speech.tags),
    "speak": _rows(speech.own_speech),
    "styles": _styles,
    "duplex": _rows(
        duplex.turns, duplex.hesitations, duplex.disturbances, duplex.interruptions, duplex.quiet
    ),
    "vision": _rows(vision.seen, vision.read),
    "draw": _rows(vision.drawn),
    "chat": _chat,
}


def run(
    settings: Settings,
    suites: Sequence[str] = (),
    limit: int = 100,
    seed: int = 0,
    out_json: Path | None = None,
    out_md: Path | None = None,
    data: Path | None = None,
) -> Report:
    """Evaluate the model that the settings name; without `suites` run them all.

    Raises BadInput or NoWritePermission, and as `Engine.open`.
    `limit` is the number of tries for a row; `data` a folder of recordings (see `training/corpus.py`).
    """
    if wrong := [name for name in suites if name not in SUITES]:
        raise BadInput(f"there is no suite {wrong[0]!r}; choose from {', '.join(SUITES)}")
    if limit < 1:
        raise BadInput(f"limit is {limit}; give at least 1")
    for path in (out_json, out_md):
        if path is not None and not (path.parent.is_dir() and os.access(path.parent, os.W_OK)):
            raise NoWritePermission(f"cannot write {path}; name a file in a folder that exists and is yours")
    with _progress() as progress:
        report = asyncio.run(_opened(settings, suites, limit, seed, data, progress))
    if out_json is not None:
        _write(out_json, json.dumps(report.as_json(), indent=1, ensure_ascii=False))
    if out_md is not None:
        _write(out_md, report.as_markdown())
    return report


async def _opened(
    settings: Settings, suites: Sequence[str], limit: int, seed: int, data: Path | None, progress: Progress
) -> Report:
    async with await Engine.open(settings) as engine:
        reply = ReplyOptions(
            max_tokens=LONGEST_REPLY,
            temperature=settings.temperature,
            sound_temperature=settings.sound_temperature,
            seed=seed,
        )
        subject = Subject(engine, seed, limit, data, reply, _ticker(progress))
        return await measure(subject, suites, settings.model)


async def measure(subject: Subject, suites: Sequence[str] = (), model: str = "") -> Report:
    """Run the suites on an engine that is open."""
    start = time.perf_counter()
    rows: list[Row] = []
    notes: list[str] = []
    for name in suites or SUITES:
        more_rows, more_notes = await SUITES[name](subject)
        rows += more_rows
        notes += more_notes
    return Report(model, subject.seed, time.perf_counter() - start, tuple(rows), tuple(notes))


def show(report: Report) -> None:
    """Print the report card: a table on a terminal, Markdown where it goes into a file."""
    console = Console()
    if not console.is_terminal:
        print(report.as_markdown())
        return
    table = Table(*HEAD)
    for row in report.rows:
        table.add_row(*cells(row))
    console.print(table)
    for note in report.notes:
        console.print(f"\n{note}", markup=False, highlight=False)


def _progress() -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _ticker(progress: Progress) -> Callable[[str], None]:
    """Count the tries of each skill; how many there will be is known to its suite only."""
    tasks: dict[str, TaskID] = {}

    def tick(skill: str) -> None:
        if skill not in tasks:
            tasks[skill] = progress.add_task(skill, total=None)
        progress.advance(tasks[skill])

    return tick


def _write(path: Path, text: str) -> None:
    with write_whole(path) as file:
        file.write(text.encode())

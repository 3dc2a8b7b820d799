"""`duologue bench latency|load|cascade|crowd`: each prints a table, or JSON, and keeps it in RESULTS.md."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bench import crowd_cli, results
from bench import latency as latency_table
from bench import load as load_table
from duologue.engine import Engine
from duologue.evals import timing
from duologue.settings import Settings
from duologue.settings import load as load_settings

app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, help="Measure how fast, and how many."
)

Model = Annotated[str | None, typer.Option(help="Model that is measured.")]
ModelDir = Annotated[Path | None, typer.Option(help="Folder of a model's files.")]
Threads = Annotated[int | None, typer.Option(help="Threads of the network; 0 takes every core.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Keep = Annotated[bool, typer.Option(help="Append a section to bench/RESULTS.md.")]
Seed = Annotated[int, typer.Option(help="Another seed asks other questions.")]

app.command("crowd")(crowd_cli.command)


@app.command()
def latency(
    num: Annotated[int, typer.Option(help="Questions, and interruptions.")] = 100,
    seed: Seed = 0,
    model: Model = None,
    model_dir: ModelDir = None,
    threads: Threads = None,
    as_json: Json = False,
    keep: Keep = True,
) -> None:
    """End of speech to first audible sample, question length, interruptions."""
    settings = load_settings(model=model, model_dir=model_dir, threads=threads)
    before = os.getloadavg()
    found = asyncio.run(_latency(settings, num, seed))
    shown = asdict(found) | {"length_ratio": found.length_ratio}
    _show(shown, "Latency", settings, before, latency_table.table(found), as_json, keep)


@app.command()
def load(
    most: Annotated[int, typer.Option(help="Calls at most.")] = 128,
    seconds: Annotated[float, typer.Option(help="Length of the calls of a step.")] = 10.0,
    seed: Seed = 0,
    model: Model = None,
    model_dir: ModelDir = None,
    threads: Threads = None,
    as_json: Json = False,
    keep: Keep = True,
) -> None:
    """How many live calls are served in real time."""
    settings = load_settings(model=model, model_dir=model_dir, threads=threads, max_sessions=most)
    before = os.getloadavg()
    found = asyncio.run(_load(settings, [step for step in load_table.STEPS if step <= most], seconds, seed))
    shown = {"held": load_table.held(found), "steps": [asdict(step) for step in found]}
    _show(shown, "Load", settings, before, load_table.table(found), as_json, keep)


@app.command()
def cascade(
    num: Annotated[int, typer.Option(help="Questions asked of ours.")] = 20,
    repeats: Annotated[int, typer.Option(help="Runs of each part of the other.")] = 5,
    seed: Seed = 0,
    model: Model = None,
    model_dir: ModelDir = None,
    threads: Threads = None,
    as_json: Json = False,
    keep: Keep = True,
) -> None:
    """Ours beside a recogniser, a language model and a synthesiser in a row, on the same threads."""
    from bench import cascade as other  # needs the extra [bench]

    settings = load_settings(model=model, model_dir=model_dir, threads=threads)
    before = os.getloadavg()
    ours = asyncio.run(_latency(settings, num, seed, interruptions=False))
    theirs = other.measure(settings.threads or os.cpu_count() or 1, repeats)
    ratio = theirs.first_sound_ms / ours.p50_ms if ours.p50_ms else None
    shown = {
        "cascade": asdict(theirs) | {"first_sound_ms": theirs.first_sound_ms},
        "ours_p50_ms": ours.p50_ms,
        "ratio": ratio,
    }
    _show(shown, "Cascade", settings, before, other.table(theirs, ours.p50_ms, ratio), as_json, keep)


async def _latency(settings: Settings, num: int, seed: int, interruptions: bool = True) -> timing.Latency:
    async with await Engine.open(settings) as engine:
        return await timing.latency(engine, num, seed, interruptions=interruptions)


async def _load(settings: Settings, steps: Sequence[int], seconds: float, seed: int) -> list[timing.Load]:
    async with await Engine.open(settings) as engine:
        return await timing.load(engine, steps, seconds, seed)


def _show(
    shown: Mapping[str, object],
    title: str,
    settings: Settings,
    before: tuple[float, float, float],
    rows: list[list[str]],
    as_json: bool,
    keep: bool,
) -> None:
    where = results.machine(before, settings.threads)
    command = " ".join(["duologue bench", *(word for word in sys.argv[1:] if word != "bench")])
    text = results.section(f"{title} of {settings.model}", command, where, rows)
    if keep:
        results.append(text)
    print(json.dumps({**shown, "machine": where}) if as_json else text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run with these arguments. Errors of Duologue pass through to the caller."""
    return int(app(arguments, prog_name="duologue bench", standalone_mode=False) or 0)


if __name__ == "__main__":
    sys.exit(main())

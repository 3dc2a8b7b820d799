"""`duologue eval`: flags in, the report card out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def evaluate(
    suites: Annotated[list[str] | None, typer.Argument(help="Which suites; all when none is named.")] = None,
    limit: Annotated[int, typer.Option(help="Tries for each row of the table.")] = 100,
    seed: Annotated[int, typer.Option(help="Another seed makes other questions.")] = 0,
    model: Annotated[str | None, typer.Option(help="Model that is measured.")] = None,
    model_dir: Annotated[Path | None, typer.Option(help="Folder of a model's files.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of the network; 0 takes every core.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder with recordings of people.")] = None,
    out_json: Annotated[Path | None, typer.Option(help="File for the report as JSON.")] = None,
    out_md: Annotated[Path | None, typer.Option(help="File for the report as Markdown.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure how well a model hears, answers, speaks, takes turns, sees and draws.

    Suites: dialogue, hear, speak, styles, duplex, vision, draw, chat.
    """
    from duologue.evals.run import run, show
    from duologue.settings import load

    settings = load(model=model, model_dir=model_dir, threads=threads)
    report = run(settings, suites or (), limit, seed, out_json, out_md, data)
    if as_json:
        print(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        show(report)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run with these arguments. Errors of Duologue pass through to the caller."""
    return int(app(arguments, prog_name="duologue eval", standalone_mode=False) or 0)

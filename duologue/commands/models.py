"""`models`: the networks that are here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from duologue.commands import flags

if TYPE_CHECKING:
    from duologue.settings import Settings


@dataclass(frozen=True, slots=True)
class Installed:
    name: str
    folder: str
    bytes: int
    version: str
    voices: tuple[str, ...]
    chosen: bool  # the one that answers when no other is named


def models(as_json: flags.Json = False) -> None:
    """List the networks that are here, and their voices."""
    found = installed(flags.settings())
    if as_json:
        typer.echo(json.dumps({"models": [asdict(model) for model in found]}))
    elif not found:
        typer.echo("no model is here; train one with `duologue train`, or reinstall the package")
    else:
        _print_table(found)


def installed(settings: Settings) -> list[Installed]:
    """Every folder with a config.json: those of the package, then those in the data folder."""
    from duologue.backends.local.backend import WEIGHTS

    roots = (WEIGHTS, settings.data_dir / "models")
    folders = [config.parent for root in roots for config in root.glob("*/config.json")]
    if settings.model_dir is not None:
        folders.append(settings.model_dir)
    return [_describe(folder, settings) for folder in sorted(folders)]


def _describe(folder: Path, settings: Settings) -> Installed:
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError):
        config = {}
    return Installed(
        name=folder.name,
        folder=str(folder),
        bytes=sum(path.stat().st_size for path in folder.iterdir()) if folder.is_dir() else 0,
        version=str(config.get("version", "damaged")),
        voices=tuple(config.get("voices", ())),
        chosen=folder == settings.model_dir if settings.model_dir else folder.name == settings.model,
    )


def _print_table(found: list[Installed]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", "model", "version", "size", "voices", box=None)
    table.add_column("folder", overflow="fold")  # a path cut short is no path
    for model in found:
        mark = "*" if model.chosen else ""
        size = f"{model.bytes / 1e6:.0f} MB"
        table.add_row(mark, model.name, model.version, size, ", ".join(model.voices), model.folder)
    Console().print(table)

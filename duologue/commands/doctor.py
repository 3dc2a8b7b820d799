"""`doctor`: is everything here that a conversation needs, and is it fast enough?"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

import typer

from duologue.commands import flags
from duologue.commands.talk import devices, sound_card
from duologue.errors import DuologueError

if TYPE_CHECKING:
    from duologue.settings import Settings

ENOUGH_DISK = 1_000_000_000  # bytes, for models of one's own and what is remembered


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    state: Literal["good", "warning", "bad"]
    found: str
    remedy: str = ""


def doctor(
    model: flags.Model = None,
    model_dir: flags.ModelDir = None,
    threads: flags.Threads = None,
    as_json: flags.Json = False,
) -> None:
    """Look whether everything works and is fast enough."""
    settings = flags.settings(model=model, model_dir=model_dir, threads=threads)
    about_settings = (_processor, _weights, _speed, _disk)
    findings = [_versions(), *(look(settings) for look in about_settings), _microphone()]
    healthy = all(finding.state != "bad" for finding in findings)
    if as_json:
        typer.echo(json.dumps({"healthy": healthy, "findings": [asdict(finding) for finding in findings]}))
    else:
        _print(findings)
    raise typer.Exit(0 if healthy else 2)


def _versions() -> Finding:
    names = ("duologue", "numpy", "onnxruntime")
    found = ", ".join(f"{name} {version(name)}" for name in names)
    return Finding("versions", "good", f"Python {platform.python_version()}, {found}, {platform.platform()}")


def _processor(settings: Settings) -> Finding:
    cores = os.cpu_count() or 1
    return Finding("processor", "good", f"{cores} cores, {settings.threads or cores} threads for the network")


def _weights(settings: Settings) -> Finding:
    """Every file of the chosen model against its checksum."""
    from duologue.backends.local.backend import find
    from duologue.backends.local.onnx_runner import check

    try:
        folder = find(settings)
        config = check(folder)
    except DuologueError as error:
        return Finding("weights", "bad", error.message, "reinstall the package, or choose another model")
    return Finding("weights", "good", f"{folder}: checksums agree, {len(config.voices)} voices")


def _speed(settings: Settings) -> Finding:
    try:
        opened_s, step_ms = asyncio.run(_measure(settings))
    except DuologueError as error:
        return Finding("speed", "bad", f"not measured: {error.message}")
    found = f"loads in {opened_s:.1f} s, {step_ms:.1f} ms for a frame of 80 ms"
    if step_ms > 40:
        return Finding("speed", "warning", found, "close other programs, or choose a smaller model")
    return Finding("speed", "good", found)


async def _measure(settings: Settings, num_frames: int = 25) -> tuple[float, float]:
    """Seconds to load, and the median milliseconds of a frame."""
    import numpy as np

    from duologue.engine import Engine
    from duologue.sound import FRAME_SAMPLES

    began = time.perf_counter()
    engine = await Engine.open(settings)
    opened_s = time.perf_counter() - began
    session = engine.session()
    frame = np.zeros(FRAME_SAMPLES, np.float32)
    took = []
    for _ in range(num_frames):
        began = time.perf_counter()
        await session.hear(frame)
        took.append(time.perf_counter() - began)
    await engine.close()
    return opened_s, float(np.median(took)) * 1000


def _microphone() -> Finding:
    try:
        return Finding("microphone", "good", devices(sound_card()))
    except DuologueError as error:
        return Finding("microphone", "warning", error.message)


def _disk(settings: Settings) -> Finding:
    place = next(path for path in (settings.data_dir, *settings.data_dir.parents) if path.exists())
    free = shutil.disk_usage(place).free
    found = f"{free / 1e9:.1f} GB free at {place}"
    if not os.access(place, os.W_OK):
        return Finding("disk", "bad", f"may not write to {place}", "set DUOLOGUE_DATA_DIR to one of yours")
    if free < ENOUGH_DISK:
        return Finding("disk", "warning", found, "free some space, or set DUOLOGUE_DATA_DIR")
    return Finding("disk", "good", found)


def _print(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table

    colours = {"good": "green", "warning": "yellow", "bad": "red"}
    table = Table("", "", "", box=None, show_header=False)
    for finding in findings:
        shown = f"{finding.found}; {finding.remedy}" if finding.remedy else finding.found
        table.add_row(f"[{colours[finding.state]}]{finding.state}[/]", finding.name, shown)
    Console().print(table)

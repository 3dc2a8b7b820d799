"""`transcribe`: what was said in a recording."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from duologue.commands import flags

if TYPE_CHECKING:
    from duologue.settings import Settings
    from duologue.sound import Samples


def transcribe(
    file: Annotated[Path, typer.Argument(help="Recording: WAV, FLAC, OGG or MP3.")],
    model: flags.Model = None,
    model_dir: flags.ModelDir = None,
    threads: flags.Threads = None,
    as_json: flags.Json = False,
) -> None:
    """Write down what a recording says, and how it is said."""
    settings = flags.settings(model=model, model_dir=model_dir, threads=threads)
    result = asyncio.run(_transcribe(settings, flags.recording(file, settings)))
    typer.echo(json.dumps(result) if as_json else result["text"])


async def _transcribe(settings: Settings, samples: Samples) -> dict[str, Any]:
    from duologue.commands.answer import conversation, listen
    from duologue.sound import SAMPLE_RATE

    async with conversation(settings) as session:
        began = time.perf_counter()
        transcript, _ = await listen(session, samples)
        worked_s = time.perf_counter() - began
    seconds = len(samples) / SAMPLE_RATE
    return {
        **transcript.to_json(),
        "sounds": transcript.sounds,
        "seconds": round(seconds, 2),
        "real_time_factor": round(worked_s / seconds, 3),
        "model": settings.model_name,
    }

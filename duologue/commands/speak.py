"""`speak`: given words, aloud."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from duologue.commands import flags
from duologue.text import breaths

if TYPE_CHECKING:
    from duologue.settings import Settings


def speak(
    text: Annotated[str, typer.Argument(help='The words; "-" reads them from the standard input.')],
    output: Annotated[Path, typer.Option("--output", "-o", help="Sound file: .wav .flac .ogg .mp3")],
    voice: flags.Voice = None,
    style: flags.Style = None,
    model: flags.Model = None,
    model_dir: flags.ModelDir = None,
    seed: flags.Seed = None,
    threads: flags.Threads = None,
    as_json: flags.Json = False,
) -> None:
    """Say these words."""
    settings = flags.settings(model=model, model_dir=model_dir, voice=voice, seed=seed, threads=threads)
    flags.check_output(output, flags.SOUNDS)
    words = flags.words(text, settings.max_text_chars)
    result = asyncio.run(_speak(settings, words, style, output))
    if as_json:
        typer.echo(json.dumps(result))
    flags.check_kept(output, result["audio"])


async def _speak(settings: Settings, words: str, style: str | None, output: Path) -> dict[str, Any]:
    import numpy as np

    from duologue.commands.answer import Answer, conversation, keep, options, say
    from duologue.sound import SAMPLE_RATE

    async with conversation(settings) as session:
        began = time.perf_counter()
        wish = options(settings, style)
        replies = [await say(session, replace(wish, text=each), began) for each in breaths(words)]
        whole = Answer(
            said=" ".join(reply.said for reply in replies),
            sound=np.concatenate([reply.sound for reply in replies]),
            first_audio_ms=replies[0].first_audio_ms,
            worked_s=time.perf_counter() - began,
        )
    kept = keep(whole, output)
    return {
        "audio": kept.audio,
        "seconds": round(len(whole.sound) / SAMPLE_RATE, 2),
        "first_audio_ms": whole.first_audio_ms,
        "real_time_factor": whole.real_time_factor(),
        "model": settings.model_name,
    }

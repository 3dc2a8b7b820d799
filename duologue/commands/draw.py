"""`draw`: a picture of what the words ask for."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from duologue.commands import flags

if TYPE_CHECKING:
    from duologue.settings import Settings


def draw(
    prompt: Annotated[str, typer.Argument(help='What to draw; "-" reads it from the standard input.')],
    output: Annotated[Path, typer.Option("--output", "-o", help="Picture file: .png .jpg .webp")],
    model: flags.Model = None,
    model_dir: flags.ModelDir = None,
    temperature: flags.Temperature = None,
    seed: flags.Seed = None,
    threads: flags.Threads = None,
    as_json: flags.Json = False,
) -> None:
    """Draw a shape, an object or a simple chart."""
    settings = flags.settings(
        model=model, model_dir=model_dir, temperature=temperature, seed=seed, threads=threads
    )
    flags.check_output(output, flags.PICTURES)
    words = flags.words(prompt, settings.max_text_chars)
    result = asyncio.run(_draw(settings, words, output))
    if as_json:
        typer.echo(json.dumps(result))
    flags.check_kept(output, result["image"])


async def _draw(settings: Settings, words: str, output: Path) -> dict[str, Any]:
    from duologue.commands.answer import Question, answer, conversation, keep, options

    wish = replace(options(settings), sound=False, draw=True)
    async with conversation(settings) as session:
        reply = await answer(session, Question(text=words), wish)
    kept = keep(reply, output)
    return {"image": kept.image, "seconds": round(reply.worked_s, 2), "model": settings.model_name}

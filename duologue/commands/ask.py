"""`ask`: one question in text, sound or pictures; one answer in text, sound or a picture."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from duologue.commands import flags
from duologue.errors import BadInput

if TYPE_CHECKING:
    from duologue.commands.answer import Answer, Question
    from duologue.settings import Settings

WORDLESS = "What is in this picture?"  # asked for those who show a picture and say nothing


def ask(
    text: Annotated[str | None, typer.Argument(help='The question; "-" reads the standard input.')] = None,
    audio: Annotated[Path | None, typer.Option(help="Spoken question: WAV, FLAC, OGG or MP3.")] = None,
    image: Annotated[list[Path] | None, typer.Option(help="Picture to look at; may be repeated.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File for the answer: a sound, or a drawing.")
    ] = None,
    voice: flags.Voice = None,
    style: flags.Style = None,
    model: flags.Model = None,
    model_dir: flags.ModelDir = None,
    temperature: flags.Temperature = None,
    seed: flags.Seed = None,
    threads: flags.Threads = None,
    as_json: flags.Json = False,
) -> None:
    """Ask one question: in text, aloud, about pictures."""
    settings = flags.settings(
        model=model, model_dir=model_dir, voice=voice, temperature=temperature, seed=seed, threads=threads
    )
    flags.check_output(output, flags.SOUNDS + flags.PICTURES)
    question = _question(text, audio, image or [], settings)
    result = asyncio.run(_ask(settings, question, output, style, as_json))
    if as_json:
        typer.echo(json.dumps(result))
    flags.check_kept(output, result["audio"] or result["image"])


def _question(text: str | None, audio: Path | None, images: list[Path], settings: Settings) -> Question:
    """Read and check all that is asked, before the network is loaded. Raises BadInput."""
    from duologue import picture
    from duologue.commands.answer import Question

    if text is None and audio is None and not images:
        raise BadInput("there is no question; give a text, --audio FILE or --image FILE")
    if text is None and audio is None:
        text = WORDLESS
    return Question(
        text=None if text is None else flags.words(text, settings.max_text_chars),
        sound=None if audio is None else flags.recording(audio, settings),
        pictures=tuple(picture.read(path, settings.max_image_pixels) for path in images),
    )


async def _ask(
    settings: Settings, question: Question, output: Path | None, style: str | None, as_json: bool
) -> dict[str, Any]:
    """Answer; show the words as they come, or nothing; return the object that --json prints."""
    from duologue.commands.answer import answer, conversation, keep, options

    draws = output is not None and output.suffix.lower() in flags.PICTURES
    speaks = not draws and (output is not None or question.sound is not None)
    wish = replace(options(settings, style), sound=speaks, draw=draws)
    async with conversation(settings) as session:
        reply = await answer(session, question, wish, flags.silent if as_json else flags.show)
    if not as_json:
        typer.echo()
    kept = keep(reply, output)
    return {
        "heard": reply.heard.to_json() if reply.heard else None,
        "said": reply.said,
        "audio": kept.audio,
        "image": kept.image,
        "first_audio_ms": reply.first_audio_ms,
        "real_time_factor": reply.real_time_factor(question.num_samples),
        "model": settings.model_name,
        "usage": _usage(question, reply),
    }


def _usage(question: Question, reply: Answer) -> dict[str, Any]:
    from duologue.sound import SAMPLE_RATE

    return {
        "input": {
            "text_chars": len(question.text or ""),
            "audio_s": round(question.num_samples / SAMPLE_RATE, 2),
            "images": len(question.pictures),
        },
        "output": {
            "text_chars": len(reply.said),
            "audio_s": round(len(reply.sound) / SAMPLE_RATE, 2),
            "images": int(reply.image is not None),
        },
    }

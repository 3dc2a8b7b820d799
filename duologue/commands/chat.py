"""`chat`: a conversation in writing, line by line, from a terminal or a pipe."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from duologue.commands import flags
from duologue.errors import BadInput

if TYPE_CHECKING:
    from duologue.engine import Session
    from duologue.settings import Settings

HELP = "Write, and press Enter. /image FILE shows a picture, /audio FILE plays a recording, /quit ends it."


def chat(
    model: flags.Model = None,
    model_dir: flags.ModelDir = None,
    temperature: flags.Temperature = None,
    seed: flags.Seed = None,
    threads: flags.Threads = None,
    as_json: flags.Json = False,
) -> None:
    """Converse in writing. Ctrl-D ends it."""
    settings = flags.settings(
        model=model, model_dir=model_dir, temperature=temperature, seed=seed, threads=threads
    )
    # Lines are read between the runs of the loop, so that Ctrl-C works at the prompt too.
    with asyncio.Runner() as runner:
        from duologue.commands.answer import conversation

        talking = conversation(settings)
        session = runner.run(talking.__aenter__())
        try:
            _converse(runner, session, settings, as_json)
        finally:
            runner.run(talking.__aexit__(None, None, None))


def _converse(runner: asyncio.Runner, session: Session, settings: Settings, as_json: bool) -> None:
    is_person = sys.stdin.isatty()
    if is_person:
        typer.echo(HELP, err=True)
    while (line := _read_line(is_person)) is not None:
        if line == "/quit":
            return
        if line == "/help":
            typer.echo(HELP, err=True)
        elif line:
            try:
                runner.run(_turn(session, line, settings, as_json))
            except BadInput as error:
                # A slip of a person who types must not end the conversation; in a pipe it is a mistake.
                if not is_person:
                    raise
                typer.echo(error.message, err=True)


def _read_line(is_person: bool) -> str | None:
    """The next line without its end; None when there is no more."""
    if is_person:
        try:
            return input("> ").strip()
        except EOFError:
            typer.echo()
            return None
    line = sys.stdin.buffer.readline()
    return line.decode("utf-8", "surrogateescape").strip() if line else None


async def _turn(session: Session, line: str, settings: Settings, as_json: bool) -> None:
    """Take in one line and answer it; a picture waits for the question about it. Raises BadInput."""
    from duologue import picture, text
    from duologue.commands.answer import Question, answer, options

    command, _, rest = line.partition(" ")
    if command == "/image":
        return await session.see(picture.read(Path(rest.strip()), settings.max_image_pixels))
    if command == "/audio":
        question = Question(sound=flags.recording(Path(rest.strip()), settings))
    elif command.startswith("/"):
        raise BadInput(f"there is no command {command}; /help tells which there are")
    else:
        question = Question(text=text.check(line, settings.max_text_chars))
    wish = replace(options(settings), sound=False)
    reply = await answer(session, question, wish, flags.silent if as_json else flags.show)
    if as_json:
        typer.echo(json.dumps({"heard": reply.heard.to_json() if reply.heard else None, "said": reply.said}))
    else:
        typer.echo()
    return None

"""The command line. Loads in a blink: no numpy, no network, until a command needs them.

What a command needs beyond the standard library, typer and our errors, it imports when it runs.
Exit codes: 0 done · 2 something you can put right, in one sentence · 1 a mistake of ours · 130 Ctrl-C.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Annotated

import typer

from duologue import __version__
from duologue.commands import ask, chat, doctor, draw, models, serve, speak, talk, transcribe, workshop
from duologue.errors import DuologueError

app = typer.Typer(
    name="duologue",
    help="One network that hears, sees, reads, speaks, writes and draws. Offline, on this computer.",
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    rich_markup_mode=None,  # plain help: it starts faster, and reads well in a pipe
    pretty_exceptions_enable=False,  # its frames would show what the user said
)
app.command()(ask.ask)
app.command()(chat.chat)
app.command()(talk.talk)
app.command()(transcribe.transcribe)
app.command()(speak.speak)
app.command()(draw.draw)
app.command()(serve.serve)
app.command()(models.models)
app.command()(doctor.doctor)
for name, helped in workshop.COMMANDS.items():
    app.command(name, **workshop.PASS_ON)(helped)


@app.callback(invoke_without_command=True)
def duologue(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(__version__)
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command of `sys.argv`. An error we can explain becomes one line, and one object with --json."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # libraries warn programmers; a person gets our sentences
    try:
        app()
    except DuologueError as error:
        if "--json" in sys.argv:
            shown = {"message": error.message, "type": error.type, "code": error.code}
            typer.echo(json.dumps({"error": shown}))
        typer.echo(f"duologue: {printable(error.message)}", err=True)
        sys.exit(error.exit_code)


def printable(message: str) -> str:
    """File names from the command line may hold bytes that no terminal can print."""
    return message.encode("utf-8", "backslashreplace").decode()

"""Flags that several commands share, and what the commands make of them before any work begins."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from duologue.errors import BadInput, NoWritePermission

if TYPE_CHECKING:
    from duologue.settings import Settings
    from duologue.sound import Samples

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Model = Annotated[str | None, typer.Option(help="Model that answers; see `duologue models`.")]
ModelDir = Annotated[Path | None, typer.Option(help="Folder of a model's files, in place of a name.")]
Voice = Annotated[str | None, typer.Option(help="Voice of the answer; see `duologue models`.")]
Style = Annotated[str | None, typer.Option(help="Manner of speaking: calm, excited, whisper, robot ...")]
Seed = Annotated[int | None, typer.Option(help="The same seed and input give the same answer.")]
Threads = Annotated[int | None, typer.Option(help="Threads of the network; 0 takes every core.")]
Temperature = Annotated[float | None, typer.Option(help="Freedom in the choice of words; 0 has none.")]

SOUNDS = (".wav", ".flac", ".ogg", ".mp3")
PICTURES = (".png", ".jpg", ".jpeg", ".webp")


def settings(**flags: object) -> Settings:
    """The settings with these flags on top; a flag that is None was not given. Raises BadSettings."""
    from duologue.settings import load

    return load(**flags)


def words(text: str, max_chars: int) -> str:
    """The text of an argument, or of the standard input where the argument is "-". Raises BadText."""
    from duologue.text import check, decode

    if text != "-":
        return check(text, max_chars)
    # A character takes at most four bytes: enough is read to know that it is too much.
    return decode(sys.stdin.buffer.read(4 * max_chars + 4), max_chars)


def recording(path: Path, settings: Settings) -> Samples:
    """The sound of a file. Raises BadAudio."""
    from duologue.sound import read

    with _hushed():
        return read(path, settings.max_audio_s)


@contextmanager
def _hushed() -> Iterator[None]:
    """The MP3 decoder writes remarks on damaged files straight to file 2; one sentence of ours is enough."""
    before, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)


def check_output(path: Path | None, kinds: tuple[str, ...]) -> None:
    """Refuse early a file that could not be written. Raises BadInput or NoWritePermission."""
    if path is None:
        return
    if path.suffix.lower() not in kinds:
        raise BadInput(f"cannot write {path.name!r}; let the name end in {', '.join(kinds)}")
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise NoWritePermission(f"cannot write {path}; name a file in a folder that exists and is yours")


def check_kept(output: Path | None, written: str | None) -> None:
    """Tell what was written. Exit code 1 when a file was asked for and the model gave nothing for it."""
    if written:
        typer.echo(f"wrote {written}", err=True)
    elif output is not None:
        typer.echo(f"duologue: the model gave nothing for {output}; ask in other words", err=True)
        raise typer.Exit(1)


def show(words: str) -> None:
    """Print words of an answer as they come."""
    typer.echo(words, nl=False)


def silent(words: str) -> None:
    """Print nothing: what was said comes in the JSON object."""

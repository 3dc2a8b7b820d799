"""`talk`: a conversation aloud, through microphone and loudspeaker."""

from __future__ import annotations

import asyncio
from typing import Any

import typer

from duologue.commands import flags
from duologue.errors import ExtraMissing, NoMicrophone


def talk(
    model: flags.Model = None,
    model_dir: flags.ModelDir = None,
    voice: flags.Voice = None,
    style: flags.Style = None,
    seed: flags.Seed = None,
    threads: flags.Threads = None,
    as_json: flags.Json = False,
) -> None:
    """Talk aloud, best with headphones. Ctrl-C ends it."""
    settings = flags.settings(model=model, model_dir=model_dir, voice=voice, seed=seed, threads=threads)
    card = sound_card()
    typer.echo(f"listening through {devices(card)}; Ctrl-C ends the conversation", err=True)
    from duologue.commands.aloud import as_line, as_words, run

    asyncio.run(run(settings, style, card, as_line if as_json else as_words))


def sound_card() -> Any:  # sounddevice has no types
    """The library that reaches microphone and loudspeaker. Raises ExtraMissing or NoMicrophone."""
    try:
        import sounddevice
    except ImportError:
        raise ExtraMissing("the microphone needs one more package: pip install 'duologue[voice]'") from None
    except OSError:
        raise NoMicrophone("the library PortAudio is missing; install it (Debian: libportaudio2)") from None
    return sounddevice


def devices(card: Any) -> str:
    """The default microphone and loudspeaker by name. Raises NoMicrophone."""
    try:
        microphone, loudspeaker = (card.query_devices(kind=kind)["name"] for kind in ("input", "output"))
    except (card.PortAudioError, ValueError):
        raise NoMicrophone(
            "found no microphone with a loudspeaker; plug them in, or use: duologue ask --audio FILE"
        ) from None
    return f"{microphone} and {loudspeaker}"

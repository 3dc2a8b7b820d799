"""`serve`: OpenAI's interface at a port of this machine, until Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING, Annotated

import typer

from duologue.commands import flags
from duologue.errors import BadSettings

if TYPE_CHECKING:
    from duologue.server.running import Certificate
    from duologue.settings import Settings

LAN = "lan"  # folder in the data folder
EVERYWHERE = ("0.0.0.0", "::", "")
PER_PROCESS = (
    "each worker has its own network, conversations, calls, limits and metrics; "
    "stored things and client secrets are shared"
)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen at; else 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen at; 0 takes a free one. Else 4004.")
    ] = None,
    model: flags.Model = None,
    model_dir: flags.ModelDir = None,
    threads: flags.Threads = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes, each with its own network.")] = 1,
    lan: Annotated[bool, typer.Option("--lan", help="For the local network: HTTPS, a key, a code.")] = False,
    as_json: flags.Json = False,
) -> None:
    """Serve OpenAI's interface, for programs and pages. Ctrl-C ends it.

    The key for callers from other machines comes from DUOLOGUE_API_KEY or the file of settings.
    """
    began = time.perf_counter()
    settings = flags.settings(host=host, port=port, model=model, model_dir=model_dir, threads=threads)
    certificate, made = None, None
    if lan:
        settings, certificate, made = _open_to_lan(settings, host)
    _check_key(settings)

    from duologue.server import running
    from duologue.server import workers as crew

    with running.listen(settings.host, settings.port) as listening:
        url = _url(settings.host, listening.getsockname()[1], certificate is not None)

        def ready() -> None:
            if as_json:
                typer.echo(json.dumps({"url": url, "model": settings.model_name, "pid": os.getpid()}))
            else:
                _greet(url, settings, time.perf_counter() - began, workers)
            if lan:
                _greet_lan(url, settings, made)

        if workers == 1:
            stopped_by = running.run(settings, listening, certificate, ready)
        else:
            stopped_by = crew.run(settings, listening, certificate, ready, workers)
    if stopped_by == signal.SIGINT:
        raise typer.Exit(130)


def _open_to_lan(settings: Settings, host: str | None) -> tuple[Settings, Certificate, str | None]:
    """Settings for the local network, and the key if it was made just now. Raises ExtraMissing."""
    from duologue.commands import lan

    lan.require()
    folder = settings.data_dir / LAN
    certificate = lan.certificate(folder, lan.addresses())
    api_key, made = (settings.api_key, None) if settings.api_key else lan.key(folder)
    update = {"host": host or "0.0.0.0", "api_key": api_key}
    return settings.model_copy(update=update), certificate, made


def _check_key(settings: Settings) -> None:
    from duologue.server.access import is_loopback

    if not is_loopback(settings.host) and not settings.api_key:
        raise BadSettings(
            f"whoever reaches {settings.host} could use this server; set DUOLOGUE_API_KEY, or use --lan"
        )


def _url(host: str, port: int, is_safe: bool) -> str:
    if host in EVERYWHERE:
        from duologue.commands.lan import addresses

        host = next(iter(addresses()), "localhost")
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if is_safe else 'http'}://{shown}:{port}"


def _greet(url: str, settings: Settings, seconds: float, workers: int) -> None:
    typer.echo(f"{settings.model_name} listens at {url} (ready in {seconds:.1f} s)")
    typer.echo(f"  for OpenAI's clients: base_url={url}/v1 · documentation: {url}/docs · Ctrl-C ends it")
    typer.echo(
        f"  API key for other machines: {'set' if settings.api_key else 'none, only this machine may call'}"
    )
    if workers > 1:
        typer.echo(f"  {workers} workers: {PER_PROCESS}")


def _greet_lan(url: str, settings: Settings, made: str | None) -> None:
    """On the terminal, not in the JSON: the key is shown to a person, once."""
    from duologue.commands import lan

    folder = settings.data_dir / LAN
    typer.echo(lan.code(url), err=True)
    typer.echo(
        "HTTPS, because browsers give the microphone to no other page. It will warn of the certificate "
        f"until the device trusts {folder / 'authority.pem'}.",
        err=True,
    )
    if made is not None:
        typer.echo(f"API key, shown this once: {made}", err=True)
    else:
        typer.echo(f"API key: the one you have; to make another, delete {folder / 'api-key'}.", err=True)

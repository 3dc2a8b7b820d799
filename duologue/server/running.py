"""Runs the app until it is told to stop, with an end that cuts nobody off.

On SIGTERM or SIGINT nothing new is let in, answers under way may end for LAST_WORDS_S seconds, then all
closes. A second SIGINT does not wait.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from duologue.engine import Engine
from duologue.errors import PortTaken
from duologue.server import logs
from duologue.server.app import create_app
from duologue.server.state import ServerState
from duologue.settings import Settings

LAST_WORDS_S = 10
KEEP_ALIVE_S = (
    65  # longer than the minute for which clients keep a connection, so that none is cut as it asks
)
WS_MAX_BYTES = 32 << 20  # 15 MiB of sound in base64, and room around it
BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Certificate:
    chain: Path
    key: Path


def listen(host: str, port: int) -> socket.socket:
    """Take the port before any work is done. Raises PortTaken."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, _, _, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise PortTaken(
            f"cannot listen at {host} port {port} ({error.strerror}); choose others with --host and --port"
        ) from None


def run(
    settings: Settings, listening: socket.socket, certificate: Certificate | None, ready: Callable[[], None]
) -> int:
    """Serve until a signal says stop, and return it; `ready` is called once. Raises as Engine.open."""
    logs.configure()
    return asyncio.run(_serve(settings, listening, certificate, ready))


async def _serve(
    settings: Settings, listening: socket.socket, certificate: Certificate | None, ready: Callable[[], None]
) -> int:
    async with await Engine.open(settings) as engine:
        app = create_app(settings, engine)
        config = configured(app, certificate)
        server = Server(config, ready, lambda: app.state.duologue)
        await server.serve(sockets=[listening])
        return server.stopped_by


def configured(app: ASGIApp, certificate: Certificate | None = None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # access.py reads them: behind a proxy nobody is this machine's owner
        ws_max_size=WS_MAX_BYTES,
        ws_per_message_deflate=False,  # sound does not get smaller, and the processor has other work
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=LAST_WORDS_S,
        ssl_certfile=certificate.chain if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )


class Server(uvicorn.Server):
    """uvicorn's, which tells when it is ready and lets answers end."""

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], shared: Callable[[], ServerState]
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._shared = shared
        self.stopped_by: int = signal.SIGTERM

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        # uvicorn closes WebSockets at once; an answer that is being spoken over one may end first.
        underway, waited = self._shared().underway, 0.0
        while waited < LAST_WORDS_S and not self.force_exit and not await underway.ended(0.1):
            waited += 0.1
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's would raise the signal once more in the end, and a good end is no death by a signal."""
        if threading.current_thread() is not threading.main_thread():  # only that one can listen to signals
            yield
            return
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
            if self._captured_signals:
                self.stopped_by = self._captured_signals[0]

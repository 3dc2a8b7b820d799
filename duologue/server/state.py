"""What every route shares: built when the app starts, closed when it stops, found by `state(request)`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from duologue.engine import Engine
from duologue.server.access import Access
from duologue.server.kept import Kept
from duologue.server.limits import Limits
from duologue.server.metrics import Metrics
from duologue.settings import Settings


@dataclass(slots=True)
class Underway:
    """Answers that are being given, so that a server that stops can let them end."""

    _count: int = 0
    _none: asyncio.Event = field(default_factory=asyncio.Event)

    @contextmanager
    def answer(self) -> Iterator[None]:
        """Hold this open from the beginning of an answer to its end."""
        self._count += 1
        self._none.clear()
        try:
            yield
        finally:
            self._count -= 1
            if self._count == 0:
                self._none.set()

    async def ended(self, most_s: float) -> bool:
        """Wait until no answer is being given, at most so long; whether that is so now."""
        if self._count:
            try:
                async with asyncio.timeout(most_s):
                    await self._none.wait()
            except TimeoutError:
                return False
        return True


@dataclass(slots=True)
class ServerState:
    engine: Engine
    settings: Settings
    access: Access
    limits: Limits
    metrics: Metrics
    kept: Kept
    underway: Underway = field(default_factory=Underway)


def state_of(connection: HTTPConnection) -> ServerState:
    found = connection.app.state.duologue
    assert isinstance(found, ServerState)
    return found


async def state(connection: HTTPConnection) -> ServerState:
    """FastAPI dependency, for HTTP and WebSocket alike. Async, because FastAPI takes others to a thread."""
    return state_of(connection)


Shared = Annotated[ServerState, Depends(state)]  # what a route asks for

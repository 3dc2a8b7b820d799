"""Giving out what a tape brings: at once, or as server-sent events; whoever hangs up ends it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from duologue.server.tape import Tape

T = TypeVar("T")

EVENTS = "text/event-stream"
HUNG_UP = 499  # the status of an answer that nobody is there to read


async def whole(request: Request, tape: Tape[T], tell: Callable[[], Awaitable[Response]]) -> Response:
    """When the tape is over, what `tell` makes of it. Raises what the tape's source raised."""
    try:
        await while_connected(request, _all(tape))
        return await tell()
    except ClientDisconnect:
        return Response(status_code=HUNG_UP)
    finally:
        await tape.stop()


async def streamed(
    request: Request,
    tape: Tape[T],
    events: AsyncIterator[bytes],
    stops: bool = True,
    media_type: str = EVENTS,
) -> Response:
    """Events, or bytes of another type, as they come.

    What goes wrong before the first one is raised, so that it has its own status. Whoever hangs up
    stops the tape, unless it goes on without readers (`stops` is false).
    """
    try:
        await while_connected(request, tape.begun())
    except BaseException as error:
        if stops:
            await tape.stop()
        if isinstance(error, ClientDisconnect):
            return Response(status_code=HUNG_UP)
        raise
    return Stream(events, tape if stops else None, media_type)


class Stream(StreamingResponse):
    """Its tape is stopped however it ends, even before it began."""

    def __init__(
        self, events: AsyncIterator[bytes], tape: Tape[Any] | None, media_type: str = EVENTS
    ) -> None:
        super().__init__(events, media_type=media_type, headers={"cache-control": "no-store"})
        self._tape = tape

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self._tape is not None:
                await self._tape.stop()


def event(content: dict[str, Any], name: str | None = None) -> bytes:
    """One server-sent event."""
    head = b"" if name is None else f"event: {name}\n".encode()
    return head + b"data: " + json.dumps(content, separators=(",", ":")).encode() + b"\n\n"


async def while_connected(request: Request, work: Awaitable[T]) -> T:
    """Do the work, unless the caller hangs up (ClientDisconnect). Call it after the body was read."""
    doing, leaving = asyncio.ensure_future(work), asyncio.create_task(_hung_up(request))
    try:
        await asyncio.wait([doing, leaving], return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise ClientDisconnect
        return doing.result()
    finally:
        doing.cancel()
        leaving.cancel()
        await asyncio.wait([doing, leaving])


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _all(tape: Tape[T]) -> None:
    async for _ in tape.read():
        pass

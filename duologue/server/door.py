"""What every request passes on its way in, and every answer on its way out: two layers of plain ASGI.

`Watch` is the outermost: a name for the request, headers, a line in the log, the metrics, and an answer when
something of ours fell. `Gate` lets in who may come in, as often as the limits allow, with a body of bearable
size, before a byte of the body is read.
"""

from __future__ import annotations

import re
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from duologue.errors import DuologueError, TooLarge
from duologue.server import faults, limits, logs
from duologue.server.access import caller
from duologue.server.ids import new_id
from duologue.server.state import ServerState, state

OPEN = re.compile(r"/(health|ready|openapi\.json|docs(/.*)?)?")  # nothing behind them belongs to anybody
HTTP_START = ("http.response.start", "websocket.http.response.start", "websocket.accept")


class Watch:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        began, request_id, status = time.perf_counter(), new_id("req"), 0
        scope["duologue.request_id"] = request_id

        async def send_watched(message: Message) -> None:
            nonlocal status
            if message["type"] in HTTP_START:
                status = message.get("status", 101)
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                headers["x-request-id"] = request_id
                headers["openai-processing-ms"] = f"{(time.perf_counter() - began) * 1000:.0f}"
                headers.update(scope.get("duologue.headers", {}))
            elif message["type"] == "websocket.close" and not status:
                status = 403
            await send(message)

        try:
            await self._app(scope, receive, send_watched)
        except Exception as error:  # a mistake of ours ends this request, not the server
            logs.mistake(request_id, error)
            scope["duologue.error"] = "server_error"
            if not status:
                await faults.our_mistake()(scope, receive, send_watched)
        finally:
            _note(scope, request_id, status, time.perf_counter() - began)


def _note(scope: Scope, request_id: str, status: int, seconds: float) -> None:
    route = str(getattr(scope.get("route"), "path", "unknown"))
    error = scope.get("duologue.error")
    found = scope.get("duologue.caller")
    metrics = state(HTTPConnection(scope)).metrics
    metrics.requested(route, status, seconds)
    if error is not None:
        metrics.failed(error)
    method = scope.get("method", "WS")
    logs.request(request_id, method, route, status, seconds * 1000, found.id if found else "-", error)


class Gate:
    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        try:
            self._admit(scope)
        except DuologueError as error:
            scope["duologue.error"] = error.code
            return await faults.response(error)(scope, receive, send)
        return await self._app(scope, self._bounded(receive) if scope["type"] == "http" else receive, send)

    def _admit(self, scope: Scope) -> None:
        if OPEN.fullmatch(scope["path"]):
            return
        connection = HTTPConnection(scope)
        shared: ServerState = state(connection)
        scope["duologue.caller"] = shared.access.check(connection)
        if scope["path"].startswith("/v1/"):
            try:
                shared.limits.request(caller(connection))
            finally:
                scope["duologue.headers"] = limits.headers(shared.limits.state(caller(connection)))
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdecimal() and int(length) > self._max_body_bytes:
            raise self._too_large()

    def _bounded(self, receive: Receive) -> Receive:
        """Bodies that come in chunks do not say how long they are."""
        taken = 0

        async def receive_bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._max_body_bytes:
                raise self._too_large()
            return message

        return receive_bounded

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"the body is over {self._max_body_bytes >> 20} MiB; send less, or set DUOLOGUE_MAX_BODY_MB"
        )

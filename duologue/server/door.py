"""What every request passes on its way in, and every answer on its way out: two layers of plain ASGI.

`Watch` is the outermost: a name for the request, headers, a line in the log, the metrics, and an answer when
something of ours fell. `Gate` lets in who may come in, as often as the limits allow, with a body of bearable
size, before a byte of the body is read.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from duologue.errors import DuologueError, TooLarge
from duologue.server import faults, limits, logs
from duologue.server.ids import new_id
from duologue.server.state import state_of

OPEN = re.compile(r"/(health|ready|openapi\.json|docs(/.*)?)?")  # nothing behind them belongs to anybody
SWITCHED, HUNG_UP = 101, 499  # the second is nginx's, for a caller who left before the answer
INTERNAL_ERROR = 1011  # RFC 6455, 7.4.1
STARTS = ("http.response.start", "websocket.http.response.start", "websocket.accept")


class Watch:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        passage = _Passage(scope, send)
        try:
            await self._app(scope, receive, passage.send)
        except Exception as error:  # ends this request, not the server
            if is_hang_up(error):
                passage.status = passage.status or HUNG_UP
            else:
                await passage.fall(error, receive)
        finally:
            passage.note()


def is_hang_up(error: BaseException) -> bool:
    """Whether nothing happened but that the caller left."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_hang_up(each) for each in error.exceptions)
    return isinstance(error, ClientDisconnect | WebSocketDisconnect)


class _Passage:
    """One request on its way through."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._id = new_id("req")
        self._began = time.perf_counter()
        self.status = 0  # 0: nothing was answered yet

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind in STARTS:
            self.status = message.get("status", SWITCHED)
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            headers["x-request-id"] = self._id
            headers["openai-processing-ms"] = f"{(time.perf_counter() - self._began) * 1000:.0f}"
            headers.update(self._scope.get("duologue.headers", {}))
        elif kind == "websocket.close" and not self.status:
            self.status = 403
        await self._send(message)

    async def fall(self, error: Exception, receive: Receive) -> None:
        """Something of ours fell. Once an answer has begun, all that can be told is that it broke off."""
        logs.mistake(self._id, error)
        self._scope["duologue.error"] = "server_error"
        if not self.status:
            await faults.our_mistake()(self._scope, receive, self.send)
        elif self._scope["type"] == "websocket":
            with suppress(Exception):  # it may be closed already
                await self._send({"type": "websocket.close", "code": INTERNAL_ERROR})

    def note(self) -> None:
        seconds = time.perf_counter() - self._began
        route = str(getattr(self._scope.get("route"), "path", "unknown"))
        error, who = self._scope.get("duologue.error"), self._scope.get("duologue.caller")
        metrics = state_of(HTTPConnection(self._scope)).metrics
        metrics.requested(route, self.status, seconds)
        if error is not None:
            metrics.failed(error)
        method, name = self._scope.get("method", "WS"), who.id if who else "-"
        logs.request(self._id, method, route, self.status, seconds * 1000, name, error)


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
        shared = state_of(connection)
        who = scope["duologue.caller"] = shared.access.check(connection)
        if scope["path"].startswith("/v1/"):
            try:
                shared.limits.request(who)
            finally:
                scope["duologue.headers"] = limits.headers(shared.limits.state(who))
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

"""Our server as a process of its own, run as by `duologue serve`, with its wires kept on a tape.

python -m tests.clients.served PORT TAPE
"""

from __future__ import annotations

import json
import sys
from itertools import count
from pathlib import Path
from typing import TextIO

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from duologue import settings
from duologue.server import logs, running
from duologue.server.app import create_app

READABLE = ("application/json", "text/event-stream")


class Taped:
    """An ASGI app that writes a line for every message of a WebSocket, and one for every answered request."""

    def __init__(self, app: ASGIApp, tape: TextIO) -> None:
        self.app, self.tape, self.numbers = app, tape, count()

    def write(self, wire: int, **entry: object) -> None:
        self.tape.write(json.dumps({"wire": wire, **entry}) + "\n")
        self.tape.flush()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self.http(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        wire = next(self.numbers)
        self.write(wire, opened=scope["path"], query=scope["query_string"].decode())

        async def hear() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and message.get("text"):
                self.write(wire, client=json.loads(message["text"]))
            return message

        async def tell(message: Message) -> None:
            if message["type"] == "websocket.send":
                self.write(wire, server=json.loads(message["text"]))
            elif message["type"] == "websocket.close":
                self.write(wire, closed=message.get("code"))
            await send(message)

        await self.app(scope, hear, tell)

    async def http(self, scope: Scope, receive: Receive, send: Send) -> None:
        wire, status, kind, body = next(self.numbers), 0, "", b""

        async def tell(message: Message) -> None:
            nonlocal status, kind, body
            if message["type"] == "http.response.start":
                status = message["status"]
                kind = dict(message["headers"]).get(b"content-type", b"").decode().partition(";")[0]
            elif kind in READABLE:
                body += message.get("body", b"")
            await send(message)

        await self.app(scope, receive, tell)
        route = str(getattr(scope.get("route"), "path", scope["path"]))
        self.write(wire, method=scope["method"], route=route, status=status, kind=kind, body=body.decode())


def main(port: int, tape: Path) -> None:
    chosen = settings.load(port=port, threads=1)
    logs.configure()
    with tape.open("w", encoding="utf-8") as lines:
        face = Taped(create_app(chosen), lines)
        uvicorn.Server(running.configured(face)).run([running.listen(chosen.host, port)])


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))

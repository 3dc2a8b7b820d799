"""`/v1/realtime/translations`: a live interpreter over a WebSocket, and secrets for it."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Literal

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field

from duologue.errors import DuologueError, NoAccess
from duologue.server import faults
from duologue.server.access import SUBPROTOCOL, Caller, Who
from duologue.server.models import model_of
from duologue.server.realtime.fields import Json
from duologue.server.realtime.interpreting import Interpreting
from duologue.server.realtime.translation_fields import Configuration
from duologue.server.realtime.translations import Translation
from duologue.server.state import ServerState, Shared
from duologue.sound import Samples

router = APIRouter(tags=["Realtime"])

MODEL = "gpt-realtime-translate"
MOST_S = 3600  # of one session, as OpenAI's


class Expiry(BaseModel):
    anchor: Literal["created_at"] = "created_at"
    seconds: int = Field(default=600, ge=10, le=7200)


class WishedSession(BaseModel):
    model_config = ConfigDict(extra="allow")  # `audio` is judged where languages are known

    model: str
    type: Literal["translation"] = "translation"


class SecretWish(BaseModel):
    expires_after: Expiry = Expiry()
    session: WishedSession


@router.post("/v1/realtime/translations/client_secrets", summary="A short-lived key for one interpretation")
async def create_secret(wish: SecretWish, shared: Shared, who: Who) -> dict[str, Any]:
    if who.session is not None:
        raise NoAccess("a secret cannot make another; use the API key")
    model = model_of(wish.session.model, shared.settings.model_name)
    asked = wish.session.model_extra or {}
    configuration = Configuration().patched(asked, shared.engine.languages)
    bound = {"type": "translation", "model": model, **asked}
    secret = shared.access.secrets.create(bound, wish.expires_after.seconds, who)
    session = Translation(model, secret.expires_at, shared.engine.languages, configuration).outgoing()[0]
    return {"value": secret.value, "expires_at": secret.expires_at, "session": session["session"]}


@router.websocket("/v1/realtime/translations")
async def translate(socket: WebSocket, shared: Shared, who: Who, model: str | None = None) -> None:
    try:
        wire = _Socket(socket)
        interpreting = Interpreting(shared, who, protocol_of(shared, who, model), wire)
    except DuologueError as error:
        await faults.response(error)(socket.scope, socket.receive, socket.send)
        return
    offered = socket.scope.get("subprotocols", ())
    shared.metrics.connected("websocket")
    try:
        await socket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        async with asyncio.timeout(MOST_S):
            if await interpreting.converse(wire.listen(interpreting)):
                await socket.close()
    except (WebSocketDisconnect, TimeoutError):
        pass
    finally:
        shared.metrics.disconnected("websocket")
        interpreting.close()


def protocol_of(shared: ServerState, who: Caller, model: str | None, plays: bool = False) -> Translation:
    """For a new session of this caller. Raises NoAccess, BadInput or UnknownModel."""
    bound = dict(who.session or {})
    if bound.pop("type", "translation") != "translation":
        raise NoAccess(
            "this secret is for another kind of session; make one at .../translations/client_secrets"
        )
    name = model_of(bound.pop("model", model) or MODEL, shared.settings.model_name)
    configuration = Configuration().patched(bound, shared.engine.languages)
    return Translation(name, int(time.time()) + MOST_S, shared.engine.languages, configuration, plays)


class _Socket:
    """See interpreting.Wire."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def listen(self, interpreting: Interpreting) -> None:
        while (message := await self._socket.receive())["type"] != "websocket.disconnect":
            await interpreting.receive(message.get("text") or message.get("bytes") or "")

    async def send(self, event: Json) -> None:
        await self._socket.send_json(event)

    def play(self, samples: Samples) -> None:
        raise AssertionError("sound that a WebSocket cannot play")

    def said_phrase(self) -> None:
        pass  # the sound came in events

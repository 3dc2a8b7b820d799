"""`/v1/realtime/translations`: a live interpreter over a WebSocket, and secrets for it.

Two sessions of the engine serve one interpretation. The ear hears everything without a gap and tells where
phrases end. The interpreter lives through one phrase at a time, hearing it while it is spoken, says it in the
other language as fast as it can, and forgets it: so a speaker who goes on is neither lost nor mixed up with
what is being said.
"""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field

from duologue.engine import Engine, ReplyOptions, Session, SessionOptions, TurnPolicy
from duologue.errors import DuologueError, NoAccess
from duologue.server import faults
from duologue.server.access import SUBPROTOCOL, Caller, caller
from duologue.server.models import model_of
from duologue.server.realtime.phrases import Cut, Drop, End, Feed
from duologue.server.realtime.translations import Configuration, Finish, Hear, Into, Order, Translation
from duologue.server.state import ServerState, state
from duologue.sound import FRAME_SAMPLES, frames

router = APIRouter(tags=["Realtime"])
Shared = Annotated[ServerState, Depends(state)]
Who = Annotated[Caller, Depends(caller)]

MODEL = "gpt-realtime-translate"
LONGEST_S = 3600  # of one session, as OpenAI's
MOST_BEHIND = 1500  # orders for the interpreter, a frame of 80 ms each: 2 minutes. Full: the client waits
LONGER = 2  # times a phrase that its translation may last,
MOST_MORE = 25  # and so many frames more; a young network does not always find an end

Work = Into | Cut | None  # None: all was said


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
        protocol = _protocol(shared, who, model)
        ear, interpreter = _sessions(shared.engine)
    except DuologueError as error:
        await faults.response(error)(socket.scope, socket.receive, socket.send)
        return
    offered = socket.scope.get("subprotocols", ())
    shared.metrics.connected("websocket")
    try:
        await socket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        async with asyncio.timeout(LONGEST_S):
            await _Shell(socket, shared, who, protocol, ear, interpreter).run()
    except (WebSocketDisconnect, TimeoutError):
        pass
    finally:
        shared.metrics.disconnected("websocket")
        ear.close()
        interpreter.close()


def _protocol(shared: ServerState, who: Caller, model: str | None) -> Translation:
    bound = dict(who.session or {})
    if bound.pop("type", "translation") != "translation":
        raise NoAccess(
            "this secret is for another kind of session; make one at .../translations/client_secrets"
        )
    name = model_of(bound.pop("model", model) or MODEL, shared.settings.model_name)
    configuration = Configuration().patched(bound, shared.engine.languages)
    return Translation(name, int(time.time()) + LONGEST_S, shared.engine.languages, configuration)


def _sessions(engine: Engine) -> tuple[Session, Session]:
    """The ear and the interpreter. Raises Busy."""
    ear = engine.session(SessionOptions(policy=TurnPolicy("semantic_vad", eagerness="high", answers=False)))
    try:
        return ear, engine.session(SessionOptions(policy=TurnPolicy("manual")))
    except DuologueError:
        ear.close()
        raise


class _Shell:
    """Moves bytes and carries out orders: one loop listens, one interprets."""

    def __init__(
        self,
        socket: WebSocket,
        shared: ServerState,
        who: Caller,
        protocol: Translation,
        ear: Session,
        interpreter: Session,
    ) -> None:
        self._socket = socket
        self._shared = shared
        self._who = who
        self._protocol = protocol
        self._ear = ear
        self._interpreter = interpreter
        self._work: asyncio.Queue[Work] = asyncio.Queue(MOST_BEHIND)
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """Until the client leaves, or closed and all was said."""
        interpreting = asyncio.create_task(self._interpret())
        listening = asyncio.create_task(self._listen())
        try:
            await asyncio.wait((interpreting, listening), return_when=asyncio.FIRST_COMPLETED)
            for task in (interpreting, listening):
                if task.done():
                    task.result()
            await interpreting
            self._protocol.closed()
            await self._flush()
            await self._socket.close()
        finally:
            for task in (interpreting, listening):
                task.cancel()
            await asyncio.gather(interpreting, listening, return_exceptions=True)

    async def _listen(self) -> None:
        await self._flush()
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1000))
            for order in self._protocol.receive(message.get("text") or message.get("bytes") or ""):
                await self._carry_out(order)
            await self._flush()

    async def _carry_out(self, order: Order) -> None:
        match order:
            case Hear(samples):
                for frame in frames(samples):
                    events = await self._ear.hear(frame)
                    for following in self._protocol.heard(frame, events):
                        await self._carry_out(following)
            case Finish():
                for following in self._protocol.heard_all():
                    await self._carry_out(following)
                await self._work.put(None)
            case work:
                await self._work.put(work)

    async def _interpret(self) -> None:
        language, length = "", 0
        while (work := await self._work.get()) is not None:
            match work:
                case Into(target):
                    language, length = target, 0
                    await self._interpreter.recall(())
                case Feed(samples):
                    length += len(samples)
                    await self._interpreter.hear(samples)
                case End():
                    await self._say(language, length)
                case Drop():
                    await self._interpreter.recall(())

    async def _say(self, language: str, length: int) -> None:
        most = LONGER * (length // FRAME_SAMPLES) + MOST_MORE
        before = self._interpreter.usage
        try:
            async for piece in self._interpreter.say(ReplyOptions(translate_to=language, max_tokens=most)):
                self._protocol.said(piece)
                await self._flush()
        except DuologueError as error:
            self._protocol.failed(error)
        self._protocol.said_phrase()
        await self._flush()
        used = self._interpreter.usage - before
        self._shared.limits.use(self._who, used.text_in + used.audio_in + used.text_out + used.audio_out)
        self._shared.metrics.used(used.text_in + used.audio_in, used.text_out + used.audio_out)

    async def _flush(self) -> None:
        async with self._sending:
            for event in self._protocol.outgoing():
                await self._socket.send_json(event)

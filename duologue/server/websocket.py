"""WS /v1/realtime: moves bytes between a socket and a `Talk`. Nothing is decided here."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from duologue.errors import Busy, DuologueError
from duologue.server import faults
from duologue.server.access import SUBPROTOCOL, Who
from duologue.server.ephemeral import Caller
from duologue.server.ids import new_id
from duologue.server.realtime.fields import Json
from duologue.server.realtime.lodging import house
from duologue.server.realtime.protocol import Protocol
from duologue.server.realtime.talk import Talk
from duologue.server.state import Shared
from duologue.server.webrtc import calls_of, listen_in
from duologue.sound import SAMPLE_RATE

router = APIRouter()

MOST_S = 3600  # a session's longest life, OpenAI's
TICK_S = 0.08
FLOWING_S = 0.3  # without sound for longer than that, a client is taken to send none
LAST_WORDS_S = 0.5  # for a client to read why it is sent away
GOING_AWAY, POLICY, OUR_MISTAKE, TRY_LATER = 1001, 1008, 1011, 1013  # RFC 6455, 7.4.1, and its registry


class Expired(DuologueError):
    code = "session_expired"


@router.websocket("/v1/realtime")
async def realtime(
    socket: WebSocket,
    shared: Shared,
    who: Who,
    model: str | None = None,
    intent: str | None = None,
    call_id: str | None = None,
) -> None:
    offered = socket.scope.get("subprotocols", ())
    await socket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
    if call_id is not None:
        await _beside(socket, call_id, who)
        return
    said: Json = dict(who.session or {})
    if intent == "transcription":
        said.setdefault("type", "transcription")
    if model is not None:
        said.setdefault("model", model)
    try:
        protocol = Protocol(house(shared, who), said, int(time.time()) + MOST_S)
        talk = Talk(shared.engine, protocol, shared.metrics, shared.underway.answer)
    except DuologueError as error:
        await refuse(socket, error)
        return
    shared.metrics.connected("websocket")
    try:
        await hold(socket, talk)
    except Exception:  # a mistake of ours ends this session, not the server; the door logs it
        with suppress(WebSocketDisconnect, RuntimeError):
            await socket.send_text(json.dumps(_error(faults.OUR_MISTAKE)))
        await _close(socket, OUR_MISTAKE)
        raise
    finally:
        talk.close()
        shared.metrics.disconnected("websocket")


async def _beside(socket: WebSocket, call_id: str, who: Caller) -> None:
    """A second wire to a call that is held over WebRTC."""
    try:
        call = calls_of(socket).conversation(call_id, who)
    except DuologueError as error:
        await refuse(socket, error)
        return
    await listen_in(socket, call)


async def refuse(socket: WebSocket, error: DuologueError) -> None:
    with suppress(WebSocketDisconnect):
        await socket.send_text(json.dumps(_error(faults.told(error))))
        await socket.close(TRY_LATER if isinstance(error, Busy) else POLICY)


def _error(told: faults.Told) -> Json:
    return {"type": "error", "event_id": new_id("event"), "error": told | {"event_id": None}}


async def hold(socket: WebSocket, talk: Talk, most_s: float = MOST_S) -> None:
    """Until either side hangs up, or the hour is over."""
    heard = [asyncio.get_running_loop().time()]  # when the newest sound came in
    loops = (_read(socket, talk, heard), _write(socket, talk), talk.run(), _clock(talk, heard))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in loops]
        done, _ = await asyncio.wait(tasks, timeout=most_s, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            talk.protocol.wrong(Expired("Your session hit the maximum duration of 60 minutes."))
            talk.wake()
            await asyncio.wait(tasks[:2], timeout=LAST_WORDS_S, return_when=asyncio.FIRST_COMPLETED)
            await _close(socket, GOING_AWAY)
        for task in tasks:
            task.cancel()


async def _read(socket: WebSocket, talk: Talk, heard: list[float]) -> None:
    while True:
        await talk.room()
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text, before = message.get("text"), talk.protocol.num_received
        talk.receive(message["bytes"] if text is None else text)
        if talk.protocol.num_received > before:
            heard[0] = asyncio.get_running_loop().time()


async def _write(socket: WebSocket, talk: Talk) -> None:
    with suppress(WebSocketDisconnect):
        while True:
            out = await talk.next()
            assert out.event is not None, "sound that a WebSocket cannot play"
            await socket.send_text(json.dumps(out.event, separators=(",", ":")))


async def _close(socket: WebSocket, code: int) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):  # RuntimeError: it is closed already
        await socket.close(code)


async def _clock(talk: Talk, heard: list[float]) -> None:
    """While the client sends no sound, time goes on without it."""
    clock = asyncio.get_running_loop().time
    told = clock()
    while True:
        await asyncio.sleep(TICK_S)
        now = clock()
        since = max(told, heard[0])
        if now - heard[0] >= FLOWING_S and now > since:
            talk.passed(round((now - since) * SAMPLE_RATE))
            told = now

"""Calls over WebRTC: an offer of SDP in, an answer out, and what may be done with a call while it lasts."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, WebSocket, WebSocketDisconnect
from starlette.datastructures import UploadFile
from starlette.requests import HTTPConnection
from starlette.responses import Response

from duologue.errors import BadInput, NotFound, NotOffered
from duologue.server import logs
from duologue.server.access import Caller, Who
from duologue.server.calls.call import MOST_S, Call, Listener
from duologue.server.calls.interpreted import Interpreted
from duologue.server.calls.pool import Pool
from duologue.server.ids import new_id
from duologue.server.realtime.fields import Json, patched
from duologue.server.realtime.lodging import house
from duologue.server.realtime.protocol import Protocol
from duologue.server.realtime.talk import Talk
from duologue.server.state import ServerState, Shared
from duologue.server.translating import protocol_of

SDP = "application/sdp"
MOST_SESSION = 1 << 20  # characters of a session's configuration


class Calls:
    """All calls of this process."""

    def __init__(self) -> None:
        self.pool = Pool()
        self._calls: dict[str, Call | Interpreted] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, shared: ServerState, who: Caller, sdp: str, said: Json) -> tuple[str, str]:
        """A call's id and the answer. Raises ExtraMissing, Busy, BadInput or UnknownModel."""
        protocol = Protocol(house(shared, who, plays=True), said, int(time.time()) + MOST_S)
        talk = Talk(shared.engine, protocol, shared.metrics, shared.underway.answer)
        try:
            line, answer = await self.pool.call(sdp)
        except BaseException:
            talk.close()
            raise
        return self._hold(Call(who, line, talk), shared), answer

    async def interpret(self, shared: ServerState, who: Caller, sdp: str) -> tuple[str, str]:
        """The same for an interpreter. Raises NoAccess too, for a secret of another kind."""
        call = Interpreted(who, shared, protocol_of(shared, who, None, plays=True))
        try:
            line, answer = await self.pool.call(sdp)
        except BaseException:
            call.close()
            raise
        call.hold(line)
        return self._hold(call, shared), answer

    def find(self, call_id: str, who: Caller) -> Call | Interpreted:
        """Raises NotFound."""
        call = self._calls.get(call_id)
        if call is None or call.caller.id != who.id:
            raise NotFound(f"there is no call {call_id[:40]!r}; it is over, or somebody else's", "call_id")
        return call

    def conversation(self, call_id: str, who: Caller) -> Call:
        """One that a second wire can go to. Raises NotFound."""
        call = self.find(call_id, who)
        if not isinstance(call, Call):
            raise NotFound(f"the call {call_id!r} is an interpreter's; nobody listens in to it", "call_id")
        return call

    async def close(self) -> None:
        """Hang up on everybody."""
        for call in self._calls.values():
            call.hang_up()
        await self.pool.close()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _hold(self, call: Call | Interpreted, shared: ServerState) -> str:
        """From now on until it ends; returns its id."""
        call_id = new_id("rtc")
        self._calls[call_id] = call
        task = asyncio.create_task(self._run(call_id, call, shared))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return call_id

    async def _run(self, call_id: str, call: Call | Interpreted, shared: ServerState) -> None:
        shared.metrics.connected("webrtc")
        try:
            await call.run()
        except Exception as error:  # a mistake of ours ends this call, not the server
            logs.mistake(call_id, error)
        finally:
            del self._calls[call_id]
            shared.metrics.disconnected("webrtc")


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.calls = Calls()
    try:
        yield
    finally:
        await app.state.calls.close()


def calls_of(connection: HTTPConnection) -> Calls:
    """FastAPI dependency, for HTTP and WebSocket alike."""
    found = connection.app.state.calls
    assert isinstance(found, Calls)
    return found


router = APIRouter(prefix="/v1/realtime", tags=["Realtime"], lifespan=_lifespan)

All = Annotated[Calls, Depends(calls_of)]


@router.post("/calls", status_code=201, response_class=Response, summary="Begin a call: SDP in, SDP out")
async def create_call(request: Request, shared: Shared, who: Who, calls: All) -> Response:
    sdp, session = await _offer(request)
    return await _begin(request, shared, who, calls, sdp, session)


@router.post(
    "", status_code=201, response_class=Response, summary="The older form of /calls", deprecated=True
)
async def create_old_call(request: Request, shared: Shared, who: Who, calls: All) -> Response:
    return await create_call(request, shared, who, calls)


@router.post("/translations/calls", status_code=201, response_class=Response, summary="Call an interpreter")
async def create_interpreted_call(request: Request, shared: Shared, who: Who, calls: All) -> Response:
    sdp, session = await _offer(request)
    asked = replace(who, session=patched(dict(who.session or {}), session)) if session else who
    return _answered(*await calls.interpret(shared, asked, sdp))


@router.post("/calls/{call_id}/hangup", response_class=Response, summary="End a call")
async def hang_up(call_id: str, who: Who, calls: All) -> Response:
    calls.find(call_id, who).hang_up()
    return Response(status_code=200)


@router.post("/calls/{call_id}/{what}", include_in_schema=False)
async def control(call_id: str, what: str, who: Who, calls: All) -> None:
    if what not in ("accept", "reject", "refer"):
        raise NotFound(f"a call cannot {what[:40]!r}; it can `hangup`")
    calls.find(call_id, who)
    raise NotOffered(
        f"{what} is for calls over SIP, which this server does not take; end a call with `hangup`"
    )


async def listen_in(socket: WebSocket, call: Call) -> None:
    """A WebSocket beside a call, accepted already: the same events, until either ends."""
    listener = call.listen_in()
    try:
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(_read(socket, call, listener))
            with suppress(WebSocketDisconnect):
                while (text := await listener.events.get()) is not None:
                    await socket.send_text(text)
                await socket.close()
            reading.cancel()
    finally:
        call.leave(listener)


async def _read(socket: WebSocket, call: Call, listener: Listener) -> None:
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        call.receive(message.get("text") or message.get("bytes") or "")
    listener.events.put_nowait(None)


async def _begin(
    request: Request, shared: ServerState, who: Caller, calls: Calls, sdp: str, session: Json
) -> Response:
    said = patched(dict(who.session or {}), session)
    if (model := request.query_params.get("model")) is not None:
        said.setdefault("model", model)
    return _answered(*await calls.begin(shared, who, sdp, said))


def _answered(call_id: str, answer: str) -> Response:
    headers = {"location": f"/v1/realtime/calls/{call_id}"}
    return Response(answer, 201, headers, media_type=SDP)


async def _offer(request: Request) -> tuple[str, Json]:
    """The SDP and the session that came along. Raises BadInput."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        form = await request.form(max_files=2, max_fields=2, max_part_size=MOST_SESSION)
        sdp, session = await _text(form.get("sdp")), await _text(form.get("session"))
        if sdp is None:
            raise BadInput("missing required parameter: 'sdp'", "sdp")
        return sdp, {} if session is None else _session(session)
    if kind in (SDP, "text/plain", ""):
        try:
            return (await request.body()).decode(), {}
        except UnicodeDecodeError:
            raise BadInput("the SDP offer is no text in UTF-8", "sdp") from None
    raise BadInput(f"send an SDP offer as {SDP}, or as a form of `sdp` and `session`, not as {kind[:80]!r}")


async def _text(field: Any) -> str | None:
    content = await field.read() if isinstance(field, UploadFile) else field
    try:
        return content.decode() if isinstance(content, bytes) else content
    except UnicodeDecodeError:
        raise BadInput("a field of the form is no text in UTF-8") from None


def _session(text: str) -> Json:
    try:
        session = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput("`session` is no JSON", "session") from None
    if not isinstance(session, dict):
        raise BadInput("`session` is no JSON object", "session")
    return session

"""Whoever hangs up while an answer is made leaves nothing behind: no session, no task, no record."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.types import Message

from duologue.backends.contract import MindOptions, Piece, ReplyOptions
from duologue.backends.scripted import Script, ScriptedBackend, ScriptedMind
from duologue.engine import Engine
from duologue.errors import Busy
from duologue.server.kept import Kept
from duologue.server.response_runs import Runs, Stored
from duologue.settings import Settings

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}
RESPONSE = {"model": "gpt-4o", "input": "hello"}


class Stuck(ScriptedMind):
    """Says some words and then nothing, for ever; or fails."""

    says: int
    fails: Exception | None

    async def reply(self, options: ReplyOptions) -> AsyncGenerator[Piece, None]:
        for _ in range(self.says):
            yield Piece("word ")
        if self.fails is not None:
            raise self.fails
        await asyncio.Event().wait()


class StuckBackend(ScriptedBackend):
    says = 1
    fails: Exception | None = None

    def mind(self, options: MindOptions) -> ScriptedMind:
        mind = super().mind(options)
        mind.__class__ = Stuck
        assert isinstance(mind, Stuck)
        mind.says, mind.fails = self.says, self.fails
        return mind


@pytest.fixture
def backend(settings: Settings) -> StuckBackend:
    return StuckBackend(Script(), settings.max_sessions)


@pytest.fixture
async def running(app: FastAPI) -> AsyncIterator[FastAPI]:
    async with app.router.lifespan_context(app):
        yield app


class Caller:
    """One request, straight to the app, that can hang up."""

    def __init__(self, app: FastAPI, path: str, body: dict[str, Any]) -> None:
        self.status = 0
        self.got = b""
        self.is_over = False
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._inbox.put_nowait({"type": "http.request", "body": json.dumps(body).encode()})
        headers = [(b"content-type", b"application/json"), (b"host", b"127.0.0.1")]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": headers,
            "client": ("127.0.0.1", 5),
            "server": ("127.0.0.1", 4004),
            "scheme": "http",
            "http_version": "1.1",
        }
        self.task = asyncio.create_task(app(scope, self._inbox.get, self._send))

    async def _send(self, message: Message) -> None:
        self.status = message.get("status", self.status)
        self.got += message.get("body", b"")

    def hang_up(self) -> None:
        self._inbox.put_nowait({"type": "http.disconnect"})


async def until(condition: Any) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never happened")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("says", [0, 1])
@pytest.mark.parametrize(("path", "body"), [("/v1/chat/completions", CHAT), ("/v1/responses", RESPONSE)])
async def test_hanging_up_ends_it(
    running: FastAPI, engine: Engine, backend: StuckBackend, path: str, body: Any, says: int, stream: bool
) -> None:
    backend.says = says
    tasks = asyncio.all_tasks()
    caller = Caller(running, path, {**body, "stream": stream})
    await until(lambda: engine.num_sessions == 1)
    if stream and says:
        await until(lambda: b"word" in caller.got)
    caller.hang_up()
    await asyncio.wait_for(caller.task, 5)
    assert engine.num_sessions == 0
    await until(lambda: asyncio.all_tasks() <= tasks)


@pytest.mark.parametrize(("path", "body"), [("/v1/chat/completions", CHAT), ("/v1/responses", RESPONSE)])
async def test_an_error_before_the_first_word_has_its_status(
    running: FastAPI, engine: Engine, backend: StuckBackend, path: str, body: Any
) -> None:
    backend.says, backend.fails = 0, Busy("all are busy; try again")
    caller = Caller(running, path, {**body, "stream": True})
    await asyncio.wait_for(caller.task, 5)
    assert caller.status == 429
    assert engine.num_sessions == 0


async def test_an_error_in_a_stream_is_told_in_it(
    running: FastAPI, engine: Engine, backend: StuckBackend
) -> None:
    backend.fails = Busy("all are busy; try again")
    chat = Caller(running, "/v1/chat/completions", {**CHAT, "stream": True})
    await asyncio.wait_for(chat.task, 5)
    last = json.loads(chat.got.split(b"\n\n")[-2].removeprefix(b"data: "))
    assert last["error"]["message"] == "all are busy; try again"
    response = Caller(running, "/v1/responses", {**RESPONSE, "stream": True})
    await asyncio.wait_for(response.task, 5)
    event, content = response.got.split(b"\n\n")[-2].split(b"\n")
    assert event == b"event: response.failed"
    told = json.loads(content.removeprefix(b"data: "))["response"]
    assert told["status"] == "failed" and told["error"]["code"] == "rate_limit_exceeded"
    assert told["output"][0]["status"] == "incomplete"
    assert engine.num_sessions == 0


async def test_another_process_sees_the_background_and_cancels_it(
    running: FastAPI, engine: Engine, settings: Settings
) -> None:
    """Two apps over one folder are two workers of one server."""
    shared = running.state.duologue
    running.state.duologue_runs = Runs(shared, renew_s=0.002)
    caller = Caller(running, "/v1/responses", {**RESPONSE, "background": True, "stream": True})
    await until(lambda: b"word" in caller.got)
    id = json.loads(caller.got.split(b"\n")[1].removeprefix(b"data: "))["response"]["id"]
    other = Stored(Kept(settings.data_dir / "kept"), "local")
    assert (await other.response(id))["status"] in ("queued", "in_progress")
    assert (await other.cancel(id))["status"] == "cancelled"
    await asyncio.wait_for(caller.task, 5)
    await until(lambda: engine.num_sessions == 0)
    assert (await other.response(id))["status"] == "cancelled"


async def test_the_room_is_full(running: FastAPI, engine: Engine, settings: Settings) -> None:
    sessions = [engine.session() for _ in range(settings.max_sessions)]
    caller = Caller(running, "/v1/chat/completions", CHAT)
    await asyncio.wait_for(caller.task, 5)
    assert caller.status == 429 and b"too_many_sessions" in caller.got
    for session in sessions:
        session.close()


async def test_the_background_goes_on_until_the_server_stops(app: FastAPI, engine: Engine) -> None:
    async with app.router.lifespan_context(app):
        caller = Caller(app, "/v1/responses", {**RESPONSE, "background": True, "stream": True})
        await until(lambda: b"word" in caller.got)
        caller.hang_up()
        await asyncio.wait_for(caller.task, 5)
        assert engine.num_sessions == 1
    assert engine.num_sessions == 0
    id = json.loads(caller.got.split(b"\n")[1].removeprefix(b"data: "))["response"]["id"]
    async with app.router.lifespan_context(app):
        told = await Stored(app.state.duologue.kept, "local").response(id)
    assert told["status"] == "failed" and told["error"]["code"] == "server_error"

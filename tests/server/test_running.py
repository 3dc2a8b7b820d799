"""An end that cuts nobody off: nothing new is let in, what was begun is ended, and a named bound holds."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, WebSocket
from starlette.responses import StreamingResponse
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from duologue.errors import PortTaken
from duologue.server import running
from duologue.server.running import Server, listen
from duologue.server.state import ServerState, Underway, state_of


@pytest.fixture
def end() -> Iterator[threading.Event]:
    told = threading.Event()
    yield told
    told.set()


@pytest.fixture
def answering(app: FastAPI, end: threading.Event) -> FastAPI:
    """Answers that begin, and end when they are told to."""

    async def wait() -> None:
        await asyncio.to_thread(end.wait, 20)

    @app.get("/v1/slow")
    async def slow() -> StreamingResponse:
        async def content() -> AsyncIterator[bytes]:
            yield b"begun, "
            await wait()
            yield b"ended"

        return StreamingResponse(content())

    @app.websocket("/v1/aloud")
    async def aloud(socket: WebSocket) -> None:
        await socket.accept()
        with state_of(socket).underway.answer():
            await socket.send_text("begun")
            await wait()
            await socket.send_text("ended")
        await socket.receive()

    return app


@contextmanager
def served(app: FastAPI) -> Iterator[tuple[str, Server, threading.Thread]]:
    listening, ready = listen("127.0.0.1", 0), threading.Event()
    shared: Any = lambda: app.state.duologue  # noqa: E731
    server = Server(running.configured(app), ready.set, shared)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    assert ready.wait(20)
    host, port = listening.getsockname()
    yield f"//{host}:{port}", server, thread
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


def refuses(address: str) -> bool:
    """Whether new connections are refused, soon."""
    host, port = address.removeprefix("//").split(":")
    for _ in range(2000):
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            return True
        time.sleep(0.005)
    return False


def test_a_streamed_answer_ends_while_nobody_new_comes_in(answering: FastAPI, end: threading.Event) -> None:
    with served(answering) as (address, server, thread):
        with httpx.stream("GET", f"http:{address}/v1/slow", timeout=20) as answer:
            pieces = answer.iter_bytes()
            assert next(pieces) == b"begun, "
            server.should_exit = True
            assert refuses(address)
            assert thread.is_alive()
            end.set()
            assert next(pieces) == b"ended"
        thread.join(20)
        assert not thread.is_alive()


def test_an_answer_over_a_websocket_ends_before_the_socket_does(
    answering: FastAPI, end: threading.Event
) -> None:
    with served(answering) as (address, server, _), connect(f"ws:{address}/v1/aloud") as talking:
        assert talking.recv(timeout=20) == "begun"
        server.should_exit = True
        assert refuses(address)
        end.set()
        assert talking.recv(timeout=20) == "ended"
        with pytest.raises(ConnectionClosed) as closed:
            talking.recv(timeout=20)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012  # the service restarts: clients may come again


def test_an_answer_without_end_is_cut_at_the_bound(
    answering: FastAPI, end: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "LAST_WORDS_S", 0.2)
    with served(answering) as (address, server, thread), connect(f"ws:{address}/v1/aloud") as talking:
        assert talking.recv(timeout=20) == "begun"
        server.should_exit = True
        with pytest.raises(ConnectionClosed):
            talking.recv(timeout=20)
        assert not end.is_set()
        end.set()  # for the thread that waits
        thread.join(20)
        assert not thread.is_alive()


async def test_underway_waits_for_the_last_answer() -> None:
    underway = Underway()
    assert await underway.ended(0)
    with underway.answer():
        with underway.answer():
            pass
        assert not await underway.ended(0.001)
    assert await underway.ended(0)


def test_a_port_can_be_taken_once() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port}.*--port"):
            listen("127.0.0.1", port)
    with pytest.raises(PortTaken, match=r"no\.such\.host"):
        listen("no.such.host.invalid", 0)


async def test_the_state_is_found_from_a_request(app: FastAPI) -> None:
    async with app.router.lifespan_context(app):
        assert isinstance(app.state.duologue, ServerState)
        assert app.state.duologue.kept is not None

"""Real sockets: who may open one, what may come through it, and what is left when it closes."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from fastapi import WebSocket
from openai import AsyncOpenAI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from duologue.backends.contract import Turn
from duologue.backends.scripted import Script, ScriptedBackend
from duologue.engine import Engine, Samples
from duologue.server.metrics import Metrics
from duologue.server.realtime.protocol import Protocol
from duologue.server.realtime.talk import Talk
from duologue.server.websocket import hold
from duologue.settings import Settings
from tests.server.conftest import Live
from tests.server.realtime.driven import EXPIRES_AT, house, pcm, silence, speech

Json = dict[str, Any]


@pytest.fixture
def script() -> Script:
    return Script(says=("one two", "three"), hears=("hello",))


@asynccontextmanager
async def opened(
    live: Live, query: str = "?model=gpt-realtime", **options: Any
) -> AsyncIterator[ClientConnection]:
    async with connect(f"{live.ws}/v1/realtime{query}", max_size=None, **options) as socket:
        yield socket


async def until(socket: ClientConnection, kind: str) -> list[Json]:
    """All events up to the first of a kind."""
    events: list[Json] = []
    async with asyncio.timeout(10):
        while not events or events[-1]["type"] != kind:
            events.append(json.loads(await socket.recv()))
    return events


async def send(socket: ClientConnection, kind: str, **fields: object) -> None:
    await socket.send(json.dumps({"type": kind, **fields}))


async def update(socket: ClientConnection, **session: object) -> None:
    await send(socket, "session.update", session={"type": "realtime", **session})


async def gone(live: Live) -> None:
    """Wait until no conversation is held."""
    async with asyncio.timeout(10):
        while live.state.engine.num_sessions:  # noqa: ASYNC110  # of another thread
            await asyncio.sleep(0.01)


async def test_the_official_client(live: Live) -> None:
    client = AsyncOpenAI(base_url=f"{live.url}/v1", websocket_base_url=f"{live.ws}/v1", api_key="sk-mine")
    async with client.realtime.connect(model="gpt-realtime") as connection:
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        await connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
        )
        await connection.response.create()
        said = ""
        async for event in connection:
            if event.type == "response.output_text.delta":
                said += event.delta
            if event.type == "response.done":
                break
        assert said == "one two"


async def test_a_browser_brings_its_key_in_a_subprotocol(live: Live) -> None:
    offered = ["realtime", "openai-insecure-api-key.ek_nobody", "openai-agents-sdk.1"]
    with pytest.raises(InvalidStatus) as refused:
        async with opened(live, subprotocols=offered):
            pass
    assert refused.value.response.status_code == 401
    offered[1] = "openai-insecure-api-key.sk-mine"
    async with opened(live, subprotocols=offered) as socket:
        assert socket.subprotocol == "realtime"
        assert (await until(socket, "session.created"))[-1]["session"]["model"] == "gpt-realtime"


async def test_spoken_in_one_piece_and_answered_while_nothing_more_comes(live: Live) -> None:
    async with opened(live) as socket:
        turns = {"type": "server_vad", "silence_duration_ms": 240}
        await send(
            socket,
            "session.update",
            session={"type": "realtime", "audio": {"input": {"turn_detection": turns}}},
        )
        sound = [pcm(part) for part in (silence(3), speech(8), silence(5))]
        for part in sound:
            await send(socket, "input_audio_buffer.append", audio=part)
        done = (await until(socket, "response.done"))[-1]["response"]
        assert done["status"] == "completed"


async def test_nonsense_is_answered_and_the_session_lives(live: Live) -> None:
    async with opened(live) as socket:
        await until(socket, "session.created")
        for nonsense in (
            "no json",
            "[1]",
            '{"type": "no.such.event"}',
            '{"type": 7}',
            b"\xff\x00",
            "[" * 100_000,
        ):
            await socket.send(nonsense)
            assert (await until(socket, "error"))[-1]["error"]["type"] == "invalid_request_error"
        await send(socket, "input_audio_buffer.append", audio="no base64", event_id="mine")
        assert (await until(socket, "error"))[-1]["error"]["event_id"] == "mine"
        await send(socket, "response.create")
        assert (await until(socket, "response.done"))[-1]["response"]["status"] == "completed"


async def test_fifteen_mebibytes_at_once(live: Live) -> None:
    async with opened(live) as socket:
        await send(socket, "input_audio_buffer.append", audio=base64.b64encode(bytes(16 << 20)).decode())
        assert (await until(socket, "error"))[-1]["error"]["code"] == "string_above_max_length"
        await send(
            socket,
            "session.update",
            session={"type": "realtime", "audio": {"input": {"turn_detection": None}}},
        )
        await send(socket, "input_audio_buffer.append", audio=base64.b64encode(bytes(15 << 20)).decode())
        await send(socket, "input_audio_buffer.commit")
        assert (await until(socket, "input_audio_buffer.committed"))[-1]["item_id"]


async def test_an_unknown_model(live: Live) -> None:
    async with opened(live, "?model=nobody") as socket:
        assert (await until(socket, "error"))[-1]["error"]["code"] == "model_not_found"
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008
    await gone(live)


async def test_a_transcription_session_by_its_intent(live: Live) -> None:
    async with opened(live, "?intent=transcription") as socket:
        session = (await until(socket, "session.created"))[-1]["session"]
        assert session["type"] == "transcription"


@pytest.mark.parametrize("after", ["session.created", "response.created", "response.output_audio.delta"])
async def test_hanging_up_at_any_moment_frees_the_session(live: Live, after: str) -> None:
    async with opened(live) as socket:
        await send(socket, "response.create")
        await until(socket, after)
        socket.transport.abort()
    await gone(live)


class TestFull:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"max_sessions": 1})

    async def test_as_many_as_there_is_room_for(self, live: Live) -> None:
        async with opened(live) as first:
            await until(first, "session.created")
            async with opened(live) as second:
                assert (await until(second, "error"))[-1]["error"]["code"] == "too_many_sessions"
                with pytest.raises(ConnectionClosed) as closed:
                    await second.recv()
                assert closed.value.rcvd is not None and closed.value.rcvd.code == 1013
        await gone(live)
        async with opened(live) as third:
            await until(third, "session.created")


class TestOurMistake:
    @pytest.fixture
    def script(self) -> Script:
        def falls(frame: Samples) -> Turn:
            raise ZeroDivisionError("somebody's words")

        return Script(turn=falls)

    async def test_it_ends_the_session_and_not_the_server(self, live: Live) -> None:
        async with opened(live) as socket:
            await send(socket, "input_audio_buffer.append", audio=pcm(silence(2)))
            error = (await until(socket, "error"))[-1]["error"]
            assert error["type"] == "server_error"
            assert "words" not in error["message"]
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd is not None and closed.value.rcvd.code == 1011
        await gone(live)
        async with opened(live) as socket:
            await until(socket, "session.created")


class HeldSocket:
    """A client that says nothing."""

    def __init__(self) -> None:
        self.sent: list[Json] = []
        self.closed: int | None = None

    async def receive(self) -> Json:
        await asyncio.Event().wait()
        return {}

    async def send_text(self, text: str) -> None:
        self.sent.append(json.loads(text))

    async def close(self, code: int) -> None:
        self.closed = code


async def test_an_hour_is_the_longest() -> None:
    engine, socket = Engine(ScriptedBackend(), 1), HeldSocket()
    talk = Talk(engine, Protocol(house(), {"model": "gpt-realtime"}, EXPIRES_AT), Metrics())
    await hold(cast(WebSocket, socket), talk, most_s=0.01)
    assert socket.sent[-1]["error"]["code"] == "session_expired"
    assert socket.closed == 1001
    assert engine.num_sessions == 0

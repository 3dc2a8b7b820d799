"""A second wire to a call, and the stock client, against a server with a socket of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets

pytest.importorskip("aiortc")

from openai import AsyncOpenAI, NotFoundError

from duologue.backends.scripted import Script
from tests.server.calls.phone import PATIENCE_S, Phone
from tests.server.conftest import Live

BESIDE = "/v1/realtime?call_id="


@pytest.fixture
def script() -> Script:
    return Script(says=("one two",))


@pytest.fixture
async def openai(live: Live) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{live.url}/v1", api_key="sk-any") as client:
        yield client


async def test_the_stock_client_calls_listens_in_steers_and_hangs_up(openai: AsyncOpenAI, live: Live) -> None:
    phone = Phone()
    created = await openai.realtime.calls.create(
        sdp=await phone.offer(), session={"type": "realtime", "model": "gpt-realtime"}
    )
    call_id = created.response.headers["location"].rpartition("/")[2]
    await phone.accept(created.text)
    await phone.until_event("session.created")
    seen: list[str] = []
    async with asyncio.timeout(PATIENCE_S), openai.realtime.connect(call_id=call_id) as beside:
        first = await beside.recv()
        assert first.type == "session.created" and first.session.type == "realtime"
        await beside.session.update(session={"type": "realtime", "instructions": "Be brief."})
        await beside.response.create()
        async for event in beside:
            seen.append(event.type)
            if event.type == "output_audio_buffer.stopped":
                break
        await openai.realtime.calls.hangup(call_id)
        with pytest.raises(websockets.ConnectionClosedOK):
            while True:
                await beside.recv()
    assert phone.types[1 : 1 + len(seen)] == seen
    assert seen[0] == "session.updated" and "response.done" in seen
    with pytest.raises(NotFoundError):
        await openai.realtime.calls.hangup(call_id)
    await phone.hang_up()


async def test_who_listens_in_may_leave_and_the_call_goes_on(openai: AsyncOpenAI, live: Live) -> None:
    phone = Phone()
    created = await openai.realtime.calls.create(sdp=await phone.offer())
    await phone.accept(created.text)
    call_id = created.response.headers["location"].rpartition("/")[2]
    headers = {"authorization": "Bearer sk-any"}
    async with websockets.connect(f"{live.ws}{BESIDE}{call_id}", additional_headers=headers) as beside:
        await beside.recv()
    await phone.until_event("session.created")
    phone.send({"type": "session.update", "session": {"type": "realtime"}})
    await phone.until_event("session.updated")
    await phone.hang_up()


@pytest.mark.parametrize("call_id", ["rtc_none", ""])
async def test_there_is_no_wire_to_a_call_that_is_not(live: Live, call_id: str) -> None:
    async with websockets.connect(f"{live.ws}{BESIDE}{call_id}") as beside:
        error: dict[str, Any] = json.loads(await beside.recv())["error"]
        assert error["code"] == "not_found"
        with pytest.raises(websockets.ConnectionClosed):
            await beside.recv()

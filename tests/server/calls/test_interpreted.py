"""Calls to an interpreter: sound in by the track, its interpretation out by the track, captions as events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

pytest.importorskip("aiortc")

from duologue.backends.scripted import Script
from duologue.engine import Engine
from tests.server.calls.phone import PATIENCE_S, Phone, tone
from tests.server.recorder import Recorder

PATH = "/v1/realtime/translations"
SDP = {"content-type": "application/sdp"}
SPANISH = {
    "model": "gpt-realtime-translate",
    "audio": {"input": {"transcription": {"model": "gpt-realtime-whisper"}}, "output": {"language": "es"}},
}


@pytest.fixture
def script() -> Script:
    return Script(says=("uno dos", "tres"), hears=("one two", "three"))


@pytest.fixture
async def phone(recorder: Recorder) -> AsyncIterator[Phone]:
    phone = Phone()
    yield phone
    await phone.hang_up()
    for event in phone.events:
        recorder.frame(PATH, json.dumps(event))


async def dial(client: httpx.AsyncClient, phone: Phone, session: dict[str, Any]) -> str:
    """With a secret, as a page does. The call's id."""
    made = await client.post(f"{PATH}/client_secrets", json={"session": session})
    headers = {**SDP, "authorization": f"Bearer {made.json()['value']}"}
    answer = await client.post(f"{PATH}/calls", content=await phone.offer(), headers=headers)
    assert answer.status_code == 201
    await phone.accept(answer.text)
    await phone.until_event("session.created")
    return str(answer.headers["location"].rpartition("/")[2])


async def until_free(engine: Engine) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while engine.num_sessions:  # noqa: ASYNC110  # nobody tells it
            await asyncio.sleep(0.01)


async def test_what_is_said_is_said_again_whole(
    client: httpx.AsyncClient, phone: Phone, engine: Engine
) -> None:
    await dial(client, phone, SPANISH)
    phone.microphone.say(tone(0.4))
    await phone.until_event("session.output_transcript.delta")
    phone.microphone.say(tone(0.4))
    await phone.until_event("session.input_transcript.delta", 2)
    phone.send({"type": "session.close"})
    await phone.until_event("session.closed")
    await phone.until(lambda: phone.state == "closed")
    deltas = {
        side: "".join(
            event["delta"] for event in phone.events if event["type"] == f"session.{side}_transcript.delta"
        )
        for side in ("input", "output")
    }
    assert deltas == {"input": "one two three", "output": "uno dos tres"}
    assert "session.output_audio.delta" not in phone.types
    assert phone.num_loud >= 3 * 3 * 4 - 4  # three words of three frames, 80 ms each: nothing was cut off
    await until_free(engine)


async def test_an_interpreter_is_hung_up_like_any_call(
    client: httpx.AsyncClient, phone: Phone, engine: Engine
) -> None:
    call_id = await dial(client, phone, SPANISH)
    phone.send({"type": "session.input_audio_buffer.append", "audio": ""})
    assert (await phone.until_event("error"))["error"]["param"] == "type"
    assert (await client.post(f"/v1/realtime/calls/{call_id}/hangup")).status_code == 200
    await until_free(engine)


async def test_a_form_may_bring_the_session(client: httpx.AsyncClient, phone: Phone) -> None:
    form = {"sdp": (None, await phone.offer()), "session": (None, json.dumps(SPANISH))}
    answer = await client.post(f"{PATH}/calls", files=form)
    await phone.accept(answer.text)
    created = await phone.until_event("session.created")
    assert created["session"]["audio"]["output"] == {"language": "es"}


async def test_a_secret_for_a_conversation_calls_no_interpreter(client: httpx.AsyncClient) -> None:
    made = await client.post("/v1/realtime/client_secrets", json={"session": {"type": "realtime"}})
    headers = {**SDP, "authorization": f"Bearer {made.json()['value']}"}
    answer = await client.post(f"{PATH}/calls", content="v=0", headers=headers)
    assert answer.status_code == 401

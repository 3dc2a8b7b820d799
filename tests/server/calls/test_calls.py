"""Whole calls: aiortc as the caller, workers of their own, the app with the scripted mind in this loop."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import numpy as np
import pytest

pytest.importorskip("aiortc")

from fastapi import FastAPI

from duologue.backends.scripted import Script, ScriptedBackend
from duologue.engine import Engine
from duologue.server.access import OWNER
from duologue.server.webrtc import Calls
from tests.server.calls.phone import PATIENCE_S, Phone, tone
from tests.server.recorder import Recorder

CALLS = "/v1/realtime/calls"
VAD = {"type": "server_vad", "silence_duration_ms": 200}
SESSION = {"type": "realtime", "model": "gpt-realtime", "audio": {"input": {"turn_detection": VAD}}}
SDP = {"content-type": "application/sdp"}


@pytest.fixture
def script() -> Script:
    return Script(says=("one two three four",), hears=("hello",))


@pytest.fixture
def talkative(backend: ScriptedBackend) -> None:
    """It says more than anybody wants to hear."""
    backend.script = Script(says=("one two three four five six seven eight nine ten",), hears=("hello",))


@pytest.fixture
def calls(client: httpx.AsyncClient, app: FastAPI) -> Calls:
    found = app.state.calls
    assert isinstance(found, Calls)
    return found


class Caller:
    """A phone in a call, whose events are read along by the recorder."""

    def __init__(self, phone: Phone, call_id: str) -> None:
        self.phone = phone
        self.id = call_id


@asynccontextmanager
async def calling(
    client: httpx.AsyncClient, recorder: Recorder, session: dict[str, Any] | None = None
) -> AsyncIterator[Caller]:
    phone = Phone()
    form = {
        "sdp": (None, await phone.offer(), "application/sdp"),
        "session": (None, json.dumps(session or SESSION), "application/json"),
    }
    answer = await client.post(CALLS, files=form)
    assert answer.status_code == 201 and answer.headers["content-type"].startswith("application/sdp")
    location = answer.headers["location"]
    assert location.startswith(f"{CALLS}/rtc_")
    await phone.accept(answer.text)
    await phone.until_event("session.created")
    try:
        yield Caller(phone, location.rpartition("/")[2])
    finally:
        await phone.hang_up()
        for event in phone.events:
            recorder.frame("/v1/realtime", json.dumps(event))


async def until_free(engine: Engine) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while engine.num_sessions:  # noqa: ASYNC110  # nobody tells it
            await asyncio.sleep(0.01)


async def test_a_spoken_question_is_answered_aloud(
    client: httpx.AsyncClient, recorder: Recorder, engine: Engine
) -> None:
    async with calling(client, recorder) as caller:
        phone = caller.phone
        phone.microphone.say(tone(0.5))
        await phone.until_event("output_audio_buffer.stopped")
        types = phone.types
    order = [
        "session.created",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "response.created",
        "response.output_item.added",
        "response.content_part.added",
        "output_audio_buffer.started",
        "response.output_audio.done",
        "response.done",
        "output_audio_buffer.stopped",
    ]
    assert [kind for kind in types if kind in order] == order
    assert "response.output_audio.delta" not in types
    assert phone.num_loud >= 4 * 3 * 4 - 8  # four words of three frames, 80 ms each
    await until_free(engine)


async def test_words_typed_are_answered_aloud(client: httpx.AsyncClient, recorder: Recorder) -> None:
    async with calling(client, recorder) as caller:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
        caller.phone.send({"type": "conversation.item.create", "item": item})
        caller.phone.send({"type": "response.create"})
        done = await caller.phone.until_event("response.done")
        assert done["response"]["status"] == "completed"
        await caller.phone.until_event("output_audio_buffer.stopped")
        assert caller.phone.num_loud >= 40


async def test_the_voice_of_the_caller_stops_it(
    client: httpx.AsyncClient, recorder: Recorder, talkative: None
) -> None:
    async with calling(client, recorder) as caller:
        phone = caller.phone
        phone.microphone.say(tone(0.5))
        await phone.until(lambda: phone.num_loud >= 10)
        phone.microphone.say(tone(0.6))
        cleared = await phone.until_event("output_audio_buffer.cleared")
        await phone.until_event("response.done")
        done = await phone.until_event("response.done")
        assert done["response"]["status_details"]["reason"] == "turn_detected"
        assert cleared["response_id"] == done["response"]["id"]
        words = done["response"]["output"][0]["content"][0]["transcript"].split()
        assert 0 < len(words) < 9
        await phone.until_event("output_audio_buffer.started", 2)


async def test_the_caller_can_have_the_sound_cleared(
    client: httpx.AsyncClient, recorder: Recorder, talkative: None
) -> None:
    async with calling(client, recorder) as caller:
        phone = caller.phone
        phone.send({"type": "response.create", "response": {"instructions": "Talk."}})
        await phone.until(lambda: phone.num_loud >= 5)
        phone.send({"type": "output_audio_buffer.clear"})
        await phone.until_event("output_audio_buffer.cleared")
        done = await phone.until_event("response.done")
        heard = phone.num_loud
        await phone.until(lambda: len(phone.heard) > 50 and not np.any(phone.heard[-5:]))
        assert phone.num_loud - heard <= 12  # what the network and the caller's own buffer still held
        assert phone.types.count("output_audio_buffer.cleared") == 1
        assert "output_audio_buffer.stopped" not in phone.types
        assert done["response"]["status"] in ("cancelled", "completed")


async def test_what_was_really_played_is_what_is_remembered(
    client: httpx.AsyncClient, recorder: Recorder, calls: Calls, talkative: None
) -> None:
    async with calling(client, recorder) as caller:
        phone = caller.phone
        phone.microphone.say(tone(0.5))
        await phone.until(lambda: phone.num_loud >= 30)
        phone.send({"type": "output_audio_buffer.clear"})
        done = await phone.until_event("response.done")
        speaker = calls.conversation(caller.id, OWNER).speaker
        played = speaker.played(done["response"]["id"], 0)
        words = done["response"]["output"][0]["content"][0]["transcript"].split()
        assert len(words) == pytest.approx(played / (3 * 1280), abs=1.5)


async def test_two_calls_have_two_conversations(
    client: httpx.AsyncClient, recorder: Recorder, engine: Engine, calls: Calls
) -> None:
    async with calling(client, recorder) as one, calling(client, recorder) as two:
        assert engine.num_sessions == 2 and len(calls.pool.pids) == 1
        one.phone.microphone.say(tone(0.5))
        await one.phone.until_event("response.created")
        assert "input_audio_buffer.speech_started" not in two.phone.types and not two.phone.num_loud
    await until_free(engine)


async def test_a_call_is_hung_up_from_here(
    client: httpx.AsyncClient, recorder: Recorder, engine: Engine
) -> None:
    async with calling(client, recorder) as caller:
        assert (await client.post(f"{CALLS}/{caller.id}/hangup")).status_code == 200
        await caller.phone.until(lambda: caller.phone.state == "closed")
        await until_free(engine)
        assert (await client.post(f"{CALLS}/{caller.id}/hangup")).status_code == 404


async def test_a_worker_that_dies_ends_its_calls_and_frees_them(
    client: httpx.AsyncClient, recorder: Recorder, engine: Engine, calls: Calls
) -> None:
    async with calling(client, recorder):
        os.kill(calls.pool.pids[0], signal.SIGKILL)
        await until_free(engine)
    async with calling(client, recorder) as caller:
        caller.phone.send({"type": "response.create"})
        await caller.phone.until_event("output_audio_buffer.started")


async def test_a_secret_brings_its_session(
    client: httpx.AsyncClient, recorder: Recorder, app: FastAPI
) -> None:
    session = {**SESSION, "instructions": "Be brief."}
    secret = (await client.post("/v1/realtime/client_secrets", json={"session": session})).json()["value"]
    phone = Phone()
    headers = {**SDP, "authorization": f"Bearer {secret}"}
    answer = await client.post(CALLS, content=await phone.offer(), headers=headers)
    assert answer.status_code == 201
    await phone.accept(answer.text)
    created = await phone.until_event("session.created")
    assert created["session"]["instructions"] == "Be brief."
    await phone.hang_up()


async def test_the_older_path_and_its_model(client: httpx.AsyncClient, recorder: Recorder) -> None:
    phone = Phone()
    answer = await client.post(
        "/v1/realtime?model=gpt-4o-realtime-preview", content=await phone.offer(), headers=SDP
    )
    assert answer.status_code == 201
    await phone.accept(answer.text)
    assert (await phone.until_event("session.created"))["session"]["model"] == "gpt-4o-realtime-preview"
    await phone.hang_up()


@pytest.mark.parametrize(
    ("headers", "content", "status", "code"),
    [
        (SDP, "hello", 400, "invalid_offer"),
        (SDP, b"\xff", 400, "invalid_value"),
        ({"content-type": "application/json"}, "{}", 400, "invalid_value"),
        ({**SDP, "authorization": "Bearer ek_expired"}, "v=0", 401, "invalid_api_key"),
    ],
)
async def test_an_offer_that_cannot_be_taken_is_refused_as_json(
    client: httpx.AsyncClient,
    engine: Engine,
    headers: dict[str, str],
    content: str | bytes,
    status: int,
    code: str,
) -> None:
    answer = await client.post(CALLS, content=content, headers=headers)
    assert answer.status_code == status and answer.json()["error"]["code"] == code
    assert engine.num_sessions == 0


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"session": (None, "{}")}, "sdp"),
        ({"sdp": (None, "v=0"), "session": (None, "no json")}, "session"),
        ({"sdp": (None, "v=0"), "session": (None, "[]")}, "session"),
        (
            {"sdp": (None, "v=0"), "session": (None, '{"audio": {"output": {"speed": 9}}}')},
            "session.audio.output.speed",
        ),
        ({"sdp": (None, "v=0"), "session": (None, '{"model": "unheard-of"}')}, "model"),
    ],
)
async def test_a_form_that_cannot_be_taken_is_refused(
    client: httpx.AsyncClient, engine: Engine, form: dict[str, Any], param: str
) -> None:
    answer = await client.post(CALLS, files=form)
    assert answer.status_code in (400, 404) and answer.json()["error"]["param"] == param
    assert engine.num_sessions == 0


async def test_a_call_is_only_its_callers(
    client: httpx.AsyncClient, recorder: Recorder, app: FastAPI
) -> None:
    async with calling(client, recorder) as caller:
        somebody = {"authorization": "Bearer sk-somebody-else"}
        answer = await client.post(f"{CALLS}/{caller.id}/hangup", headers=somebody)
        assert answer.status_code == 404
        for what in ("accept", "reject", "refer"):
            answer = await client.post(f"{CALLS}/{caller.id}/{what}", json={})
            assert answer.status_code == 404 and answer.json()["error"]["code"] == "not_offered"


async def test_sound_does_not_come_by_events(client: httpx.AsyncClient, recorder: Recorder) -> None:
    async with calling(client, recorder) as caller:
        caller.phone.send({"type": "input_audio_buffer.append", "audio": ""})
        assert (await caller.phone.until_event("error"))["error"]["param"] == "type"
        caller.phone.send("no json")
        await caller.phone.until_event("error", 2)


async def test_a_full_house_takes_no_call(client: httpx.AsyncClient, engine: Engine) -> None:
    engine.max_sessions = 0
    answer = await client.post(CALLS, content="v=0", headers=SDP)
    assert answer.status_code == 429 and answer.json()["error"]["code"] == "too_many_sessions"

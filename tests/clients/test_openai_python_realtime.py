"""The `openai` package for Python, spoken with: its realtime connection, unchanged."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from openai.types.realtime import RealtimeServerEvent

from tests.clients import spoken
from tests.clients.conftest import Listener, Served
from tests.clients.python.microphone import microphone
from tests.clients.test_openai_python import TIMER

PATIENCE_S = 40.0
ANSWERED_S = 8.0
MOST_ASKED = 4  # turns.py lets three in a row pass
# From the user's first sample over an answer to the answer's end, in samples: half a second, and the 300 ms
# by which a turn begins before its speech does.
STOPS_WITHIN_MS = 800.0
LONG = "Tell me a story."  # its answer is the longest the network knows well
SERVER_VAD: Any = {"type": "server_vad"}


@asynccontextmanager
async def connected(server: Served, **session: Any) -> AsyncIterator[AsyncRealtimeConnection]:
    calling = AsyncOpenAI(base_url=server.url, api_key="sk-anything")
    async with calling, calling.realtime.connect(model="gpt-realtime") as connection:
        wanted: Any = {"type": "realtime", **session}
        await connection.session.update(session=wanted)
        await until(connection, "session.updated")
        yield connection


async def until(connection: AsyncRealtimeConnection, *kinds: str) -> RealtimeServerEvent:
    """The next event of one of these types."""
    async with asyncio.timeout(PATIENCE_S):
        async for event in connection:
            assert event.type != "error" or "error" in kinds, event
            if event.type in kinds:
                return event
    raise AssertionError("the connection was closed")


async def ask(connection: AsyncRealtimeConnection, text: str) -> None:
    content: Any = [{"type": "input_text", "text": text}]
    await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
    await connection.response.create()


def sending(connection: AsyncRealtimeConnection) -> Any:
    async def send(pcm16: bytes) -> None:
        await connection.input_audio_buffer.append(audio=base64.b64encode(pcm16).decode())

    return send


@pytest.mark.parametrize("turns", ["server_vad", "semantic_vad"])
async def test_a_spoken_exchange(server: Served, listener: Listener, question: Path, turns: Any) -> None:
    """The network's own head may take a question for something not said to it, but not every time."""
    heard: Any = {"turn_detection": {"type": turns}, "transcription": {"model": "whisper-1"}}
    async with (
        connected(server, audio={"input": heard}) as connection,
        microphone(sending(connection)) as voice,
    ):
        answered = asyncio.create_task(until(connection, "response.done"))
        for _ in range(MOST_ASKED):
            await voice.say(spoken.pcm(question))
            if (await asyncio.wait([answered], timeout=ANSWERED_S))[0]:
                break
        await answered
    (talk,) = listener.talks()
    assert not talk.errors
    assert talk.types["input_audio_buffer.speech_started"] >= talk.types["input_audio_buffer.committed"] >= 1
    assert "".join(talk.heard).strip()
    reply = talk.replies[0]
    assert reply.status == "completed"
    assert reply.transcript.strip()
    assert 0.3 < reply.seconds < 20
    assert spoken.level(reply.audio) > 0.005


async def test_speaking_over_an_answer_ends_it(
    server: Served, listener: Listener, interruption: Path
) -> None:
    async with (
        connected(server, audio={"input": {"turn_detection": SERVER_VAD}}) as connection,
        microphone(sending(connection)) as voice,
    ):
        await ask(connection, LONG)
        first = await until(connection, "response.output_audio.delta")
        assert first.type == "response.output_audio.delta"
        speaking = asyncio.create_task(voice.say(spoken.pcm(interruption)))
        done = await until(connection, "response.done")
        await connection.conversation.item.truncate(item_id=first.item_id, content_index=0, audio_end_ms=200)
        await until(connection, "conversation.item.truncated")
        await speaking
        again = await until(connection, "response.done")
    assert done.type == again.type == "response.done"
    (talk,) = listener.talks()
    cut, following = talk.replies[:2]
    assert (cut.status, cut.reason) == ("cancelled", "turn_detected")
    assert cut.stopped_ms is not None and 0 < cut.stopped_ms <= STOPS_WITHIN_MS
    assert [event["audio_end_ms"] for event in talk.truncated] == [200]
    assert following.audio


async def test_a_reply_is_cancelled_by_hand(server: Served, listener: Listener) -> None:
    async with connected(server, audio={"input": {"turn_detection": None}}) as connection:
        await ask(connection, LONG)
        await until(connection, "response.output_audio.delta")
        await connection.response.cancel()
        await until(connection, "response.done")
        await connection.response.cancel()
        refused = await until(connection, "error")
    (talk,) = listener.talks()
    assert [reply.reason for reply in talk.replies] in (["client_cancelled"], [None])
    assert refused.type == "error" and refused.error.code == "response_cancel_not_active"
    assert refused.error.message == "Cancellation failed: no active response found"


async def test_a_turn_ended_by_hand(server: Served, listener: Listener, question: Path) -> None:
    async with connected(server, audio={"input": {"turn_detection": None}}) as connection:
        await sending(connection)(spoken.pcm(question))
        await connection.input_audio_buffer.commit()
        await until(connection, "input_audio_buffer.committed")
        await connection.response.create(response={"output_modalities": ["text"]})
        await until(connection, "response.done")
    (talk,) = listener.talks()
    assert talk.replies[0].text.strip()
    assert not talk.replies[0].audio


async def test_a_tool_is_called_and_its_result_spoken_of(server: Served, listener: Listener) -> None:
    tool: Any = {"type": "function", **TIMER}
    async with connected(
        server, tools=[tool], tool_choice="required", audio={"input": {"turn_detection": None}}
    ) as connection:
        await ask(connection, "Set a timer for five minutes.")
        called = await until(connection, "response.function_call_arguments.done")
        assert called.type == "response.function_call_arguments.done"
        await until(connection, "response.done")
        await connection.conversation.item.create(
            item={"type": "function_call_output", "call_id": called.call_id, "output": '{"ok": true}'}
        )
        await connection.response.create(response={"tool_choice": "none"})
        await until(connection, "response.done")
    (talk,) = listener.talks()
    assert called.name == "set_timer"
    assert isinstance(json.loads(called.arguments)["minutes"], int)
    assert len(called.call_id) <= 32
    asked, told = talk.replies
    assert asked.calls and not asked.audio
    assert told.audio and told.transcript.strip()


async def test_transcription_only(server: Served, listener: Listener, question: Path) -> None:
    calling = AsyncOpenAI(base_url=server.url, api_key="sk-anything")
    async with (
        calling,
        calling.realtime.connect(extra_query={"intent": "transcription"}) as connection,
    ):
        heard: Any = {"transcription": {"model": "gpt-4o-transcribe"}, "turn_detection": SERVER_VAD}
        await connection.session.update(session={"type": "transcription", "audio": {"input": heard}})
        async with microphone(sending(connection)) as voice:
            await asyncio.gather(
                voice.say(spoken.pcm(question)),
                until(connection, "conversation.item.input_audio_transcription.completed"),
            )
    (talk,) = listener.talks()
    assert "ten" in talk.heard[0].lower()
    assert not talk.replies


async def test_a_page_gets_a_secret_of_its_own(server: Served, listener: Listener) -> None:
    async with AsyncOpenAI(base_url=server.url, api_key="sk-anything") as calling:
        secret = await calling.realtime.client_secrets.create(
            session={"type": "realtime", "instructions": "Be brief."}
        )
    assert secret.value.startswith("ek_")
    async with (
        AsyncOpenAI(base_url=server.url, api_key=secret.value) as calling,
        calling.realtime.connect(model="gpt-realtime") as connection,
    ):
        created = await until(connection, "session.created")
    assert created.type == "session.created" and created.session.type == "realtime"
    assert created.session.instructions == "Be brief."

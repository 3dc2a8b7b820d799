"""Recorded sessions: what a client sends and what it is told, event by event, with ids by number.

`DUOLOGUE_RECORD=1 pytest tests/server/realtime/test_golden.py` records anew; read the difference first.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from duologue.backends.scripted import Script
from duologue.engine import ToolCall
from tests.server.realtime.driven import Driven, driven, silence, speech
from tests.server.recorder import Recorder

GOLDEN = Path(__file__).parent / "golden"
ID = re.compile(r"\b(sess|conv|item|resp|event|call)_[0-9a-f]{24}\b")
VAD = {"type": "server_vad", "silence_duration_ms": 240}
TOOL = {"type": "function", "name": "weather", "parameters": {"type": "object"}}


async def question_and_answer(client: Driven) -> None:
    await client.update(
        instructions="Be brief.",
        audio={"input": {"turn_detection": VAD, "transcription": {"model": "gpt-4o-transcribe"}}},
    )
    await client.hear(silence(5), speech(8), silence(14))


async def interruption(client: Driven) -> None:
    await client.update(audio={"input": {"turn_detection": VAD}})
    await client.hear(silence(3), speech(6), silence(9), speech(6), silence(14))


async def manual_turn(client: Driven) -> None:
    await client.update(audio={"input": {"turn_detection": None, "transcription": {"model": "whisper-1"}}})
    await client.hear(speech(6), silence(1))
    await client.send("input_audio_buffer.commit")
    await client.send("response.create", response={"metadata": {"topic": "test"}})
    await client.send("input_audio_buffer.commit")
    await client.send("input_audio_buffer.clear")


async def tools(client: Driven) -> None:
    await client.update(output_modalities=["text"], tools=[TOOL])
    await client.write("What is the weather in Rome?")
    await client.send("response.create")
    output = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}
    await client.send("conversation.item.create", item=output)
    await client.send("response.create")


async def history(client: Driven) -> None:
    """As LiveKit's client replays one after it reconnects; then a truncation beyond what was sent."""
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello."}]}
    await client.send("conversation.item.create", item=said | {"id": "second"}, previous_item_id="root")
    await client.write("Hi.", previous_item_id="root")
    await client.send("conversation.item.create", item=said | {"id": "third"}, previous_item_id="unknown")
    await client.send("response.create")
    item_id = client.last("response.done")["response"]["output"][0]["id"]
    await client.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=99_999)
    await client.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=300)
    await client.send("conversation.item.retrieve", item_id=item_id)
    await client.send("conversation.item.delete", item_id="second")
    await client.send("conversation.item.delete", item_id="second")
    await client.send("response.cancel")


async def out_of_band(client: Driven) -> None:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Sum it up."}]}
    wish = {"conversation": "none", "output_modalities": ["text"], "metadata": {"kind": "summary"}}
    await client.send("response.create", response=wish | {"input": [item]})


async def wrong(client: Driven) -> None:
    await client.send("no.such.event", event_id="event_mine")
    await client.update(voice="alloy")
    await client.update(audio={"input": {"turn_detection": {"type": "server_vad", "threshold": 2}}})
    await client.send("conversation.item.create", item={"type": "message", "role": "user"})
    await client.send("response.create", response={"output_modalities": ["text", "audio"]})
    await client.send("conversation.item.retrieve", item_id="nobody")
    await client.send("output_audio_buffer.clear")


SESSIONS: dict[str, tuple[Callable[[Driven], Awaitable[None]], Script]] = {
    "question_and_answer": (question_and_answer, Script(says=("one two three",), hears=("how are you",))),
    "interruption": (interruption, Script(says=("one two three four five six", "yes"))),
    "manual_turn": (manual_turn, Script(says=("one",), hears=("hello",))),
    "tools": (tools, Script(says=("", "Sunny."), calls=(ToolCall("call_1", "weather", '{"city": "Rome"}'),))),
    "history": (history, Script(says=("one two three four",))),
    "out_of_band": (out_of_band, Script(says=("a summary",))),
    "wrong": (wrong, Script()),
}


@pytest.mark.parametrize("name", SESSIONS)
async def test_session(name: str, recorder: Recorder) -> None:
    session, script = SESSIONS[name]
    async with driven(script, recorder) as client:
        await session(client)
    told = [json.dumps(line) for line in normal(client.log)]
    path = GOLDEN / f"{name}.jsonl"
    if os.environ.get("DUOLOGUE_RECORD"):
        path.write_text("\n".join(told) + "\n", encoding="utf-8")
    assert told == path.read_text(encoding="utf-8").splitlines()


def normal(log: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Ids by number, sound by its length, appends that follow each other as one."""
    names: dict[str, str] = {}
    lines: list[dict[str, Any]] = []

    def number(found: re.Match[str]) -> str:
        count = sum(name.startswith(found[1]) for name in names.values())
        return names.setdefault(found[0], f"{found[1]}_{count + 1}")

    for who, event in log:
        line = json.loads(ID.sub(number, json.dumps(_without_sound(event))))
        if who == "server":
            line.pop("event_id")
        if event["type"] == "input_audio_buffer.append" and lines and lines[-1].get("client") == line:
            lines[-1]["times"] = lines[-1].get("times", 1) + 1
        else:
            lines.append({who: line})
    return lines


def _without_sound(event: dict[str, Any]) -> dict[str, Any]:
    for name in ("audio", "delta"):
        if event["type"] in ("input_audio_buffer.append", "response.output_audio.delta") and name in event:
            event = event | {name: f"{len(event[name]) * 3 // 4} bytes"}
    return event

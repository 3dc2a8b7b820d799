"""Responses with the scripted mind: items in, events out, memory, and what goes on in the background."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import numpy as np
import pytest

from duologue import picture, sound
from duologue.backends.contract import MindOptions, Picture, Piece, ReplyOptions, Sound, Text, ToolResult
from duologue.backends.scripted import Script, ScriptedBackend, ScriptedMind
from duologue.engine import Call, Engine, ToolCall
from duologue.settings import Settings

Json = dict[str, Any]
ROUTE, CONVERSATIONS = "/v1/responses", "/v1/conversations"
WEATHER = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}, "strict": True}
NOBODY = {"authorization": "Bearer somebody-else"}


class Slow(ScriptedMind):
    """Says a word, then waits for the test."""

    gate: asyncio.Event

    async def reply(self, options: ReplyOptions) -> AsyncGenerator[Piece, None]:
        async for piece in super().reply(options):
            yield piece
            await self.gate.wait()


class Watched(ScriptedBackend):
    """Remembers every mind it made, closed ones too; with a gate, they are slow."""

    made: list[ScriptedMind]
    gate: asyncio.Event | None

    def mind(self, options: MindOptions) -> ScriptedMind:
        mind = super().mind(options)
        if self.gate is not None:
            mind.__class__ = Slow
            assert isinstance(mind, Slow)
            mind.gate = self.gate
        self.made.append(mind)
        return mind


@pytest.fixture
def script() -> Script:
    return Script(says=("one two three",))


@pytest.fixture
def backend(script: Script, settings: Settings) -> Watched:
    watched = Watched(script, settings.max_sessions)
    watched.made, watched.gate = [], None
    return watched


@pytest.fixture
def minds(backend: Watched) -> list[ScriptedMind]:
    return backend.made


@pytest.fixture
def gate(backend: Watched) -> asyncio.Event:
    backend.gate = asyncio.Event()
    return backend.gate


def lived(mind: ScriptedMind) -> list[Any]:
    return [part for part in mind.life if not isinstance(part, Piece)]


async def post(client: httpx.AsyncClient, input: Any = "hello", **fields: Any) -> Json:
    answer = await client.post(ROUTE, json={"model": "gpt-4o", "input": input, **fields})
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


def events_of(text: str) -> list[Json]:
    events = []
    for block in filter(None, text.split("\n\n")):
        name, _, content = block.partition("\n")
        events.append(json.loads(content.removeprefix("data: ")))
        assert name == f"event: {events[-1]['type']}"
    return events


async def stream(client: httpx.AsyncClient, input: Any = "hello", **fields: Any) -> list[Json]:
    answer = await client.post(ROUTE, json={"model": "gpt-4o", "input": input, "stream": True, **fields})
    assert answer.status_code == 200, answer.text
    return events_of(answer.text)


async def refused(client: httpx.AsyncClient, status: int = 400, **fields: Any) -> Json:
    answer = await client.post(ROUTE, json={"model": "gpt-4o", **fields})
    assert answer.status_code == status, answer.text
    error: Json = answer.json()["error"]
    assert error["message"] and "\n" not in error["message"]
    return error


async def polled(client: httpx.AsyncClient, id: str, status: str) -> Json:
    for _ in range(500):
        told: Json = (await client.get(f"{ROUTE}/{id}")).json()
        if told["status"] == status:
            return told
        await asyncio.sleep(0.002)
    raise AssertionError(f"the response stays {told['status']}")


# One response


async def test_a_question_is_answered(client: httpx.AsyncClient, engine: Engine) -> None:
    told = await post(client, instructions="Be kind.", metadata={"a": "b"}, max_output_tokens=50)
    assert told["status"] == "completed" and told["completed_at"] >= told["created_at"]
    (message,) = told["output"]
    assert message["content"][0]["text"] == "one two three"
    assert told["usage"] == {
        "input_tokens": 3,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 3,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 6,
    }
    assert told["instructions"] == "Be kind." and told["metadata"] == {"a": "b"}
    assert engine.num_sessions == 0


async def test_the_events_come_in_order(client: httpx.AsyncClient) -> None:
    events = await stream(client)
    assert [event["type"].removeprefix("response.") for event in events] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert "".join(event["delta"] for event in events if event["type"].endswith("delta")) == "one two three"
    assert events[-1]["response"]["output"] == [events[-2]["item"]]
    assert events[0]["response"]["output"] == []


async def test_items_are_lived_through(client: httpx.AsyncClient, minds: list[ScriptedMind]) -> None:
    tone = np.asarray(0.3 * np.sin(np.arange(6400) / 5), np.float32)
    png = base64.b64encode(picture.encode(np.zeros((8, 8, 3), np.uint8))).decode()
    recording = {"data": base64.b64encode(sound.encode(tone)).decode(), "format": "wav"}
    shown = [
        {"type": "input_text", "text": "Look"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{png}", "detail": "low"},
        {"type": "input_file", "filename": "x.png", "file_data": png},
        {"type": "input_audio", "input_audio": recording},
    ]
    await post(
        client,
        [
            {"role": "developer", "content": "Be short."},
            {"role": "user", "content": "Weather?"},
            {"type": "reasoning", "id": "rs_1", "summary": []},
            {"type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": '{"sky":"blue"}'},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Blue."}]},
            {"role": "user", "content": shown},
        ],
        instructions="Be kind.",
        tools=[WEATHER],
    )
    told, *life = lived(minds[0])
    assert told.text == "Be kind.\nBe short."
    assert life[:5] == [
        Text("Weather?"),
        Call(ToolCall("c1", "get_weather", "{}")),
        ToolResult("c1", '{"sky":"blue"}'),
        Text("Blue.", "assistant"),
        Text("Look"),
    ]
    assert [type(part) for part in life[5:8]] == [Picture, Picture, Sound]


async def test_the_options_reach_the_mind(client: httpx.AsyncClient, minds: list[ScriptedMind]) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    told = await post(
        client,
        temperature=0.5,
        top_p=0.5,
        max_output_tokens=40,
        tools=[WEATHER],
        tool_choice={"type": "function", "name": "get_weather"},
        text={"format": {"type": "json_schema", "name": "x", "schema": schema}},
        include=["message.output_text.logprobs"],
        top_logprobs=1,
    )
    (reply,) = minds[0].asked
    assert (reply.sound, reply.temperature, reply.top_p, reply.max_tokens) == (False, 0.5, 0.5, 40)
    assert (reply.choice, reply.schema, reply.logprobs) == ("get_weather", json.dumps(schema), 1)
    (tool,) = reply.tools
    assert (tool.name, json.loads(tool.parameters)) == ("get_weather", {"type": "object"})
    logprobs = told["output"][0]["content"][0]["logprobs"]
    assert [token["token"] for token in logprobs] == ["one", " two", " three"]
    assert told["text"]["format"]["schema"] == schema


class TestCalls:
    @pytest.fixture
    def script(self) -> Script:
        return Script(says=("well", "fine"), calls=(ToolCall("x", "get_weather", '{"city":"Rome"}'),))

    async def test_a_call_and_its_result(self, client: httpx.AsyncClient, minds: list[ScriptedMind]) -> None:
        events = await stream(client, tools=[WEATHER])
        names = [event["type"].removeprefix("response.") for event in events]
        assert names[-5:] == [
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.done",
            "output_item.done",
            "completed",
        ]
        call = events[-2]["item"]
        assert call["arguments"] == '{"city":"Rome"}' and events[-2]["output_index"] == 1
        result = {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}
        await post(client, [result], previous_response_id=events[-1]["response"]["id"])
        assert lived(minds[1]) == [
            Text("hello"),
            Text("well", "assistant"),
            Call(ToolCall(call["call_id"], "get_weather", '{"city":"Rome"}')),
            ToolResult(call["call_id"], "sunny"),
        ]


async def test_an_answer_can_be_cut_off(client: httpx.AsyncClient, backend: Watched) -> None:
    backend.script = Script(says=("one two three four five",))
    events = await stream(client, max_output_tokens=2)
    last = events[-1]
    if last["type"] == "response.incomplete":
        assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
        assert events[-2]["item"]["status"] == "incomplete"
    assert last["response"]["output"][0]["content"][0]["text"] == "one two"


# Memory


async def test_a_chain_is_remembered_but_its_instructions_are_not(
    client: httpx.AsyncClient, minds: list[ScriptedMind]
) -> None:
    first = await post(client, "first", instructions="Be kind.")
    second = await post(client, "second", previous_response_id=first["id"])
    await post(client, "third", previous_response_id=second["id"], instructions="Be short.")
    told, *life = lived(minds[2])
    assert told.text == "Be short."
    answered = Text("one two three", "assistant")
    assert life == [Text("first"), answered, Text("second"), answered, Text("third")]


async def test_what_is_stored(client: httpx.AsyncClient) -> None:
    told = await post(client, [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}])
    assert (await client.get(f"{ROUTE}/{told['id']}")).json() == told
    items = (await client.get(f"{ROUTE}/{told['id']}/input_items")).json()
    assert [item["content"][0]["text"] for item in items["data"]] == ["b", "a"]
    params = {"order": "asc", "limit": "1"}
    page = (await client.get(f"{ROUTE}/{told['id']}/input_items", params=params)).json()
    assert [item["content"][0]["text"] for item in page["data"]] == ["a"] and page["has_more"]
    for path in ("", "/input_items"):
        assert (await client.get(f"{ROUTE}/{told['id']}{path}", headers=NOBODY)).status_code == 404
    assert (await client.delete(f"{ROUTE}/{told['id']}")).json()["deleted"]
    assert (await client.get(f"{ROUTE}/{told['id']}")).status_code == 404
    error = await refused(client, 404, input="x", previous_response_id=told["id"])
    assert error["code"] == "previous_response_not_found"


async def test_what_is_not_to_be_stored_is_not(client: httpx.AsyncClient) -> None:
    told = await post(client, store=False)
    assert (await client.get(f"{ROUTE}/{told['id']}")).status_code == 404


async def test_an_item_can_be_named(client: httpx.AsyncClient, minds: list[ScriptedMind]) -> None:
    first = await post(client)
    named = {"type": "item_reference", "id": first["output"][0]["id"]}
    await post(client, [named, {"role": "user", "content": "again"}])
    assert lived(minds[1]) == [Text("one two three", "assistant"), Text("again")]
    again = await post(client, [named], store=True)
    await post(client, "more", previous_response_id=again["id"])
    assert lived(minds[3])[0] == Text("one two three", "assistant")
    await refused(client, 404, input=[{"id": "msg_unknown"}])


async def test_the_tokens_of_an_input_are_counted(client: httpx.AsyncClient, engine: Engine) -> None:
    body = {"model": "gpt-4o", "input": "one two three", "instructions": "Be kind."}
    answer = await client.post(f"{ROUTE}/input_tokens", json=body)
    assert answer.json() == {"object": "response.input_tokens", "input_tokens": 5}
    assert engine.num_sessions == 0


# In the background


async def test_in_the_background(client: httpx.AsyncClient, gate: asyncio.Event, engine: Engine) -> None:
    told = await post(client, background=True)
    assert told["status"] == "queued" and told["background"]
    await polled(client, told["id"], "in_progress")
    error = await refused(client, input="x", previous_response_id=told["id"])
    assert error["param"] == "previous_response_id"
    assert (await client.get(f"{ROUTE}/{told['id']}", headers=NOBODY)).status_code == 404
    gate.set()
    done = await polled(client, told["id"], "completed")
    assert done["output"][0]["content"][0]["text"] == "one two three"
    assert engine.num_sessions == 0
    answer = await client.get(f"{ROUTE}/{told['id']}", params={"stream": True, "starting_after": 3})
    events = events_of(answer.text)
    assert events[0]["sequence_number"] == 4 and events[-1]["type"] == "response.completed"
    assert events[-1]["response"] == done


async def test_a_background_stream_begins_as_queued(client: httpx.AsyncClient) -> None:
    events = await stream(client, background=True)
    assert [event["type"] for event in events[:3]] == [
        "response.created",
        "response.queued",
        "response.in_progress",
    ]
    assert events[0]["response"]["status"] == events[1]["response"]["status"] == "queued"
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


async def test_a_background_response_is_cancelled(
    client: httpx.AsyncClient, gate: asyncio.Event, engine: Engine
) -> None:
    told = await post(client, background=True)
    await polled(client, told["id"], "in_progress")
    cancelled = (await client.post(f"{ROUTE}/{told['id']}/cancel")).json()
    assert cancelled["status"] == "cancelled"
    assert engine.num_sessions == 0
    assert (await client.get(f"{ROUTE}/{told['id']}")).json() == cancelled
    assert (await client.post(f"{ROUTE}/{told['id']}/cancel")).json() == cancelled


async def test_one_in_the_foreground_cannot_be_cancelled(client: httpx.AsyncClient) -> None:
    told = await post(client)
    answer = await client.post(f"{ROUTE}/{told['id']}/cancel")
    assert answer.status_code == 400
    assert (await client.post(f"{ROUTE}/resp_unknown/cancel")).status_code == 404
    streamed = await client.get(f"{ROUTE}/{told['id']}", params={"stream": True})
    assert streamed.status_code == 400


async def test_deleting_ends_it(client: httpx.AsyncClient, gate: asyncio.Event, engine: Engine) -> None:
    told = await post(client, background=True)
    await polled(client, told["id"], "in_progress")
    assert (await client.delete(f"{ROUTE}/{told['id']}")).json()["deleted"]
    assert (await client.get(f"{ROUTE}/{told['id']}")).status_code == 404
    assert engine.num_sessions == 0


# Conversations


async def test_a_conversation_goes_on(client: httpx.AsyncClient, minds: list[ScriptedMind]) -> None:
    items = [{"role": "user", "content": "I am Anna."}, {"role": "assistant", "content": "Hello, Anna."}]
    begun = (await client.post(CONVERSATIONS, json={"items": items, "metadata": {"a": "b"}})).json()
    told = await post(client, "And you?", conversation=begun["id"])
    assert told["conversation"] == {"id": begun["id"]}
    await post(client, "Again", conversation={"id": begun["id"]}, store=False)
    assert lived(minds[1]) == [
        Text("I am Anna."),
        Text("Hello, Anna.", "assistant"),
        Text("And you?"),
        Text("one two three", "assistant"),
        Text("Again"),
    ]
    listed = (await client.get(f"{CONVERSATIONS}/{begun['id']}/items", params={"order": "asc"})).json()
    assert [item["role"] for item in listed["data"]] == ["user", "assistant"] * 3
    missing = await refused(client, 404, input="x", conversation="conv_unknown")
    assert missing["param"] == "conversation"


async def test_the_items_of_a_conversation(client: httpx.AsyncClient) -> None:
    begun = (await client.post(CONVERSATIONS, json={})).json()
    route = f"{CONVERSATIONS}/{begun['id']}"
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", "id": "../x"}
    result = {"type": "function_call_output", "call_id": "c", "output": "done"}
    added = (await client.post(f"{route}/items", json={"items": [call, result]})).json()["data"]
    assert [item["type"] for item in added] == ["function_call", "function_call_output"]
    assert (await client.get(f"{route}/items/{added[0]['id']}")).json() == added[0]
    page = (await client.get(f"{route}/items", params={"limit": 1})).json()
    assert page["data"] == added[1:] and page["has_more"]
    assert (await client.delete(f"{route}/items/{added[0]['id']}")).json() == begun
    assert (await client.get(f"{route}/items")).json()["data"] == added[1:]
    labelled = (await client.post(route, json={"metadata": {"a": "b"}})).json()
    assert labelled == {**begun, "metadata": {"a": "b"}} == (await client.get(route)).json()
    assert (await client.get(route, headers=NOBODY)).status_code == 404
    assert (await client.post(f"{route}/items", json={"items": [{"id": "msg_1"}]})).status_code == 400
    assert (await client.delete(route)).json()["deleted"]
    for path in (route, f"{route}/items", f"{route}/items/{added[1]['id']}"):
        assert (await client.get(path)).status_code == 404


async def test_a_long_chain_is_cut_or_refused(client: httpx.AsyncClient, minds: list[ScriptedMind]) -> None:
    told = None
    for number in range(10):
        told = await post(client, f"{number} " * 90, previous_response_id=told and told["id"])
    assert told is not None
    assert len(lived(minds[9])) < 13
    error = await refused(client, input="x", previous_response_id=told["id"], truncation="disabled")
    assert error["code"] == "context_length_exceeded"

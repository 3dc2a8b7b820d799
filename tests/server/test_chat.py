"""Chat Completions with the scripted mind: what is asked of it, and how its answer looks on the wire."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import numpy as np
import pytest

from duologue import picture, sound
from duologue.backends.contract import (
    Instructions,
    MindOptions,
    Picture,
    ReplyOptions,
    Sound,
    Text,
    ToolResult,
)
from duologue.backends.scripted import Script, ScriptedBackend, ScriptedMind
from duologue.engine import Call, Engine, ToolCall
from duologue.settings import Settings

Json = dict[str, Any]
ROUTE = "/v1/chat/completions"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather now.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture
def script() -> Script:
    return Script(says=("one two three four",))


class Watched(ScriptedBackend):
    """Remembers every mind it made, closed ones too."""

    made: list[ScriptedMind]

    def mind(self, options: MindOptions) -> ScriptedMind:
        self.made.append(super().mind(options))
        return self.made[-1]


@pytest.fixture
def backend(script: Script, settings: Settings) -> Watched:
    watched = Watched(script, settings.max_sessions)
    watched.made = []
    return watched


@pytest.fixture
def minds(backend: Watched) -> list[ScriptedMind]:
    return backend.made


def asked(content: Any = "hello", **fields: Any) -> Json:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": content}], **fields}


def wav(ms: int = 400) -> str:
    tone = 0.3 * np.sin(np.arange(16 * ms, dtype=np.float32) / 5)
    return base64.b64encode(sound.encode(tone.astype(np.float32))).decode()


def png() -> str:
    return base64.b64encode(picture.encode(np.zeros((8, 8, 3), np.uint8))).decode()


async def post(client: httpx.AsyncClient, body: Json) -> Json:
    answer = await client.post(ROUTE, json=body)
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


async def chunks(client: httpx.AsyncClient, body: Json) -> list[Json]:
    answer = await client.post(ROUTE, json={**body, "stream": True})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    *events, last, rest = answer.text.split("\n\n")
    assert (last, rest) == ("data: [DONE]", "")
    return [json.loads(event.removeprefix("data: ")) for event in events]


def streamed_text(events: list[Json], index: int = 0) -> str:
    choices = [choice for event in events for choice in event["choices"] if choice["index"] == index]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


async def refused(client: httpx.AsyncClient, body: Json, status: int = 400) -> Json:
    answer = await client.post(ROUTE, json=body)
    assert answer.status_code == status, answer.text
    error: Json = answer.json()["error"]
    assert error["message"] and "\n" not in error["message"] and len(error["message"]) < 300
    return error


# Plain


async def test_a_question_is_answered(client: httpx.AsyncClient, engine: Engine) -> None:
    told = await post(client, asked())
    (choice,) = told["choices"]
    assert choice["message"]["content"] == "one two three four"
    assert choice["finish_reason"] == "stop"
    assert told["model"] == "gpt-4o"
    assert told["system_fingerprint"].startswith("fp_")
    assert told["usage"]["prompt_tokens"] == 1
    assert told["usage"]["completion_tokens"] == 4
    assert engine.num_sessions == 0


async def test_streamed_it_is_the_same(client: httpx.AsyncClient, engine: Engine) -> None:
    events = await chunks(client, asked(stream_options={"include_usage": True, "include_obfuscation": False}))
    assert streamed_text(events) == "one two three four"
    assert events[0]["choices"][0]["delta"]["role"] == "assistant"
    assert events[-2]["choices"][0]["finish_reason"] == "stop"
    assert events[-1]["choices"] == [] and events[-1]["usage"]["completion_tokens"] == 4
    assert all(event["usage"] is None for event in events[:-1])
    assert len({event["id"] for event in events}) == 1
    assert engine.num_sessions == 0


async def test_the_whole_conversation_is_lived_through(
    client: httpx.AsyncClient, minds: list[ScriptedMind]
) -> None:
    called = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "developer", "content": [{"type": "text", "text": "Be short."}]},
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": None, "tool_calls": [called]},
        {"role": "tool", "tool_call_id": "call_1", "content": '{"sky": "blue"}'},
        {"role": "assistant", "content": "Blue."},
        {"role": "system", "content": "Now sing."},
        {"role": "user", "content": [{"type": "text", "text": "And"}, {"type": "text", "text": "now?"}]},
    ]
    await post(client, {"model": "scripted", "messages": messages, "tools": [WEATHER]})
    told, *life = [part for part in minds[0].life if not hasattr(part, "done")]
    assert isinstance(told, Instructions)
    assert told.text == "Be kind.\nBe short." and told.tools[0].name == "get_weather"
    assert life == [
        Text("Weather?"),
        Call(ToolCall("call_1", "get_weather", "{}")),
        ToolResult("call_1", '{"sky": "blue"}'),
        Text("Blue.", "assistant"),
        Text("Now sing.", "system"),
        Text("And\nnow?"),
    ]


async def test_images_recordings_and_files_are_taken_in(
    client: httpx.AsyncClient, minds: list[ScriptedMind]
) -> None:
    content = [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{png()}", "detail": "high"}},
        {"type": "input_audio", "input_audio": {"data": wav(), "format": "wav"}},
        {"type": "file", "file": {"filename": "x.png", "file_data": f"data:image/png;base64,{png()}"}},
        {"type": "file", "file": {"filename": "x.wav", "file_data": wav()}},
    ]
    told = await post(client, asked(content))
    life = minds[0].life
    assert [type(part) for part in life[:2]] == [Text, Picture]
    assert sum(isinstance(part, Picture) for part in life) == 2
    assert sum(isinstance(part, Sound) for part in life) >= 10
    assert told["usage"]["prompt_tokens_details"]["audio_tokens"] >= 10


async def test_the_options_reach_the_mind(client: httpx.AsyncClient, minds: list[ScriptedMind]) -> None:
    await post(
        client,
        asked(
            temperature=0.5,
            top_p=0.9,
            max_completion_tokens=7,
            seed=5,
            logprobs=True,
            top_logprobs=2,
            tools=[WEATHER],
            tool_choice={"type": "function", "function": {"name": "get_weather"}},
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "x", "schema": {"type": "object"}},
            },
        ),
    )
    (reply,) = minds[0].asked
    assert reply == ReplyOptions(
        sound=False,
        max_tokens=7,
        temperature=0.5,
        top_p=0.9,
        seed=5,
        tools=reply.tools,
        choice="get_weather",
        schema='{"type": "object"}',
        logprobs=2,
    )


async def test_several_choices_have_seeds_of_their_own(
    client: httpx.AsyncClient, minds: list[ScriptedMind]
) -> None:
    told = await post(client, asked(n=3, seed=7))
    assert [choice["index"] for choice in told["choices"]] == [0, 1, 2]
    assert [mind.asked[0].seed for mind in minds] == [7, 8, 9]
    assert told["usage"]["prompt_tokens"] == 1 and told["usage"]["completion_tokens"] == 12
    events = await chunks(client, asked(n=2))
    assert streamed_text(events, 0) == streamed_text(events, 1) == "one two three four"


@pytest.mark.parametrize(
    ("stop", "said"),
    [
        ("three", "one two "),
        (["four", "two t"], "one "),
        (["e f"], "one two thre"),
        ([" four!"], "one two three four"),
        (["one"], ""),
        ("o f", "one two three four"),
    ],
)
async def test_a_stop_ends_the_answer_and_does_not_leak(
    client: httpx.AsyncClient, stop: Any, said: str, engine: Engine
) -> None:
    told = await post(client, asked(stop=stop))
    assert told["choices"][0]["message"]["content"] == said
    assert told["choices"][0]["finish_reason"] == "stop"
    assert streamed_text(await chunks(client, asked(stop=stop))) == said
    assert engine.num_sessions == 0


async def test_probabilities_are_told(client: httpx.AsyncClient) -> None:
    told = await post(client, asked(logprobs=True, top_logprobs=1))
    tokens = told["choices"][0]["logprobs"]["content"]
    assert "".join(token["token"] for token in tokens) == "one two three four"
    assert tokens[0]["top_logprobs"][0]["token"] == "one"
    assert bytes(tokens[0]["bytes"]).decode() == "one"
    events = await chunks(client, asked(logprobs=True))
    found = [c["logprobs"]["content"] for e in events for c in e["choices"] if c["logprobs"]]
    assert "".join(token["token"] for part in found for token in part) == "one two three four"


# Aloud

ALOUD: Json = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}


async def test_an_answer_aloud(client: httpx.AsyncClient, script: Script) -> None:
    told = await post(client, asked(**ALOUD))
    message = told["choices"][0]["message"]
    assert message["content"] is None
    assert message["audio"]["transcript"] == "one two three four"
    samples = sound.decode(base64.b64decode(message["audio"]["data"]))
    assert len(samples) == pytest.approx(4 * script.frames_per_word * 1280, abs=2)
    details = told["usage"]["completion_tokens_details"]
    assert details["audio_tokens"] == 4 * script.frames_per_word and details["text_tokens"] == 4


async def test_streamed_aloud_it_is_pcm(client: httpx.AsyncClient, script: Script) -> None:
    events = await chunks(client, asked(**(ALOUD | {"audio": {"voice": "alloy", "format": "pcm16"}})))
    deltas = [event["choices"][0]["delta"].get("audio", {}) for event in events]
    content = b"".join(base64.b64decode(delta.get("data", "")) for delta in deltas)
    assert len(content) == 2 * 4 * script.frames_per_word * 1920
    assert "".join(delta.get("transcript", "") for delta in deltas) == "one two three four"
    assert sum("expires_at" in delta for delta in deltas) == 1
    assert len({delta["id"] for delta in deltas if delta}) == 1


async def test_what_was_said_aloud_can_be_named_later(
    client: httpx.AsyncClient, minds: list[ScriptedMind]
) -> None:
    audio = (await post(client, asked(**ALOUD)))["choices"][0]["message"]["audio"]
    again = {
        "model": "gpt-audio",
        "messages": [
            {"role": "user", "content": "hello"},
            {"role": "assistant", "audio": {"id": audio["id"]}},
            {"role": "user", "content": "again"},
        ],
    }
    await post(client, again)
    assert minds[1].life[1] == Text("one two three four", "assistant")
    other = await client.post(ROUTE, json=again, headers={"authorization": "Bearer somebody-else"})
    assert other.status_code == 404


# Tools


class TestCalls:
    @pytest.fixture
    def script(self) -> Script:
        calls = (ToolCall("a", "get_weather", '{"city": "Rome"}'), ToolCall("b", "get_weather", "{}"))
        return Script(says=("",), calls=calls)

    async def test_calls(self, client: httpx.AsyncClient) -> None:
        told = await post(client, asked(tools=[WEATHER], parallel_tool_calls=True, tool_choice="required"))
        (choice,) = told["choices"]
        assert choice["finish_reason"] == "tool_calls"
        assert choice["message"]["content"] is None
        first, second = choice["message"]["tool_calls"]
        assert first["function"] == {"name": "get_weather", "arguments": '{"city": "Rome"}'}
        assert first["id"] != second["id"] and len(first["id"]) <= 32

    async def test_streamed_calls(self, client: httpx.AsyncClient) -> None:
        events = await chunks(client, asked(tools=[WEATHER]))
        deltas = [d for event in events for d in event["choices"][0]["delta"].get("tool_calls", [])]
        arguments = {
            index: "".join(d["function"]["arguments"] for d in deltas if d["index"] == index)
            for index in (0, 1)
        }
        assert arguments == {0: '{"city": "Rome"}', 1: "{}"}
        assert events[-1]["choices"][0]["finish_reason"] == "tool_calls"


# Stored


async def test_stored_completions(client: httpx.AsyncClient) -> None:
    ids = []
    for number in range(3):
        body = asked(f"question {number}", store=True, metadata={"n": str(number), "all": "yes"})
        ids.append((await post(client, body))["id"])
    await post(client, asked("not stored"))
    found = (await client.get(ROUTE)).json()
    assert [one["id"] for one in found["data"]] == ids and not found["has_more"]
    newest = (await client.get(ROUTE, params={"order": "desc", "limit": 2})).json()
    assert [one["id"] for one in newest["data"]] == ids[:0:-1] and newest["has_more"]
    rest = (await client.get(ROUTE, params={"after": ids[0]})).json()
    assert [one["id"] for one in rest["data"]] == ids[1:]
    labelled = (await client.get(ROUTE, params={"metadata[n]": "1", "metadata[all]": "yes"})).json()
    assert [one["id"] for one in labelled["data"]] == ids[1:2]
    assert (await client.get(ROUTE, params={"model": "gpt-4"})).json()["data"] == []
    messages = (await client.get(f"{ROUTE}/{ids[0]}/messages")).json()["data"]
    assert [message["content"] for message in messages] == ["question 0"]
    changed = await client.post(f"{ROUTE}/{ids[0]}", json={"metadata": {"n": "9"}})
    assert changed.json()["metadata"] == {"n": "9"}
    assert (await client.get(f"{ROUTE}/{ids[0]}")).json() == changed.json()
    assert (await client.delete(f"{ROUTE}/{ids[0]}")).json()["deleted"]
    assert (await client.get(f"{ROUTE}/{ids[0]}")).status_code == 404
    other = await client.get(f"{ROUTE}/{ids[1]}", headers={"authorization": "Bearer somebody-else"})
    assert other.status_code == 404

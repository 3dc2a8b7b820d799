"""Requests of Chat Completions and Responses that cannot be met: one clear sentence each, and the field."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import httpx
import pytest

from duologue.engine import Engine

Json = dict[str, Any]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}
PNG = "iVBORw0KGgo="  # the beginning of one


def user(*parts: Any) -> Json:
    return {"messages": [{"role": "user", "content": list(parts)}]}


def image(url: Any) -> Json:
    return user({"type": "image_url", "image_url": {"url": url}})


def recording(data: Any, format: str = "wav") -> Json:
    return user({"type": "input_audio", "input_audio": {"data": data, "format": format}})


def file(**fields: Any) -> Json:
    return user({"type": "file", "file": fields})


def schema(**fields: Any) -> Json:
    return {"response_format": {"type": "json_schema", **fields}}


CHAT: list[tuple[Json, str | None]] = [
    ({"messages": []}, "messages"),
    ({"messages": None}, "messages"),
    ({"messages": "hello"}, "messages"),
    ({"messages": [{"role": "user", "content": "  "}]}, "messages"),
    ({"messages": [{"role": "system", "content": "only told"}]}, "messages"),
    ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
    ({"messages": [{"role": "function", "name": "f", "content": "x"}]}, "messages[0].role"),
    ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": "x" * 1_000_000}]}, "messages[0].content[0].text"),
    ({"messages": [{"role": "user", "content": "half \ud800 a character"}]}, None),
    ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
    ({"messages": [{"role": "assistant", "content": [{"type": "image_url"}]}]}, None),
    (user({"type": "text"}), "messages[0].content[0].text"),
    (user({"type": "video"}), "messages[0].content[0].type"),
    (user("x"), None),
    (image(5), "messages[0].content[0].image_url.url"),
    (image("https://example.com/cat.png"), "messages[0].content[0].image_url.url"),
    (image("data:image/png,abc"), "messages[0].content[0].image_url.url"),
    (image("data:image/png;base64,@@@"), "messages[0].content[0].image_url.url"),
    (image(f"data:image/png;base64,{PNG}"), "messages[0].content[0].image_url.url"),
    (user({"type": "image_url", "image_url": "data:"}), "messages[0].content[0].image_url"),
    (recording(PNG), "messages[0].content[0].input_audio.data"),
    (recording("é"), "messages[0].content[0].input_audio.data"),
    (recording(""), "messages[0].content[0].input_audio.data"),
    (recording(PNG, "ogg"), "messages[0].content[0].input_audio.format"),
    (file(), "messages[0].content[0].file"),
    (file(filename="x.zip", file_data=PNG), "messages[0].content[0].file.file_data"),
    ({"n": 0}, "n"),
    ({"n": 9}, "n"),
    ({"stop": list("abcde")}, "stop"),
    ({"stop": [""]}, "stop[0]"),
    ({"temperature": 3}, "temperature"),
    ({"temperature": "hot"}, "temperature"),
    ({"top_p": -1}, "top_p"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"seed": "x"}, "seed"),
    ({"top_logprobs": 2}, "top_logprobs"),
    ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
    ({"stream_options": {}}, "stream_options"),
    ({"made_up": 1}, "made_up"),
    ({"functions": [{"name": "f"}]}, "functions"),
    ({"presence_penalty": 1}, "presence_penalty"),
    ({"logit_bias": {"5": 1}}, "logit_bias"),
    ({"web_search_options": {}}, "web_search_options"),
    ({"modalities": ["text", "audio"]}, "audio"),
    ({"modalities": ["video"]}, "modalities[0]"),
    ({"audio": {"voice": "alloy", "format": "wav"}}, "audio"),
    ({"modalities": ["audio"], "audio": {"voice": "nobody", "format": "wav"}}, "audio.voice"),
    ({"modalities": ["audio"], "audio": {"voice": "alloy", "format": "midi"}}, "audio.format"),
    ({"modalities": ["audio"], "audio": {"voice": "alloy", "format": "mp3"}, "stream": True}, "audio.format"),
    ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
    ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name"),
    ({"tools": [TOOL, TOOL]}, "tools[1].function"),
    ({"tools": [TOOL], "tool_choice": "always"}, None),
    ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "g"}}}, "tool_choice"),
    ({"tool_choice": "required"}, "tool_choice"),
    (schema(), "response_format.json_schema"),
    (schema(json_schema={"name": "x", "schema": {"a": "x" * 200_000}}), "response_format.json_schema.schema"),
    (schema(json_schema={"name": "x", "schema": {"a": "\ud800"}}), "response_format.json_schema.schema"),
    (schema(json_schema={"name": "x", "schema": {"a": math.inf}}), "response_format.json_schema.schema"),
    ({"metadata": {"a": 1}}, "metadata.a"),
    ({"metadata": {str(number): "" for number in range(17)}}, "metadata"),
]


async def test_chat(client: httpx.AsyncClient, engine: Engine) -> None:
    usual = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}
    for fields, param in CHAT:
        await refused(client, "/v1/chat/completions", {**usual, **fields}, param)
    assert engine.num_sessions == 0


def said(*items: Any) -> Json:
    return {"input": list(items)}


def shown(**fields: Any) -> Json:
    return said({"role": "user", "content": [fields]})


RESPONSES: list[tuple[Json, str | None]] = [
    ({"input": []}, "input"),
    ({"input": None}, "input"),
    ({"input": ""}, "input"),
    ({"input": 5}, None),
    ({"input": "x" * 1_000_000}, "input[0].content[0].text"),
    ({"input": "half \ud800 a character"}, None),
    ({"instructions": "\ud800"}, None),
    (said("hello"), None),
    (said({"role": "robot", "content": "x"}), "input[0].role"),
    (said({"role": "user"}), "input[0].content"),
    (said({"type": "computer_call"}), "input[0]"),
    (said({"type": "function_call", "name": "f"}), "input[0].call_id"),
    (said({"role": "user", "content": "\ud800"}), None),
    (shown(type="input_video"), "input[0].content[0].type"),
    (shown(type="input_image"), "input[0].content[0]"),
    (shown(type="input_image", image_url="http://x/y.png"), "input[0].content[0].image_url"),
    (shown(type="input_image", image_url=f"data:image/png;base64,{PNG}"), "input[0].content[0].image_url"),
    (shown(type="input_file", file_url="http://x/y.pdf"), "input[0].content[0].file_url"),
    ({"conversation": "conv_1", "previous_response_id": "resp_1"}, "conversation"),
    ({"conversation": {}}, None),
    ({"prompt": {"id": "pmpt_1"}}, "prompt"),
    ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
    ({"tools": [{"type": "function"}]}, "tools[0].name"),
    ({"tool_choice": {"type": "image_generation"}}, "tool_choice"),
    ({"text": {"format": {"type": "json_schema", "name": "x"}}}, "text.format.schema"),
    ({"text": {"format": {"type": "json_schema", "schema": {"a": math.nan}}}}, "text.format.schema"),
    ({"max_output_tokens": 0}, "max_output_tokens"),
    ({"include": ["everything"]}, "include[0]"),
    ({"truncation": "sometimes"}, "truncation"),
    ({"background": True, "store": False}, "store"),
    ({"seed": 1}, "seed"),
]


async def test_responses(client: httpx.AsyncClient, engine: Engine) -> None:
    for fields, param in RESPONSES:
        await refused(client, "/v1/responses", {"model": "gpt-4o", "input": "hello", **fields}, param)
    assert engine.num_sessions == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"model": "llama-3", "messages": [{"role": "user", "content": "x"}]}, 404),
        ({"model": "gpt-4o", **file(file_id="file-unknown")}, 404),
        ({"model": "gpt-4o", **file(file_id="../../etc/passwd")}, 404),
        ({"model": "gpt-4o", "messages": [{"role": "assistant", "audio": {"id": "audio_x"}}]}, 404),
    ],
)
async def test_what_is_not_there(client: httpx.AsyncClient, body: Json, status: int) -> None:
    answer = await client.post("/v1/chat/completions", json=body)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("route", ["/v1/chat/completions", "/v1/responses"])
async def test_what_is_no_request_at_all(client: httpx.AsyncClient, route: str) -> None:
    for body in (b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000):
        answer = await client.post(route, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400, (body[:9], answer.text)


async def test_a_file_is_read_for_what_it_says(client: httpx.AsyncClient) -> None:
    body = {"model": "gpt-4o", **file(filename="a.csv", file_data=base64.b64encode(b"a,b\n1,2").decode())}
    answer = await client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200, answer.text


async def refused(client: httpx.AsyncClient, route: str, body: Json, param: str | None) -> None:
    written = json.dumps(body)
    answer = await client.post(route, content=written, headers={"content-type": "application/json"})
    assert answer.status_code == 400, (written[:300], answer.text)
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert "\n" not in error["message"] and 10 < len(error["message"]) < 350, error
    if param is not None:
        assert error["param"] == param, (written[:300], error)

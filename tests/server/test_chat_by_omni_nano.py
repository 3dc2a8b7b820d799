"""The official Python client, unmodified, asks the network that comes with the package."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import jsonschema
import numpy as np
import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError

from duologue import picture, sound
from duologue.server.app import create_app
from duologue.settings import Settings
from tests.server.conftest import Live, serving
from tests.server.openapi import OpenApi
from tests.server.recorder import Recorder

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"yes": {"type": "boolean"}, "kind": {"enum": ["fruit", "animal"]}},
    "required": ["yes", "kind"],
    "additionalProperties": False,
}
TIMER: dict[str, Any] = {
    "name": "set_timer",
    "description": "Sets a timer.",
    "parameters": {
        "type": "object",
        "properties": {"minutes": {"type": "integer"}},
        "required": ["minutes"],
        "additionalProperties": False,
    },
}


@pytest.fixture(scope="module")
def server(
    published: OpenApi | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Live, Recorder]]:
    """One for all tests here: loading the network takes the better part of a second."""
    data = tmp_path_factory.mktemp("data")
    app = create_app(Settings(threads=1, data_dir=data, max_reply_s=20))
    reading = Recorder(published)
    with serving(app, reading.wrap(app)) as listening:
        yield listening, reading


@pytest.fixture
async def openai(server: tuple[Live, Recorder]) -> AsyncIterator[AsyncOpenAI]:
    listening, reading = server
    async with AsyncOpenAI(api_key="any", base_url=f"{listening.url}/v1", max_retries=0) as client:
        yield client
    assert listening.state.engine.num_sessions == 0
    assert not reading.problems, reading.problems


def user(content: Any) -> list[Any]:
    return [{"role": "user", "content": content}]


async def test_a_typed_question(openai: AsyncOpenAI) -> None:
    asked: Any = {"model": "gpt-4o", "messages": user("What is the capital of France?"), "seed": 3}
    told = await openai.chat.completions.create(**asked)
    text = told.choices[0].message.content
    assert text and text == text.strip()
    assert told.usage and told.usage.prompt_tokens > 3 and told.usage.completion_tokens > 0
    again = await openai.chat.completions.create(**asked)
    assert again.choices[0].message.content == text
    streamed = ""
    async with openai.chat.completions.stream(**asked) as stream:
        async for event in stream:
            streamed += event.delta if event.type == "content.delta" else ""
    assert streamed == text


async def test_a_seed_gives_the_same_free_answer(openai: AsyncOpenAI) -> None:
    async def ask(seed: int) -> list[str | None]:
        told = await openai.chat.completions.create(
            model="gpt-4o",
            messages=user("Tell me about the sea."),
            temperature=2,
            seed=seed,
            n=3,
            max_tokens=12,
        )
        return [choice.message.content for choice in told.choices]

    first = await ask(5)
    assert await ask(5) == first
    assert (await ask(6))[:2] == first[1:]
    assert len(set(first)) > 1


async def test_an_answer_that_is_cut_off(openai: AsyncOpenAI) -> None:
    told = await openai.chat.completions.create(
        model="gpt-4o",
        messages=user("What is the capital of France?"),
        max_completion_tokens=2,
        logprobs=True,
        top_logprobs=3,
    )
    (choice,) = told.choices
    assert choice.finish_reason == "length"
    assert choice.logprobs and choice.logprobs.content
    assert "".join(token.token for token in choice.logprobs.content) == choice.message.content
    assert all(len(token.top_logprobs) == 3 for token in choice.logprobs.content)
    assert all(token.logprob <= token.top_logprobs[0].logprob for token in choice.logprobs.content)


async def test_an_answer_of_a_form(openai: AsyncOpenAI) -> None:
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA, "strict": True}}
    told = await openai.chat.completions.create(
        model="gpt-4o", messages=user("Is a cat an animal?"), response_format=wanted
    )
    jsonschema.validate(json.loads(told.choices[0].message.content or ""), SCHEMA)
    response = await openai.responses.create(
        model="gpt-4o",
        input="Is a cat an animal?",
        text={"format": {"type": "json_schema", "name": "x", "schema": SCHEMA}},
    )
    jsonschema.validate(json.loads(response.output_text), SCHEMA)


async def test_a_call(openai: AsyncOpenAI) -> None:
    messages = user("Set a timer for five minutes.")
    tools: Any = [{"type": "function", "function": TIMER}]
    told = await openai.chat.completions.create(
        model="gpt-4o", messages=messages, tools=tools, tool_choice="required"
    )
    message = told.choices[0].message
    assert told.choices[0].finish_reason == "tool_calls" and message.tool_calls
    (call,) = message.tool_calls
    assert call.type == "function" and call.function.name == "set_timer"
    jsonschema.validate(json.loads(call.function.arguments), TIMER["parameters"])
    result: Any = {"role": "tool", "tool_call_id": call.id, "content": '{"ok": true}'}
    history: Any = [*messages, message.model_dump(exclude_none=True), result]
    told = await openai.chat.completions.create(model="gpt-4o", messages=history)
    assert told.choices[0].message.content
    flat: Any = [{"type": "function", "strict": True, **TIMER}]
    response = await openai.responses.create(
        model="gpt-4o",
        input="Set a timer.",
        tools=flat,
        tool_choice={"type": "function", "name": "set_timer"},
    )
    (item,) = response.output
    assert item.type == "function_call"
    jsonschema.validate(json.loads(item.arguments), TIMER["parameters"])


async def test_a_question_about_an_image(openai: AsyncOpenAI) -> None:
    pixels = np.full((64, 64, 3), 255, np.uint8)
    pixels[16:48, 16:48] = (255, 0, 0)
    url = f"data:image/png;base64,{base64.b64encode(picture.encode(pixels)).decode()}"
    told = await openai.chat.completions.create(
        model="gpt-4o",
        messages=user(
            [
                {"type": "image_url", "image_url": {"url": url}},
                {"type": "text", "text": "What colour is the square?"},
            ]
        ),
    )
    assert told.choices[0].message.content
    assert told.usage and told.usage.prompt_tokens > 16


async def test_an_answer_aloud_can_be_asked_back(openai: AsyncOpenAI) -> None:
    told = await openai.chat.completions.create(
        model="gpt-4o-audio-preview",
        messages=user("What is the capital of France?"),
        modalities=["text", "audio"],
        audio={"voice": "alloy", "format": "mp3"},
    )
    audio = told.choices[0].message.audio
    assert audio is not None and audio.transcript
    samples = sound.decode(base64.b64decode(audio.data))
    assert told.usage and told.usage.completion_tokens_details
    frames = told.usage.completion_tokens_details.audio_tokens or 0
    assert len(samples) == pytest.approx(frames * 1280, abs=4000)  # MP3 fills up its own frames
    assert 0.01 < np.abs(samples).max() <= 1.0
    heard = await openai.chat.completions.create(
        model="gpt-4o-audio-preview",
        messages=[
            {"role": "user", "content": "What is the capital of France?"},
            {"role": "assistant", "audio": {"id": audio.id}},
            *user([{"type": "input_audio", "input_audio": {"data": audio.data, "format": "mp3"}}]),
        ],
    )
    assert heard.choices[0].message.content
    assert heard.usage and heard.usage.prompt_tokens_details
    assert (heard.usage.prompt_tokens_details.audio_tokens or 0) >= frames


async def test_responses_remember_and_draw(openai: AsyncOpenAI) -> None:
    first = await openai.responses.create(model="gpt-4o", input="My name is Anna.")
    async with openai.responses.stream(
        model="gpt-4o", input="What is my name?", previous_response_id=first.id
    ) as stream:
        async for _ in stream:
            pass
        second = await stream.get_final_response()
    assert second.output_text
    listed = await openai.responses.input_items.list(second.id)
    assert [item.type async for item in listed] == ["message"]
    drawn = await openai.responses.create(
        model="gpt-4o",
        input="Draw a red circle.",
        tools=[{"type": "image_generation"}],
        tool_choice={"type": "image_generation"},
    )
    (item,) = drawn.output
    assert item.type == "image_generation_call" and item.result
    assert picture.decode(base64.b64decode(item.result)).shape == (1024, 1024, 3)
    assert await openai.responses.retrieve(drawn.id) == drawn
    await openai.responses.delete(drawn.id)
    with pytest.raises(NotFoundError):
        await openai.responses.retrieve(drawn.id)


async def test_a_schema_that_is_none(openai: AsyncOpenAI) -> None:
    with pytest.raises(BadRequestError) as caught:
        await openai.chat.completions.create(
            model="gpt-4o",
            messages=user("hello"),
            response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "car"}}},
        )
    assert caught.value.type == "invalid_request_error"

"""The `openai` package for Python: nothing of it is changed but base URL and key."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from openai import NotFoundError, OpenAI
from openai.types.chat import ChatCompletionMessageParam
from openai.types.chat.chat_completion_message_function_tool_call_param import Function
from openai.types.shared_params import FunctionDefinition
from PIL import Image
from pydantic import BaseModel

from tests.clients import spoken
from tests.clients.conftest import Listener, Served

TIMER: FunctionDefinition = {
    "name": "set_timer",
    "description": "Start a timer.",
    "parameters": {
        "type": "object",
        "properties": {"minutes": {"type": "integer"}},
        "required": ["minutes"],
        "additionalProperties": False,
    },
}
WHO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Who are you?"}]


@pytest.fixture
def client(server: Served, listener: Listener) -> Iterator[OpenAI]:
    with OpenAI(base_url=server.url, api_key="sk-anything", max_retries=0) as calling:
        yield calling


def test_models(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["omni-nano"]
    with pytest.raises(NotFoundError) as refused:
        client.models.retrieve("llama-9")
    assert refused.value.code == "model_not_found"


def test_a_typed_question_gets_its_answer(client: OpenAI) -> None:
    answered = client.chat.completions.create(model="gpt-4o", messages=WHO)
    assert answered.model == "gpt-4o"
    assert "Duologue" in str(answered.choices[0].message.content)
    assert answered.choices[0].finish_reason == "stop"
    assert answered.usage is not None
    assert answered.usage.total_tokens == answered.usage.prompt_tokens + answered.usage.completion_tokens > 0


def test_an_answer_streams(client: OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model="gpt-4o", messages=WHO, stream=True, stream_options={"include_usage": True}
        )
    )
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert "Duologue" in said
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage is not None and chunks[-1].usage.completion_tokens > 0


def test_a_spoken_question_gets_a_spoken_answer(client: OpenAI, question: Path) -> None:
    recording = base64.b64encode(question.read_bytes()).decode()
    answered = client.chat.completions.create(
        model="gpt-4o-audio-preview",
        modalities=["text", "audio"],
        audio={"voice": "alloy", "format": "wav"},
        messages=[
            {
                "role": "user",
                "content": [{"type": "input_audio", "input_audio": {"data": recording, "format": "wav"}}],
            }
        ],
    )
    audio = answered.choices[0].message.audio
    assert audio is not None and audio.transcript
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(audio.data)), dtype="float32")
    assert 0.5 < len(samples) / rate < 20
    assert float((samples**2).mean()) ** 0.5 > 0.005
    follow_up = client.chat.completions.create(
        model="gpt-4o-audio-preview",
        messages=[*WHO, {"role": "assistant", "audio": {"id": audio.id}}, *WHO],
    )
    assert follow_up.choices[0].message.content


def test_a_spoken_answer_streams(client: OpenAI) -> None:
    chunks = client.chat.completions.create(
        model="gpt-4o-audio-preview",
        modalities=["text", "audio"],
        audio={"voice": "alloy", "format": "pcm16"},
        messages=WHO,
        stream=True,
    )
    sound, words = b"", ""
    for chunk in chunks:
        for choice in chunk.choices:
            if choice.delta.audio is not None:
                sound += base64.b64decode(choice.delta.audio.data or "")
                words += choice.delta.audio.transcript or ""
    assert "Duologue" in words
    assert 0.5 < len(sound) / 48_000 < 10
    assert spoken.level(sound) > 0.005


def test_a_tool_is_called_with_arguments_of_its_schema(client: OpenAI) -> None:
    asked: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Set a timer for five minutes."}]
    answered = client.chat.completions.create(
        model="gpt-4o",
        messages=asked,
        tools=[{"type": "function", "function": TIMER}],
        tool_choice="required",
    )
    message = answered.choices[0].message
    assert answered.choices[0].finish_reason == "tool_calls"
    (call,) = message.tool_calls or []
    assert call.type == "function" and call.function.name == "set_timer"
    assert isinstance(json.loads(call.function.arguments)["minutes"], int)
    made: Function = {"name": call.function.name, "arguments": call.function.arguments}
    asked.append({"role": "assistant", "tool_calls": [{"id": call.id, "type": "function", "function": made}]})
    asked.append({"role": "tool", "tool_call_id": call.id, "content": '{"ok": true}'})
    after = client.chat.completions.create(
        model="gpt-4o",
        messages=asked,
        tools=[{"type": "function", "function": TIMER}],
        tool_choice="none",
    )
    assert after.choices[0].message.content


class Capital(BaseModel):
    country: str
    population: int


def test_an_answer_has_the_shape_asked_for(client: OpenAI) -> None:
    answered = client.chat.completions.parse(
        model="gpt-4o",
        messages=[{"role": "user", "content": "What is the capital of Italy?"}],
        response_format=Capital,
        max_completion_tokens=200,
    )
    if answered.choices[0].finish_reason == "stop":  # a small network may talk on to the limit
        assert isinstance(answered.choices[0].message.parsed, Capital)


def test_speech_of_given_words_and_its_transcript(client: OpenAI, tmp_path: Path) -> None:
    words = "Good morning."
    with client.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts", voice="coral", input=words, response_format="wav"
    ) as response:
        response.stream_to_file(tmp_path / "speech.wav")
    samples, rate = soundfile.read(tmp_path / "speech.wav", dtype="float32")
    assert 0.3 < len(samples) / rate < 5
    compressed = client.audio.speech.create(model="tts-1", voice="alloy", input=words).content
    assert 0.3 < soundfile.info(io.BytesIO(compressed)).duration < 5


def test_a_transcript(client: OpenAI, question: Path) -> None:
    whole = client.audio.transcriptions.create(model="whisper-1", file=question)
    assert "ten" in whole.text.lower()
    verbose = client.audio.transcriptions.create(
        model="whisper-1", file=question, response_format="verbose_json"
    )
    assert 1 < float(verbose.duration) < 2
    events = list(client.audio.transcriptions.create(model="gpt-4o-transcribe", file=question, stream=True))
    assert events[-1].type == "transcript.text.done"
    assert "".join(e.delta for e in events if e.type == "transcript.text.delta") == events[-1].text


def test_a_picture_is_drawn(client: OpenAI) -> None:
    drawn = client.images.generate(model="dall-e-3", prompt="a red circle", response_format="b64_json")
    assert drawn.data and drawn.data[0].b64_json
    with Image.open(io.BytesIO(base64.b64decode(drawn.data[0].b64_json))) as picture:
        assert picture.width == picture.height >= 64


def test_a_picture_is_looked_at(client: OpenAI) -> None:
    content = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(content, "PNG")
    url = f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"
    answered = client.chat.completions.create(
        model="gpt-4o",
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What color is this?"},
                    {"type": "image_url", "image_url": {"url": url}},
                ],
            }
        ],
    )
    assert answered.choices[0].message.content


def test_files_come_back_as_they_went(client: OpenAI) -> None:
    kept = client.files.create(file=("note.txt", b"buy milk"), purpose="user_data")
    assert client.files.retrieve(kept.id).bytes == 8
    assert client.files.content(kept.id).content == b"buy milk"
    assert kept.id in [each.id for each in client.files.list()]
    assert client.files.delete(kept.id).deleted
    with pytest.raises(NotFoundError):
        client.files.retrieve(kept.id)


def test_responses_and_what_they_remember(client: OpenAI) -> None:
    first = client.responses.create(model="gpt-4o", input="Who are you?")
    assert "Duologue" in first.output_text
    second = client.responses.create(
        model="gpt-4o", input="What is your name?", previous_response_id=first.id
    )
    assert second.output_text and second.previous_response_id == first.id
    with client.responses.stream(model="gpt-4o", input="Who are you?") as stream:
        kinds = [event.type for event in stream]
        assert stream.get_final_response().output_text == first.output_text
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"


def test_a_response_calls_a_tool(client: OpenAI) -> None:
    called = client.responses.create(
        model="gpt-4o",
        input="Set a timer for five minutes.",
        tools=[
            {"type": "function", "strict": True, "name": TIMER["name"], "parameters": TIMER["parameters"]}
        ],
        tool_choice="required",
    )
    (call,) = called.output
    assert call.type == "function_call"
    assert isinstance(json.loads(call.arguments)["minutes"], int)
    after = client.responses.create(
        model="gpt-4o",
        previous_response_id=called.id,
        input=[{"type": "function_call_output", "call_id": call.call_id, "output": '{"ok": true}'}],
    )
    assert after.output_text

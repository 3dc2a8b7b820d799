"""Requests that nobody would send in earnest, to one operation after another.

Some are made from our own /openapi.json, some are good requests with a broken place. Whatever comes in, what
goes out is no failure of ours, says in OpenAI's shape what was wrong, and comes soon.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import Any

import httpx
import numpy as np
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from duologue import sound
from duologue.server.app import create_app
from duologue.settings import Settings
from tests.server.chaos.client import PICTURE, TOOL
from tests.server.chaos.junk import mutated
from tests.server.conftest import Live, serving

EXAMPLES = 8  # for each operation, and each of the two modes
MUTANTS = 30  # of each good request
SOON_S = 10.0  # for one answer

schema = schemathesis.openapi.from_dict(create_app(Settings(model="scripted")).openapi())
OPERATIONS = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
NAMES = [f"{operation.method.upper()} {operation.path}" for operation in OPERATIONS]

WAV = sound.encode(np.full(8000, 0.1, np.float32))
PIXELS = {"image_url": PICTURE, "detail": "auto"}
SAID = [
    {"role": "system", "content": "be brief"},
    {
        "role": "user",
        "content": [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": PICTURE}}],
    },
    {"role": "assistant", "content": "hello"},
    {"role": "user", "content": "and now?"},
]
JSON_BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {
        "model": "gpt-4o",
        "messages": SAID,
        "modalities": ["text", "audio"],
        "audio": {"voice": "alloy", "format": "wav"},
        "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}],
        "tool_choice": "auto",
        "temperature": 0.5,
        "max_completion_tokens": 8,
        "stop": ["."],
        "metadata": {"a": "b"},
        "n": 1,
    },
    "/v1/responses": {
        "model": "gpt-4o",
        "instructions": "be brief",
        "input": [
            {
                "role": "user",
                "content": [{"type": "input_text", "text": "hi"}, {"type": "input_image", **PIXELS}],
            },
            {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "42"},
        ],
        "tools": [TOOL],
        "tool_choice": "auto",
        "text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}}},
        "max_output_tokens": 16,
        "metadata": {"a": "b"},
        "include": [],
        "store": True,
    },
    "/v1/responses/input_tokens": {"model": "gpt-4o", "input": [{"role": "user", "content": "hi"}]},
    "/v1/conversations": {
        "metadata": {"a": "b"},
        "items": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
    },
    "/v1/realtime/translations/client_secrets": {
        "session": {"model": "gpt-realtime-translate", "audio": {"output": {"language": "es"}}}
    },
    "/v1/audio/speech": {
        "model": "tts-1",
        "input": "good day",
        "voice": "alloy",
        "response_format": "wav",
        "speed": 1.0,
    },
    "/v1/realtime/client_secrets": {
        "expires_after": {"anchor": "created_at", "seconds": 60},
        "session": {
            "type": "realtime",
            "model": "gpt-realtime",
            "instructions": "be brief",
            "output_modalities": ["audio"],
            "audio": {
                "input": {"turn_detection": {"type": "server_vad", "threshold": 0.5}},
                "output": {"voice": "marin", "speed": 1.0, "format": {"type": "audio/pcm", "rate": 24000}},
            },
            "tools": [TOOL],
            "tool_choice": "auto",
        },
    },
    "/v1/realtime/sessions": {"model": "gpt-realtime", "voice": "alloy", "modalities": ["audio", "text"]},
    "/v1/realtime/transcription_sessions": {
        "input_audio_format": "pcm16",
        "turn_detection": {"type": "server_vad"},
    },
}
FORMS: dict[str, dict[str, Any]] = {
    "/v1/audio/transcriptions": {
        "model": "whisper-1",
        "language": "en",
        "response_format": "verbose_json",
        "temperature": 0,
    },
    "/v1/audio/translations": {"model": "whisper-1", "response_format": "json"},
    "/v1/files": {"purpose": "user_data"},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("data")
    app = create_app(Settings(model="scripted", threads=1, data_dir=folder, requests_per_minute=1_000_000))
    with serving(app) as listening:
        yield listening


@pytest.fixture(scope="module")
def caller(server: Live) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=SOON_S) as calling:
        yield calling


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("number", range(len(OPERATIONS)), ids=NAMES)
def test_every_operation_stands_what_the_schema_makes_up(
    number: int, mode: GenerationMode, server: Live
) -> None:
    operation = OPERATIONS[number]

    @seed(number)
    @hypothesis_settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def stands(case: Any) -> None:  # schemathesis's Case, whose parameters have no names
        answer = case.call(base_url=server.url, timeout=SOON_S)
        judge(answer.status_code, answer.content, case.as_curl_command())

    with suppress(Unsatisfiable):  # an operation without parameters cannot be asked wrongly
        stands()
    assert server.state.engine.num_sessions == 0


@pytest.mark.parametrize("path", JSON_BODIES)
def test_a_body_may_be_broken_anywhere(path: str, caller: httpx.Client, server: Live) -> None:
    good = JSON_BODIES[path]
    assert caller.post(path, json=good).status_code == 200
    for number in range(MUTANTS):
        rng = Random(f"{path} {number}")
        body = json.dumps(mutated(rng, good, times=1 + number % 3))
        answer = caller.post(path, content=body, headers={"content-type": "application/json"})
        judge(answer.status_code, answer.content, f"{path} {body}")
    assert server.state.engine.num_sessions == 0


@pytest.mark.parametrize("path", FORMS)
def test_a_form_may_be_broken_anywhere(path: str, caller: httpx.Client, server: Live) -> None:
    good = FORMS[path]
    assert caller.post(path, data=good, files={"file": ("a.wav", WAV)}).status_code == 200
    for number in range(MUTANTS):
        rng = Random(f"{path} {number}")
        content = (
            WAV if rng.random() < 0.5 else WAV[: rng.randrange(len(WAV))] + rng.randbytes(rng.randrange(50))
        )
        name = rng.choice(("a.wav", "", "\x00", "../../a.wav", "a" * 300, "a.mp3", "a.pdf"))
        fields = {key: _written(value) for key, value in mutated(rng, good).items()}
        answer = caller.post(path, data=fields, files={"file": (name, content)})
        judge(answer.status_code, answer.content, f"{path} {fields} {name!r} {len(content)} bytes")
    assert server.state.engine.num_sessions == 0


@pytest.mark.parametrize("path", [*JSON_BODIES, *FORMS])
def test_a_body_may_be_no_body_at_all(path: str, caller: httpx.Client) -> None:
    for content in (
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b"null",
        b"[]",
        b'"x"',
        b"0",
        b"{}",
        b'{"a":1}' * 1000,
    ):
        for kind in (
            "application/json",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "text/plain",
            "",
        ):
            answer = caller.post(path, content=content, headers={"content-type": kind})
            judge(answer.status_code, answer.content, f"{path} {kind} {content[:20]!r}")


def judge(status: int, content: bytes, asked: str) -> None:
    assert status < 500 or status == 501, f"{status} for {asked}"
    if status >= 400:
        assert is_openais(content), f"{content.decode()} for {asked}"


def is_openais(content: bytes) -> bool:
    """An error as OpenAI writes it: a sentence, a type, and perhaps the parameter and a code."""
    error = json.loads(content).get("error")
    return (
        isinstance(error, dict)
        and set(error) == {"message", "type", "param", "code"}
        and all(isinstance(error[name], str) and error[name] for name in ("message", "type"))
        and all(error[name] is None or isinstance(error[name], str) for name in ("param", "code"))
    )


def _written(value: Any) -> str:
    return value if isinstance(value, str) and value.isprintable() else repr(value)


@pytest.mark.parametrize("value", ["NaN", "1e999", '"\\ud800"'])
@pytest.mark.parametrize("path", ["/v1/realtime/client_secrets", "/v1/realtime/sessions"])
def test_what_python_reads_and_json_has_not_is_refused(path: str, value: str, caller: httpx.Client) -> None:
    session = (
        f'{{"instructions": {value}, "tools": [{{"type": "function", "name": "a", "parameters": {value}}}]}}'
    )
    body = session if path.endswith("sessions") else f'{{"session": {session}}}'
    answer = caller.post(path, content=body.encode(), headers={"content-type": "application/json"})
    judge(answer.status_code, answer.content, body)
    assert answer.status_code == 400

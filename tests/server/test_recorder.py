"""The judge itself: what is OpenAI's passes, and each kind of fault is found, with and without the schema."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, WebSocket
from starlette.responses import JSONResponse, Response, StreamingResponse
from websockets.sync.client import connect

from tests.server.conftest import Live, serving
from tests.server.openapi import OpenApi, published_at
from tests.server.recorder import Recorder

MODEL = {"id": "omni-nano", "object": "model", "created": 1, "owned_by": "duologue"}
CHUNK: dict[str, Any] = {
    "id": "chatcmpl_1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "gpt-4o",
    "choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": None, "logprobs": None}],
}
CLEARED = {"type": "input_audio_buffer.cleared", "event_id": "event_1"}
ERROR = {"message": "no", "type": "invalid_request_error", "param": None, "code": None}


@pytest.fixture(params=["package", "package and schema"] if published_at().is_file() else ["package"])
def judge(request: pytest.FixtureRequest, published: OpenApi | None) -> Recorder:
    return Recorder() if request.param == "package" else Recorder(published)


def fault(judge: Recorder) -> str:
    return "\n".join(judge.problems)


def test_what_is_openais_passes(judge: Recorder) -> None:
    judge.body("GET", "/v1/models", 200, {"object": "list", "data": [MODEL]})
    judge.body("GET", "/v1/models/{name}", 200, MODEL)
    judge.body("GET", "/v1/models/{name}", 404, {"error": ERROR})
    judge.event("POST", "/v1/chat/completions", CHUNK)
    judge.frame("/v1/realtime", json.dumps(CLEARED))
    assert fault(judge) == ""
    assert judge.types() == ["input_audio_buffer.cleared"]
    assert judge.streamed == [CHUNK]
    assert [status for _, status, _ in judge.bodies] == [200, 200, 404]


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ({"type": "input_audio_buffer.cleared"}, "event_id"),
        (CLEARED | {"event_id": 3}, "event_id"),
        (CLEARED | {"mood": "calm"}, "mood"),
        (CLEARED | {"type": "duologue.ducked"}, "does not know"),
        ({"type": "response.output_audio.delta", "event_id": "event_1", "delta": "AA=="}, "item_id"),
        ({"type": "error", "event_id": "event_1", "error": {"message": "no"}}, "type"),
    ],
)
def test_faults_of_frames(judge: Recorder, event: dict[str, Any], says: str) -> None:
    judge.frame("/v1/realtime", json.dumps(event))
    assert says in fault(judge)


def test_frames_that_may_not_be(judge: Recorder) -> None:
    judge.frame("/v1/realtime", b"sound")
    judge.frame("/v1/own", json.dumps(CLEARED))
    assert "binary" in judge.problems[0]
    assert "no such WebSocket" in judge.problems[1]


@pytest.mark.parametrize(
    ("path", "status", "value", "says"),
    [
        ("/v1/models/{name}", 200, {"id": "omni-nano"}, "created"),
        ("/v1/models/{name}", 200, MODEL | {"created": "now"}, "created"),
        ("/v1/models/{name}", 200, MODEL | {"voices": []}, "voices"),
        ("/v1/models/{name}", 404, {"detail": "Not Found"}, "error"),
        ("/v1/models/{name}", 404, {"error": {"message": "no"}}, "type"),
        ("/v1/voices", 200, {"voices": []}, "no JSON answer"),
    ],
)
def test_faults_of_bodies(judge: Recorder, path: str, status: int, value: Any, says: str) -> None:
    judge.body("GET", path, status, value)
    assert says in fault(judge)


def test_faults_of_streams(judge: Recorder) -> None:
    judge.event("POST", "/v1/chat/completions", CHUNK | {"object": "chunk"})
    judge.event("POST", "/v1/models", CHUNK)
    assert "object" in judge.problems[0]
    assert "streams nothing" in judge.problems[-1]


def test_the_schema_judges_where_the_package_is_silent() -> None:
    delta = {
        "type": "object",
        "required": ["type", "audio"],
        "properties": {"type": {"enum": ["speech.audio.delta"]}, "audio": {"type": "string"}},
    }
    streamed = {"text/event-stream": {"schema": {"anyOf": [{"$ref": "#/components/schemas/Delta"}]}}}
    small = OpenApi(
        {
            "paths": {"/audio/speech": {"post": {"responses": {"200": {"content": streamed}}}}},
            "components": {"schemas": {"Delta": delta}},
        }
    )
    schema = small.body("post", "/v1/audio/speech", 200, "text/event-stream")
    assert schema is not None
    assert small.problem(schema, {"type": "speech.audio.delta", "audio": "AA=="}) is None
    assert "audio" in str(small.problem(schema, {"type": "speech.audio.delta"}))


def test_it_reads_along_with_all_that_is_sent(judge: Recorder) -> None:
    faulty = FastAPI()

    @faulty.get("/v1/models/{name}")
    async def model(name: str) -> Response:
        return JSONResponse({"id": name})

    @faulty.post("/v1/chat/completions")
    async def stream() -> Response:
        content = [b"data: {", b"}\n", b"\ndata: [DONE]\n\n"]
        return StreamingResponse(iter(content), media_type="text/event-stream")

    @faulty.websocket("/v1/realtime")
    async def realtime(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_bytes(b"sound")
        await socket.receive()

    with serving(faulty, judge.wrap(faulty)) as live:
        _ask(live)
    assert "GET /models/{}" in fault(judge)
    assert "POST /chat/completions" in fault(judge)
    assert "WS /realtime" in fault(judge)


def _ask(live: Live) -> None:
    assert httpx.get(f"{live.url}/v1/models/a").status_code == 200
    assert "[DONE]" in httpx.post(f"{live.url}/v1/chat/completions").text
    with connect(f"{live.ws}/v1/realtime") as socket:
        assert socket.recv(timeout=20) == b"sound"

"""Whatever goes wrong, the answer has OpenAI's shape, a status that fits, and nobody's words in it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Form, WebSocket
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from duologue import errors
from duologue.errors import BadInput, DuologueError, TooMany
from duologue.server import faults
from duologue.server.not_offered import INSTEAD
from duologue.settings import Settings
from tests.server.conftest import Live

SECRET = "the user's own words"


class Part(BaseModel):
    kind: str


class Asked(BaseModel):
    name: str = Field(max_length=3)
    parts: list[Part] = []


router = APIRouter(prefix="/v1/tests")


@router.post("/body")
async def body(asked: Asked) -> Asked:
    return asked


@router.post("/raw")
async def raw(request: Request) -> dict[str, int]:
    return {"bytes": len(await request.body())}


@router.post("/form")
async def form(name: Annotated[str, Form()]) -> str:
    return name


@router.get("/mistake")
async def mistake() -> None:
    assert False, SECRET  # noqa: B011, PT015


@router.get("/left")
async def left() -> None:
    raise ExceptionGroup("of a task group", [ClientDisconnect()])


@router.websocket("/fall")
async def fall(socket: WebSocket) -> None:
    await socket.accept()
    raise RuntimeError(SECRET)


@router.get("/late")
async def late() -> StreamingResponse:
    async def content() -> AsyncIterator[bytes]:
        yield b"first"
        raise RuntimeError(SECRET)

    return StreamingResponse(content())


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"max_body_mb": 1})


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    app.include_router(router)
    return app


@pytest.fixture
async def plain(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Not recorded: OpenAI has none of these routes."""
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as calling,
    ):
        yield calling


def told(answer: httpx.Response) -> dict[str, Any]:
    """The error, its shape checked."""
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"].startswith("req_")
    assert int(answer.headers["openai-processing-ms"]) >= 0
    assert set(answer.json()) == {"error"}
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


@pytest.mark.parametrize(
    ("content", "status", "param", "says"),
    [
        (b'{"name": "ada", "parts": []}', 200, None, ""),
        (b"{}", 400, "name", "missing required parameter: 'name'"),
        (b'{"name": "adam"}', 400, "name", "at most 3 characters"),
        (b'{"name": "a", "parts": [{"kind": 3}]}', 400, "parts[0].kind", "valid string"),
        (b'{"name": "a", "parts": [{}]}', 400, "parts[0].kind", "missing"),
        (b"[]", 400, None, "no JSON object"),
        (b"", 400, None, "missing"),
        (b'{"name": ', 400, None, "not valid JSON"),
        (b'{"name": "\xff"}', 400, None, "read"),
    ],
)
async def test_bodies(
    plain: httpx.AsyncClient, content: bytes, status: int, param: str | None, says: str
) -> None:
    answer = await plain.post("/v1/tests/body", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status
    if status != 200:
        error = told(answer)
        assert (error["type"], error["param"]) == ("invalid_request_error", param)
        assert says in error["message"]
        assert "adam" not in error["message"]


async def test_a_body_of_another_type(plain: httpx.AsyncClient) -> None:
    answer = await plain.post(
        "/v1/tests/body", content=b"<name/>", headers={"content-type": "text/xml; charset=utf-8"}
    )
    assert (answer.status_code, told(answer)["code"]) == (415, "unsupported_media_type")
    assert "text/xml" in told(answer)["message"]
    answer = await plain.post("/v1/tests/form", json={"name": "ada"})
    assert (answer.status_code, told(answer)["param"]) == (400, "name")


@pytest.mark.parametrize("path", ["raw", "body", "form"])
@pytest.mark.parametrize("in_chunks", [True, False])
async def test_a_body_over_the_bound(plain: httpx.AsyncClient, path: str, in_chunks: bool) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="name"; filename="a"\r\n\r\n'
        for _ in range(16):
            yield b"x" * 65536

    kind = {"form": "multipart/form-data; boundary=b", "body": "application/json"}.get(path, "text/plain")
    content: Any = chunks() if in_chunks else b"x" * (2**20 + 1)
    answer = await plain.post(f"/v1/tests/{path}", content=content, headers={"content-type": kind})
    assert (answer.status_code, told(answer)["code"]) == (413, "request_too_large")


async def test_a_body_as_large_as_the_bound(plain: httpx.AsyncClient) -> None:
    assert (await plain.post("/v1/tests/raw", content=b"x" * 2**20)).json() == {"bytes": 2**20}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "unknown_url"),
        ("GET", "/nothing", 404, "unknown_url"),
        ("DELETE", "/v1/models", 405, "method_not_allowed"),
        ("POST", "/health", 405, "method_not_allowed"),
    ],
)
async def test_no_such_route(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, told(answer)["code"]) == (status, code)
    if status == 405:
        assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("part", INSTEAD)
async def test_what_is_not_offered_says_so(client: httpx.AsyncClient, part: str) -> None:
    for method, path in (("POST", part), ("GET", f"{part}/some/id")):
        answer = await client.request(method, f"/v1/{path}")
        assert (answer.status_code, told(answer)["code"]) == (404, "not_offered")
        assert part in told(answer)["message"]


async def test_a_mistake_of_ours_tells_nothing(
    plain: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "duologue.server"):
        answer = await plain.get("/v1/tests/mistake")
    assert answer.status_code == 500
    assert told(answer)["type"] == "server_error"
    assert SECRET not in answer.text + caplog.text
    assert "mistake=AssertionError" in caplog.text
    assert "test_faults.py" in caplog.text
    assert answer.headers["x-request-id"] in caplog.text


def test_a_mistake_in_the_middle_of_an_answer_ends_it(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "duologue.server"), pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{live.url}/v1/tests/late")
    assert "mistake=RuntimeError" in caplog.text
    assert SECRET not in caplog.text


def test_a_mistake_in_a_websocket_closes_it(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.INFO, "duologue.server"),
        connect(f"{live.ws}/v1/tests/fall") as socket,
        pytest.raises(ConnectionClosedError) as closed,
    ):
        socket.recv(timeout=20)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011
    assert "mistake=RuntimeError" in caplog.text
    assert SECRET not in caplog.text


async def test_who_leaves_makes_no_mistake(
    plain: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "duologue.server"), pytest.raises(AssertionError):
        await plain.get("/v1/tests/left")  # httpx's, who waits for an answer
    assert "mistake" not in caplog.text
    assert "route=/v1/tests/left status=499" in caplog.text


def test_every_error_of_ours_has_a_face_on_the_wire() -> None:
    kinds = [each for each in vars(errors).values() if isinstance(each, type)]
    for kind in kinds:
        if issubclass(kind, DuologueError):
            answer = faults.response(kind("a sentence"))
            assert 400 <= answer.status_code < 600
            assert (answer.status_code >= 500) == (kind.type == "server_error"), kind


def test_headers_that_say_what_to_do() -> None:
    busy = TooMany("wait")
    busy.retry_after_s = 7
    assert faults.response(busy).headers["retry-after"] == "7"
    assert faults.response(errors.NoAccess("no")).headers["www-authenticate"] == "Bearer"
    assert faults.told(BadInput("no", "voice"))["param"] == "voice"

"""The numbers move, belong to one app, and the log has a line for each request without anybody's words."""

from __future__ import annotations

import logging
import re

import httpx
import pytest
from fastapi import FastAPI
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from duologue.engine import Engine
from duologue.server.metrics import Metrics
from tests.server.conftest import serving


def value(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found, f"{name} is not in\n{text}"
    return float(found[1])


async def test_requests_and_errors_are_counted_by_route(client: httpx.AsyncClient) -> None:
    await client.get("/v1/models/gpt-4o")
    await client.get("/v1/models/llama")
    await client.get("/v1/nothing?words=secret")
    text = (await client.get("/metrics")).text
    assert value(text, 'duologue_requests_total{route="/v1/models/{name}",status="200"}') == 1
    assert value(text, 'duologue_requests_total{route="/v1/models/{name}",status="404"}') == 1
    assert value(text, 'duologue_requests_total{route="unknown",status="404"}') == 1
    assert value(text, 'duologue_errors_total{code="model_not_found"}') == 1
    assert value(text, 'duologue_request_seconds_count{route="/v1/models/{name}"}') == 2
    assert "secret" not in text


async def test_the_engine_is_asked_when_the_metrics_are_read(
    client: httpx.AsyncClient, engine: Engine
) -> None:
    held = [engine.session() for _ in range(2)]
    text = (await client.get("/metrics")).text
    assert value(text, "duologue_sessions") == 2
    assert value(text, "duologue_sessions_most") == 64
    assert value(text, "duologue_queue_depth") == 0
    assert value(text, 'duologue_frame_seconds{quantile="0.95"}') >= 0
    for session in held:
        session.close()
    assert value((await client.get("/metrics")).text, "duologue_sessions") == 0


def test_what_conversations_count() -> None:
    metrics, other = Metrics(), Metrics()
    metrics.first_audio(0.2)
    metrics.interrupted()
    metrics.replied("completed")
    metrics.used(3, 4)
    for _ in range(2):
        metrics.connected("websocket")
    metrics.disconnected("websocket")
    text = metrics.text().decode()
    assert value(text, 'duologue_first_audio_seconds_bucket{le="0.232"}') == 1
    assert value(text, 'duologue_first_audio_seconds_bucket{le="0.16"}') == 0
    assert value(text, "duologue_interruptions_total") == 1
    assert value(text, 'duologue_replies_total{end="completed"}') == 1
    assert value(text, 'duologue_tokens_total{direction="in"}') == 3
    assert value(text, 'duologue_tokens_total{direction="out"}') == 4
    assert value(text, 'duologue_connections{transport="websocket"}') == 1
    assert value(other.text().decode(), "duologue_interruptions_total") == 0


async def test_ready_while_there_is_room(client: httpx.AsyncClient, engine: Engine) -> None:
    answer = await client.get("/ready")
    assert (answer.status_code, answer.json()["status"], answer.json()["model"]) == (200, "ready", "scripted")
    held = [engine.session() for _ in range(engine.max_sessions)]
    answer = await client.get("/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "full")
    assert (await client.get("/health")).json() == {"status": "ok"}
    for session in held:
        session.close()


async def test_one_line_for_each_request_without_words(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "duologue.server"):
        answer = await client.get(
            "/v1/models/my-words?q=other-words", headers={"authorization": "Bearer my-key"}
        )
    line = next(record.message for record in caplog.records if record.name == "duologue.server")
    assert re.fullmatch(
        r"request=req_\w+ method=GET route=/v1/models/\{name\} status=404 ms=[\d.]+ caller=key_\w+ "
        "error=model_not_found",
        line,
    )
    assert answer.headers["x-request-id"] in line
    assert not re.search("words|my-key", line)


def test_a_websocket_has_its_line_too(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.INFO, "duologue.server"),
        serving(app) as live,
        pytest.raises(InvalidStatus),
    ):
        connect(f"{live.ws}/v1/realtime?model=my-words", origin=Origin("https://evil.example"))
    line = next(record.message for record in caplog.records if record.name == "duologue.server")
    assert "method=WS route=unknown status=403" in line
    assert "error=foreign_site" in line

"""Requests and tokens of a minute, for each caller alone; told in headers, and refused in OpenAI's shape."""

from __future__ import annotations

import httpx
import pytest

from duologue.errors import TooMany
from duologue.server.ephemeral import Caller
from duologue.server.limits import Limits, RateLimit, headers
from duologue.settings import Settings

ADA, BOB = Caller("ada"), Caller("bob")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"requests_per_minute": 3, "tokens_per_minute": 100})


@pytest.fixture
def limits(settings: Settings) -> Limits:
    return Limits(settings)


def left(limits: Limits, caller: Caller) -> tuple[int, int]:
    requests, tokens = limits.state(caller)
    assert (requests.name, requests.limit, tokens.name, tokens.limit) == ("requests", 3, "tokens", 100)
    return requests.remaining, tokens.remaining


def test_requests_are_counted_for_each_caller(limits: Limits) -> None:
    assert left(limits, ADA) == (3, 100)
    for remaining in (2, 1, 0):
        limits.request(ADA)
        assert left(limits, ADA)[0] == remaining
    with pytest.raises(TooMany, match="3 requests of this minute") as refused:
        limits.request(ADA)
    assert 1 <= refused.value.retry_after_s <= 60
    limits.request(BOB)
    assert left(limits, BOB) == (2, 100)


def test_tokens_are_counted_after_use_and_stop_the_next_request(limits: Limits) -> None:
    limits.use(ADA, 60)
    assert left(limits, ADA)[1] == 40
    limits.request(ADA)
    limits.use(ADA, 1000)  # what was said cannot be unsaid
    assert left(limits, ADA)[1] == 0
    with pytest.raises(TooMany, match="100 tokens"):
        limits.request(ADA)
    limits.use(ADA, 1)
    limits.use(ADA, 0)
    assert left(limits, BOB) == (3, 100)


def test_headers_are_openais() -> None:
    told = headers([RateLimit("requests", 3, 2, 0.25), RateLimit("tokens", 9, 0, 61.2)])
    assert told["x-ratelimit-limit-requests"] == "3"
    assert told["x-ratelimit-remaining-requests"] == "2"
    assert told["x-ratelimit-reset-requests"] == "250ms"
    assert told["x-ratelimit-reset-tokens"] == "1m1s"
    assert headers([RateLimit("tokens", 9, 0, 6.5)])["x-ratelimit-reset-tokens"] == "6.5s"


async def test_the_fourth_request_of_a_minute_is_refused(client: httpx.AsyncClient) -> None:
    for remaining in ("2", "1", "0"):
        answer = await client.get("/v1/models")
        assert answer.headers["x-ratelimit-remaining-requests"] == remaining
    answer = await client.get("/v1/models")
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert answer.json()["error"]["type"] == "rate_limit_error"
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["x-ratelimit-remaining-requests"] == "0"
    assert (await client.get("/health")).status_code == 200  # not counted
    assert (await client.get("/v1/models", headers={"authorization": "Bearer bob"})).status_code == 200

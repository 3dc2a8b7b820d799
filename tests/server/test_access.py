"""Who may ask: this machine without a key, all others with one; and no page of another site as its owner."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import HTTPConnection
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from duologue.errors import DuologueError, ForeignSite, NoAccess
from duologue.server.access import OWNER, Access, Caller, hashed, is_loopback
from duologue.settings import Settings
from tests.server.conftest import Live

KEY = "sk-the-servers"
HOME = "127.0.0.1"
AWAY = "192.168.7.9"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"api_key": KEY, "cors_origins": ("https://friend.example",)})


@pytest.fixture
def access(settings: Settings) -> Access:
    return Access(settings)


def asking(
    address: str | None = HOME, path: str = "/v1/models", protocols: tuple[str, ...] = (), **headers: str
) -> HTTPConnection:
    headers.setdefault("host", "localhost:4004")
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    kind = "websocket" if protocols else "http"
    client = None if address is None else (address, 5000)
    return HTTPConnection(
        {"type": kind, "path": path, "headers": raw, "client": client, "subprotocols": list(protocols)}
    )


def bearer(key: str) -> dict[str, Any]:
    return {"authorization": f"Bearer {key}"}


@pytest.mark.parametrize("address", [HOME, "::1", "127.8.8.8", "::ffff:127.0.0.1"])
def test_this_machine_needs_no_key(access: Access, address: str) -> None:
    assert access.check(asking(address)) == OWNER
    for none in ("Bearer ", "Bearer local", "Basic eDp5", ""):
        assert access.check(asking(address, authorization=none)) == OWNER


def test_a_key_is_an_identity(access: Access) -> None:
    one, other = (access.check(asking(**bearer(key))) for key in ("one", "other"))
    assert len({one.id, other.id, OWNER.id}) == 3
    assert access.check(asking(**bearer("one"))) == one
    assert "one" not in one.id
    assert access.check(asking(authorization="bearer   one")) == one


@pytest.mark.parametrize("address", [AWAY, "8.8.8.8", "fe80::1", None])
def test_others_need_the_servers_key(access: Access, address: str | None) -> None:
    tried: list[dict[str, Any]] = [
        {},
        bearer(""),
        bearer("wrong"),
        bearer(KEY + "x"),
        bearer("local"),
        bearer("ek_x"),
    ]
    for headers in tried:
        with pytest.raises(NoAccess):
            access.check(asking(address, **headers))
    assert access.check(asking(address, **bearer(KEY))).id.startswith("key_")
    assert access.check(asking(address, **bearer(KEY))) == access.check(asking(HOME, **bearer(KEY)))


@pytest.mark.parametrize("header", ["forwarded", "x_forwarded_for", "x_real_ip"])
def test_a_proxy_on_this_machine_does_not_make_its_callers_owners(access: Access, header: str) -> None:
    forged: dict[str, Any] = {header: HOME}
    with pytest.raises(NoAccess):
        access.check(asking(HOME, **forged))
    assert access.check(asking(HOME, **forged, **bearer(KEY))).id.startswith("key_")


def test_without_a_key_in_the_settings_only_this_machine_comes_in(settings: Settings) -> None:
    access = Access(settings.model_copy(update={"api_key": None}))
    assert access.check(asking()) == OWNER
    for key in ("", "None", KEY):
        with pytest.raises(NoAccess):
            access.check(asking(AWAY, **bearer(key)))


def test_a_key_in_the_settings_may_be_a_hash(settings: Settings) -> None:
    access = Access(settings.model_copy(update={"api_key": hashed(KEY)}))
    assert access.check(asking(AWAY, **bearer(KEY)))
    with pytest.raises(NoAccess):
        access.check(asking(AWAY, **bearer(hashed(KEY))))


def test_no_key_is_held(access: Access) -> None:
    assert KEY not in repr(vars(access))


def test_a_browser_brings_its_key_in_a_subprotocol(access: Access) -> None:
    protocols = ("realtime", f"openai-insecure-api-key.{KEY}", "openai-agents-sdk.0.1")
    assert access.check(asking(AWAY, "/v1/realtime", protocols)).id.startswith("key_")
    with pytest.raises(NoAccess):
        access.check(asking(AWAY, "/v1/realtime", ("realtime", "openai-insecure-api-key.wrong")))


def test_a_secret_opens_sessions_of_its_configuration(access: Access) -> None:
    owner = access.check(asking(**bearer(KEY)))
    secret = access.secrets.create({"model": "gpt-realtime"}, 60, owner)
    found = access.check(asking(AWAY, "/v1/realtime", **bearer(secret.value)))
    assert found == Caller(owner.id, {"model": "gpt-realtime"})
    for path in ("/v1/models", "/v1/chat/completions", "/v1/realtimes", "/metrics"):
        with pytest.raises(NoAccess):
            access.check(asking(AWAY, path, **bearer(secret.value)))
    with pytest.raises(NoAccess):  # at home too: it is no key of somebody's own choice
        access.check(asking(HOME, "/v1/realtime", **bearer("ek_unknown")))


@pytest.mark.parametrize(
    ("headers", "is_foreign"),
    [
        ({"host": "localhost"}, False),
        ({"host": "127.0.0.1:4004"}, False),
        ({"host": "[::1]:4004"}, False),
        ({"origin": "http://localhost:5173"}, False),
        ({"host": "evil.example", "origin": "https://friend.example"}, False),
        ({"host": "evil.example"}, True),
        ({"host": "localhost.evil.example"}, True),
        ({"host": "127.0.0.1.evil.example"}, True),
        ({"host": "evil.example@localhost", "origin": "http://evil.example"}, True),
        ({"host": ""}, True),
        ({"host": "[::1"}, True),
        ({"origin": "https://evil.example"}, True),
        ({"origin": "null"}, True),
        ({"origin": "https://friend.example.evil.example"}, True),
    ],
)
def test_a_foreign_page_is_not_the_owner(access: Access, headers: dict[str, Any], is_foreign: bool) -> None:
    def refused(**more: Any) -> type[DuologueError] | None:
        try:
            access.check(asking(**headers, **more))
        except DuologueError as error:
            return type(error)
        return None

    assert refused() == (ForeignSite if is_foreign else None)
    assert refused(**bearer("chosen")) == (ForeignSite if is_foreign else None)
    assert refused(**bearer(KEY)) is None


@pytest.mark.parametrize("host", ["localhost", "app.localhost", "127.0.0.1", "::1", "127.1.2.3"])
def test_names_of_this_machine(host: str) -> None:
    assert is_loopback(host)
    assert not is_loopback(host + ".example")


# Through the whole app


@pytest.fixture
async def away(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A caller from another machine."""
    transport = httpx.ASGITransport(app, client=(AWAY, 5000))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://box.lan:4004") as calling,
    ):
        yield calling


@pytest.mark.parametrize("path", ["/v1/models", "/v1/nothing", "/metrics", "/v1/realtime/client_secrets"])
async def test_the_door_is_closed_before_the_body_is_read(away: httpx.AsyncClient, path: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    answer = await away.post(path, content=chunks())
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "x-request-id" in answer.headers


async def test_what_belongs_to_nobody_is_open(away: httpx.AsyncClient) -> None:
    for path in ("/", "/health", "/ready", "/docs", "/docs/docs.js", "/openapi.json"):
        assert (await away.get(path)).status_code == 200, path
    assert (await away.get("/v1/models", headers=bearer(KEY))).status_code == 200
    assert (await away.get("/metrics", headers=bearer(KEY))).status_code == 200


async def test_a_page_of_a_friend_may_call_and_read(away: httpx.AsyncClient) -> None:
    origin = {"origin": "https://friend.example"}
    wanted = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    asked = await away.options("/v1/realtime/calls", headers=origin | wanted)
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == "https://friend.example"
    assert "authorization" in asked.headers["access-control-allow-headers"]
    for headers in (origin, origin | bearer(KEY)):  # refusals can be read too
        answer = await away.get("/v1/models", headers=headers)
        assert answer.headers["access-control-allow-origin"] == "https://friend.example"
        exposed = answer.headers["access-control-expose-headers"]
        assert {"location", "x-request-id", "x-ratelimit-remaining-tokens"} <= set(exposed.split(", "))


async def test_a_page_of_another_site_may_not(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/models", headers={"origin": "https://evil.example"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign_site")
    assert "access-control-allow-origin" not in answer.headers


def refusal(live: Live, path: str = "/v1/realtime?model=gpt-realtime", **more: Any) -> tuple[int, bytes]:
    with pytest.raises(InvalidStatus) as refused, connect(live.ws + path, **more):
        pass
    answer = refused.value.response
    return answer.status_code, bytes(answer.body or b"")


def test_a_websocket_is_refused_before_it_opens(live: Live) -> None:
    status, body = refusal(live, additional_headers={"x-forwarded-for": AWAY})
    assert (status, b'"invalid_api_key"' in body) == (401, True)
    status, body = refusal(live, origin="https://evil.example")
    assert (status, b'"foreign_site"' in body) == (403, True)
    status, body = refusal(live, subprotocols=["realtime", "openai-insecure-api-key.ek_old"])
    assert (status, b'"invalid_api_key"' in body) == (401, True)
    status, body = refusal(live, path="/v1/nothing")
    assert (status, b'"unknown_url"' in body) == (404, True)


@pytest.mark.parametrize("key", [KEY, "ek_"])
def test_a_websocket_opens_with_a_key_in_its_subprotocol(live: Live, key: str) -> None:
    if key == "ek_":
        made = httpx.post(f"{live.url}/v1/realtime/client_secrets", json={}, headers=bearer(KEY))
        key = made.json()["value"]
    protocols = [Subprotocol("realtime"), Subprotocol(f"openai-insecure-api-key.{key}")]
    away = {"x-forwarded-for": AWAY}
    with connect(f"{live.ws}/v1/realtime", subprotocols=protocols, additional_headers=away) as socket:
        assert socket.subprotocol == "realtime"
        assert '"session.created"' in str(socket.recv(timeout=20))

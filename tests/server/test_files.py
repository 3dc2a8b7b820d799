"""/v1/files: what is uploaded comes back, only to its owner, until it is deleted or has expired."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from duologue.server.files import UPLOADS, stored_file
from duologue.settings import Settings
from tests.server.conftest import Live

ROUTE = "/v1/files"
SECONDS = "expires_after.seconds"


async def sent(client: httpx.AsyncClient, content: bytes = b"hello", **fields: Any) -> httpx.Response:
    name = fields.pop("name", "notes.txt")
    headers = fields.pop("headers", {})
    form = {"purpose": "user_data", **fields}
    return await client.post(ROUTE, files={"file": (name, content)}, data=form, headers=headers)


async def test_what_is_uploaded_comes_back(client: httpx.AsyncClient) -> None:
    record = (await sent(client)).json()
    assert record["id"].startswith("file-") and record["bytes"] == 5 and record["filename"] == "notes.txt"
    assert (await client.get(f"{ROUTE}/{record['id']}")).json() == record
    content = await client.get(f"{ROUTE}/{record['id']}/content")
    assert content.content == b"hello" and content.headers["content-disposition"].startswith("attachment")


async def test_deleted_is_gone(client: httpx.AsyncClient) -> None:
    id = (await sent(client)).json()["id"]
    assert (await client.delete(f"{ROUTE}/{id}")).json() == {"id": id, "object": "file", "deleted": True}
    for path in (id, f"{id}/content"):
        assert (await client.get(f"{ROUTE}/{path}")).status_code == 404
    assert (await client.delete(f"{ROUTE}/{id}")).status_code == 404


async def test_lists_by_pages_and_purposes(client: httpx.AsyncClient) -> None:
    ids = [
        (await sent(client, purpose=purpose)).json()["id"] for purpose in ("assistants", "vision", "vision")
    ]
    whole = (await client.get(ROUTE)).json()
    assert [record["id"] for record in whole["data"]] == ids[::-1] and not whole["has_more"]
    first = (await client.get(ROUTE, params={"order": "asc", "limit": 2})).json()
    assert [record["id"] for record in first["data"]] == ids[:2] and first["has_more"]
    rest = (await client.get(ROUTE, params={"order": "asc", "after": first["last_id"]})).json()
    assert [record["id"] for record in rest["data"]] == ids[2:]
    seen = (await client.get(ROUTE, params={"purpose": "vision"})).json()
    assert len(seen["data"]) == 2
    empty = (await client.get(ROUTE, params={"purpose": "batch"})).json()
    assert empty["data"] == [] and empty["first_id"] == ""


async def test_what_has_expired_is_gone(client: httpx.AsyncClient, app: Any) -> None:
    fields: dict[str, Any] = {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
    record = (await sent(client, **fields)).json()
    assert record["expires_at"] == record["created_at"] + 3600
    kept = app.state.duologue.kept
    await kept.put("local", UPLOADS, record["id"], record | {"expires_at": 1}, b"hello")
    assert (await client.get(f"{ROUTE}/{record['id']}/content")).status_code == 404
    assert (await client.get(ROUTE)).json()["data"] == []
    assert await kept.list("local", UPLOADS) == []


async def test_the_list_clears_what_has_expired(client: httpx.AsyncClient, app: Any) -> None:
    record = (await sent(client)).json()
    kept = app.state.duologue.kept
    await kept.put("local", UPLOADS, record["id"], record | {"expires_at": 1}, b"hello")
    assert (await client.get(ROUTE)).json()["data"] == []
    assert await kept.list("local", UPLOADS) == []


async def test_nobody_elses(client: httpx.AsyncClient) -> None:
    mine = {"authorization": "Bearer mine"}
    id = (await sent(client, headers=mine)).json()["id"]
    assert (await client.get(f"{ROUTE}/{id}", headers=mine)).status_code == 200
    for headers in ({}, {"authorization": "Bearer other"}):
        assert (await client.get(f"{ROUTE}/{id}", headers=headers)).status_code == 404
        assert (await client.get(f"{ROUTE}/{id}/content", headers=headers)).status_code == 404
        assert (await client.delete(f"{ROUTE}/{id}", headers=headers)).status_code == 404
        assert (await client.get(ROUTE, headers=headers)).json()["data"] == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/passwd", "passwd"), ("C:\\a\\b.txt", "b.txt"), ("ä b.txt", "ä b.txt"), ("..", "file")],
)
async def test_names_lead_nowhere(client: httpx.AsyncClient, name: str, kept: str) -> None:
    record = (await sent(client, name=name)).json()
    assert record["filename"] == kept
    assert (await client.get(f"{ROUTE}/{record['id']}/content")).status_code == 200


@pytest.mark.parametrize("id", ["file-nothing", "..", "%2e%2e%2fsecret", "a" * 500])
async def test_ids_lead_nowhere(client: httpx.AsyncClient, id: str) -> None:
    assert (await client.get(f"{ROUTE}/{id}/content")).status_code == 404


@pytest.mark.parametrize(
    ("content", "fields", "param"),
    [
        (b"", {}, "file"),
        (b"x", {"purpose": "fun"}, "purpose"),
        (b"x", {"expires_after[anchor]": "now", "expires_after[seconds]": "3600"}, "expires_after.anchor"),
        (
            b"x",
            {"expires_after[anchor]": "created_at", "expires_after[seconds]": "5"},
            "expires_after.seconds",
        ),
        (b"x", {"expires_after": "soon"}, "expires_after"),
    ],
)
async def test_mistakes(
    client: httpx.AsyncClient, content: bytes, fields: dict[str, str], param: str
) -> None:
    answer = await sent(client, content, **fields)
    assert answer.status_code == 400 and answer.json()["error"]["param"] == param


async def test_other_rooms_find_name_and_content(client: httpx.AsyncClient, app: Any) -> None:
    id = (await sent(client)).json()["id"]
    assert await stored_file(app.state.duologue.kept, "local", id) == ("notes.txt", b"hello")


class TestTooLarge:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"max_body_mb": 1})

    async def test_the_body(self, client: httpx.AsyncClient) -> None:
        assert (await sent(client, bytes(2**20))).status_code == 413

    async def test_a_body_that_does_not_tell_its_length(self, live: Live) -> None:
        async def endless() -> Any:
            yield b'--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n'
            for _ in range(40):
                yield bytes(2**16)

        headers = {"content-type": "multipart/form-data; boundary=b"}
        async with httpx.AsyncClient(base_url=live.url) as calling:
            answer = await calling.post(ROUTE, content=endless(), headers=headers)
        assert answer.status_code == 413

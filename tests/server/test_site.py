"""The pages work without any other site, and the schema names every route with its sentence."""

from __future__ import annotations

import re

import httpx
import pytest

from duologue.server.site import FOLDER


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/docs", "text/html"),
        *[(f"/docs/{path.name}", "") for path in sorted(FOLDER.iterdir())],
    ],
)
async def test_pages_name_nothing_elsewhere(client: httpx.AsyncClient, path: str, kind: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert kind in answer.headers["content-type"]
    assert not re.search(r"(src|href)=[\"']?(https?:)?//|@import|url\(", answer.text)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for script in re.findall(r"<script[^>]*>", answer.text):
        assert 'src="/docs/' in script  # none in the page itself: the policy would stop it
    for asset in re.findall(r'(?:src|href)="(/docs/[^"]+)"', answer.text):
        assert (await client.get(asset)).status_code == 200


async def test_there_are_no_other_pages(client: httpx.AsyncClient) -> None:
    for name in ("site.py", "%2e%2e%2fsite.py", "docs.html/x"):
        assert (await client.get(f"/docs/{name}")).status_code in (404, 307)


async def test_every_route_is_described(client: httpx.AsyncClient) -> None:
    schema = (await client.get("/openapi.json")).json()
    assert "/v1/chat/completions" in schema["paths"]
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert operation.get("summary"), f"{method} {path}"
            assert operation.get("tags"), f"{method} {path}"


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/v1/files", "file"),
        ("/v1/images/edits", "image"),
        ("/v1/audio/transcriptions", "file"),
        ("/v1/audio/translations", "file"),
    ],
)
async def test_forms_are_described_whole(client: httpx.AsyncClient, path: str, file: str) -> None:
    operation = (await client.get("/openapi.json")).json()["paths"][path]["post"]
    schema = operation["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert schema["properties"][file] == {"type": "string", "format": "binary"}
    assert file in schema["required"]
    assert "$ref" not in str(schema)

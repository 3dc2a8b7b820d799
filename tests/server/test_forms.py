"""Multipart forms: lists and objects as the stock clients write them, and forms that are none."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.datastructures import FormData
from starlette.requests import Request

from duologue.errors import BadInput
from duologue.server import faults
from duologue.server.forms import Form, form


class Inner(BaseModel):
    key: str
    number: int = 0


class Asked(BaseModel):
    names: tuple[str, ...] = ()
    inner: Inner | None = None
    yes: bool = False


def app() -> FastAPI:
    app = FastAPI()
    faults.install(app)

    @app.post("/")
    async def post(request: Request) -> dict[str, Any]:
        filled = await form(request)
        try:
            files = [[file.name, file.read().decode()] for file in filled.files("file")]
            return filled.fields(Asked).model_dump() | {"files": files}
        finally:
            await filled.close()

    return app


async def sent(content: str, boundary: str = "b", kind: str = "multipart/form-data") -> httpx.Response:
    headers = {"content-type": f"{kind}; boundary={boundary}"}
    transport = httpx.ASGITransport(app())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.post("/", content=content.encode(), headers=headers)


def part(name: str, value: str, more: str = "") -> str:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'


async def told(*parts: str) -> Any:
    answer = await sent("".join(parts) + "--b--\r\n")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_lists_and_objects() -> None:
    found = await told(
        part("names[]", "a"), part("names[]", "b"), part("inner[key]", "k"), part("yes", "true")
    )
    assert found["names"] == ["a", "b"] and found["inner"] == {"key": "k", "number": 0} and found["yes"]
    assert (await told(part("names[0]", "a"), part("names[1]", "b")))["names"] == ["a", "b"]
    assert (await told(part("names[]", "one")))["names"] == ["one"]


async def test_files_keep_their_order_and_names() -> None:
    found = await told(
        part("file[]", "1", '; filename="../a.png"'), part("file[]", "2", '; filename="C:\\\\b.png"')
    )
    assert found["files"] == [["a.png", "1"], ["b.png", "2"]]


async def test_a_field_that_is_two_things_at_once() -> None:
    answer = await sent(part("inner", "x") + part("inner[key]", "k") + "--b--\r\n")
    assert answer.status_code == 200 and answer.json()["inner"]["key"] == "k"


async def test_a_wrong_field_is_named() -> None:
    answer = await sent(part("inner[key]", "k") + part("inner[number]", "many") + "--b--\r\n")
    assert answer.status_code == 400 and answer.json()["error"]["param"] == "inner.number"


@pytest.mark.parametrize(
    ("content", "boundary", "kind", "status"),
    [
        ("{}", "b", "application/json", 415),
        ("garbage", "b", "multipart/form-data", 400),
        ("".join(part(f"n{number}", "x") for number in range(300)), "b", "multipart/form-data", 400),
        (part("yes", "x" * 300_000), "b", "multipart/form-data", 400),
    ],
    ids=["json", "garbage", "many", "long"],
)
async def test_forms_that_are_none(content: str, boundary: str, kind: str, status: int) -> None:
    answer = await sent(content, boundary, kind)
    assert answer.status_code == status and answer.json()["error"]["message"]


async def test_the_only_file() -> None:

    with pytest.raises(BadInput, match="0 files"):
        Form(FormData()).file("file")

"""The pages: a greeting at `/`, and at `/docs` the interface as forms to try. They need no other site."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from duologue.errors import NotFound

router = APIRouter(include_in_schema=False)

FOLDER = Path(__file__).parent / "html"
KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
HEADERS = {
    # Nothing from elsewhere, nothing written into the page: an answer that holds a script stays text.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' blob: data:; media-src 'self' blob:; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


@router.get("/")
async def index() -> Response:
    return page("index.html")


@router.get("/docs")
async def docs() -> Response:
    return page("docs.html")


@router.get("/docs/{name}")
async def asset(name: str) -> Response:
    if name not in {path.name for path in FOLDER.iterdir()}:
        raise NotFound(f"there is no page {name[:80]!r}; begin at /docs")
    return page(name)


@router.get("/openapi.json")
async def schema(request: Request) -> Response:
    """Made when first asked for, which takes its time: not in the loop that conversations live in."""
    return JSONResponse(await asyncio.to_thread(request.app.openapi))


def page(name: str) -> Response:
    kind = KINDS[name.rpartition(".")[2]]
    return Response((FOLDER / name).read_bytes(), media_type=kind, headers=HEADERS)

"""/v1/files: what a caller uploads, kept until deleted or expired. Nobody else sees it."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from duologue.errors import BadInput, NotFound
from duologue.server.access import Who
from duologue.server.fields import Request, Wire
from duologue.server.forms import described, form
from duologue.server.ids import new_id
from duologue.server.kept import Kept, Shelf
from duologue.server.pages import Order, page
from duologue.server.state import Shared

router = APIRouter(prefix="/v1/files", tags=["Files"])

UPLOADS = Shelf("files", forgets=False)  # what somebody gave to be kept does not vanish by itself
SHORTEST_LIFE, LONGEST_LIFE = 3600, 30 * 86400  # seconds, OpenAI's

Record = dict[str, Any]  # a file as the wire has it


class Expiry(Wire):
    anchor: Literal["created_at"]
    seconds: int = Field(ge=SHORTEST_LIFE, le=LONGEST_LIFE)


class Uploaded(Request):
    purpose: Literal["assistants", "batch", "fine-tune", "vision", "user_data"]
    expires_after: Expiry | None = None


async def stored_file(kept: Kept, caller: str, id: str) -> tuple[str, bytes]:
    """Name and content of a caller's file. Raises NotFound."""
    record = await _record(kept, caller, id)
    return record["filename"], await kept.content(caller, UPLOADS, id)


async def _record(kept: Kept, caller: str, id: str) -> Record:
    record = await kept.get(caller, UPLOADS, id)
    if _is_expired(record):
        await kept.delete(caller, UPLOADS, id)
        raise NotFound(f"the file {id} has expired; upload it again")
    return record


def _is_expired(record: Record) -> bool:
    return bool(record.get("expires_at", time.time() + 1) <= time.time())


async def _records(kept: Kept, caller: str) -> list[Record]:
    """The oldest first. Those that have expired are deleted."""
    alive = []
    for record in await kept.list(caller, UPLOADS):
        if not _is_expired(record):
            alive.append(record)
            continue
        try:
            await kept.delete(caller, UPLOADS, record["id"])
        except NotFound:  # somebody was faster
            continue
    return alive


@router.post("", summary="Upload a file", openapi_extra=described(Uploaded, "file"))
async def upload(request: HttpRequest, shared: Shared, asker: Who) -> Record:
    filled = await form(request)
    try:
        asked, file = filled.fields(Uploaded), filled.file("file")
        content = file.read()
    finally:
        await filled.close()
    if not content:
        raise BadInput("the file is empty; send one with something in it", "file")
    await _records(shared.kept, asker.id)  # what has expired takes no room from it
    now = int(time.time())
    record: Record = {
        "id": new_id("file").replace("_", "-"),
        "object": "file",
        "bytes": len(content),
        "created_at": now,
        "filename": file.name,
        "purpose": asked.purpose,
        "status": "processed",
    }
    if asked.expires_after is not None:
        record["expires_at"] = now + asked.expires_after.seconds
    await shared.kept.put(asker.id, UPLOADS, record["id"], record, content)
    return record


@router.get("", summary="The caller's files")
async def listed(
    shared: Shared,
    asker: Who,
    purpose: str | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
    order: Order = "desc",
    after: str | None = None,
) -> dict[str, Any]:
    records = await _records(shared.kept, asker.id)
    wanted = [record for record in records if purpose in (None, record["purpose"])]
    return page(wanted, after, limit, order)


@router.get("/{id}", summary="One file")
async def one(id: str, shared: Shared, asker: Who) -> Record:
    return await _record(shared.kept, asker.id, id)


@router.get("/{id}/content", summary="What is in it", response_class=Response)
async def content(id: str, shared: Shared, asker: Who) -> Response:
    name, whole = await stored_file(shared.kept, asker.id, id)
    # Never shown as a page of ours, whatever it is.
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "x-content-type-options": "nosniff",
    }
    return Response(whole, media_type="application/octet-stream", headers=headers)


@router.delete("/{id}", summary="Delete a file")
async def delete(id: str, shared: Shared, asker: Who) -> dict[str, Any]:
    await shared.kept.delete(asker.id, UPLOADS, id)
    return {"id": id, "object": "file", "deleted": True}

"""Stored completions: those asked for with store=true, to be listed, read, labelled and deleted."""

from __future__ import annotations

import json
import re
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from duologue.server.access import Who
from duologue.server.chat_fields import CreateCompletion, Message
from duologue.server.fields import Metadata, Wire
from duologue.server.kept import Kept, Shelf
from duologue.server.pages import Limit, Order, page
from duologue.server.state import Shared

router = APIRouter(prefix="/v1/chat/completions", tags=["Chat"])

COMPLETIONS = Shelf("completions")

Json = dict[str, Any]

_METADATA = re.compile(r"metadata\[(.{1,64})\]")


class NewMetadata(Wire):
    metadata: Metadata | None


async def keep(kept: Kept, owner: str, completion: Json, body: CreateCompletion) -> None:
    """The answer is the record; the question, which may be long, its content."""
    messages = [_told(number, message) for number, message in enumerate(body.messages)]
    await kept.put(owner, COMPLETIONS, completion["id"], completion, json.dumps(messages).encode())


def _told(number: int, message: Message) -> Json:
    """A message as it is listed: its text, or its parts when it is not only text."""
    is_text = all(part.type == "text" for part in message.content)
    parts = [part.model_dump(exclude_none=True) for part in message.content]
    told: Json = {
        "id": f"msg-{number}",
        "role": message.role,
        "content": "\n".join(part.text or "" for part in message.content) if is_text else None,
        "content_parts": None if is_text else parts,
        "refusal": message.refusal,
    }
    if message.tool_calls:
        told["tool_calls"] = [call.model_dump() for call in message.tool_calls]
    if message.tool_call_id:
        told["tool_call_id"] = message.tool_call_id
    return told


@router.get("", summary="Stored completions")
async def completions(
    request: Request,
    shared: Shared,
    who: Who,
    model: str | None = None,
    after: str | None = None,
    limit: Limit = 20,
    order: Order = "asc",
) -> Json:
    wanted = {
        match[1]: value
        for name, value in request.query_params.items()
        if (match := _METADATA.fullmatch(name)) is not None
    }
    found = [
        completion
        for completion in await shared.kept.list(who.id, COMPLETIONS)
        if model in (None, completion["model"]) and wanted.items() <= completion["metadata"].items()
    ]
    return page(found, after, limit, order)


@router.get("/{completion_id}", summary="A stored completion")
async def completion(completion_id: str, shared: Shared, who: Who) -> Json:
    return await shared.kept.get(who.id, COMPLETIONS, completion_id)


@router.get("/{completion_id}/messages", summary="What a stored completion answered")
async def messages(
    completion_id: str,
    shared: Shared,
    who: Who,
    after: str | None = None,
    limit: Limit = 20,
    order: Order = "asc",
) -> Json:
    found = json.loads(await shared.kept.content(who.id, COMPLETIONS, completion_id))
    named = [message | {"id": f"{completion_id}-{message['id']}"} for message in found]
    return page(named, after, limit, order)


@router.post("/{completion_id}", summary="Label a stored completion")
async def label(completion_id: str, body: NewMetadata, shared: Shared, who: Who) -> Json:
    stored = await shared.kept.get(who.id, COMPLETIONS, completion_id)
    content = await shared.kept.content(who.id, COMPLETIONS, completion_id)
    stored["metadata"] = body.metadata or {}
    await shared.kept.put(who.id, COMPLETIONS, completion_id, stored, content)
    return stored


@router.delete("/{completion_id}", summary="Delete a stored completion")
async def delete(completion_id: str, shared: Shared, who: Who) -> Json:
    await shared.kept.delete(who.id, COMPLETIONS, completion_id)
    return {"object": "chat.completion.deleted", "id": completion_id, "deleted": True}

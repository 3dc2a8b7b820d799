"""/v1/conversations: items that are kept in order, to be added to by hand or by responses that name them."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from duologue.errors import BadInput, NotFound
from duologue.server.access import Who
from duologue.server.fields import Item, Json, Metadata, Request
from duologue.server.ids import new_id
from duologue.server.kept import MEBIBYTE, Kept, Shelf
from duologue.server.pages import Limit, Order, page
from duologue.server.response_input import Reference, item_of, stored
from duologue.server.state import Shared

router = APIRouter(prefix="/v1/conversations", tags=["Conversations"])

CONVERSATIONS = Shelf("conversations", forgets=False)
MOST_AT_ONCE = 20  # items

Items = Annotated[list[Item], Field(max_length=MOST_AT_ONCE)]


class Create(Request):
    items: Items | None = None
    metadata: Metadata | None = None


class Update(Request):
    metadata: Metadata | None


class Add(Request):
    items: Items


class Conversations:
    """Those of one caller. A conversation's items have a shelf of their own, the oldest of which leave it."""

    def __init__(self, kept: Kept, owner: str) -> None:
        self._kept = kept
        self._owner = owner

    async def create(self, metadata: dict[str, str]) -> Json:
        """Raises TooLarge when there are too many already."""
        conversation = {
            "id": new_id("conv"),
            "object": "conversation",
            "created_at": int(time.time()),
            "metadata": metadata,
        }
        await self._kept.put(self._owner, CONVERSATIONS, str(conversation["id"]), conversation)
        return conversation

    async def get(self, id: str) -> Json:
        """Raises NotFound."""
        return await self._kept.get(self._owner, CONVERSATIONS, id)

    async def label(self, id: str, metadata: dict[str, str]) -> Json:
        """Raises NotFound."""
        conversation = await self.get(id) | {"metadata": metadata}
        await self._kept.put(self._owner, CONVERSATIONS, id, conversation)
        return conversation

    async def delete(self, id: str) -> None:
        """Its items too. Raises NotFound."""
        await self.get(id)
        for item in await self._kept.list(self._owner, _items(id)):
            await self._kept.delete(self._owner, _items(id), item["id"])
        await self._kept.delete(self._owner, CONVERSATIONS, id)

    async def items(self, id: str) -> list[Json]:
        """The oldest first. Raises NotFound."""
        await self.get(id)
        return await self._kept.list(self._owner, _items(id))

    async def item(self, id: str, item_id: str) -> Json:
        """Raises NotFound."""
        await self.get(id)
        return await self._kept.get(self._owner, _items(id), item_id)

    async def add(self, id: str, items: list[Json]) -> None:
        """Raises NotFound."""
        await self.get(id)
        for item in items:
            await self._kept.put(self._owner, _items(id), item["id"], item)

    async def remove(self, id: str, item_id: str) -> Json:
        """Raises NotFound."""
        conversation = await self.get(id)
        await self._kept.delete(self._owner, _items(id), item_id)
        return conversation


def _items(id: str) -> Shelf:
    return Shelf(f"items-{id}", most_bytes=64 * MEBIBYTE)


async def conversations(shared: Shared, who: Who) -> Conversations:
    return Conversations(shared.kept, who.id)


Mine = Annotated[Conversations, Depends(conversations)]


@router.post("", summary="Begin a conversation")
async def create(body: Create, mine: Mine) -> Json:
    items = _checked(body.items or [])
    conversation = await mine.create(body.metadata or {})
    await mine.add(conversation["id"], items)
    return conversation


@router.get("/{conversation_id}", summary="A conversation")
async def read(conversation_id: str, mine: Mine) -> Json:
    return await mine.get(conversation_id)


@router.post("/{conversation_id}", summary="Label a conversation")
async def label(conversation_id: str, body: Update, mine: Mine) -> Json:
    return await mine.label(conversation_id, body.metadata or {})


@router.delete("/{conversation_id}", summary="Delete a conversation and its items")
async def delete(conversation_id: str, mine: Mine) -> Json:
    await mine.delete(conversation_id)
    return {"id": conversation_id, "object": "conversation.deleted", "deleted": True}


@router.post("/{conversation_id}/items", summary="Add items")
async def add(conversation_id: str, body: Add, mine: Mine) -> dict[str, Any]:
    items = _checked(body.items)
    await mine.add(conversation_id, items)
    return page(items, None, MOST_AT_ONCE, "asc")


@router.get("/{conversation_id}/items", summary="The items of a conversation")
async def listed(
    conversation_id: str,
    mine: Mine,
    after: str | None = None,
    limit: Limit = 20,
    order: Order = "desc",
) -> dict[str, Any]:
    return page(await mine.items(conversation_id), after, limit, order)


@router.get("/{conversation_id}/items/{item_id}", summary="An item")
async def item(conversation_id: str, item_id: str, mine: Mine) -> Json:
    return await mine.item(conversation_id, item_id)


@router.delete("/{conversation_id}/items/{item_id}", summary="Delete an item")
async def remove(conversation_id: str, item_id: str, mine: Mine) -> Json:
    return await mine.remove(conversation_id, item_id)


def _checked(items: list[Json]) -> list[Json]:
    """As they are stored. Raises BadInput."""
    told = []
    for number, item in enumerate(items):
        checked = item_of(item, f"items[{number}]")
        if isinstance(checked, Reference):
            raise BadInput("a conversation keeps items, not references to them", f"items[{number}]")
        told.append(stored(checked))
    return told


async def of_response(kept: Kept, owner: str, id: str) -> list[Json]:
    """What a response that names a conversation has to go on from. Raises NotFound."""
    try:
        return await Conversations(kept, owner).items(id)
    except NotFound:
        raise NotFound(
            "there is no such conversation here; begin one at /v1/conversations", "conversation"
        ) from None

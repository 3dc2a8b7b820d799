"""A list as OpenAI's wire gives it, page by page."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query

from duologue.errors import NotFound

Limit = Annotated[int, Query(ge=1, le=100)]
Order = Literal["asc", "desc"]


def page(records: list[dict[str, Any]], after: str | None, limit: int, order: Order) -> dict[str, Any]:
    """Of records with the oldest first, the `limit` that follow the one named by `after`. Raises NotFound."""
    records = records if order == "asc" else records[::-1]
    if after is not None:
        ids = [record["id"] for record in records]
        if after not in ids:
            raise NotFound("the list has nothing of the id given as `after`; begin again without it", "after")
        records = records[ids.index(after) + 1 :]
    shown = records[:limit]
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0]["id"] if shown else "",
        "last_id": shown[-1]["id"] if shown else "",
        "has_more": len(records) > len(shown),
    }

"""Parts of OpenAI's interface that are not here: each says so, and what to use instead, if anything."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request

from duologue.errors import NotOffered

router = APIRouter(prefix="/v1", include_in_schema=False)

# First part of the path -> what to use instead.
INSTEAD = {
    "moderations": "",
    "embeddings": "",
    "completions": "use /v1/chat/completions",
    "batches": "send the requests one by one",
    "fine_tuning": "train with `duologue train`",
    "fine-tunes": "train with `duologue train`",
    "assistants": "use /v1/responses",
    "threads": "use /v1/responses with previous_response_id or /v1/conversations",
    "vector_stores": "give the document itself to /v1/responses",
    "uploads": "send the file whole to /v1/files",
    "evals": "measure with `duologue eval`",
    "containers": "",
    "videos": "give frames of a video as images",
    "chatkit": "use /v1/realtime or /v1/responses",
    "skills": "put what they say in the instructions",
    "organization": "see /metrics for what was used",
    "projects": "see /metrics for what was used",
    "content_provenance_checks": "",
}
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


async def refuse(request: Request) -> None:
    part = request.url.path.split("/")[2]
    raise NotOffered(f"this server does not offer {part}; {INSTEAD[part] or 'there is nothing in its place'}")


for part in INSTEAD:
    router.add_api_route(f"/{part}", refuse, methods=METHODS)
    router.add_api_route(f"/{part}/{{rest:path}}", refuse, methods=METHODS)

"""Is the server alive, is it ready, and what has it counted?"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from duologue.server.metrics import CONTENT_TYPE
from duologue.server.state import Shared

router = APIRouter(tags=["Operation"])


@router.get("/health", summary="Alive: the process answers")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/ready", summary="Ready: the model is loaded and there is room for a conversation")
async def ready(shared: Shared) -> Response:
    held, most = shared.engine.num_sessions, shared.settings.max_sessions
    told = {
        "status": "ready" if held < most else "full",
        "model": shared.settings.model_name,
        "sessions": held,
        "max_sessions": most,
    }
    return JSONResponse(told, 200 if held < most else 503)


@router.get("/metrics", summary="Counters in Prometheus' text format")
async def metrics(shared: Shared) -> Response:
    return Response(shared.metrics.text(), media_type=CONTENT_TYPE)

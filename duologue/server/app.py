"""The server as an ASGI app: what is shared, who may come in, and every route."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from duologue import __version__
from duologue.engine import Engine
from duologue.server import (
    audio,
    chat,
    chat_kept,
    conversations,
    faults,
    files,
    health,
    images,
    models,
    not_offered,
    responses,
    secrets,
    site,
    transcribing,
    translating,
    webrtc,
    websocket,
)
from duologue.server.access import Access
from duologue.server.door import Gate, Watch
from duologue.server.kept import Kept
from duologue.server.limits import Limits
from duologue.server.metrics import Metrics
from duologue.server.state import ServerState
from duologue.settings import Settings

# Every router carries its whole path, "/v1/..." included.
ROUTERS = (
    site.router,
    health.router,
    models.router,
    chat.router,
    chat_kept.router,
    responses.router,
    conversations.router,
    secrets.router,
    audio.router,
    transcribing.router,
    images.router,
    files.router,
    translating.router,
    websocket.router,
    webrtc.router,
    not_offered.router,
)
KEPT = "kept"  # folder of what callers store, in the data folder
EXPOSED = (  # headers that a page of another site may read
    "location",
    "x-request-id",
    "openai-processing-ms",
    "retry-after",
    *(
        f"x-ratelimit-{what}-{of}"
        for what in ("limit", "remaining", "reset")
        for of in ("requests", "tokens")
    ),
)
LOCAL_PAGES = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"  # this machine's own


def create_app(settings: Settings, engine: Engine | None = None) -> FastAPI:
    """An engine that is given stays open when the app stops; else it opens its own, and closes it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            opened = engine
            if opened is None:
                opened = await stack.enter_async_context(await Engine.open(settings))
            app.state.duologue = build(settings, opened)
            yield

    app = FastAPI(
        title="Duologue",
        version=__version__,
        description="OpenAI's interface, spoken by one network on this machine.",
        lifespan=lifespan,
        openapi_url=None,  # in site.py
        docs_url=None,  # its page loads scripts from another site; ours works without a network
        redoc_url=None,
        middleware=_layers(settings),
    )
    faults.install(app)
    app.router.default = faults.unknown
    for router in ROUTERS:
        app.include_router(router)
    return app


def build(settings: Settings, engine: Engine) -> ServerState:
    shared = ServerState(
        engine, settings, Access(settings), Limits(settings), Metrics(), Kept(settings.data_dir / KEPT)
    )
    shared.metrics.follow(engine)
    return shared


def _layers(settings: Settings) -> list[Middleware]:
    """From the outermost to the innermost."""
    return [
        Middleware(Watch),
        Middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_origin_regex=LOCAL_PAGES,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=EXPOSED,
        ),
        Middleware(Gate, max_body_bytes=settings.max_body_mb << 20),
    ]

"""A server around the scripted mind, on this machine only, and the recorder that reads along with it."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from duologue.backends.scripted import Script, ScriptedBackend
from duologue.engine import Engine
from duologue.server.app import create_app
from duologue.server.running import configured, listen
from duologue.server.state import ServerState
from duologue.settings import Settings
from tests.server.openapi import OpenApi
from tests.server.recorder import Recorder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's settings but the test's."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in Settings.model_fields:
        monkeypatch.delenv(f"DUOLOGUE_{name.upper()}", raising=False)
    return tmp_path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Override it in a test file to serve otherwise."""
    return Settings(model="scripted", threads=1, data_dir=tmp_path / "data", requests_per_minute=100_000)


@pytest.fixture
def script() -> Script:
    """What the mind says and hears; override it in a test file."""
    return Script()


@pytest.fixture
def backend(script: Script, settings: Settings) -> ScriptedBackend:
    return ScriptedBackend(script, settings.max_sessions)


@pytest.fixture
def engine(backend: ScriptedBackend, settings: Settings) -> Engine:
    return Engine(backend, settings.max_sessions)


@pytest.fixture
def app(settings: Settings, engine: Engine) -> FastAPI:
    return create_app(settings, engine)


@pytest.fixture(scope="session")
def published(request: pytest.FixtureRequest) -> OpenApi | None:
    cache = request.config.cache
    assert cache is not None
    return OpenApi.open(cache.mkdir("openapi"))


@pytest.fixture
def recorder(published: OpenApi | None) -> Iterator[Recorder]:
    """Fails the test at its end if something was sent that is not OpenAI's wire."""
    reading = Recorder(published)
    yield reading
    if reading.problems:
        pytest.fail("not OpenAI's wire:\n" + "\n".join(dict.fromkeys(reading.problems)), pytrace=False)


@pytest.fixture
async def client(app: FastAPI, recorder: Recorder) -> AsyncIterator[httpx.AsyncClient]:
    """Without a socket: the app is called directly, as the owner of this machine."""
    transport = httpx.ASGITransport(recorder.wrap(app), raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4004") as calling,
    ):
        yield calling


@dataclass(frozen=True, slots=True)
class Live:
    """A server that listens at a port of the loopback."""

    app: FastAPI
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def state(self) -> ServerState:
        found = self.app.state.duologue
        assert isinstance(found, ServerState)
        return found


@pytest.fixture
def live(app: FastAPI, recorder: Recorder) -> Iterator[Live]:
    with serving(app, recorder.wrap(app)) as listening:
        yield listening


@contextmanager
def serving(app: FastAPI, face: ASGIApp | None = None) -> Iterator[Live]:
    """Run an app, or the face of it that is given, in a thread with a loop of its own, at a free port."""
    server = uvicorn.Server(configured(face or app))
    listening = listen("127.0.0.1", 0)
    running = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    running.start()
    while not server.started:
        assert running.is_alive(), "the server did not start"
        time.sleep(0.005)
    try:
        yield Live(app, listening.getsockname()[1])
    finally:
        server.should_exit = True
        running.join(timeout=10)
        assert not running.is_alive(), "the server did not stop"

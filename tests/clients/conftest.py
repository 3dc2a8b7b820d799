"""One server with the released network for all stock clients, and the tape of what went over its wires."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clients import environment, spoken, tls
from tests.clients.tls import Secured
from tests.clients.wire import Talk
from tests.server.openapi import OpenApi
from tests.server.recorder import Recorder

STARTS_S = 120.0  # a slow machine loads the network and all of the server's code


@dataclass(frozen=True, slots=True)
class Served:
    port: int
    tape: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def lines(self, since: int = 0) -> list[dict[str, Any]]:
        with self.tape.open(encoding="utf-8") as tape:
            tape.seek(since)
            return [json.loads(line) for line in tape if line.endswith("\n")]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        served = Served(free.getsockname()[1], folder / "tape")
    env = {name: value for name, value in os.environ.items() if not name.startswith("DUOLOGUE_")}
    env |= {"HOME": str(folder), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.clients.served", str(served.port), str(served.tape)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=environment.ROOT, env=env, stdout=log, stderr=log)
    try:
        until_ready(process, served, folder / "log")
        yield served
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def secured(server: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with tls.front(server.port, tmp_path_factory.mktemp("tls")) as listening:
        yield listening


def until_ready(process: subprocess.Popen[bytes], served: Served, log: Path) -> None:
    before = time.monotonic() + STARTS_S
    while time.monotonic() < before:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{served.port}/ready", timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"the server was not ready within {STARTS_S:.0f} s\n{log.read_text()}")


@dataclass(slots=True)
class Listener:
    """Reads what the server sent since the test began, and holds it against OpenAI's wire."""

    served: Served
    since: int
    recorder: Recorder

    def talks(self) -> list[Talk]:
        """Each WebSocket of the test, in the order they were opened."""
        talks: dict[int, Talk] = {}
        for line in self.served.lines(self.since):
            if "opened" in line:
                talks[line["wire"]] = Talk()
            elif "server" in line:
                talks[line["wire"]].take(line["server"])
            elif "client" in line:
                talks[line["wire"]].send(line["client"])
        return list(talks.values())

    def judge(self) -> None:
        for line in self.served.lines(self.since):
            if "server" in line:
                self.recorder.frame("/v1/realtime", json.dumps(line["server"]))
            elif line.get("kind") == "application/json" and line["route"].startswith("/v1/"):
                self.recorder.body(line["method"], line["route"], line["status"], json.loads(line["body"]))
            elif line.get("kind") == "text/event-stream":
                for event in streamed(line["body"]):
                    self.recorder.event(line["method"], line["route"], event)


def streamed(body: str) -> list[Any]:
    found = [line.removeprefix("data: ") for line in body.splitlines() if line.startswith("data: ")]
    return [json.loads(each) for each in found if each != "[DONE]"]


@pytest.fixture(scope="session")
def published(request: pytest.FixtureRequest) -> OpenApi | None:
    assert request.config.cache is not None
    return OpenApi.open(request.config.cache.mkdir("openapi"))


@pytest.fixture
def listener(server: Served, published: OpenApi | None) -> Iterator[Listener]:
    """Fails the test at its end if something went over a wire that is not OpenAI's."""
    listening = Listener(server, server.tape.stat().st_size, Recorder(published))
    yield listening
    listening.judge()
    if listening.recorder.problems:
        told = "\n".join(dict.fromkeys(listening.recorder.problems))
        pytest.fail(f"not OpenAI's wire:\n{told}", pytrace=False)


@pytest.fixture(scope="session")
def question(tmp_path_factory: pytest.TempPathFactory) -> Path:
    environment.need_speaker()
    return spoken.speak(spoken.QUESTION, tmp_path_factory.mktemp("question"))


@pytest.fixture(scope="session")
def interruption(tmp_path_factory: pytest.TempPathFactory) -> Path:
    environment.need_speaker()
    return spoken.speak(spoken.INTERRUPTION, tmp_path_factory.mktemp("interruption"))

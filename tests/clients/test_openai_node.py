"""The `openai` package for Node: a program of its own, nothing changed but base URL and key."""

from __future__ import annotations

import json
from pathlib import Path

from tests.clients import environment
from tests.clients.conftest import Listener, Served
from tests.clients.test_openai_python_realtime import STOPS_WITHIN_MS
from tests.clients.tls import Secured


def test_everything_that_is_asked_once(server: Served, listener: Listener, question: Path) -> None:
    environment.need_node()
    got = environment.told([environment.NODE, "openai_rest.mjs", question], server.url)
    assert got["models"] == ["omni-nano"]
    assert "Duologue" in got["chat"] == got["streamed"]
    assert got["pieces"] >= 1
    assert got["spoken"]["kind"] == "RIFF" and got["spoken"]["transcript"]
    assert got["spoken"]["bytes"] > 10_000
    assert got["call"]["name"] == "set_timer"
    assert isinstance(json.loads(got["call"]["arguments"])["minutes"], int)
    assert got["speech"] > 1000
    assert "ten" in got["heard"].lower()
    assert got["drawn"] == "PNG"
    assert (got["file"], got["deleted"]) == ("buy milk", True)
    assert "Duologue" in got["response"]
    assert (got["events"][0], got["events"][-1]) == ("response.created", "response.completed")
    assert got["refused"] == [404, "model_not_found"]


def test_a_spoken_exchange(secured: Secured, listener: Listener, question: Path, interruption: Path) -> None:
    environment.need_node()
    got = environment.told([environment.NODE, "openai_realtime.mjs", question, interruption], secured)
    assert not got["errors"]
    assert got["heard"].strip()
    assert got["status"] == "completed"
    assert 0.3 < got["seconds"] < 20 and got["level"] > 0.005
    assert got["interrupted"] == "turn_detected"
    assert got["truncated"] == 200
    assert got["following"].strip()
    assert got["call"]["name"] == "set_timer"
    assert isinstance(json.loads(got["call"]["arguments"])["minutes"], int)
    assert got["told"] > 0.2
    assert got["page"] == "Be brief."
    talk, _ = listener.talks()
    (cut,) = talk.interrupted
    assert cut.stopped_ms is not None and 0 < cut.stopped_ms <= STOPS_WITHIN_MS

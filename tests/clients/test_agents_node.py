"""@openai/agents, a voice agent in Node over a WebSocket."""

from __future__ import annotations

from pathlib import Path

from tests.clients import environment
from tests.clients.conftest import Listener, Served
from tests.clients.test_openai_python_realtime import STOPS_WITHIN_MS


def test_a_voice_agent(server: Served, listener: Listener, question: Path, interruption: Path) -> None:
    environment.need_node()
    got = environment.told([environment.NODE, "agents_realtime.mjs", question, interruption], server.url)
    assert not got["errors"]
    assert got["ends"][:2] == ["completed", "cancelled"]
    assert got["ends"][2] in ("completed", "cancelled")  # it may answer before the interruption is over
    assert 0.3 < got["seconds"] < 20 and got["level"] > 0.005
    assert got["interruptions"] >= 2  # by voice, and by the button
    assert got["stopped"] == "cancelled"
    assert got["timers"] and all(isinstance(minutes, int) for minutes in got["timers"])
    assert got["told"] == "message" and got["toldSeconds"] > 0.2
    assert ["function_call", "set_timer", "completed"] in got["history"]
    assert ["message", "user", "completed"] in got["history"]
    assert got["tokens"] > 0
    (talk,) = listener.talks()
    (cut,) = talk.interrupted
    assert cut.stopped_ms is not None and 0 < cut.stopped_ms <= STOPS_WITHIN_MS
    assert talk.truncated and talk.retrieved

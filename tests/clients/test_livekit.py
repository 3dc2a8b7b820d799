"""LiveKit's plugin for the realtime API: a program of its own in an environment of its own."""

from __future__ import annotations

from pathlib import Path

from tests.clients import environment
from tests.clients.conftest import Listener, Served
from tests.clients.test_openai_python_realtime import STOPS_WITHIN_MS


def test_a_spoken_exchange(server: Served, listener: Listener, question: Path, interruption: Path) -> None:
    environment.need_python()
    program = environment.HERE / "python" / "livekit_talk.py"
    got = environment.told([environment.PYTHON, program, question, interruption], server.url)
    assert not got["errors"]
    assert got["heard"][0].strip()
    assert got["spoken"]["text"].strip()
    assert 0.3 < got["spoken"]["seconds"] < 20 and got["spoken"]["level"] > 0.005
    assert got["following"]["seconds"] > 0.2
    assert len(got["timers"]) == 1 and isinstance(got["timers"][0], int)
    assert got["told"]["seconds"] > 0.2 and got["told"]["text"].strip()
    assert {"message", "function_call", "function_call_output"} <= set(got["history"])
    (talk,) = listener.talks()
    (cut,) = talk.interrupted
    assert cut.stopped_ms is not None and 0 < cut.stopped_ms <= STOPS_WITHIN_MS
    assert talk.truncated
    assert all(error["code"] == "response_cancel_not_active" for error in talk.errors)

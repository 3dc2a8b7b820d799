"""Pipecat's service for the realtime API: a program of its own in an environment of its own."""

from __future__ import annotations

import json
from pathlib import Path

from tests.clients import environment
from tests.clients.conftest import Listener, Served
from tests.clients.test_openai_python_realtime import STOPS_WITHIN_MS

PROGRAM = environment.HERE / "python" / "pipecat_talk.py"


def test_a_spoken_exchange(
    server: Served, listener: Listener, question: Path, interruption: Path, tmp_path: Path
) -> None:
    environment.need_python()
    got = environment.told([environment.PYTHON, PROGRAM, question, interruption], server.url)
    assert not got["errors"]
    for name in ("typed", "spoken", "following", "told"):
        assert 0.2 < got[name]["seconds"] < 20, name
        assert got[name]["level"] > 0.005, name
        assert got[name]["text"].strip(), name
    assert got["interruptions"] >= 1
    assert got["timers"] and all(isinstance(minutes, int) for minutes in got["timers"])
    assert {"user", "assistant", "tool"} <= {role for role, _ in got["said"]}
    (talk,) = listener.talks()
    (cut,) = talk.interrupted
    assert cut.stopped_ms is not None and 0 < cut.stopped_ms <= STOPS_WITHIN_MS
    assert talk.truncated  # the client does it by itself


def test_its_parser_reads_all_that_the_server_has_sent(server: Served, tmp_path: Path) -> None:
    """In conversations: it knows no sessions that only transcribe."""
    environment.need_python()
    lines = [line for line in server.lines() if "server" in line]
    others = {
        line["wire"] for line in lines if line["server"].get("session", {}).get("type") == "transcription"
    }
    frames = [json.dumps(line["server"]) for line in lines if line["wire"] not in others]
    assert frames, "run it with the other tests of this folder"
    recorded = tmp_path / "frames"
    recorded.write_text("\n".join(frames), encoding="utf-8")
    read = environment.told([environment.PYTHON, PROGRAM, "--parse", recorded], server.url)
    assert read["unknown"] == 0
    assert "response.done" in read["read"]

"""@openai/agents in a browser, over WebRTC: Chromium with a recording in place of its microphone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile

from tests.clients import environment, spoken
from tests.clients.conftest import Listener, Served
from tests.clients.wire import Talk

PAGE = '<!doctype html><title>A voice agent</title><script type="module" src="page.js"></script>'
STORY_S = 6.0  # as long as the answer that is stopped at its beginning
SILENCE_S = 1.2  # after the question: it is asked again half a second into the answer


def test_a_voice_agent_in_a_page(server: Served, listener: Listener, tmp_path: Path) -> None:
    environment.need_node()
    environment.need_python()
    environment.need_speaker()
    chromium = environment.need_browser()
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text(PAGE, encoding="utf-8")
    bundle = ["--bundle", "--format=esm", "--log-level=error", f"--outfile={site / 'page.js'}"]
    environment.run([environment.NODE, environment.MODULES / "esbuild/bin/esbuild", "page.mjs", *bundle], "")
    program = environment.HERE / "python" / "browser_talk.py"
    got = environment.told([environment.PYTHON, program, chromium, site, asked_again(tmp_path)], server.url)

    assert not got["errors"]
    assert got["call"].startswith("rtc_")
    assert got["first"]["energy"] > 1e-4
    assert got["quiet_after_s"] < STORY_S / 2
    assert got["timers"] and all(isinstance(minutes, int) for minutes in got["timers"])
    assert ["function_call", "set_timer", "completed"] in got["history"]
    talk = Talk(over_webrtc=True)
    for event in got["events"]:
        listener.recorder.frame("/v1/realtime", json.dumps(event))
        talk.take(event)
    assert talk.interrupted
    assert "".join(talk.heard).strip()
    assert talk.completed[-1].transcript.strip()
    assert talk.types["output_audio_buffer.started"] >= 4
    assert talk.types["output_audio_buffer.cleared"] >= 2
    assert talk.types["response.output_audio.delta"] == 0  # the sound comes as sound


def asked_again(folder: Path) -> Path:
    """For Chromium's microphone: 48 kHz, the question and a silence, which it repeats."""
    question = spoken.speak(spoken.QUESTION, folder, 48000)
    samples, rate = soundfile.read(question, dtype="int16")
    whole = np.concatenate([samples, np.zeros(round(SILENCE_S * rate), np.int16)])
    soundfile.write(folder / "microphone.wav", whole, rate, "PCM_16")
    return folder / "microphone.wav"

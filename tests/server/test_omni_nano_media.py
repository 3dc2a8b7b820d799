"""Sound and pictures through the released network: does what it says come back?"""

from __future__ import annotations

import io
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import soundfile
from PIL import Image

from duologue.engine import Engine
from duologue.settings import Settings
from tests.server.recorded import events

WORDS = "What is the capital of France? It is Paris. Good morning, and have a nice day."


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(threads=1, data_dir=tmp_path / "data")


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[Engine]:
    async with await Engine.open(settings) as opened:
        yield opened


async def test_what_is_said_can_be_heard(client: httpx.AsyncClient) -> None:
    body = {"model": "tts-1", "voice": "alloy", "input": WORDS, "response_format": "wav"}
    spoken = await client.post("/v1/audio/speech", json=body)
    seconds = len(soundfile.read(io.BytesIO(spoken.content))[0]) / 24000
    assert 2.0 < seconds < 15.0

    fields = {"model": "whisper-1", "response_format": "verbose_json", "timestamp_granularities[]": "word"}
    files = {"file": ("a.wav", spoken.content)}
    told = (await client.post("/v1/audio/transcriptions", files=files, data=fields)).json()
    assert len(told["text"].split()) >= 2
    assert told["duration"] == pytest.approx(seconds, abs=0.1)
    times = [time for word in told["words"] for time in (word["start"], word["end"])]
    assert times == sorted(times) and times[0] >= 0.0 and times[-1] <= told["duration"]

    streamed = await client.post(
        "/v1/audio/transcriptions", files=files, data={"model": "gpt-4o-transcribe", "stream": "true"}
    )
    *deltas, done = events(streamed.content)
    assert "".join(delta["delta"] for delta in deltas) == done["text"] == told["text"]


async def test_a_faster_whisper(client: httpx.AsyncClient) -> None:
    body = {"model": "gpt-4o-mini-tts", "voice": "cedar", "input": "Good night.", "stream_format": "sse"}
    manner = {"instructions": "Whisper, please.", "speed": 2.0, "response_format": "pcm"}
    *deltas, done = events((await client.post("/v1/audio/speech", json=body | manner)).content)
    seconds = sum(len(b64decode(delta["audio"])) for delta in deltas) / 48000
    assert seconds == pytest.approx(done["usage"]["output_tokens"] * 0.08 / 2, abs=0.01)


async def test_a_drawing_and_one_after_a_picture(client: httpx.AsyncClient) -> None:
    told = (await client.post("/v1/images/generations", json={"prompt": "a red circle"})).json()
    content = b64decode(told["data"][0]["b64_json"])
    with Image.open(io.BytesIO(content)) as image:
        red, _, blue = image.convert("RGB").resize((3, 3)).getpixel((1, 1))  # type: ignore[misc]
    assert red > 150 > blue
    files = {"image": ("a.png", content)}
    edited = await client.post("/v1/images/edits", files=files, data={"prompt": "Now make it blue."})
    assert edited.json()["usage"]["input_tokens_details"]["image_tokens"] > 10

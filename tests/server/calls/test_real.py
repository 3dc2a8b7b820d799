"""One call with the network that comes with the package: a question by a synthesiser, an answer aloud."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

pytest.importorskip("aiortc")

import httpx

from duologue.server.app import create_app
from duologue.settings import Settings
from duologue.sound import Samples, decode
from tests.server.calls.phone import Phone

pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"model": "omni-nano"})


@pytest.fixture
def question() -> Samples:
    command = ["espeak-ng", "-v", "en-us", "-s", "150", "--stdout", "What is the capital of Italy?"]
    return decode(subprocess.run(command, capture_output=True, check=True).stdout)


async def test_the_network_hears_a_question_and_answers(settings: Settings, question: Samples) -> None:
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4004") as client,
    ):
        phone = Phone()
        session = json.dumps(
            {"type": "realtime", "audio": {"input": {"transcription": {"model": "whisper-1"}}}}
        )
        form = {"sdp": (None, await phone.offer()), "session": (None, session)}
        answer = await client.post("/v1/realtime/calls", files=form)
        await phone.accept(answer.text)
        await phone.until_event("session.created")
        phone.microphone.say(question)
        await phone.until_event("conversation.item.input_audio_transcription.completed")
        done = await phone.until_event("response.done")
        await phone.until_event("output_audio_buffer.stopped")
        await phone.hang_up()
    assert done["response"]["status"] == "completed"
    assert done["response"]["output"][0]["content"][0]["transcript"]
    assert phone.num_loud >= 10

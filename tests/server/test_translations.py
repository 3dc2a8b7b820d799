"""Continuous interpreting: where speech is cut, what the wire says, and a whole session over a socket."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from typing import Any

import httpx
import numpy as np
import pytest
import websockets
from openai import AsyncOpenAI
from websockets.asyncio.client import ClientConnection

from duologue.backends.scripted import Script
from duologue.engine import Event, Heard, Piece, SpeechStarted, SpeechStopped
from duologue.server.access import OWNER
from duologue.server.realtime.phrases import (
    CUT_ANYWHERE,
    CUT_AT_PAUSE,
    LEAD,
    Begin,
    Cut,
    Cutter,
    Drop,
    End,
    Feed,
)
from duologue.server.realtime.translation_fields import Configuration
from duologue.server.realtime.translations import Finish, Hear, Into, Translation
from duologue.sound import FRAME_SAMPLES, SAMPLE_RATE, Samples, resample, to_pcm16
from tests.server.conftest import Live
from tests.server.recorder import Recorder

PATH = "/v1/realtime/translations"
LANGUAGES = ("en", "es")


def frame(level: float) -> Samples:
    return np.full(FRAME_SAMPLES, level, np.float32)


def cut(cutter: Cutter, levels: Sequence[float], events: dict[int, list[Event]]) -> list[Cut]:
    """What comes of frames of these levels, with the ear's events at some of them."""
    return [
        each
        for number, level in enumerate(levels)
        for each in cutter.heard(frame(level), events.get(number, []))
    ]


def fed(cuts: Sequence[Cut]) -> Samples:
    return np.concatenate([each.samples for each in cuts if isinstance(each, Feed)])


# Where speech is cut


def test_a_phrase_is_fed_as_it_is_spoken_with_a_little_before_it() -> None:
    cutter = Cutter()
    cuts = cut(
        cutter,
        [0.0] * 10 + [0.1] * 10 + [0.0] * 10,
        {11: [SpeechStarted(10 * FRAME_SAMPLES)], 24: [SpeechStopped(20 * FRAME_SAMPLES)]},
    )
    assert [type(each) for each in cuts] == [Begin, *[Feed] * 14, End]
    assert len(fed(cuts)) == LEAD + 15 * FRAME_SAMPLES
    assert not cutter.finish()


def test_two_phrases_share_no_sound_and_lose_none() -> None:
    events: dict[int, list[Event]] = {
        1: [SpeechStarted(0)],
        5: [SpeechStopped(5 * FRAME_SAMPLES)],
        6: [SpeechStarted(4 * FRAME_SAMPLES)],
        9: [SpeechStopped(9 * FRAME_SAMPLES)],
    }
    cuts = cut(Cutter(), [0.1 + number / 100 for number in range(10)], events)
    whole = np.concatenate([frame(0.1 + number / 100) for number in range(10)])
    np.testing.assert_array_equal(fed(cuts), whole)
    assert [each for each in cuts if not isinstance(each, Feed)] == [Begin(), End(), Begin(), End()]


def test_who_speaks_on_and_on_is_cut_at_a_pause() -> None:
    frames = CUT_AT_PAUSE // FRAME_SAMPLES + 5
    levels = [0.1] * frames + [0.0] + [0.1] * 5
    cuts = cut(Cutter(), levels, {0: [SpeechStarted(0)]})
    assert len(fed(cuts)) == len(levels) * FRAME_SAMPLES
    at = cuts.index(End())
    assert len(fed(cuts[:at])) == (frames + 1) * FRAME_SAMPLES and cuts[at + 1] == Begin()


def test_who_never_pauses_is_cut_all_the_same() -> None:
    cutter = Cutter()
    frames = 2 * (CUT_ANYWHERE // FRAME_SAMPLES + 1)
    cuts = cut(cutter, [0.1] * frames, {0: [SpeechStarted(0)]})
    assert cuts.count(End()) == 2
    assert len(fed(cuts)) == frames * FRAME_SAMPLES


def test_a_phrase_in_which_nothing_was_heard_is_dropped() -> None:
    cuts = cut(Cutter(), [0.0] * 10, {2: [SpeechStarted(0)], 8: [SpeechStopped(0)]})
    assert cuts[-1] == Drop()


def test_the_end_ends_a_phrase() -> None:
    cutter = Cutter()
    cut(cutter, [0.1] * 5, {1: [SpeechStarted(0)]})
    assert cutter.finish() == [End()]


# The wire, without a socket


def translation(configuration: Configuration | None = None) -> Translation:
    return Translation("gpt-realtime-translate", 1, LANGUAGES, configuration or Configuration())


def update(**session: Any) -> str:
    return json.dumps({"type": "session.update", "event_id": "mine", "session": session})


def append(samples: Samples) -> str:
    pcm = to_pcm16(resample(samples, SAMPLE_RATE, 24_000))
    return json.dumps({"type": "session.input_audio_buffer.append", "audio": base64.b64encode(pcm).decode()})


def test_a_session_is_patched() -> None:
    protocol = translation()
    protocol.receive(update(audio={"input": {"transcription": {"model": "gpt-realtime-whisper"}}}))
    protocol.receive(update(audio={"output": {"language": "es-MX"}}))
    protocol.receive(update(audio={"input": {"noise_reduction": {"type": "near_field"}}}))
    protocol.receive(update(audio={"input": {"noise_reduction": None}}))
    created, *updated = protocol.outgoing()
    assert created["type"] == "session.created"
    assert created["session"]["audio"]["output"] == {"language": "en"}
    assert [event["type"] for event in updated] == ["session.updated"] * 4
    assert updated[-1]["session"]["audio"] == {
        "input": {"transcription": {"model": "gpt-realtime-whisper"}, "noise_reduction": None},
        "output": {"language": "es-MX"},
    }


def test_a_session_told_may_be_sent_back() -> None:
    protocol = translation()
    protocol.receive(update(**protocol.outgoing()[0]["session"]))
    assert protocol.outgoing()[0]["type"] == "session.updated"


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ("no json", None),
        ("[]", "type"),
        ('{"type": "response.create"}', "type"),
        ('{"type": "session.update"}', "session"),
        (update(audio={"output": {"language": "tlh"}}), "session.audio.output.language"),
        (update(audio={"output": {"voice": "alloy"}}), "session.audio.output.voice"),
        (update(model="gpt-4o"), "session.model"),
        (update(audio={"input": {"transcription": {}}}), "session.audio.input.transcription.model"),
        ('{"type": "session.input_audio_buffer.append"}', "audio"),
        ('{"type": "session.input_audio_buffer.append", "audio": "*"}', "audio"),
    ],
)
def test_a_mistake_is_told_and_changes_nothing(message: str, param: str | None) -> None:
    protocol = translation()
    protocol.outgoing()
    assert protocol.receive(message) == []
    (error,) = protocol.outgoing()
    assert error["type"] == "error" and error["error"]["param"] == param
    assert error["error"]["event_id"] == ("mine" if "mine" in message else None)
    protocol.receive(update())
    assert protocol.outgoing()[0]["session"]["audio"]["output"] == {"language": "en"}


def test_sound_of_any_chopping_becomes_whole_frames_and_the_last_is_not_lost() -> None:
    protocol = translation()
    orders = [order for _ in range(11) for order in protocol.receive(append(frame(0.1)[:700]))]
    orders += protocol.receive('{"type": "session.close"}')
    heard = [order.samples for order in orders if isinstance(order, Hear)]
    assert all(len(samples) % FRAME_SAMPLES == 0 for samples in heard)
    assert int((np.concatenate(heard) > 0.05).sum()) == pytest.approx(7700, abs=40)
    assert orders[-1] == Finish()
    assert protocol.receive(append(frame(0.1))) == [] == protocol.receive('{"type": "session.close"}')


def test_a_change_of_language_is_for_the_next_phrase() -> None:
    protocol = translation(Configuration("es"))
    (into, *_) = protocol.heard(frame(0.1), [SpeechStarted(0)])
    protocol.receive(update(audio={"output": {"language": "en"}}))
    more = protocol.heard(frame(0.1), [SpeechStopped(0)]) + protocol.heard(frame(0.1), [SpeechStarted(0)])
    assert [into, *(order for order in more if isinstance(order, Into))] == [Into("es"), Into("en")]


def test_fragments_can_be_put_together_and_time_goes_in_steps() -> None:
    protocol = translation(Configuration(transcription={"model": "whisper-1"}))
    protocol.outgoing()
    for number in range(6):
        protocol.heard(frame(0.0), [Heard(f" word{number}", complete=number == 2)])
    for words in (["hola", " mundo"], ["adiós"]):
        for word in words:
            protocol.said(Piece(word, frame(0.1)))
        protocol.said_phrase()
    events = protocol.outgoing()
    deltas = {
        side: "".join(
            event["delta"] for event in events if event["type"] == f"session.{side}_transcript.delta"
        )
        for side in ("input", "output")
    }
    assert deltas == {"input": "word0 word1 word2 word3 word4 word5", "output": "hola mundo adiós"}
    assert [event["elapsed_ms"] for event in events[:6]] == [0, 0, 200, 200, 400, 400]
    sound = b"".join(base64.b64decode(event["delta"]) for event in events if "output_audio" in event["type"])
    assert len(sound) == 2 * 24_000 * 3 * 80 // 1000


def test_nobody_asked_for_what_was_heard() -> None:
    protocol = translation()
    protocol.outgoing()
    protocol.heard(frame(0.0), [Heard("secret")])
    assert protocol.outgoing() == []


# Over a socket


@pytest.fixture
def script() -> Script:
    return Script(says=("uno dos", "tres cuatro", "cinco"), hears=("one two", "three four", "five"))


def spoken(phrases: int) -> Samples:
    """Tones with pauses, as a speaker who does not wait."""
    return np.concatenate([np.r_[frame(0.0)] * 1, *[part for _ in range(phrases) for part in PHRASE]])


TONE = np.asarray(0.3 * np.sin(2 * np.pi * 300 * np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE), np.float32)
PHRASE = (TONE, np.zeros(SAMPLE_RATE * 6 // 10, np.float32))


async def events_of(socket: ClientConnection) -> list[dict[str, Any]]:
    """All to the end."""
    async with asyncio.timeout(20):
        return [json.loads(message) async for message in socket]


def text(events: list[dict[str, Any]], side: str) -> str:
    return "".join(event["delta"] for event in events if event["type"] == f"session.{side}_transcript.delta")


async def test_a_speaker_who_goes_on_is_interpreted_whole(live: Live, recorder: Recorder) -> None:
    async with websockets.connect(f"{live.ws}{PATH}?model=gpt-realtime-translate") as socket:
        await socket.send(
            update(
                audio={
                    "input": {"transcription": {"model": "gpt-realtime-whisper"}},
                    "output": {"language": "es"},
                }
            )
        )
        whole = spoken(3)
        for at in range(0, len(whole), 3200):
            await socket.send(append(whole[at : at + 3200]))
        await socket.send('{"type": "session.close"}')
        events = await events_of(socket)
    assert [event["type"] for event in events[:2]] == ["session.created", "session.updated"]
    assert events[-1]["type"] == "session.closed"
    assert text(events, "input") == "one two three four five"
    assert text(events, "output") == "uno dos tres cuatro cinco"
    assert recorder.types() == [event["type"] for event in events]
    assert live.state.engine.num_sessions == 0


async def test_the_stock_client_interprets(live: Live) -> None:
    client = AsyncOpenAI(base_url=f"{live.url}/v1", api_key="sk-any")
    secret = await client.realtime.translations.client_secrets.create(
        session={"model": "gpt-realtime-translate", "audio": {"output": {"language": "es"}}}
    )
    assert secret.value.startswith("ek_") and secret.session.audio.output is not None
    assert secret.session.audio.output.language == "es"
    theirs = AsyncOpenAI(base_url=f"{live.url}/v1", api_key=secret.value)
    heard = bytearray()
    async with theirs.realtime.translations.connect(model="gpt-realtime-translate") as connection:
        created = await connection.recv()
        assert created.type == "session.created" and created.session.audio.output is not None
        assert created.session.audio.output.language == "es"
        for message in (append(spoken(1)), '{"type": "session.close"}'):
            await connection.send(json.loads(message))
        async for event in connection:
            if event.type == "session.output_audio.delta":
                heard += base64.b64decode(event.delta)
            if event.type == "session.closed":
                break
    assert len(heard) == 2 * 24_000 * 6 * 80 // 1000
    await client.close()
    await theirs.close()


async def test_a_client_who_leaves_frees_everything(live: Live) -> None:
    async with websockets.connect(f"{live.ws}{PATH}") as socket:
        await socket.recv()
        assert live.state.engine.num_sessions == 2
        await socket.send(append(spoken(1)))
    async with asyncio.timeout(10):
        while live.state.engine.num_sessions:  # noqa: ASYNC110  # in another thread's loop
            await asyncio.sleep(0.01)


async def test_a_browser_is_answered_its_subprotocol(live: Live) -> None:
    offered = [websockets.Subprotocol(name) for name in ("realtime", "openai-insecure-api-key.sk-x")]
    async with websockets.connect(f"{live.ws}{PATH}", subprotocols=offered) as socket:
        assert socket.subprotocol == "realtime"


@pytest.mark.parametrize(("query", "status"), [("?model=unheard-of", 404)])
async def test_a_session_that_cannot_be_is_refused_before_it_begins(
    live: Live, query: str, status: int
) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(f"{live.ws}{PATH}{query}")
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body or b"")["error"]["code"] == "model_not_found"


async def test_a_secret_for_a_conversation_is_no_key_for_interpreting(live: Live) -> None:
    secret = live.state.access.secrets.create({"type": "realtime"}, 60, OWNER)
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(
            f"{live.ws}{PATH}", additional_headers={"authorization": f"Bearer {secret.value}"}
        )
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"session": {"model": "m", "audio": {"output": {"language": "es"}}}}, "model"),
        (
            {"session": {"model": "gpt-realtime-translate", "audio": {"output": {"language": "xx"}}}},
            "session.audio.output.language",
        ),
        ({"session": {"model": "gpt-realtime-translate", "voice": "alloy"}}, "session.voice"),
        (
            {"session": {"model": "gpt-realtime-translate"}, "expires_after": {"seconds": 5}},
            "expires_after.seconds",
        ),
        ({}, "session"),
    ],
)
async def test_a_secret_that_cannot_be_is_refused(
    client: httpx.AsyncClient, body: dict[str, Any], param: str
) -> None:
    answer = await client.post(f"{PATH}/client_secrets", json=body)
    assert answer.status_code in (400, 404) and answer.json()["error"]["param"] == param

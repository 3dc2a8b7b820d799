"""Transcriptions and translations: every kind of file, every shape of answer, every bad file."""

from __future__ import annotations

import io
from typing import Any

import httpx
import numpy as np
import pytest

from duologue.backends.scripted import Script
from duologue.server.encode import encode
from duologue.settings import Settings
from duologue.sound import Samples
from tests.server.recorded import events, silence, spoken, tone, wav

ROUTE = "/v1/audio/transcriptions"


@pytest.fixture
def script() -> Script:
    return Script(hears=("one two three",), says=("uno dos tres",))


async def sent(
    client: httpx.AsyncClient, content: bytes, name: str = "a.wav", *, route: str = ROUTE, **fields: Any
) -> httpx.Response:
    form = {"model": "gpt-4o-transcribe", **fields}
    return await client.post(route, files={"file": (name, content)}, data=form)


@pytest.mark.parametrize("kind", ["wav", "mp3", "opus", "flac"])
async def test_kinds_of_files(client: httpx.AsyncClient, kind: str) -> None:
    answer = await sent(client, encode(spoken(2), kind), f"a.{kind}")
    assert answer.json()["text"] == "one two three one two three"


@pytest.mark.parametrize(("kind", "codec"), [("webm", "libopus"), ("mp4", "aac"), ("adts", "aac")])
async def test_kinds_of_files_that_browsers_record(client: httpx.AsyncClient, kind: str, codec: str) -> None:
    assert (await sent(client, through_av(spoken(2), kind, codec))).json()["text"].startswith("one two three")


def through_av(samples: Samples, kind: str, codec: str) -> bytes:
    av = pytest.importorskip("av")
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=48000, layout="mono")
        louder = np.repeat(samples, 3).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(louder, format="fltp", layout="mono")
        frame.sample_rate = 48000
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        wav(np.stack([spoken(1), spoken(1)], axis=1)),
        wav(spoken(1)[::2], rate=8000),
        wav(spoken(1), subtype="FLOAT"),
        wav(np.repeat(spoken(1), 3), rate=48000),
    ],
    ids=["stereo", "8 kHz", "float", "48 kHz"],
)
async def test_rates_and_channels(client: httpx.AsyncClient, content: bytes) -> None:
    assert (await sent(client, content)).json()["text"] == "one two three"


async def test_tokens_are_told_and_counted(client: httpx.AsyncClient) -> None:
    answer = await sent(client, wav(spoken(1)))
    usage = answer.json()["usage"]
    assert usage["type"] == "tokens" and usage["output_tokens"] == 3
    assert usage["input_token_details"]["audio_tokens"] == usage["input_tokens"] >= 25
    left = (await client.get("/v1/models")).headers["x-ratelimit-remaining-tokens"]
    assert int(left) == 400_000 - usage["total_tokens"]


async def test_whisper_is_counted_by_the_second(client: httpx.AsyncClient) -> None:
    answer = await sent(client, wav(spoken(1)), model="whisper-1")
    assert answer.json()["usage"] == {"type": "duration", "seconds": 3.04}


async def test_plain_text(client: httpx.AsyncClient) -> None:
    answer = await sent(client, wav(spoken(1)), response_format="text")
    assert answer.text == "one two three\n" and answer.headers["content-type"].startswith("text/plain")


async def test_subtitles(client: httpx.AsyncClient) -> None:
    answer = await sent(client, wav(spoken(2)), response_format="srt")
    first, second = answer.text.strip().split("\n\n")
    assert first.startswith("1\n00:00:00,000 --> 00:00:02") and first.endswith("one two three")
    assert second.startswith("2\n00:00:02,96")
    assert (await sent(client, wav(spoken(1)), response_format="vtt")).text.startswith("WEBVTT\n")


async def test_segments_and_words(client: httpx.AsyncClient) -> None:
    fields: dict[str, Any] = {
        "response_format": "verbose_json",
        "timestamp_granularities[]": ["word", "segment"],
    }
    told = (await sent(client, wav(spoken(2)), **fields)).json()
    assert told["task"] == "transcribe" and told["language"] == "english"
    assert told["duration"] == pytest.approx(6.0, abs=0.08)
    assert [word["word"] for word in told["words"]] == ["one", "two", "three"] * 2
    ends = [word["end"] for word in told["words"]]
    assert ends == sorted(ends) and all(word["start"] <= word["end"] for word in told["words"])
    assert [segment["text"] for segment in told["segments"]] == [" one two three"] * 2


async def test_segments_are_the_default_of_verbose(client: httpx.AsyncClient) -> None:
    told = (await sent(client, wav(spoken(1)), response_format="verbose_json", language="en")).json()
    assert "words" not in told and len(told["segments"]) == 1


async def test_the_stream(client: httpx.AsyncClient) -> None:
    answer = await sent(client, wav(spoken(2)), stream="true")
    *deltas, done = events(answer.content)
    assert {delta["type"] for delta in deltas} == {"transcript.text.delta"} and len(deltas) == 2
    assert done["type"] == "transcript.text.done"
    assert done["text"] == "".join(delta["delta"] for delta in deltas) == "one two three one two three"
    assert done["usage"]["output_tokens"] == 6


async def test_silence_is_an_empty_transcript(client: httpx.AsyncClient) -> None:
    assert (await sent(client, wav(silence(2.0)))).json()["text"] == ""
    verbose = (await sent(client, wav(silence(2.0)), response_format="verbose_json")).json()
    assert verbose["language"] == "unknown" and verbose["segments"] == []
    (done,) = events((await sent(client, wav(silence(2.0)), stream="true")).content)
    assert done["text"] == ""


async def test_what_may_come_along(client: httpx.AsyncClient) -> None:
    fields = {
        "language": "en",
        "prompt": "Names: Ann.",
        "temperature": "0.2",
        "include[]": "logprobs",
        "chunking_strategy[type]": "server_vad",
        "chunking_strategy[threshold]": "0.3",
    }
    assert (await sent(client, wav(spoken(1)), **fields)).status_code == 200
    assert (await sent(client, wav(spoken(1)), chunking_strategy="auto")).status_code == 200


async def test_translations(client: httpx.AsyncClient) -> None:
    """The scripted mind hears English, which stays as it is."""
    answer = await sent(client, wav(spoken(1)), route="/v1/audio/translations", model="whisper-1")
    assert answer.json() == {"text": "one two three"}
    answer = await sent(
        client, wav(spoken(1)), route="/v1/audio/translations", response_format="verbose_json"
    )
    assert answer.json()["language"] == "english"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "invalid_audio"),
        (wav(silence(0.0)), "invalid_audio"),
        (wav(tone(1.0)[:1]), "invalid_audio"),
        (b"RIFF" + b"\xff" * 200, "invalid_audio"),
        (b"just words", "invalid_audio"),
        (b"\x1aE\xdf\xa3" + b"\0" * 100, "invalid_audio"),
        (b"\0\0\0\x18ftypM4A " + b"\0" * 100, "invalid_audio"),
        (wav(np.full(16000, np.nan, np.float32), subtype="FLOAT"), "invalid_audio"),
        (wav(np.full(16000, 30000.0, np.float32), subtype="FLOAT"), "invalid_audio"),
        (encode(tone(2.0), "mp3")[:100], "invalid_audio"),
    ],
    ids=["empty", "no samples", "one", "corrupt", "text", "webm", "m4a", "nan", "loud", "cut"],
)
@pytest.mark.parametrize("stream", ["false", "true"])
async def test_bad_files(client: httpx.AsyncClient, content: bytes, code: str, stream: str) -> None:
    answer = await sent(client, content, stream=stream)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == code and answer.json()["error"]["param"] == "file"


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({"model": "unheard-of"}, 404, "model"),
        ({"response_format": "diarized_json"}, 400, "response_format"),
        ({"response_format": "docx"}, 400, "response_format"),
        ({"known_speaker_names[]": "Ann"}, 400, "known_speaker_names"),
        ({"timestamp_granularities[]": "letter"}, 400, "timestamp_granularities[0]"),
        ({"temperature": "7"}, 400, "temperature"),
        ({"surprise": "x"}, 400, "surprise"),
    ],
)
async def test_mistakes(client: httpx.AsyncClient, fields: dict[str, Any], status: int, param: str) -> None:
    answer = await sent(client, wav(spoken(1)), **fields)
    assert answer.status_code == status and answer.json()["error"]["param"] == param


async def test_a_form_without_a_file_or_no_form_at_all(client: httpx.AsyncClient) -> None:
    answer = await client.post(ROUTE, files={"other": b"x"}, data={"model": "whisper-1"})
    assert answer.status_code == 400 and answer.json()["error"]["param"] == "file"
    answer = await client.post(ROUTE, json={"model": "whisper-1"})
    assert answer.status_code == 415


async def test_three_minutes(client: httpx.AsyncClient) -> None:
    answer = await sent(client, wav(spoken(60)))
    assert answer.json()["text"].split() == ["one", "two", "three"] * 60


class TestTooLong:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"max_audio_s": 20.0})

    @pytest.mark.parametrize("kind", ["wav", "opus"])
    @pytest.mark.parametrize("stream", ["false", "true"])
    async def test_by_its_head(self, client: httpx.AsyncClient, kind: str, stream: str) -> None:
        answer = await sent(client, encode(silence(21.0), kind), stream=stream)
        assert answer.status_code == 400 and "longer than 20 s" in answer.json()["error"]["message"]

    async def test_an_hour(self, client: httpx.AsyncClient) -> None:
        hour = wav(np.zeros(3600 * 1000, np.float32), rate=1000)
        assert (await sent(client, hour)).status_code == 400

    async def test_found_out_on_the_way(self, client: httpx.AsyncClient) -> None:
        """A browser's recording does not tell its length: what was heard by then is told, then the error."""
        content = through_av(spoken(9), "webm", "libopus")
        *deltas, last = events((await sent(client, content, stream="true")).content)
        assert deltas[0]["delta"] == "one two three" and last["error"]["code"] == "invalid_audio"
        assert (await sent(client, content)).status_code == 400


class TestTooLarge:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"max_body_mb": 1})

    async def test_the_body(self, client: httpx.AsyncClient) -> None:
        assert (await sent(client, bytes(2**20 + 1))).status_code == 413

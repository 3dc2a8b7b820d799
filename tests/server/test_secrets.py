"""Secrets for browsers: bound to a session, good until they expire, nobody else's."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from duologue.errors import NoAccess, TooMany
from duologue.server import ephemeral
from duologue.server.ephemeral import Caller, Secrets
from duologue.server.secrets import older, today

OWNER = Caller("local")


async def create(client: httpx.AsyncClient, path: str = "client_secrets", **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/v1/realtime/{path}", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_secret_shows_the_session_it_is_for(client: httpx.AsyncClient) -> None:
    asked = {"type": "realtime", "model": "gpt-realtime", "audio": {"output": {"voice": "marin"}}}
    told = await create(client, session=asked, expires_after={"anchor": "created_at", "seconds": 30})
    assert told["value"].startswith("ek_")
    assert 0 < told["expires_at"] - time.time() <= 31
    assert told["session"]["model"] == "gpt-realtime"
    assert told["session"]["audio"]["output"]["voice"] == "marin"
    assert told["session"]["id"].startswith("sess_")


async def test_without_a_session_it_is_for_one_of_defaults(client: httpx.AsyncClient) -> None:
    told = await create(client)
    assert (told["session"]["type"], told["session"]["model"]) == ("realtime", "scripted")
    assert 590 < told["expires_at"] - time.time() <= 600


async def test_a_secret_for_transcription(client: httpx.AsyncClient) -> None:
    asked = {"type": "transcription", "audio": {"input": {"transcription": {"model": "whisper-1"}}}}
    told = await create(client, session=asked)
    assert told["session"]["object"] == "realtime.transcription_session"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"expires_after": {"seconds": 9}}, "expires_after.seconds"),
        ({"expires_after": {"seconds": 7201}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "now"}}, "expires_after.anchor"),
        ({"session": {"model": "llama"}}, "model"),
        ({"session": {"model": 3}}, "session.model"),
        ({"session": {"audio": {"output": {"voice": "nobody"}}}}, "voice"),
        ({"session": {"audio": {"output": {"speed": 9}}}}, "session.audio.output.speed"),
        ({"session": {"colour": "red"}}, "session.colour"),
        ({"session": []}, "session"),
        ({"secret": 1}, "secret"),
    ],
)
async def test_what_is_wrong_is_named(client: httpx.AsyncClient, body: dict[str, Any], param: str) -> None:
    answer = await client.post("/v1/realtime/client_secrets", json=body)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["param"] == param


async def test_the_older_form(client: httpx.AsyncClient) -> None:
    told = await create(client, "sessions", model="gpt-4o-realtime-preview", voice="verse", temperature=0.8)
    assert told["client_secret"]["value"].startswith("ek_")
    assert 0 < told["client_secret"]["expires_at"] - time.time() <= 60
    assert (told["voice"], told["input_audio_format"], told["modalities"]) == (
        "verse",
        "pcm16",
        ["audio", "text"],
    )
    assert (await client.post("/v1/realtime/sessions")).status_code == 200  # a body is not needed


async def test_the_older_form_for_transcription(client: httpx.AsyncClient) -> None:
    told = await create(
        client,
        "transcription_sessions",
        input_audio_format="g711_ulaw",
        input_audio_transcription={"model": "gpt-4o-transcribe", "language": "en"},
        turn_detection={"type": "server_vad", "silence_duration_ms": 200},
    )
    assert told["client_secret"]["value"].startswith("ek_")
    assert told["input_audio_format"] == "g711_ulaw"
    assert told["input_audio_transcription"] == {"model": "gpt-4o-transcribe", "language": "en"}
    assert told["turn_detection"]["silence_duration_ms"] == 200


async def test_the_older_form_has_its_errors_too(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/v1/realtime/sessions", json={"client_secret": {"expires_after": {"seconds": 1}}}
    )
    assert answer.json()["error"]["param"] == "expires_after.seconds"


def test_the_older_form_and_todays_are_translated() -> None:
    said = today({"modalities": ["text"], "output_audio_format": "g711_alaw", "turn_detection": None})
    assert said == {
        "output_modalities": ["text"],
        "audio": {"output": {"format": {"type": "audio/pcma"}}, "input": {"turn_detection": None}},
    }
    assert older(said) == {"modalities": ["text"], "output_audio_format": "g711_alaw", "turn_detection": None}
    new = {"type": "realtime", "audio": {"output": {"voice": "ash"}}}
    assert today(new) == new


async def test_a_secret_makes_no_secrets_and_opens_nothing_else(client: httpx.AsyncClient) -> None:
    secret = (await create(client))["value"]
    headers = {"authorization": f"Bearer {secret}"}
    made = await client.post("/v1/realtime/client_secrets", json={}, headers=headers)
    assert (made.status_code, made.json()["error"]["code"]) == (401, "invalid_api_key")
    assert (await client.get("/v1/models", headers=headers)).status_code == 401


def test_a_secret_is_good_until_it_expires_and_is_its_makers(tmp_path: Path) -> None:
    clock = [1000.0]
    secrets = Secrets(tmp_path / "secrets", now=lambda: clock[0])
    secret = secrets.create({"model": "gpt-realtime"}, 10, Caller("key_1"))
    assert secret.expires_at == 1010
    for _ in range(2):
        assert secrets.caller(secret.value) == Caller("key_1", {"model": "gpt-realtime"})
    another_worker = Secrets(tmp_path / "secrets", now=lambda: clock[0])
    assert another_worker.caller(secret.value).id == "key_1"
    clock[0] = 1010.0
    with pytest.raises(NoAccess):
        secrets.caller(secret.value)
    with pytest.raises(NoAccess):
        secrets.caller("ek_never")


def test_secrets_are_kept_as_hashes_and_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    secrets = Secrets(tmp_path, now=lambda: clock[0])
    monkeypatch.setattr(ephemeral, "MOST", 2)
    values = [secrets.create({}, 10, OWNER).value for _ in range(2)]
    kept = [path for path in tmp_path.iterdir() if path.stat().st_mode & 0o777 == 0o600]
    assert len(kept) == 2
    assert not any(value[3:] in path.name + path.read_text() for value in values for path in kept)
    with pytest.raises(TooMany):
        secrets.create({}, 10, OWNER)
    clock[0] = 11.0
    assert secrets.create({}, 10, OWNER).value not in values
    assert len(list(tmp_path.iterdir())) == 1

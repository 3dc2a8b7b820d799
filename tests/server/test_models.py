"""Names of models and voices: the network's own, and OpenAI's in its place."""

from __future__ import annotations

import httpx
import pytest

from duologue.backends.scripted import ScriptedBackend
from duologue.engine import Engine
from duologue.errors import BadInput
from duologue.server.models import OPENAI_VOICES, UnknownModel, model_of, voice_of


class Voices(ScriptedBackend):
    """A script with a choir."""

    names: tuple[str, ...] = ("rms", "slt", "kal", "kathleen")

    @property
    def voices(self) -> tuple[str, ...]:
        return self.names


def choir(*names: str) -> Engine:
    backend = Voices()
    backend.names = names
    return Engine(backend, 1)


async def test_the_list_names_the_loaded_model(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/v1/models")).json()
    assert [model["id"] for model in listed["data"]] == ["scripted"]


@pytest.mark.parametrize(
    "name", ["scripted", "gpt-realtime", "gpt-4o-mini-tts", "whisper-1", "o3", "o4-mini"]
)
async def test_a_model_is_found_by_its_name_and_by_openais(name: str, client: httpx.AsyncClient) -> None:
    assert (await client.get(f"/v1/models/{name}")).json()["id"] == name


async def test_another_model_is_not_here(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/models/llama")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "model_not_found"
    assert "'scripted'" in answer.json()["error"]["message"]


def test_the_reply_names_what_was_asked_for() -> None:
    assert model_of("gpt-4o-audio-preview", "omni-nano") == "gpt-4o-audio-preview"
    assert model_of(None, "omni-nano") == "omni-nano"
    for name in ("claude", "", "gpt-4o\n", "o", "octopus"):
        with pytest.raises(UnknownModel):
            model_of(name, "omni-nano")


def test_each_voice_of_openais_has_its_own_in_the_network() -> None:
    engine = choir("rms", "slt", "kal", "kathleen")
    assert {name: voice_of(name, engine) for name in OPENAI_VOICES} == OPENAI_VOICES
    assert voice_of(None, engine) == "rms"
    assert voice_of("kal", engine) == "kal"


def test_a_network_with_other_voices_answers_in_them() -> None:
    engine = choir("ada", "bob")
    assert {voice_of(name, engine) for name in OPENAI_VOICES} == {"ada", "bob"}


def test_an_unknown_voice_names_the_choices() -> None:
    with pytest.raises(BadInput, match="ada, bob, alloy") as error:
        voice_of("nobody", choir("ada", "bob"))
    assert error.value.param == "voice"

"""`POST /v1/realtime/client_secrets`, and the two older routes that also give a secret for a browser.

A secret carries the session it is for: what the page says later is a `session.update` over it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from duologue.errors import NoAccess
from duologue.server import faults
from duologue.server.access import Caller, Who
from duologue.server.ephemeral import Secret
from duologue.server.fields import Json
from duologue.server.ids import new_id
from duologue.server.models import model_of, voice_of
from duologue.server.realtime.fields import RealtimeSession, echo, patched, session_of
from duologue.server.state import ServerState, Shared

router = APIRouter(prefix="/v1/realtime", tags=["Realtime"])


OLD_SECONDS = 60  # OpenAI's older secrets last a minute
# Older name of a format -> today's.
FORMATS: dict[str, Json] = {
    "pcm16": {"type": "audio/pcm", "rate": 24000},
    "g711_ulaw": {"type": "audio/pcmu"},
    "g711_alaw": {"type": "audio/pcma"},
}
# Older, flat name of a field -> where it lies today.
MOVED = {
    "voice": ("audio", "output", "voice"),
    "speed": ("audio", "output", "speed"),
    "output_audio_format": ("audio", "output", "format"),
    "input_audio_format": ("audio", "input", "format"),
    "input_audio_transcription": ("audio", "input", "transcription"),
    "input_audio_noise_reduction": ("audio", "input", "noise_reduction"),
    "turn_detection": ("audio", "input", "turn_detection"),
    "max_response_output_tokens": ("max_output_tokens",),
    "modalities": ("output_modalities",),
}
NOT_KEPT = ("temperature", "client_secret")  # today's sessions have no such fields


class ExpiresAfter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    anchor: Literal["created_at"] = "created_at"
    seconds: int = Field(default=600, ge=10, le=7200, strict=True)


class SecretRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    expires_after: ExpiresAfter = ExpiresAfter()
    session: Json = Field(default={}, description="A realtime session, or one of type `transcription`.")


class OldSecretRequest(BaseModel):
    expires_after: ExpiresAfter = ExpiresAfter(seconds=OLD_SECONDS)


@router.post("/client_secrets", summary="A short-lived secret for a browser, bound to a session")
async def client_secrets(asked: SecretRequest, shared: Shared, asking: Who) -> Json:
    said, shown = _checked(asked.session, shared)
    secret = _secret(said, asked.expires_after, shared, asking)
    return {"value": secret.value, "expires_at": secret.expires_at, "session": shown}


@router.post("/sessions", summary="The older form of client_secrets", deprecated=True)
async def sessions(shared: Shared, asking: Who, asked: Annotated[Json | None, Body()] = None) -> Json:
    asked = asked or {}
    said, shown = _checked(today(asked), shared)
    return shown | older(shown) | _old_secret(said, asked, shared, asking)


@router.post("/transcription_sessions", summary="The older form, for transcription", deprecated=True)
async def transcription_sessions(
    shared: Shared, asking: Who, asked: Annotated[Json | None, Body()] = None
) -> Json:
    asked = asked or {}
    wanted = {name: value for name, value in today(asked).items() if name != "output_modalities"}
    said, shown = _checked(wanted | {"type": "transcription"}, shared)
    told = {name: shown[name] for name in ("id", "object", "expires_at")} | {"modalities": ["audio", "text"]}
    return told | older(shown) | _old_secret(said, asked, shared, asking)


def today(old: Json) -> Json:
    """A session in the older, flat form as today's; what is in today's form already stays."""
    said: Json = {}
    for name, value in old.items():
        if name.endswith("_audio_format"):
            value = FORMATS.get(value, value) if isinstance(value, str) else value
        elif name == "modalities":
            value = ["audio"] if isinstance(value, list) and "audio" in value else value
        if name not in NOT_KEPT:
            said = patched(said, _at(MOVED.get(name, (name,)), value))
    return said


def older(shown: Json) -> Json:
    """The fields of a session where programs of the older form look for them."""
    told = {}
    for name, place in MOVED.items():
        value: Any = shown
        for part in place:
            value = value.get(part) if isinstance(value, dict) else None
        told[name] = value
    for name in ("input_audio_format", "output_audio_format"):
        told[name] = next((old for old, new in FORMATS.items() if new == told[name]), told[name])
    if told["modalities"] == ["audio"]:
        told["modalities"] = ["audio", "text"]
    return {name: value for name, value in told.items() if value is not None or name == "turn_detection"}


def _at(place: tuple[str, ...], value: Any) -> Json:
    for name in reversed(place):
        value = {name: value}
    assert isinstance(value, dict)
    return value


def _checked(given: Json, shared: ServerState) -> tuple[Json, Json]:
    """What a caller said of a session, and the whole session that follows. Raises BadInput."""
    said = patched({}, given)
    if said.get("type") != "transcription" and isinstance(said.get("model"), str | None):
        said["model"] = model_of(said.get("model"), shared.settings.model_name)
    session = session_of(said)
    shown = echo(session) | {"id": new_id("sess"), "object": "realtime.session", "expires_at": 0}
    if isinstance(session, RealtimeSession):
        asked = session.audio.output.voice_name
        spoken = voice_of(asked, shared.engine)
        shown["audio"]["output"]["voice"] = asked or spoken
    else:
        shown["object"] = "realtime.transcription_session"
        for name in ("create_response", "interrupt_response", "idle_timeout_ms", "eagerness"):
            (shown["audio"]["input"]["turn_detection"] or {}).pop(name, None)  # of sessions that answer
    return said, shown


def _secret(said: Json, after: ExpiresAfter, shared: ServerState, asking: Caller) -> Secret:
    if asking.session is not None:
        raise NoAccess("a secret cannot make another; use the API key")
    return shared.access.secrets.create(said, after.seconds, asking)


def _old_secret(said: Json, asked: Json, shared: ServerState, asking: Caller) -> Json:
    try:
        wanted = OldSecretRequest.model_validate(asked.get("client_secret") or {})
    except ValidationError as error:
        raise faults.explain(error.errors()) from None
    secret = _secret(said, wanted.expires_after, shared, asking)
    return {"client_secret": {"value": secret.value, "expires_at": secret.expires_at}}

"""Where OpenAI's published types are narrower than what OpenAI's server sends and its clients rely on."""

from __future__ import annotations

from typing import NamedTuple

SESSIONS = (
    "RealtimeSessionCreateRequestGA",
    "RealtimeSessionCreateResponseGA",
    "RealtimeTranscriptionSessionCreateRequestGA",
    "RealtimeTranscriptionSessionCreateResponseGA",
    "RealtimeSessionCreateResponse",
    "RealtimeTranscriptionSessionCreateResponse",
)
RESPONSE = ("RealtimeResponse",)
USERS = ("RealtimeConversationItemMessageUser",)


class Null(NamedTuple):
    """A field of the published schema that may also be null."""

    schemas: tuple[str, ...]
    field: str
    reason: str


class Extra(NamedTuple):
    """A field that the types of the package do not declare."""

    place: str  # the beginning of "POST /chat/completions" or "WS /realtime"
    field: str  # the end of its path
    reason: str


class Other(NamedTuple):
    """A fault that is none."""

    place: str  # as above
    fault: str  # a part of its sentence
    reason: str


OFF = "the schema's own example shows null where it is off"
NULLS = (
    Null(SESSIONS, "audio.input.transcription", OFF),
    Null(SESSIONS, "audio.input.noise_reduction", OFF),
    Null(SESSIONS, "audio.input.turn_detection", OFF),
    Null(SESSIONS, "input_audio_transcription", OFF),
    Null(SESSIONS, "turn_detection", "null is how a client asks for it to be off"),
    Null(SESSIONS, "tracing", OFF),
    Null(SESSIONS, "prompt", OFF),
    Null(RESPONSE, "status_details", "the schema's own example of response.created shows null"),
    Null(RESPONSE, "usage", "the schema's own example of response.created shows null"),
    Null(RESPONSE, "conversation_id", "its description: null where a response is out of band"),
    Null(USERS, "content.transcript", "@openai/agents needs the key, before the words are known too"),
)
EXTRAS = (
    Extra("POST /audio/transcriptions", "task", "the schema's own example shows it, as Whisper's answers do"),
    Extra("POST /audio/translations", "task", "Whisper's answers have it"),
    *(
        Extra("WS /realtime", f"session.{name}", "the schema's session object, and its example, have it")
        for name in ("id", "object", "expires_at")
    ),
    Extra(
        "POST /chat/completions",
        "delta.audio",
        "OpenAI streams sound in it, and the SDK's users read it there",
    ),
    Extra("POST /responses", "name", "the schema requires it of function_call_arguments.done"),
    Extra("GET /responses/{}", "name", "the schema requires it of function_call_arguments.done"),
)
OTHERS = (
    Other(
        "GET /audio/voices",
        "no JSON answer",
        "OpenAI tells its voices in words; a client of ours has to learn them from somewhere",
    ),
    Other(
        "GET /chat/completions/{}/messages",
        ".role: 'user'",
        "the schema's own example lists the user's messages, which its type forbids",
    ),
    Other(
        "DELETE /responses/{}",
        "no JSON answer",
        "OpenAI tells what was deleted, though its schema shows no body",
    ),
    *(
        Other(place, fault, "where the schema is absent nobody tells: the package has no type for it")
        for place, fault in (
            ("GET /chat/completions/{}/messages", "no JSON answer"),
            ("POST /responses/input_tokens", "no JSON answer"),
            ("POST /realtime/sessions", "no JSON answer"),
            ("POST /realtime/transcription_sessions", "no JSON answer"),
            ("POST /audio/speech", "streams nothing"),
        )
    ),
)

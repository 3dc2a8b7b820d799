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
)
EXTRAS = (
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
        "GET /chat/completions/{}/messages",
        ".role: 'user'",
        "the schema's own example lists the user's messages, which its type forbids",
    ),
    Other(
        "DELETE /responses/{}",
        "no JSON answer",
        "OpenAI tells what was deleted, though its schema shows no body",
    ),
)

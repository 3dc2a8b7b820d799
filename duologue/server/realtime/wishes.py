"""What a session's fields mean to the engine."""

from __future__ import annotations

import json
from dataclasses import replace

from duologue.engine import ReplyOptions, Tool, TurnPolicy
from duologue.server.realtime.fields import (
    FunctionChoice,
    FunctionTool,
    RealtimeSession,
    ResponseWish,
    SemanticVad,
    ServerVad,
    Session,
    TranscriptionSession,
)

MANUAL = TurnPolicy("manual")


def policy(session: Session) -> TurnPolicy:
    """The network's own turn taking, unless the client asks for another: so does OpenAI's `auto`."""
    detection = session.audio.input.turn_detection
    converses = not isinstance(session, TranscriptionSession)
    match detection:
        case None:
            return MANUAL
        case ServerVad():
            return TurnPolicy(
                "server_vad",
                threshold=detection.threshold,
                silence_ms=detection.silence_duration_ms,
                answers=converses and detection.create_response,
                yields=detection.interrupt_response,
            )
        case SemanticVad():
            return TurnPolicy(
                "own" if detection.eagerness == "auto" else "semantic_vad",
                eagerness=detection.eagerness,
                answers=converses and detection.create_response,
                yields=detection.interrupt_response,
            )


def interrupts(session: Session) -> bool:
    detection = session.audio.input.turn_detection
    return detection is not None and detection.interrupt_response


def prefix_ms(session: Session) -> int:
    detection = session.audio.input.turn_detection
    return detection.prefix_padding_ms if isinstance(detection, ServerVad) else 300


def idle_timeout_ms(session: Session) -> int | None:
    detection = session.audio.input.turn_detection
    return detection.idle_timeout_ms if isinstance(detection, ServerVad) else None


def tools(given: list[FunctionTool]) -> tuple[Tool, ...]:
    return tuple(Tool(each.name, each.description or "", json.dumps(each.parameters or {})) for each in given)


def options(session: RealtimeSession, wish: ResponseWish, voice: str, defaults: ReplyOptions) -> ReplyOptions:
    """How a reply is to be; `defaults` are the server's settings."""
    choice = session.tool_choice if wish.tool_choice is None else wish.tool_choice
    most = session.max_output_tokens if wish.max_output_tokens is None else wish.max_output_tokens
    modalities = wish.output_modalities or session.output_modalities
    return replace(
        defaults,
        voice=voice,
        sound=modalities == ["audio"],
        max_tokens=defaults.max_tokens if most == "inf" else min(most, defaults.max_tokens),
        tools=tools(session.tools if wish.tools is None else wish.tools),
        choice=choice.name if isinstance(choice, FunctionChoice) else choice,
    )

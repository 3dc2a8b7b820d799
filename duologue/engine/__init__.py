"""Who listens, who speaks, and when."""

from duologue.backends.contract import Piece, ReplyOptions, ToolCall
from duologue.engine.engine import Engine
from duologue.engine.events import (
    Ducked,
    Event,
    Heard,
    ReplyDone,
    ReplyStarted,
    Said,
    SpeechStarted,
    SpeechStopped,
)
from duologue.engine.session import Session, SessionOptions
from duologue.engine.turns import TurnPolicy

__all__ = [
    "Ducked",
    "Engine",
    "Event",
    "Heard",
    "Piece",
    "ReplyDone",
    "ReplyOptions",
    "ReplyStarted",
    "Said",
    "Session",
    "SessionOptions",
    "SpeechStarted",
    "SpeechStopped",
    "ToolCall",
    "TurnPolicy",
]

"""Who listens, who speaks, and when."""

from duologue.backends.contract import (
    Call,
    Part,
    Picture,
    Piece,
    Pixels,
    ReplyOptions,
    Samples,
    Sound,
    Text,
    Token,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)
from duologue.engine.engine import Engine, Stats
from duologue.engine.events import (
    Ducked,
    Event,
    Heard,
    ReplyDone,
    ReplyStarted,
    Said,
    Shortened,
    SpeechStarted,
    SpeechStopped,
)
from duologue.engine.session import Session, SessionOptions
from duologue.engine.turns import TurnPolicy

__all__ = [
    "Call",
    "Ducked",
    "Engine",
    "Event",
    "Heard",
    "Part",
    "Picture",
    "Piece",
    "Pixels",
    "ReplyDone",
    "ReplyOptions",
    "ReplyStarted",
    "Said",
    "Samples",
    "Session",
    "SessionOptions",
    "Shortened",
    "Sound",
    "SpeechStarted",
    "SpeechStopped",
    "Stats",
    "Text",
    "Token",
    "Tool",
    "ToolCall",
    "ToolResult",
    "TurnPolicy",
    "Usage",
]

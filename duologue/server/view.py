"""What of a long conversation the network still has in view: the newest turn, and as much before it as fits.

Reading what would have faded before the answer begins costs time and changes nothing for the better.
"""

from __future__ import annotations

from collections.abc import Sequence

from duologue.engine import Call, Engine, Part, Picture, Sound, Text, ToolResult
from duologue.errors import BadText
from duologue.sound import FRAME_SAMPLES

FOR_REPLY = 0.25  # of what is in view stays free, so that a reply does not push its own question out
MARKS = 2  # positions around a text
MOST_PATCHES = 256  # of a picture
PATCH_PIXELS = 16  # of a patch's side


class TooLong(BadText):
    code = "context_length_exceeded"


def in_view(
    engine: Engine, instructions: str, parts: Sequence[Part], may_drop: bool = True
) -> tuple[Part, ...]:
    """The newest parts. What came after the assistant's last word always stays. Raises TooLong.

    It counts long texts: call it in a thread.
    """
    room = round(engine.window * (1.0 - FOR_REPLY)) - engine.count(instructions)
    kept, is_newest_turn = 0, True
    for part in reversed(parts):
        is_newest_turn = is_newest_turn and not _is_own(part)
        room -= positions(engine, part)
        if room < 0 and not is_newest_turn:
            break
        kept += 1
    if kept < len(parts) and not may_drop:
        raise TooLong(
            f"this conversation is longer than the {engine.window} tokens that the model has in view; "
            "shorten it, or let the oldest fade with truncation=auto"
        )
    return tuple(parts[len(parts) - kept :])


def positions(engine: Engine, part: Part) -> int:
    """How much of the view a part takes; of pictures, an upper bound."""
    match part:
        case Text(text) | ToolResult(_, text):
            return engine.count(text) + MARKS
        case Call(call):
            return engine.count(call.name) + engine.count(call.arguments) + MARKS
        case Sound(samples):
            return -(-len(samples) // FRAME_SAMPLES)
        case Picture(pixels):
            height, width = pixels.shape[:2]
            patches: int = -(-height // PATCH_PIXELS) * -(-width // PATCH_PIXELS)
            return min(patches, MOST_PATCHES)
        case _:
            return 0


def _is_own(part: Part) -> bool:
    return isinstance(part, Call) or (isinstance(part, Text) and part.role == "assistant")

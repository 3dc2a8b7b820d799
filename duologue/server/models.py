"""Names: which model answers to which, which voice is whose, and `GET /v1/models`.

A program written for OpenAI asks for OpenAI's models and voices; the loaded network answers in their place,
and the reply names what was asked for.
"""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter

from duologue.engine import Engine
from duologue.errors import BadInput, NotFound
from duologue.server.state import Shared

router = APIRouter(prefix="/v1/models", tags=["Models"])

OWNER = "duologue"
CREATED = 1_763_769_600  # the wire wants a time; a network in a package has no better one
OPENAI_MODELS = re.compile(
    r"(ft:)?(gpt-|chatgpt-|o[1-9](-|$)|whisper-|tts-|dall-e-|omni-moderation|computer-use|codex-)[\w.:-]*"
)
# Each of OpenAI's voices, and which of omni-nano's is nearest; of other networks the one at the same place.
OPENAI_VOICES = {
    "alloy": "slt",
    "ash": "rms",
    "ballad": "kal",
    "coral": "slt",
    "echo": "kal",
    "fable": "kathleen",
    "nova": "slt",
    "onyx": "rms",
    "sage": "kathleen",
    "shimmer": "kathleen",
    "verse": "rms",
    "marin": "slt",
    "cedar": "rms",
}
_PLACES = ("slt", "rms", "kal", "kathleen")


class UnknownModel(NotFound):
    code = "model_not_found"


def model_of(name: str | None, own: str) -> str:
    """The name for the reply: the one asked for, else the network's own. Raises UnknownModel."""
    if name is None or name == own:
        return own
    if OPENAI_MODELS.fullmatch(name):
        return name
    raise UnknownModel(
        f"the model {name[:80]!r} is not here; ask for {own!r}, or by OpenAI's names such as 'gpt-realtime'",
        "model",
    )


def voice_of(name: str | None, engine: Engine) -> str:
    """The network's voice of this name, its own or OpenAI's; without a name its first. Raises BadInput."""
    voices = engine.voices
    if name is None:
        return voices[0]
    if name in voices:
        return name
    nearest = OPENAI_VOICES.get(name)
    if nearest is None:
        choices = ", ".join([*voices, *OPENAI_VOICES])
        raise BadInput(f"there is no voice {name[:80]!r}; choose one of {choices}", "voice")
    return nearest if nearest in voices else voices[_PLACES.index(nearest) % len(voices)]


def shown(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": OWNER}


@router.get("", summary="The models that are loaded here")
async def models(shared: Shared) -> dict[str, Any]:
    return {"object": "list", "data": [shown(shared.settings.model_name)]}


@router.get("/{name}", summary="One model, by its own name or by OpenAI's")
async def model(name: str, shared: Shared) -> dict[str, Any]:
    return shown(model_of(name, shared.settings.model_name))

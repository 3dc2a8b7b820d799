"""From a request of Chat Completions to the questions the network is asked, one for each choice."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace

from duologue.engine import Call, Part, ReplyOptions, Text, ToolCall, ToolResult
from duologue.errors import BadInput, BadText, NotFound
from duologue.server.asking import Question
from duologue.server.chat_fields import CreateCompletion, Message, ResponseFormat
from duologue.server.fields import choose, schema_text, tools_of, voice_name
from duologue.server.kept import Shelf
from duologue.server.materials import Materials
from duologue.server.models import voice_of
from duologue.sound import FRAME_SAMPLES, SAMPLE_RATE

SPOKEN = Shelf("spoken")  # what was said in audio, for later requests that name it by its id
ANY_OBJECT = '{"type":"object"}'
_SEEDS = 2**63


async def questions(body: CreateCompletion, materials: Materials) -> list[Question]:
    """Raises BadInput, NotFound, or as what was sent along cannot be read."""
    instructions, parts = await _conversation(body.messages, materials)
    reply = _reply(body, materials)
    question = Question(
        parts=tuple(parts),
        instructions=instructions,
        voice=reply.voice,
        reply=reply,
        stop=tuple(body.stop or ()),
    )
    seed = first_seed(body.seed)
    return [replace(question, seed=(seed + number) % _SEEDS) for number in range(body.n or 1)]


def first_seed(wanted: int | None) -> int:
    """Without a wish, any: with a temperature, asking again is to give another answer."""
    return secrets.randbelow(_SEEDS) if wanted is None else wanted % _SEEDS


def most_tokens(wanted: int | None, materials: Materials) -> int:
    most = max(1, round(materials.shared.settings.max_reply_s * SAMPLE_RATE / FRAME_SAMPLES))
    return most if wanted is None else min(wanted, most)


def _reply(body: CreateCompletion, materials: Materials) -> ReplyOptions:
    settings = materials.shared.settings
    tools, choice = choose(tools_of([tool.function for tool in body.tools or []]), body.tool_choice)
    voice = _voice(voice_name(body.audio.voice), materials) if body.audio else None
    return ReplyOptions(
        sound=body.wants_audio,
        voice=voice,
        max_tokens=most_tokens(body.max_completion_tokens or body.max_tokens, materials),
        temperature=settings.temperature if body.temperature is None else body.temperature,
        top_p=1.0 if body.top_p is None else body.top_p,
        sound_temperature=settings.sound_temperature,
        tools=tools,
        choice=choice,
        schema=_schema(body.response_format),
        logprobs=(body.top_logprobs or 0) if body.logprobs else None,
    )


def _voice(name: str | None, materials: Materials) -> str:
    try:
        return voice_of(name, materials.shared.engine)
    except BadInput as error:
        error.param = "audio.voice"
        raise


def _schema(wanted: ResponseFormat | None) -> str | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return ANY_OBJECT
    if wanted.json_schema is None:
        raise BadInput(
            "a response_format of type json_schema needs json_schema", "response_format.json_schema"
        )
    if wanted.json_schema.json_schema is None:
        return ANY_OBJECT
    return schema_text(wanted.json_schema.json_schema, "response_format.json_schema.schema")


async def _conversation(messages: list[Message], materials: Materials) -> tuple[str, list[Part]]:
    """The instructions that stand before everything else, and the rest in order."""
    instructions: list[str] = []
    parts: list[Part] = []
    for number, message in enumerate(messages):
        found = await _parts(message, f"messages[{number}]", materials)
        if message.role in ("system", "developer") and not parts:
            instructions += [part.text for part in found if isinstance(part, Text)]
        else:
            parts += found
    if not parts:
        raise BadText("the messages hold nothing to answer; write something", "messages")
    return "\n".join(instructions), parts


async def _parts(message: Message, param: str, materials: Materials) -> list[Part]:
    content = [part.shown(f"{param}.content[{number}]") for number, part in enumerate(message.content)]
    if message.role == "user":
        return await materials.parts(content)
    written = materials.written(content)
    match message.role:
        case "assistant":
            return await _said(message, written, materials)
        case "tool":
            if message.tool_call_id is None:
                raise BadInput("a tool message names the call it answers", f"{param}.tool_call_id")
            return [ToolResult(message.tool_call_id, written or "{}")]
        case _:
            return [Text(written, "system")] if written else []


async def _said(message: Message, written: str, materials: Materials) -> list[Part]:
    if message.audio is not None:
        written = await _said_aloud(message.audio.id, materials)
    written = written or message.refusal or ""
    calls = [
        ToolCall(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or []
    ]
    said: list[Part] = [Text(written, "assistant")] if written else []
    return [*said, *(Call(call) for call in calls)]


async def _said_aloud(id: str, materials: Materials) -> str:
    """The words of an earlier answer's sound. Raises NotFound."""
    record = await materials.shared.kept.get(materials.caller.id, SPOKEN, id)
    if record["expires_at"] <= time.time():
        raise NotFound("what was said aloud can be named for an hour only; send its text instead")
    transcript: str = record["transcript"]
    return transcript

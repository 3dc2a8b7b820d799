"""From the input of a response to what the network is asked: items as they are stored, and their parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from duologue.engine import Call, Part, ReplyOptions, Text, ToolCall, ToolResult
from duologue.errors import BadInput, BadText
from duologue.server import faults
from duologue.server.asking import Question
from duologue.server.chat_fields import InputAudio
from duologue.server.chat_prompt import ANY_OBJECT, first_seed, most_tokens
from duologue.server.fields import Json, Name, Wanted, Wire, choose, schema_text, tools_of
from duologue.server.ids import new_id
from duologue.server.materials import Materials, Shown
from duologue.server.response_fields import Asked, CreateResponse, Format


class ContentPart(Wire):
    type: Literal["input_text", "input_image", "input_file", "input_audio", "output_text", "refusal"]
    text: str | None = None
    refusal: str | None = None
    image_url: str | None = None
    file_id: str | None = None
    file_data: str | None = None
    file_url: str | None = None
    filename: str | None = None
    detail: Literal["auto", "low", "high", "original"] | None = None
    input_audio: InputAudio | None = None

    def shown(self, param: str) -> Shown:
        """Raises BadInput when what the type promises is missing."""
        if self.type in ("input_text", "output_text", "refusal"):
            return Shown("text", self.text or self.refusal or "", f"{param}.text")
        if self.type == "input_audio" and self.input_audio is not None:
            return Shown("recording", self.input_audio.data, f"{param}.input_audio.data")
        if self.file_id is not None:
            return Shown("uploaded", self.file_id, f"{param}.file_id")
        if self.type == "input_image" and self.image_url is not None:
            return Shown("image", self.image_url, f"{param}.image_url")
        if self.type == "input_file" and self.file_data is not None:
            return Shown("file", self.file_data, f"{param}.file_data", self.filename or "")
        if self.file_url is not None:
            raise BadInput("no file is fetched from the web; send file_data or file_id", f"{param}.file_url")
        raise BadInput(f"a part of type {self.type} comes without its content; see /docs", param)


def _as_parts(content: object) -> object:
    return [{"type": "input_text", "text": content}] if isinstance(content, str) else content


Content = Annotated[list[ContentPart], BeforeValidator(_as_parts)]


class Message(Wire):
    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "system", "developer"]
    content: Content


class FunctionCall(Wire):
    type: Literal["function_call"]
    call_id: str
    name: Name
    arguments: str


class FunctionCallOutput(Wire):
    type: Literal["function_call_output"]
    call_id: str
    output: Content


class Drawn(Wire):
    type: Literal["image_generation_call"]
    result: str | None = None


class Thought(Wire):
    """What another model reasoned: nothing to this one."""

    type: Literal["reasoning"]


class Reference(Wire):
    type: Literal["item_reference"]
    id: str


def _with_type(item: object) -> object:
    if isinstance(item, dict) and not item.get("type"):
        return {**item, "type": "message" if "role" in item else "item_reference"}
    return item


Item = Message | FunctionCall | FunctionCallOutput | Drawn | Thought | Reference
_ITEM: TypeAdapter[Item] = TypeAdapter(
    Annotated[Annotated[Item, Field(discriminator="type")], BeforeValidator(_with_type)]
)
_ID_OF = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fco",
    "image_generation_call": "ig",
    "reasoning": "rs",
}


def items_of(asked: Asked) -> list[Item]:
    """The input as checked items. Raises BadInput for the first wrong one."""
    if asked.input is None:
        return []
    if isinstance(asked.input, str):
        return [Message(role="user", content=asked.input)]  # type: ignore[arg-type]  # made parts by its validator
    return [item_of(item, f"input[{number}]") for number, item in enumerate(asked.input)]


def item_of(item: Json, param: str) -> Item:
    try:
        return _ITEM.validate_python(item)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "union_tag_invalid":
            kinds = ", ".join((*_ID_OF, "item_reference"))
            raise BadInput(f"this type of item is not taken here; the types are {kinds}", param) from None
        loc = [param, *(part for part in first["loc"] if part not in _ID_OF and part != "item_reference")]
        raise faults.explain([{**first, "loc": loc}]) from None


def stored(item: Item) -> Json:
    """An item as `input_items` lists it, under a new id: a caller's could be any text, and twice the same."""
    told = item.model_dump(exclude_none=True)
    told["id"] = new_id(_ID_OF[item.type])
    if isinstance(item, Message):
        told["content"] = [_stored_part(part, item.role) for part in item.content]
    if isinstance(item, FunctionCallOutput):
        is_text = len(item.output) == 1 and item.output[0].type == "input_text"
        told["output"] = item.output[0].text or "" if is_text else told["output"]
    return told | {"status": "completed"}


def _stored_part(part: ContentPart, role: str) -> Json:
    if role == "assistant" and part.type in ("input_text", "output_text"):
        return {"type": "output_text", "text": part.text or "", "annotations": [], "logprobs": []}
    told = part.model_dump(exclude_none=True)
    if part.type == "input_image":
        told |= {"detail": part.detail or "auto"}
    return told


async def question(asked: Asked, items: list[Item], materials: Materials) -> Question:
    """Everything said so far as one question; `items` hold no references any more. Raises as they do."""
    instructions = [materials.words(asked.instructions, "instructions")] if asked.instructions else []
    parts: list[Part] = []
    for number, item in enumerate(items):
        found = await _parts(item, f"input[{number}]", materials)
        if isinstance(item, Message) and item.role in ("system", "developer") and not parts:
            instructions += [part.text for part in found if isinstance(part, Text)]
        else:
            parts += found
    if not parts:
        raise BadText("the input holds nothing to answer; write something", "input")
    return Question(
        parts=tuple(parts),
        instructions="\n".join(instructions),
        reply=_reply(asked, materials),
        seed=first_seed(None),
        may_drop=asked.truncation != "disabled",
    )


def _reply(asked: Asked, materials: Materials) -> ReplyOptions:
    settings = materials.shared.settings
    tools = tools_of(asked.functions)
    draws = _draws(asked)
    tools, choice = ((), "none") if draws else choose(tools, _wanted(asked, bool(tools)))
    options = ReplyOptions(
        sound=False,
        draw=draws,
        max_tokens=most_tokens(None, materials),
        temperature=settings.temperature,
        tools=tools,
        choice=choice,
        schema=_schema(asked.text.format if asked.text else None),
    )
    return _with_wishes(options, asked, materials) if isinstance(asked, CreateResponse) else options


def _with_wishes(options: ReplyOptions, asked: CreateResponse, materials: Materials) -> ReplyOptions:
    return replace(
        options,
        max_tokens=most_tokens(asked.max_output_tokens, materials),
        temperature=options.temperature if asked.temperature is None else asked.temperature,
        top_p=1.0 if asked.top_p is None else asked.top_p,
        logprobs=(asked.top_logprobs or 0) if asked.wants_logprobs else None,
    )


def _draws(asked: Asked) -> bool:
    """Whether nothing but a drawing was asked for; else the network decides by the words."""
    if isinstance(asked.tool_choice, Wanted) and asked.tool_choice.type == "image_generation":
        if asked.drawing is None:
            raise BadInput("tool_choice names a tool that is not among the tools; add it", "tool_choice")
        return True
    return asked.tool_choice == "required" and asked.drawing is not None and not asked.functions


def _wanted(asked: Asked, has_functions: bool) -> Any:
    return asked.tool_choice if has_functions or asked.drawing is None else None


def _schema(wanted: Format | None) -> str | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return ANY_OBJECT
    if wanted.json_schema is None:
        raise BadInput("a format of type json_schema needs a schema", "text.format.schema")
    return schema_text(wanted.json_schema, "text.format.schema")


async def _parts(item: Item, param: str, materials: Materials) -> list[Part]:
    match item:
        case Message(role="user"):
            return await materials.parts(_shown(item.content, f"{param}.content"))
        case Message():
            written = materials.written(_shown(item.content, f"{param}.content"))
            return [Text(written, "assistant" if item.role == "assistant" else "system")] if written else []
        case FunctionCall():
            return [Call(ToolCall(item.call_id, item.name, item.arguments))]
        case FunctionCallOutput():
            parts = await materials.parts(_shown(item.output, f"{param}.output"))
            told = "\n".join(part.text for part in parts if isinstance(part, Text))
            shown = [part for part in parts if not isinstance(part, Text)]
            return [ToolResult(item.call_id, told or "{}"), *shown]
        case Drawn():
            drawn = Shown("file", item.result or "", f"{param}.result", "drawn.png")
            return [await materials.part(drawn)] if item.result else []
        case _:
            return []


def _shown(content: list[ContentPart], param: str) -> list[Shown]:
    return [part.shown(f"{param}[{number}]") for number, part in enumerate(content)]

"""What the requests of Chat Completions and Responses have in common: tools, schemas, metadata."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from duologue.engine import Tool
from duologue.errors import BadInput

MOST_TOOLS = 128
MOST_SCHEMA_CHARS = 100_000


def _is_json(value: dict[str, Any]) -> dict[str, Any]:
    """Python reads more than JSON has: NaN, and halves of characters. Neither could be told again."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        raise ValueError("it holds bytes that are no characters; send it as UTF-8") from None
    except ValueError:
        raise ValueError("NaN and Infinity are no JSON; leave them out") from None
    return value


Item = dict[str, Any]  # JSON that is checked by other means
Json = Annotated[dict[str, Any], AfterValidator(_is_json)]  # whatever JSON a caller may write there
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]], Field(max_length=16)
]
Choice = Literal["none", "auto", "required"]


class NotSupported(BadInput):
    code = "unsupported_value"


class Wire(BaseModel):
    """A part of a request. Fields that OpenAI adds later to such parts do no harm."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, protected_namespaces=())


class Request(BaseModel):
    """A whole request: a field that is unknown is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, protected_namespaces=())


class Voice(Wire):
    id: str


def voice_name(voice: str | Voice | None) -> str | None:
    return voice.id if isinstance(voice, Voice) else voice


class Function(Wire):
    """A function that the assistant may call."""

    name: Name
    description: str | None = None
    parameters: Json | None = None
    strict: bool | None = None  # arguments always follow their schema here


class Wanted(Wire):
    """A choice of tools, in either dialect: {"type": "function", "name": ...} or with "function" inside."""

    class Named(Wire):
        name: Name

    class Allowed(Wire):
        mode: Literal["auto", "required"]
        tools: list[Json] = Field(min_length=1, max_length=MOST_TOOLS)

    type: Literal["function", "allowed_tools", "image_generation"]
    name: Name | None = None
    function: Named | None = None
    mode: Literal["auto", "required"] | None = None
    tools: list[Json] | None = None
    allowed_tools: Allowed | None = None


def schema_text(schema: Json, param: str) -> str:
    """A JSON schema as text. Raises BadInput when it is too long."""
    written = json.dumps(schema, ensure_ascii=False)
    if len(written) > MOST_SCHEMA_CHARS:
        raise BadInput(
            f"the schema has {len(written):,} characters; send at most {MOST_SCHEMA_CHARS:,}", param
        )
    return written


def tools_of(functions: Sequence[Function]) -> tuple[Tool, ...]:
    """Raises BadInput when two have one name."""
    tools: list[Tool] = []
    for number, function in enumerate(functions):
        param = f"tools[{number}].function"
        if any(tool.name == function.name for tool in tools):
            raise BadInput(f"there are two tools named {function.name!r}; give each its own name", param)
        parameters = schema_text(function.parameters or {"type": "object"}, f"{param}.parameters")
        tools.append(Tool(function.name, function.description or "", parameters))
    return tuple(tools)


def choose(tools: tuple[Tool, ...], wanted: Choice | Wanted | None) -> tuple[tuple[Tool, ...], str]:
    """What may be called, and ReplyOptions.choice. Raises BadInput for the name of no tool."""
    if wanted is None or isinstance(wanted, str):
        if wanted == "required" and not tools:
            raise BadInput("tool_choice is 'required' but there are no tools; give some", "tool_choice")
        return tools, "none" if not tools else wanted or "auto"
    if wanted.type == "allowed_tools":
        allowed = wanted.allowed_tools
        mode, named = (
            (allowed.mode, allowed.tools) if allowed else (wanted.mode or "auto", wanted.tools or [])
        )
        names = [str((tool.get("function") or tool).get("name")) for tool in named]
        for name in names:
            _known(tools, name)
        return tuple(tool for tool in tools if tool.name in names), mode
    wish = wanted.function.name if wanted.function else wanted.name
    return tools, _known(tools, wish or "")


def _known(tools: tuple[Tool, ...], name: str) -> str:
    if not any(tool.name == name for tool in tools):
        raise BadInput(
            "tool_choice names a function that is not among the tools; add it there", "tool_choice"
        )
    return name

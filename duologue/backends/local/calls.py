"""Tools as the network was taught them: how they are told to it, and how it writes a call."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from duologue.backends.contract import Instructions, Tool, ToolCall
from duologue.errors import BadInput, BadText


def told(instructions: Instructions) -> str:
    """The instructions as the network reads them. Raises BadInput."""
    line = tools_line(instructions.tools)
    return " ".join(part for part in (instructions.text, line) if part)


def tools_line(tools: Iterable[Tool]) -> str:
    """The functions by their signatures: "tools: get_weather(city) set_timer(minutes)". Raises BadInput."""
    signatures = [f"{tool.name}({', '.join(_properties(tool))})" for tool in tools]
    return "tools: " + " ".join(signatures) if signatures else ""


def _properties(tool: Tool) -> list[str]:
    return list(schema_of(tool).get("properties") or {})


def schema_of(tool: Tool) -> dict[str, Any]:
    """The schema of a tool's arguments: always an object. Raises BadInput."""
    try:
        schema = json.loads(tool.parameters)
    except ValueError:
        schema = None
    if not isinstance(schema, dict) or not isinstance(schema.get("properties", {}), dict):
        raise BadInput(
            f"the parameters of the tool {tool.name!r} are no JSON schema of an object; "
            'send {"type": "object", "properties": {...}}'
        )
    return {"type": "object"} | schema


def call_text(call: ToolCall) -> str:
    """What the assistant writes after <call>. Raises BadText."""
    try:
        arguments = json.loads(call.arguments or "{}")
    except ValueError:
        raise BadText(f"the arguments of the call of {call.name!r} are no JSON; send an object") from None
    return json.dumps({"name": call.name, "arguments": arguments}, ensure_ascii=False, separators=(",", ":"))


def tool_call(text: str, number: int) -> ToolCall | None:
    """What a tool call says: {"name": ..., "arguments": {...}}; None if it is not that."""
    try:
        said = json.loads(text)
        name, arguments = said["name"], said.get("arguments", {})
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return ToolCall(f"call_{number}", str(name), json.dumps(arguments, ensure_ascii=False))

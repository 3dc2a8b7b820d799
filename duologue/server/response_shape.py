"""A response as the wire has it before anything was said: what was asked for, echoed."""

from __future__ import annotations

from typing import Any

from duologue.server.asking import Question
from duologue.server.fields import Wanted
from duologue.server.response_fields import CreateResponse, Format, ToolOffered

Json = dict[str, Any]


def response_of(body: CreateResponse, id: str, model: str, now: int, asked: Question) -> Json:
    told: Json = {
        "id": id,
        "object": "response",
        "created_at": now,
        "completed_at": None,
        "status": "in_progress",
        "background": bool(body.background),
        "error": None,
        "incomplete_details": None,
        "instructions": body.instructions,
        "max_output_tokens": body.max_output_tokens,
        "max_tool_calls": body.max_tool_calls,
        "model": model,
        "output": [],
        "parallel_tool_calls": body.parallel_tool_calls is not False,
        "previous_response_id": body.previous_response_id,
        "reasoning": {"effort": None, "summary": None},
        "service_tier": "default",
        "temperature": asked.reply.temperature,
        "text": {"format": _format(body.text.format if body.text else None)},
        "tool_choice": _choice(body),
        "tools": [_tool(tool) for tool in body.tools or []],
        "top_p": asked.reply.top_p,
        "top_logprobs": body.top_logprobs or 0,
        "truncation": body.truncation or "auto",
        "metadata": body.metadata or {},
    }
    if body.conversation_id is not None:
        told["conversation"] = {"id": body.conversation_id}
    labels = ("user", "safety_identifier", "prompt_cache_key")
    return told | {name: value for name in labels if (value := getattr(body, name)) is not None}


def _format(wanted: Format | None) -> Json:
    if wanted is None or wanted.type != "json_schema":
        return {"type": wanted.type if wanted else "text"}
    told = {"type": "json_schema", "name": wanted.name or "answer", "schema": wanted.json_schema or {}}
    described = {} if wanted.description is None else {"description": wanted.description}
    return told | {"strict": wanted.strict is not False} | described


def _choice(body: CreateResponse) -> str | Json:
    if isinstance(body.tool_choice, Wanted):
        return body.tool_choice.model_dump(exclude_none=True)
    return body.tool_choice or "auto"


def _tool(tool: ToolOffered) -> Json:
    if tool.type == "image_generation":
        told = {"type": "image_generation", "output_format": tool.output_format, "size": tool.size or "auto"}
        return told | ({} if tool.background is None else {"background": tool.background})
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
        "strict": tool.strict is not False,
    }

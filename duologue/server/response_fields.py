"""The request of Responses, checked. docs/chat.md lists what becomes of each field."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from duologue.errors import BadInput
from duologue.server.fields import (
    MOST_TOOLS,
    Choice,
    Function,
    Item,
    Json,
    Metadata,
    Name,
    NotSupported,
    Request,
    Wanted,
    Wire,
)
from duologue.server.image_fields import size_of

MOST_ITEMS = 2048


class ToolOffered(Function):
    """A function, or the network's own drawing."""

    type: Literal["function", "image_generation"]
    name: Name | None = None  # type: ignore[assignment]  # an image generation has none
    output_format: Literal["png", "webp", "jpeg"] = "png"
    size: str | None = None
    background: Literal["transparent", "opaque", "auto"] | None = None


class Format(Wire):
    type: Literal["text", "json_object", "json_schema"]
    name: Name | None = None
    description: str | None = None
    json_schema: Json | None = Field(default=None, alias="schema")
    strict: bool | None = None


class Written(Wire):
    format: Format | None = None
    verbosity: Literal["low", "medium", "high"] | None = None  # the network has one


class Reasoning(Wire):
    effort: str | None = None  # the network answers at once
    summary: str | None = None


class StreamOptions(Wire):
    include_obfuscation: bool | None = None


Included = Literal[
    "code_interpreter_call.outputs",
    "computer_call_output.output.image_url",
    "file_search_call.results",
    "message.input_image.image_url",
    "message.output_text.logprobs",
    "reasoning.encrypted_content",
    "web_search_call.action.sources",
    "web_search_call.results",
]


class ConversationNamed(Wire):
    id: str


class Asked(Request):
    """What a response and the count of its tokens have in common."""

    model: str | None = None
    input: str | list[Item] | None = None
    instructions: str | None = None
    previous_response_id: str | None = None
    conversation: str | ConversationNamed | None = None
    tools: list[ToolOffered] | None = Field(default=None, max_length=MOST_TOOLS)
    tool_choice: Choice | Wanted | None = None
    text: Written | None = None
    truncation: Literal["auto", "disabled"] | None = None
    parallel_tool_calls: bool | None = None
    reasoning: Reasoning | None = None

    def check(self) -> None:
        """Raises BadInput, and NotSupported for what this server cannot do."""
        if self.conversation is not None and self.previous_response_id is not None:
            raise BadInput("previous_response_id and conversation exclude each other", "conversation")
        if isinstance(self.input, list) and len(self.input) > MOST_ITEMS:
            raise BadInput(f"input has {len(self.input)} items; send at most {MOST_ITEMS}", "input")
        for number, tool in enumerate(self.tools or []):
            if tool.type == "function" and not tool.name:
                raise BadInput("a function has a name", f"tools[{number}].name")
            size_of(tool.size, f"tools[{number}].size")
            if tool.background == "transparent":
                raise NotSupported(
                    "drawings have no transparent background; ask for opaque", f"tools[{number}].background"
                )

    @property
    def conversation_id(self) -> str | None:
        return self.conversation.id if isinstance(self.conversation, ConversationNamed) else self.conversation

    @property
    def functions(self) -> list[ToolOffered]:
        return [tool for tool in self.tools or [] if tool.type == "function"]

    @property
    def drawing(self) -> ToolOffered | None:
        return next((tool for tool in self.tools or [] if tool.type == "image_generation"), None)


class CreateResponse(Asked):
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    store: bool | None = None
    background: bool | None = None
    metadata: Metadata | None = None
    max_output_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    include: list[Included] | None = None

    # Taken, and without effect here.
    max_tool_calls: int | None = Field(default=None, ge=1)
    service_tier: str | None = None
    user: str | None = None
    safety_identifier: str | None = Field(default=None, max_length=64)
    prompt_cache_key: str | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    prompt_cache_options: Json | None = None

    # Taken when they ask for nothing.
    prompt: Json | None = None
    context_management: list[Any] | None = None
    moderation: Json | None = None

    @property
    def is_stored(self) -> bool:
        return self.store is not False

    @property
    def wants_logprobs(self) -> bool:
        return "message.output_text.logprobs" in (self.include or [])

    def check(self) -> None:
        super().check()
        if self.background and not self.is_stored:
            raise BadInput("a response in the background is stored; leave store out", "store")
        if self.stream_options is not None and not self.stream:
            raise BadInput("stream_options is only for stream=true", "stream_options")
        for name in ("prompt", "context_management", "moderation"):
            if getattr(self, name):
                raise NotSupported(f"{name} is not supported by this server; leave it out", name)

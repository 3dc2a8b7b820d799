"""The request of Chat Completions, checked. docs/chat.md lists what becomes of each field."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from duologue.errors import BadInput
from duologue.server.fields import (
    MOST_TOOLS,
    Choice,
    Function,
    Json,
    Metadata,
    Name,
    NotSupported,
    Request,
    Voice,
    Wanted,
    Wire,
)
from duologue.server.materials import Shown

MOST_CHOICES = 8
MOST_STOPS = 4
MOST_MESSAGES = 2048


class ImageUrl(Wire):
    url: str
    detail: Literal["auto", "low", "high"] = "auto"  # the network sees every image in the same detail


class InputAudio(Wire):
    data: str
    format: Literal["wav", "mp3"]


class File(Wire):
    filename: str | None = None
    file_data: str | None = None
    file_id: str | None = None

    def shown(self, param: str) -> Shown | None:
        if self.file_id is not None:
            return Shown("uploaded", self.file_id, f"{param}.file_id")
        if self.file_data is not None:
            return Shown("file", self.file_data, f"{param}.file_data", self.filename or "")
        return None


class ContentPart(Wire):
    type: Literal["text", "image_url", "input_audio", "file", "refusal"]
    text: str | None = None
    image_url: ImageUrl | None = None
    input_audio: InputAudio | None = None
    file: File | None = None
    refusal: str | None = None

    def shown(self, param: str) -> Shown:
        """Raises BadInput when what the type promises is missing."""
        found: Shown | None = None
        match self.type:
            case "text" if self.text is not None:
                found = Shown("text", self.text, f"{param}.text")
            case "refusal" if self.refusal is not None:
                found = Shown("text", self.refusal, f"{param}.refusal")
            case "image_url" if self.image_url is not None:
                found = Shown("image", self.image_url.url, f"{param}.image_url.url")
            case "input_audio" if self.input_audio is not None:
                found = Shown("recording", self.input_audio.data, f"{param}.input_audio.data")
            case "file" if self.file is not None:
                found = self.file.shown(f"{param}.file")
        if found is None:
            raise BadInput(f"a part of type {self.type} needs its {self.type}", f"{param}.{self.type}")
        return found


def _as_parts(content: object) -> object:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content or []


class AudioReference(Wire):
    id: str


class CalledFunction(Wire):
    name: Name
    arguments: str


class ToolCalled(Wire):
    id: str
    type: Literal["function"] = "function"
    function: CalledFunction


class Message(Wire):
    role: Literal["developer", "system", "user", "assistant", "tool"]
    content: Annotated[list[ContentPart], BeforeValidator(_as_parts)] = Field(default_factory=list)
    refusal: str | None = None
    audio: AudioReference | None = None
    tool_calls: list[ToolCalled] | None = None
    tool_call_id: str | None = None


class AudioWanted(Wire):
    voice: str | Voice
    format: Literal["wav", "aac", "mp3", "flac", "opus", "pcm16"]


class ToolOffered(Wire):
    type: Literal["function"]
    function: Function


class JsonSchema(Wire):
    name: Name
    description: str | None = None
    json_schema: Json | None = Field(default=None, alias="schema")
    strict: bool | None = None


class ResponseFormat(Wire):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(Wire):
    include_usage: bool | None = None
    include_obfuscation: bool | None = None


def _as_list(stop: object) -> object:
    return [stop] if isinstance(stop, str) else stop


class CreateCompletion(Request):
    messages: list[Message] = Field(min_length=1, max_length=MOST_MESSAGES)
    model: str
    modalities: list[Literal["text", "audio"]] | None = Field(default=None, min_length=1)
    audio: AudioWanted | None = None
    tools: list[ToolOffered] | None = Field(default=None, max_length=MOST_TOOLS)
    tool_choice: Choice | Wanted | None = None
    response_format: ResponseFormat | None = None
    n: int | None = Field(default=None, ge=1, le=MOST_CHOICES)
    stop: Annotated[list[Annotated[str, Field(min_length=1)]] | None, BeforeValidator(_as_list)] = Field(
        default=None, max_length=MOST_STOPS
    )
    seed: int | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    logprobs: bool | None = None
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    store: bool | None = None
    metadata: Metadata | None = None

    # Taken, and without effect here.
    parallel_tool_calls: bool | None = None
    service_tier: str | None = None
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    prompt_cache_options: Json | None = None
    reasoning_effort: str | None = None
    verbosity: str | None = None
    prediction: Json | None = None

    # Taken when they ask for nothing.
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2)
    logit_bias: dict[str, float] | None = None
    web_search_options: Json | None = None
    moderation: Json | None = None
    functions: list[Json] | None = None
    function_call: str | Json | None = None

    @property
    def wants_audio(self) -> bool:
        return "audio" in (self.modalities or [])

    def check(self) -> None:
        """What the fields mean together. Raises BadInput, and NotSupported for what this server cannot do."""
        self._refuse()
        if self.wants_audio and self.audio is None:
            raise BadInput("modalities asks for audio; say audio.voice and audio.format too", "audio")
        if self.audio is not None and not self.wants_audio:
            raise BadInput("audio is set, but modalities does not name 'audio'; add it", "audio")
        if self.wants_audio and self.audio and self.stream and self.audio.format != "pcm16":
            raise NotSupported(
                f"'audio.format' does not support {self.audio.format!r} when stream=true; "
                "supported values are: 'pcm16'",
                "audio.format",
            )
        if self.wants_audio and self.response_format and self.response_format.type != "text":
            raise NotSupported(
                "an answer in JSON is written; leave 'audio' out of modalities", "response_format"
            )
        if self.top_logprobs is not None and not self.logprobs:
            raise BadInput("top_logprobs needs logprobs=true", "top_logprobs")
        if self.stream_options is not None and not self.stream:
            raise BadInput("stream_options is only for stream=true", "stream_options")

    def _refuse(self) -> None:
        if self.functions or self.function_call:
            raise NotSupported(
                "functions and function_call are of old; send tools and tool_choice", "functions"
            )
        for name in ("presence_penalty", "frequency_penalty", "logit_bias"):
            if getattr(self, name):
                raise NotSupported(f"{name} is not supported by this model; leave it out", name)
        if self.web_search_options is not None:
            raise NotSupported(
                "this server searches no web; leave web_search_options out", "web_search_options"
            )
        if self.moderation is not None:
            raise NotSupported("this server has no moderation model; leave moderation out", "moderation")

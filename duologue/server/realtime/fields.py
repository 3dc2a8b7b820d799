"""The session object of OpenAI's Realtime API (GA): what may be in it, its defaults, and PATCH.

Knows nothing of the engine; `wishes.py` translates.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from duologue.server.realtime.refused import Refused

Json = dict[str, Any]  # as it is on the wire

MOST_TOOLS = 128
_MERGED = ("audio", "input", "output")  # objects that a PATCH merges; all others it replaces
_NULLABLE = ("turn_detection", "transcription", "noise_reduction", "tracing", "prompt")  # null means off
_READ_ONLY = ("id", "object", "expires_at", "client_secret")  # a client may send back what it was told


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Pcm(_Fields):
    type: Literal["audio/pcm"] = "audio/pcm"
    rate: Literal[24000] = 24000


class Ulaw(_Fields):
    type: Literal["audio/pcmu"]


class Alaw(_Fields):
    type: Literal["audio/pcma"]


Format = Annotated[Pcm | Ulaw | Alaw, Field(discriminator="type")]


class NoiseReduction(_Fields):
    type: Literal["near_field", "far_field"]


class Transcription(_Fields):
    model: str | None = None
    language: str | None = None
    languages: list[str] | None = None
    keywords: list[str] | None = None
    prompt: str | None = None
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None


class ServerVad(_Fields):
    type: Literal["server_vad"]
    threshold: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    prefix_padding_ms: Annotated[int, Field(ge=0, le=5000)] = 300
    silence_duration_ms: Annotated[int, Field(ge=0, le=10_000)] = 500
    create_response: bool = True
    interrupt_response: bool = True
    idle_timeout_ms: Annotated[int, Field(ge=5000, le=30_000)] | None = None


class SemanticVad(_Fields):
    type: Literal["semantic_vad"]
    eagerness: Literal["low", "medium", "high", "auto"] = "auto"
    create_response: bool = True
    interrupt_response: bool = True


TurnDetection = Annotated[ServerVad | SemanticVad, Field(discriminator="type")]


class Input(_Fields):
    format: Format = Pcm()
    transcription: Transcription | None = None
    noise_reduction: NoiseReduction | None = None
    turn_detection: TurnDetection | None = SemanticVad(type="semantic_vad")

    @field_validator("turn_detection", mode="before")
    @classmethod
    def _off(cls, value: object) -> object:
        return None if value is False else value  # as Pipecat writes it


class VoiceId(_Fields):
    id: str


class Output(_Fields):
    format: Format = Pcm()
    voice: str | VoiceId | None = None
    speed: Annotated[float, Field(ge=0.25, le=1.5)] = 1.0

    @property
    def voice_name(self) -> str | None:
        return self.voice.id if isinstance(self.voice, VoiceId) else self.voice


class Audio(_Fields):
    input: Input = Input()
    output: Output = Output()


class FunctionTool(BaseModel):
    """Clients send more than OpenAI's object here, `strict` for one; what is not known is left away."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: Literal["function"]
    name: str = Field(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9_.-]+$")
    description: str | None = None
    parameters: Json | None = None

    @field_validator("type", mode="before")
    @classmethod
    def _functions_only(cls, value: object) -> object:
        if value == "mcp":
            raise ValueError("servers of tools (MCP) are not called from here; offer functions instead")
        return value


class FunctionChoice(_Fields):
    type: Literal["function"]
    name: str


class Reasoning(_Fields):
    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None


class Tracing(_Fields):
    workflow_name: str | None = None
    group_id: str | None = None
    metadata: Json | None = None


class TokenLimits(_Fields):
    post_instructions: Annotated[int, Field(ge=0)] | None = None


class Retention(_Fields):
    type: Literal["retention_ratio"]
    retention_ratio: float = Field(ge=0.0, le=1.0)
    token_limits: TokenLimits | None = None


ToolChoice = Literal["auto", "none", "required"] | FunctionChoice
MaxTokens = Annotated[int, Field(ge=1, le=4096)] | Literal["inf"]
Modality = Literal["text", "audio"]


def _one_modality(value: list[Modality]) -> list[Modality]:
    if len(value) != 1:
        raise ValueError('ask for ["audio"], whose transcript comes along, or for ["text"]')
    return value


def _no_prompt(value: object) -> None:
    if value is not None:
        raise ValueError("prompts are not stored here; send their words as instructions")


def _no_include(value: list[str]) -> list[str]:
    if value:
        raise ValueError("this network tells no probabilities of what it heard; leave `include` away")
    return value


def _distinct(value: list[FunctionTool]) -> list[FunctionTool]:
    names = [tool.name for tool in value]
    if len(set(names)) < len(names):
        raise ValueError("two tools have the same name; rename one")
    return value


class RealtimeSession(_Fields):
    """A session that converses."""

    type: Literal["realtime"] = "realtime"
    model: str
    output_modalities: list[Modality] = ["audio"]
    instructions: str = ""
    audio: Audio = Audio()
    include: list[str] = []
    tools: Annotated[list[FunctionTool], Field(max_length=MOST_TOOLS)] = []
    tool_choice: ToolChoice = "auto"
    parallel_tool_calls: bool = True
    tracing: Literal["auto"] | Tracing | None = None
    truncation: Literal["auto"] | Retention = "auto"
    prompt: object = None
    reasoning: Reasoning | None = None
    max_output_tokens: MaxTokens = "inf"

    _modalities = field_validator("output_modalities")(_one_modality)

    @field_validator("truncation", mode="before")
    @classmethod
    def _forgets(cls, value: object) -> object:
        if value == "disabled":
            raise ValueError("this network forgets the oldest when it has no room; ask for auto")
        return value

    _prompt = field_validator("prompt")(_no_prompt)
    _include = field_validator("include")(_no_include)
    _tools = field_validator("tools")(_distinct)


class TranscriptionInput(Input):
    turn_detection: TurnDetection | None = ServerVad(type="server_vad")


class TranscriptionAudio(_Fields):
    input: TranscriptionInput = TranscriptionInput()


class TranscriptionSession(_Fields):
    """A session that only transcribes."""

    type: Literal["transcription"]
    audio: TranscriptionAudio = TranscriptionAudio()
    include: list[str] = []

    _include = field_validator("include")(_no_include)


Session = RealtimeSession | TranscriptionSession


class ResponseOutput(_Fields):
    """`audio.output` of one response."""

    format: Format | None = None
    voice: str | VoiceId | None = None

    @property
    def voice_name(self) -> str | None:
        return self.voice.id if isinstance(self.voice, VoiceId) else self.voice


class ResponseAudio(_Fields):
    output: ResponseOutput = ResponseOutput()


class ResponseWish(_Fields):
    """`response` of `response.create`; what is None is as the session has it."""

    conversation: Literal["auto", "none"] = "auto"
    input: list[Json] | None = None
    metadata: dict[str, str] | None = None
    output_modalities: list[Modality] | None = None
    instructions: str | None = None
    audio: ResponseAudio = ResponseAudio()
    tools: Annotated[list[FunctionTool], Field(max_length=MOST_TOOLS)] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    reasoning: Reasoning | None = None
    prompt: object = None
    max_output_tokens: MaxTokens | None = None

    _prompt = field_validator("prompt")(_no_prompt)

    @field_validator("output_modalities")
    @classmethod
    def _modalities(cls, value: list[Modality] | None) -> list[Modality] | None:
        return value if value is None else _one_modality(value)

    @field_validator("tools")
    @classmethod
    def _tools(cls, value: list[FunctionTool] | None) -> list[FunctionTool] | None:
        return value if value is None else _distinct(value)


def patched(said: Json, patch: Json) -> Json:
    """What the client has said of its session, with a `session.update` over it."""
    merged = dict(said)
    for name, value in patch.items():
        if name in _READ_ONLY:
            continue
        if value is None and name not in _NULLABLE:
            merged.pop(name, None)  # as the default has it
        elif name in _MERGED and isinstance(value, dict):
            merged[name] = patched(merged.get(name, {}), value)
        else:
            merged[name] = value
    return merged


def session_of(said: Json) -> Session:
    """Check what a client said. Raises Refused."""
    kind: type[Session] = TranscriptionSession if said.get("type") == "transcription" else RealtimeSession
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        raise _refusal(error, "session") from None


def response_of(wish: Json | None) -> ResponseWish:
    """Raises Refused."""
    given = {name: value for name, value in (wish or {}).items() if value is not None}
    try:
        return ResponseWish.model_validate(given)
    except ValidationError as error:
        raise _refusal(error, "response") from None


def echo(session: Session) -> Json:
    """As `session.created` and `session.updated` show it. In `transcription` only what the client set:
    Pipecat cannot take more."""
    shown = session.model_dump()
    transcription = session.audio.input.transcription
    if transcription is not None:
        shown["audio"]["input"]["transcription"] = transcription.model_dump(exclude_unset=True)
    shown["tools"] = [tool.model_dump(exclude_none=True) for tool in getattr(session, "tools", [])]
    if isinstance(session, TranscriptionSession):
        del shown["tools"]
        return shown
    shown["audio"]["output"]["voice"] = session.audio.output.voice_name
    del shown["parallel_tool_calls"]  # OpenAI's session does not show it
    if session.reasoning is None:
        del shown["reasoning"]
    if isinstance(session.truncation, Retention):
        shown["truncation"] = session.truncation.model_dump(exclude_none=True)
    if not shown["include"]:
        del shown["include"]
    return shown


_CODES = {"missing": "missing_required_parameter", "extra_forbidden": "unknown_parameter"}


def _refusal(error: ValidationError, root: str) -> Refused:
    """Pydantic's first finding, in OpenAI's manner: the path of the field, and what it may be."""
    found = error.errors(include_url=False, include_input=False)
    first = next((each for each in found if each["type"] == "value_error"), found[0])
    param = root
    for part in first["loc"]:
        if isinstance(part, int):
            param += f"[{part}]"
        elif part in _NAMES or (first["type"] == "extra_forbidden" and part is first["loc"][-1]):
            param += f".{part}"
    code = _CODES.get(first["type"], "invalid_type" if first["type"].endswith("_type") else "invalid_value")
    if code == "unknown_parameter":
        return Refused(f"Unknown parameter: '{param}'.", code, param)
    if code == "missing_required_parameter":
        return Refused(f"Missing required parameter: '{param}'.", code, param)
    reason = first["msg"].removeprefix("Value error, ")
    return Refused(f"Invalid value for '{param}': {reason[:1].lower()}{reason[1:]}.", code, param)


def _names(*models: type[BaseModel]) -> frozenset[str]:
    return frozenset(name for model in models for name in model.model_fields)


_NAMES = _names(
    *(RealtimeSession, TranscriptionSession, ResponseWish, Audio, ResponseAudio, TranscriptionAudio),
    *(Input, Output, ResponseOutput, Transcription, NoiseReduction, ServerVad, SemanticVad, Pcm, VoiceId),
    *(FunctionTool, FunctionChoice, Reasoning, Tracing, Retention, TokenLimits),
)

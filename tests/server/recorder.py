"""Reads along with all that the server sends, and judges it: is it OpenAI's wire?

Every body by its route and status, every event of a stream, every frame of a WebSocket is held against the
types of the `openai` package, strictly, and against OpenAI's published schema where that is at hand. A fault
does not break the connection; it is in `problems`, and the fixture that made the recorder fails.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from openai.types import (
    ErrorObject,
    FileDeleted,
    FileObject,
    ImageEditStreamEvent,
    ImageGenStreamEvent,
    ImagesResponse,
    Model,
)
from openai.types.audio import (
    TranscriptionCreateResponse,
    TranscriptionStreamEvent,
    TranslationCreateResponse,
)
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionDeleted
from openai.types.conversations import Conversation, ConversationDeletedResource, ConversationItem
from openai.types.realtime import (
    ClientSecretCreateResponse,
    RealtimeServerEvent,
    RealtimeTranslationClientSecretCreateResponse,
    RealtimeTranslationServerEvent,
)
from openai.types.responses import Response, ResponseItem, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.server.gaps import EXTRAS, OTHERS
from tests.server.openapi import OpenApi, Schema, anonymous


def page_of(kind: Any) -> Any:
    """A list as the API gives it: {"object": "list", "data": [...]}."""
    return type("Page", (BaseModel,), {"__annotations__": {"object": str, "data": list[kind]}})


# Method and path -> what a good JSON body is. Names of parameters do not matter.
BODIES: dict[tuple[str, str], Any] = {
    ("GET", "/models"): page_of(Model),
    ("GET", "/models/{}"): Model,
    ("POST", "/chat/completions"): ChatCompletion,
    ("GET", "/chat/completions"): page_of(ChatCompletion),
    ("GET", "/chat/completions/{}"): ChatCompletion,
    ("POST", "/chat/completions/{}"): ChatCompletion,
    ("DELETE", "/chat/completions/{}"): ChatCompletionDeleted,
    ("POST", "/responses"): Response,
    ("GET", "/responses/{}"): Response,
    ("POST", "/responses/{}/cancel"): Response,
    ("GET", "/responses/{}/input_items"): page_of(ResponseItem),
    ("POST", "/conversations"): Conversation,
    ("GET", "/conversations/{}"): Conversation,
    ("POST", "/conversations/{}"): Conversation,
    ("DELETE", "/conversations/{}"): ConversationDeletedResource,
    ("POST", "/conversations/{}/items"): page_of(ConversationItem),
    ("GET", "/conversations/{}/items"): page_of(ConversationItem),
    ("GET", "/conversations/{}/items/{}"): ConversationItem,
    ("DELETE", "/conversations/{}/items/{}"): Conversation,
    ("POST", "/audio/transcriptions"): TranscriptionCreateResponse,
    ("POST", "/audio/translations"): TranslationCreateResponse,
    ("POST", "/images/generations"): ImagesResponse,
    ("POST", "/images/edits"): ImagesResponse,
    ("POST", "/images/variations"): ImagesResponse,
    ("POST", "/files"): FileObject,
    ("GET", "/files"): page_of(FileObject),
    ("GET", "/files/{}"): FileObject,
    ("DELETE", "/files/{}"): FileDeleted,
    ("POST", "/realtime/client_secrets"): ClientSecretCreateResponse,
    ("POST", "/realtime/translations/client_secrets"): RealtimeTranslationClientSecretCreateResponse,
}
STREAMS: dict[tuple[str, str], Any] = {
    ("POST", "/chat/completions"): ChatCompletionChunk,
    ("POST", "/responses"): ResponseStreamEvent,
    ("GET", "/responses/{}"): ResponseStreamEvent,
    ("POST", "/audio/transcriptions"): TranscriptionStreamEvent,
    ("POST", "/images/generations"): ImageGenStreamEvent,
    ("POST", "/images/edits"): ImageEditStreamEvent,
}
# Path of a WebSocket -> the package's union of events, and its name in the published schema.
SOCKETS: dict[str, tuple[Any, str]] = {
    "/realtime": (RealtimeServerEvent, "RealtimeServerEvent"),
    "/realtime/translations": (RealtimeTranslationServerEvent, "RealtimeTranslationServerEvent"),
    "/responses": (ResponseStreamEvent, "ResponseStreamEvent"),
}


@dataclass(slots=True)
class Recorder:
    published: OpenApi | None = None
    problems: list[str] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)  # of all WebSockets, in order
    streamed: list[dict[str, Any]] = field(default_factory=list)  # events of streamed answers, in order
    bodies: list[tuple[str, int, Any]] = field(default_factory=list)  # route, status, JSON

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """The same app, read along."""

        async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                return await app(scope, receive, send)
            reading = _Reading(self, scope)

            async def send_recorded(message: Message) -> None:
                reading.read(message)
                await send(message)

            return await app(scope, receive, send_recorded)

        return recorded

    def types(self) -> list[str]:
        """Of the frames of all WebSockets."""
        return [frame["type"] for frame in self.frames]

    def frame(self, path: str, text: str | bytes | None) -> None:
        """Judge one frame of a WebSocket or of a data channel, which speaks as "/v1/realtime"."""
        place = f"WS {anonymous(path)}"
        if not isinstance(text, str):
            return self._fault(place, "a binary frame; the wire has only text")
        event = json.loads(text)
        self.frames.append(event)
        if anonymous(path) not in SOCKETS:
            return self._fault(place, "OpenAI has no such WebSocket")
        kind, name = SOCKETS[anonymous(path)]
        self._judge(place, event, kind, self._named(name))
        return None

    def body(self, method: str, path: str, status: int, value: Any) -> None:
        where = (method, anonymous(path))
        self.bodies.append((f"{method} {path}", status, value))
        if status >= 400:
            named = self._named("ErrorResponse")
            kind: Any = type("Error", (BaseModel,), {"__annotations__": {"error": ErrorObject}})
            return self._judge(" ".join(where), value, kind, named)
        schema = self._answer(*where, status, "application/json")
        if where not in BODIES and schema is None:
            return self._fault(" ".join(where), f"OpenAI has no JSON answer {status} here")
        self._judge(" ".join(where), value, BODIES.get(where), schema)
        return None

    def event(self, method: str, path: str, value: Any) -> None:
        """Judge one event of a streamed answer."""
        where = (method, anonymous(path))
        self.streamed.append(value)
        if "error" in value and "type" not in value:
            return self.body(method, path, 500, value)
        schema = self._answer(*where, 200, "text/event-stream")
        if where not in STREAMS and schema is None:
            return self._fault(" ".join(where), "OpenAI streams nothing here")
        self._judge(" ".join(where), value, STREAMS.get(where), schema)
        return None

    def _named(self, name: str) -> Schema | None:
        return self.published.named(name) if self.published else None

    def _answer(self, method: str, path: str, status: int, content_type: str) -> Schema | None:
        return self.published.body(method, path, status, content_type) if self.published else None

    def _judge(self, place: str, value: Any, kind: Any, schema: Schema | None) -> None:
        if kind is not None:
            for fault in _against_package(place, kind, value):
                self._fault(place, f"{value.get('type', '')} against the package: {fault}")
        if schema is not None and self.published is not None:
            published = self.published.problem(schema, value)
            if published is not None:
                self._fault(place, f"{value.get('type', '')} against the schema: {published}")

    def _fault(self, place: str, fault: str) -> None:
        if not any(place.startswith(other.place) and other.fault in fault for other in OTHERS):
            self.problems.append(f"{place}: {fault}")


class _Reading:
    """One connection."""

    def __init__(self, recorder: Recorder, scope: Scope) -> None:
        self._recorder = recorder
        self._scope = scope
        self._status = 0
        self._type = ""
        self._content = b""

    def read(self, message: Message) -> None:
        kind = message["type"].removeprefix("websocket.")
        if kind == "http.response.start":
            self._status = message["status"]
            headers = {name.lower(): value for name, value in message.get("headers", [])}
            self._type = headers.get(b"content-type", b"").decode().partition(";")[0]
        elif kind == "http.response.body" and self._type in ("application/json", "text/event-stream"):
            self._content += message.get("body", b"")
            if self._type == "text/event-stream":
                self._events()
            elif not message.get("more_body"):
                self._whole()
        elif kind == "send":
            self._recorder.frame(self._scope["path"], message.get("text"))

    @property
    def _route(self) -> str:
        return str(getattr(self._scope.get("route"), "path", self._scope["path"]))

    def _whole(self) -> None:
        value = json.loads(self._content)
        if self._route.startswith("/v1/") or "error" in value:
            self._recorder.body(self._scope.get("method", "WS"), self._route, self._status, value)

    def _events(self) -> None:
        """Those that are complete: a blank line ends one."""
        *blocks, self._content = self._content.split(b"\n\n")
        for block in blocks:
            lines = [line.partition(b":") for line in block.splitlines()]
            content = b"\n".join(value.removeprefix(b" ") for name, _, value in lines if name == b"data")
            if content and content != b"[DONE]":
                self._recorder.event(self._scope["method"], self._route, json.loads(content))


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _against_package(place: str, kind: Any, value: Any) -> list[str]:
    branch = _branch(kind, value.get("type") if isinstance(value, dict) else None)
    if branch is None:
        return ["the package does not know this type"]
    if get_origin(branch) is Union:  # shapes without a name: it is the one that fits best
        return min((_against_package(place, choice, value) for choice in get_args(branch)), key=len)
    try:
        parsed = _adapter(branch).validate_python(value, strict=True)
    except ValidationError as error:
        return [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:3]]
    known = tuple(extra.field for extra in EXTRAS if place.startswith(extra.place))
    return [f"{path}: no field of OpenAI's" for path in _extras(parsed) if not path.endswith(known)]


def _branch(kind: Any, name: str | None) -> Any:
    """Of a union of events the one with this `type`; None when there is none."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) is not Union or name is None:
        return kind
    return _by_type(kind).get(name, None if all(_by_type(kind).values()) else kind)


@cache
def _by_type(union: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for choice in get_args(union):
        annotation = choice.model_fields["type"].annotation if "type" in choice.model_fields else None
        found |= dict.fromkeys(get_args(annotation), choice)
    return found


def _extras(value: Any, path: str = "") -> list[str]:
    """Fields that the package's models do not declare."""
    if isinstance(value, list):
        return [each for number, inner in enumerate(value) for each in _extras(inner, f"{path}[{number}]")]
    if not isinstance(value, BaseModel):
        return []
    found = [f"{path}.{name}".lstrip(".") for name in value.model_extra or ()]
    for name in type(value).model_fields:
        found += _extras(getattr(value, name), f"{path}.{name}".lstrip("."))
    return found

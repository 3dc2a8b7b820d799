"""What a conversation consists of: items as OpenAI's wire has them, and what the network is to know."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from duologue.engine import ToolCall
from duologue.errors import BadText
from duologue.server.ids import new_id
from duologue.server.realtime.fields import Json
from duologue.server.realtime.formats import from_base64
from duologue.server.realtime.orders import Called, Memory, Returned, Role, Shown, Spoken, Written
from duologue.server.realtime.refused import Refused
from duologue.sound import SAMPLE_RATE, Samples
from duologue.text import check

MOST_IMAGE_BYTES = 20 << 20
MOST_SOUND_KEPT = 300 * SAMPLE_RATE  # samples of all items; of older ones the transcript stays
MOST_IMAGES_KEPT = 64  # a client that shows video does so for hours
_DATA_URI = re.compile(r"data:image/(png|jpe?g|webp|gif);base64,")
_STILL = {"user": ("input_text", "input_audio", "input_image"), "system": ("input_text",)}
_OWN = ("output_text", "output_audio", "text", "audio")

Kind = Literal["message", "function_call", "function_call_output"]


@dataclass(slots=True, eq=False)
class Content:
    type: str
    text: str = ""
    transcript: str | None = None
    samples: Samples | None = None
    image: bytes | None = None
    image_type: str = ""
    detail: str | None = None

    def shown(self, encode: Callable[[Samples], bytes] | None) -> Json:
        """With `encode`, sound and image come along."""
        if self.type in ("input_text", "output_text"):
            return {"type": self.type, "text": self.text}
        if self.type == "input_image":
            told: Json = {"type": self.type, "detail": self.detail or "auto"}
            if encode and self.image is not None:
                told["image_url"] = f"data:image/{self.image_type};base64,{_base64(self.image)}"
            return told
        told = {"type": self.type, "transcript": self.transcript}
        if encode and self.samples is not None:
            told["audio"] = _base64(encode(self.samples))
        return told

    def memories(self, role: Role, item_id: str) -> Iterator[Memory]:
        words = self.text or self.transcript or ""
        if self.type == "input_audio" and self.samples is not None:
            yield Spoken(self.samples, item_id)
        elif self.type == "input_image":
            if self.image is not None:
                yield Shown(self.image)
        elif words.strip():
            yield Written(words, role)


@dataclass(slots=True, eq=False)
class Item:
    id: str
    type: Kind
    status: Literal["in_progress", "completed", "incomplete"] = "completed"
    role: Role | None = None
    content: list[Content] = field(default_factory=list)
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    output: str = ""

    def shown(self, encode: Callable[[Samples], bytes] | None = None) -> Json:
        told: Json = {"id": self.id, "object": "realtime.item", "type": self.type, "status": self.status}
        if self.type == "message":
            return told | {"role": self.role, "content": [part.shown(encode) for part in self.content]}
        if self.type == "function_call":
            return told | {"call_id": self.call_id, "name": self.name, "arguments": self.arguments}
        return told | {"call_id": self.call_id, "output": self.output}

    def memories(self) -> list[Memory]:
        """What the network is to know of it."""
        if self.type == "message":
            role = cast(Role, self.role)
            return [memory for part in self.content for memory in part.memories(role, self.id)]
        if self.type == "function_call":
            return [Called(ToolCall(self.call_id, self.name, self.arguments))]
        return [Returned(self.call_id, self.output)] if self.output.strip() else []

    @property
    def is_users(self) -> bool:
        return self.type == "message" and self.role == "user"


class Conversation:
    def __init__(self) -> None:
        self.id = new_id("conv")
        self.items: list[Item] = []

    @property
    def last_id(self) -> str | None:
        return self.items[-1].id if self.items else None

    def find(self, item_id: object) -> Item | None:
        return next((item for item in self.items if item.id == item_id), None)

    def put(self, item: Item, after: str | None = None) -> str | None:
        """At the end, or after an item ("root": before all). Returns the id of the item before it."""
        if after == "root":
            self.items.insert(0, item)
            return None
        if after is None:
            previous = self.last_id
            self.items.append(item)
        else:
            previous = after
            place = next(at for at, each in enumerate(self.items) if each.id == after)
            self.items.insert(place + 1, item)
        self._forget()
        return previous

    def before(self, item: Item) -> str | None:
        """The id of the item before this one; None too when this one was deleted."""
        place = next((at for at, each in enumerate(self.items) if each is item), 0)
        return self.items[place - 1].id if place else None

    def remove(self, item: Item) -> None:
        self.items.remove(item)

    def _forget(self) -> None:
        """Sounds and images grow large: only the newest are kept as they were."""
        sound, images = 0, 0
        for item in reversed(self.items):
            for part in item.content:
                sound += 0 if part.samples is None else len(part.samples)
                images += part.image is not None
                if sound > MOST_SOUND_KEPT:
                    part.samples = None
                if images > MOST_IMAGES_KEPT:
                    part.image = None


def parse(given: object, decode: Callable[[bytes], Samples], param: str = "item") -> Item:
    """An item that a client sends; `decode` knows the format of its sound. Raises Refused or BadText."""
    if not isinstance(given, dict):
        raise Refused(f"Missing required parameter: '{param}'.", "missing_required_parameter", param)
    item_id = given.get("id") or new_id("item")
    if not isinstance(item_id, str) or len(item_id) > 64:
        raise Refused(
            f"Invalid value for '{param}.id': send up to 64 characters.", "invalid_value", f"{param}.id"
        )
    kind = given.get("type", "message")
    if kind == "message":
        return _message(item_id, given, decode, param)
    if kind == "function_call":
        name, arguments = _text(given, "name", param), _text(given, "arguments", param)
        return Item(
            item_id, kind, call_id=str(given.get("call_id") or new_id("call")), name=name, arguments=arguments
        )
    if kind == "function_call_output":
        call_id, output = _text(given, "call_id", param), _text(given, "output", param)
        return Item(item_id, kind, call_id=call_id, output=_checked(output))
    known = "message, function_call or function_call_output"
    raise Refused(f"Invalid value for '{param}.type': send {known}.", "invalid_value", f"{param}.type")


def _message(item_id: str, given: Json, decode: Callable[[bytes], Samples], param: str) -> Item:
    role = given.get("role")
    if role not in ("user", "system", "assistant"):
        raise Refused(
            f"Invalid value for '{param}.role': send user, system or assistant.",
            "invalid_value",
            f"{param}.role",
        )
    content = given.get("content")
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        where = f"{param}.content"
        raise Refused(f"Invalid value for '{where}': send a list of parts.", "invalid_type", where)
    parts = [_content(role, part, decode, f"{param}.content[{at}]") for at, part in enumerate(content)]
    return Item(item_id, "message", role=role, content=parts)


def _content(role: Role, given: Json, decode: Callable[[bytes], Samples], param: str) -> Content:
    kind = given.get("type")
    allowed = _OWN if role == "assistant" else _STILL[role]
    if kind not in allowed:
        raise Refused(
            f"Invalid value for '{param}.type': a message of the {role} may hold {', '.join(allowed)}.",
            "invalid_value",
            f"{param}.type",
        )
    if kind in ("input_text", "output_text", "text"):
        return Content("output_text" if kind == "text" else kind, _checked(_text(given, "text", param)))
    if kind == "input_image":
        return _image(given, param)
    transcript = given.get("transcript")
    if transcript is not None and not isinstance(transcript, str):
        where = f"{param}.transcript"
        raise Refused(f"Invalid value for '{where}': send a string.", "invalid_type", where)
    if kind == "input_audio":
        return Content(
            kind, transcript=transcript, samples=decode(from_base64(given.get("audio"), f"{param}.audio"))
        )
    return Content("output_audio", transcript=_checked(transcript or ""))


def _image(given: Json, param: str) -> Content:
    url, where = given.get("image_url"), f"{param}.image_url"
    found = _DATA_URI.match(url) if isinstance(url, str) else None
    if found is None or not isinstance(url, str):
        raise Refused(
            f"Invalid value for '{where}': send the image itself, as data:image/png;base64,... "
            "(or jpeg, webp, gif); nothing is fetched from other places.",
            "invalid_value",
            where,
        )
    if len(url) > MOST_IMAGE_BYTES:
        raise Refused(
            f"'{where}' is over {MOST_IMAGE_BYTES >> 20} MiB; send a smaller image.", "invalid_value", where
        )
    try:
        image = base64.b64decode(url[found.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise Refused(f"Invalid value for '{where}': this is no base64.", "invalid_base64", where) from None
    detail = given.get("detail")
    if detail not in (None, "auto", "low", "high"):
        where = f"{param}.detail"
        raise Refused(f"Invalid value for '{where}': send auto, low or high.", "invalid_value", where)
    return Content("input_image", image=image, image_type=found.group(1), detail=detail)


def _text(given: Json, name: str, param: str) -> str:
    value: Any = given.get(name)
    where = f"{param}.{name}"
    if value is None:
        raise Refused(f"Missing required parameter: '{where}'.", "missing_required_parameter", where)
    if not isinstance(value, str):
        raise Refused(f"Invalid value for '{where}': send a string.", "invalid_type", where)
    return value


def _checked(text: str) -> str:
    """Raises BadText, but not for an empty one: it says nothing, and is remembered as nothing."""
    try:
        return check(text)
    except BadText:
        if not text.strip():
            return ""
        raise


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")

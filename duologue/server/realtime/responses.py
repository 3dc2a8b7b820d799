"""One response, from `response.created` to `response.done`: the strict order of its events.

It knows what was given out and after how much sound, so that its words can be cut to what was heard.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Literal

from duologue.engine import ReplyOptions, ToolCall, Usage
from duologue.server.ids import new_id
from duologue.server.realtime.fields import Json
from duologue.server.realtime.formats import Encoder
from duologue.server.realtime.items import Content, Conversation, Item
from duologue.server.realtime.outbox import Outbox
from duologue.server.stretch import Stretcher
from duologue.sound import Samples

Status = Literal["completed", "cancelled", "failed", "incomplete"]
Cause = Literal["turn_detected", "client_cancelled", "max_output_tokens", "content_filter"]


@dataclass(slots=True, eq=False)
class Response:
    outbox: Outbox
    conversation: Conversation | None  # None: out of band, no item is added anywhere
    encoder: Encoder
    player: Stretcher | None  # where the server plays the sound itself
    options: ReplyOptions
    voice: str  # as the client named it
    speed: float
    max_tokens: int | str
    metadata: Json | None = None
    is_live: bool = False
    id: str = field(default_factory=lambda: new_id("resp"))
    reply_id: int | None = None  # the engine's, once it has begun
    is_over: bool = False
    status: Status | Literal["in_progress"] = "in_progress"
    output: list[Item] = field(default_factory=list)
    said: str = ""
    given: int = 0  # samples of 16 kHz that the engine gave out
    remembered: int = 0  # ... of which the mind remembers so many
    marks: list[tuple[int, int]] = field(default_factory=list)  # after each piece: samples, characters
    usage: Usage = field(default_factory=Usage)
    is_apart: bool = False  # made by a session of its own
    _message: Item | None = None  # open
    _told: int = 0  # characters of `said` that are in messages before it

    @property
    def message(self) -> Item | None:
        """The item that its words are in, open or done."""
        return next((item for item in self.output if item.type == "message"), None)

    @property
    def kind(self) -> Literal["output_audio", "output_text"]:
        return "output_audio" if self.options.sound else "output_text"

    def begin(self) -> None:
        self._put("response.created", response=self.shown())

    def say(self, text: str, sound: Samples | None) -> None:
        """A little more. White space before the first word is left away."""
        text = text if self.said else text.lstrip()
        sound = sound if self.options.sound else None  # begun before the engine knew of another modality
        self.said += text
        self.given += 0 if sound is None else len(sound)
        self.remembered = self.given
        self.marks.append((self.given, len(self.said)))
        if text or sound is not None:
            message = self._open_message()
            if text:
                name = "output_audio_transcript" if self.options.sound else "output_text"
                self._put(f"response.{name}.delta", **self._at(message), content_index=0, delta=text)
            if sound is not None:
                self._sound(message, sound)

    def call(self, call: ToolCall) -> None:
        """A function is to be called; it is told whole."""
        self._close_message("completed", self.said)
        self._told = len(self.said)
        item = Item(new_id("item"), "function_call", "in_progress", call_id=call.id[:32], name=call.name)
        self._add(item)
        where = {**self._at(item), "call_id": item.call_id}
        item.arguments = call.arguments
        self._put("response.function_call_arguments.delta", **where, delta=call.arguments)
        self._put("response.function_call_arguments.done", **where, name=call.name, arguments=call.arguments)
        self._done(item, "completed")

    def end(self, status: Status, cause: Cause | None, error: Json | None, heard: str) -> None:
        """Once for every response. `heard` is what stays of its words."""
        assert not self.is_over, f"{self.id} ended twice"
        self.is_over, self.status = True, status
        if self._message is not None and status in ("completed", "incomplete"):
            self._last_sound(self._message)
        self._close_message("completed" if status == "completed" else "incomplete", heard)
        details: Json = {"type": status}
        if cause is not None:
            details["reason"] = cause
        if error is not None:
            details["error"] = error
        shown = self.shown() | {"status_details": None if status == "completed" else details}
        self._put("response.done", response=shown | {"usage": shown_usage(self.usage)})

    def words_until(self, samples: int) -> str:
        """What had been said when so much sound had been played."""
        if not self.options.sound:
            return self.said
        if samples <= 0:
            return ""
        for given, characters in self.marks:
            if given >= samples:
                return self.said[:characters]
        return self.said

    def shown(self) -> Json:
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": self.status,
            "status_details": None,
            "output": [item.shown() for item in self.output],
            "conversation_id": self.conversation.id if self.conversation else None,
            "output_modalities": ["audio" if self.options.sound else "text"],
            "max_output_tokens": self.max_tokens,
            "audio": {"output": {"format": shown_format(self.encoder.kind), "voice": self.voice}},
            "usage": None,
            "metadata": self.metadata,
        }

    # Items and parts

    def _open_message(self) -> Item:
        if self._message is None:
            first = Content(self.kind, transcript="" if self.options.sound else None)
            self._message = item = Item(new_id("item"), "message", "in_progress", role="assistant")
            self._add(item)
            item.content.append(first)
            self._put("response.content_part.added", **self._at(item), content_index=0, part=self._part(""))
        return self._message

    def _close_message(self, status: Literal["completed", "incomplete"], heard: str) -> None:
        item, self._message = self._message, None
        if item is None:
            return
        heard = heard[self._told :]
        where, content = {**self._at(item), "content_index": 0}, item.content[0]
        if self.options.sound:
            content.transcript = heard
            self._put("response.output_audio.done", **where)
            self._put("response.output_audio_transcript.done", **where, transcript=heard)
        else:
            content.text = heard
            self._put("response.output_text.done", **where, text=heard)
        self._put("response.content_part.done", **where, part=self._part(heard))
        self._done(item, status)

    def _add(self, item: Item) -> None:
        self.output.append(item)
        place = {"response_id": self.id, "output_index": len(self.output) - 1}
        self._put("response.output_item.added", **place, item=item.shown())
        if self.conversation is not None:
            previous = self.conversation.put(item)
            self._put("conversation.item.added", previous_item_id=previous, item=item.shown())

    def _done(self, item: Item, status: Literal["completed", "incomplete"]) -> None:
        item.status = status
        place = {"response_id": self.id, "output_index": self.output.index(item)}
        self._put("response.output_item.done", **place, item=item.shown())
        if self.conversation is not None:
            previous = self.conversation.before(item)
            self._put("conversation.item.done", previous_item_id=previous, item=item.shown())

    def _part(self, words: str) -> Json:
        return (
            {"type": "audio", "transcript": words} if self.options.sound else {"type": "text", "text": words}
        )

    def _at(self, item: Item) -> Json:
        return {"response_id": self.id, "item_id": item.id, "output_index": self.output.index(item)}

    # Sound

    def _sound(self, message: Item, sound: Samples) -> None:
        if self.player is not None:
            self.outbox.play(self.player.push(sound), self.id)
        else:
            self._audio_delta(message, self.encoder.push(sound), round(len(sound) / self.speed))

    def _last_sound(self, message: Item) -> None:
        if not self.given:
            return
        if self.player is not None:
            self.outbox.play(self.player.finish(), self.id)
        else:
            self._audio_delta(message, self.encoder.finish(), 0)

    def _audio_delta(self, message: Item, content: bytes, duration: int) -> None:
        if content:
            delta = base64.b64encode(content).decode("ascii")
            event = {"type": "response.output_audio.delta", **self._at(message), "content_index": 0}
            self.outbox.put(event | {"delta": delta}, self.id, duration)

    def _put(self, event_type: str, **fields: object) -> None:
        self.outbox.put({"type": event_type, **fields}, self.id)


def shown_format(kind: str) -> Json:
    return {"type": kind, "rate": 24000} if kind == "audio/pcm" else {"type": kind}


def shown_usage(usage: Usage) -> Json:
    tokens_in = usage.text_in + usage.audio_in + usage.image_in
    tokens_out = usage.text_out + usage.audio_out
    cached = {
        "text_tokens": usage.cached_text,
        "audio_tokens": usage.cached_audio,
        "image_tokens": usage.cached_image,
    }
    return {
        "total_tokens": tokens_in + tokens_out,
        "input_tokens": tokens_in,
        "output_tokens": tokens_out,
        "input_token_details": {
            "text_tokens": usage.text_in,
            "audio_tokens": usage.audio_in,
            "image_tokens": usage.image_in,
            "cached_tokens": sum(cached.values()),
            "cached_tokens_details": cached,
        },
        "output_token_details": {"text_tokens": usage.text_out, "audio_tokens": usage.audio_out},
    }

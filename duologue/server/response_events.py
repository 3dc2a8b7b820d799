"""One response while it is made: pieces of a reply in, the events of OpenAI's wire out. No I/O, no clock.

`response` is what a poll would tell at that moment. Every item that is begun ends exactly once.
"""

from __future__ import annotations

import base64
import copy
from dataclasses import dataclass, field
from typing import Any

from duologue.engine import Piece, Token, ToolCall, Usage
from duologue.errors import DuologueError
from duologue.server.asking import Finish
from duologue.server.ids import new_id

Json = dict[str, Any]

# What OpenAI's type allows as the reason of a failed response, nearest to ours.
FAILURES = {
    "rate_limit_exceeded": "rate_limit_exceeded",
    "too_many_sessions": "rate_limit_exceeded",
    "invalid_image": "invalid_image",
}


@dataclass(slots=True)
class Telling:
    """Ask for events in the order of what happens; each carries the next sequence number."""

    response: Json
    tells_logprobs: bool = False
    _sequence: int = 0
    _message: Json | None = None  # the item that words are added to
    _tokens: list[Token] = field(default_factory=list)

    def queued(self) -> list[Json]:
        self.response["status"] = "queued"
        return [self._whole("response.created"), self._whole("response.queued")]

    def begun(self) -> list[Json]:
        is_new = self.response["status"] != "queued"
        self.response["status"] = "in_progress"
        created = [self._whole("response.created")] if is_new else []
        return [*created, self._whole("response.in_progress")]

    def piece(self, piece: Piece, drawn: bytes = b"") -> list[Json]:
        """`drawn` is the file of the piece's image, if it has one."""
        events: list[Json] = []
        if piece.text:
            events += self._words(piece)
        if piece.image is not None:
            events += self._close() + self._picture(drawn)
        if piece.call is not None:
            events += self._close() + self._call(piece.call)
        return events

    def ended(self, finish: Finish, used: Usage, now: int) -> list[Json]:
        """All was said, or as much as was allowed."""
        events = self._open() if not self.response["output"] else []
        is_whole = finish != "length"
        events += self._close("completed" if is_whole else "incomplete")
        self.response["usage"] = usage(used)
        if is_whole:
            self.response |= {"status": "completed", "completed_at": now}
        else:
            self.response |= {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
        return [*events, self._whole("response.completed" if is_whole else "response.incomplete")]

    def failed(self, error: DuologueError) -> list[Json]:
        events = self._close("incomplete")
        code = FAILURES.get(
            error.code or "", "server_error" if error.http_status >= 500 else "invalid_prompt"
        )
        self.response |= {"status": "failed", "error": {"code": code, "message": error.message}}
        return [*events, self._whole("response.failed")]

    def cancelled(self) -> None:
        """OpenAI has no event for it: the stream ends, and a poll tells."""
        self._close("incomplete")
        self.response["status"] = "cancelled"

    # Items

    def _words(self, piece: Piece) -> list[Json]:
        opening = self._open() if self._message is None else []
        assert self._message is not None
        self._message["content"][0]["text"] += piece.text
        self._tokens += piece.tokens
        told = [_logprob(token, with_bytes=False) for token in piece.tokens] if self.tells_logprobs else []
        return [*opening, self._in_text("output_text.delta", delta=piece.text, logprobs=told)]

    def _open(self) -> list[Json]:
        self._message = {
            "id": new_id("msg"),
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }
        added = self._add(self._message)
        part: Json = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        self._message["content"].append(part)
        return [added, self._in_text("content_part.added", part=copy.deepcopy(part))]

    def _close(self, status: str = "completed") -> list[Json]:
        """End the message that is open, if one is."""
        if self._message is None:
            return []
        part = self._message["content"][0]
        if self.tells_logprobs:
            part["logprobs"] = [_logprob(token) for token in self._tokens]
        told = [_logprob(token, with_bytes=False) for token in self._tokens] if self.tells_logprobs else []
        events = [
            self._in_text("output_text.done", text=part["text"], logprobs=told),
            self._in_text("content_part.done", part=copy.deepcopy(part)),
            self._done(self._message, status),
        ]
        self._message, self._tokens = None, []
        return events

    def _call(self, call: ToolCall) -> list[Json]:
        item: Json = {
            "id": new_id("fc"),
            "type": "function_call",
            "status": "in_progress",
            "call_id": new_id("call"),
            "name": call.name,
            "arguments": "",
        }
        added = self._add(item)
        item["arguments"] = call.arguments
        return [
            added,
            self._in_item(item, "function_call_arguments.delta", delta=call.arguments),
            self._in_item(item, "function_call_arguments.done", name=call.name, arguments=call.arguments),
            self._done(item),
        ]

    def _picture(self, content: bytes) -> list[Json]:
        item: Json = {
            "id": new_id("ig"),
            "type": "image_generation_call",
            "status": "in_progress",
            "result": None,
        }
        added = self._add(item)
        steps = [
            self._in_item(item, f"image_generation_call.{step}")
            for step in ("in_progress", "generating", "completed")
        ]
        item["result"] = base64.b64encode(content).decode()
        return [added, *steps, self._done(item)]

    # Events

    def _add(self, item: Json) -> Json:
        self.response["output"].append(item)
        index = len(self.response["output"]) - 1
        return self._event("output_item.added", output_index=index, item=copy.deepcopy(item))

    def _done(self, item: Json, status: str = "completed") -> Json:
        item["status"] = status
        index = len(self.response["output"]) - 1
        return self._event("output_item.done", output_index=index, item=copy.deepcopy(item))

    def _in_text(self, type: str, **fields: Any) -> Json:
        assert self._message is not None
        return self._in_item(self._message, type, content_index=0, **fields)

    def _in_item(self, item: Json, type: str, **fields: Any) -> Json:
        index = len(self.response["output"]) - 1
        return self._event(type, item_id=item["id"], output_index=index, **fields)

    def _whole(self, type: str) -> Json:
        return self._event(type.removeprefix("response."), response=copy.deepcopy(self.response))

    def _event(self, type: str, **fields: Any) -> Json:
        event = {"type": f"response.{type}", "sequence_number": self._sequence, **fields}
        self._sequence += 1
        return event


def _logprob(token: Token, with_bytes: bool = True) -> Json:
    def one(text: str, logprob: float) -> Json:
        told: Json = {"token": text, "logprob": max(-9999.0, logprob)}
        return told | ({"bytes": list(text.encode())} if with_bytes else {})

    return one(token.text, token.logprob) | {"top_logprobs": [one(*each) for each in token.likeliest]}


def usage(used: Usage) -> Json:
    tokens_in, tokens_out = used.text_in + used.audio_in + used.image_in, used.text_out + used.audio_out
    cached = used.cached_text + used.cached_audio + used.cached_image
    return {
        "input_tokens": tokens_in,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": tokens_out,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens_in + tokens_out,
    }

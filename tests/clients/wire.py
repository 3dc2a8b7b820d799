"""What went over one realtime wire, checked for order and summed up.

The order is the strictest that a stock client needs (LiveKit's): response.created, output_item.added,
conversation.item.added, content_part.added, deltas, content_part.done, output_item.done, response.done.
"""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]

BYTES_PER_MS = 48  # 24 kHz, 16 bits
# What Pipecat's parser knows. Any other type may come over a wire only where its feature is in use.
EVERYWHERE = frozenset(
    {"error", "session.created", "session.updated", "rate_limits.updated"}
    | {f"input_audio_buffer.{what}" for what in ("committed", "cleared", "speech_started", "speech_stopped")}
    | {f"conversation.item.{what}" for what in ("added", "done", "truncated", "deleted", "retrieved")}
    | {f"conversation.item.input_audio_transcription.{what}" for what in ("delta", "completed", "failed")}
    | {f"response.{what}" for what in ("created", "done")}
    | {f"response.{part}.{what}" for part in ("output_item", "content_part") for what in ("added", "done")}
    | {
        f"response.{part}.{what}"
        for part in ("output_text", "output_audio_transcript", "output_audio", "function_call_arguments")
        for what in ("delta", "done")
    }
)
OVER_WEBRTC = frozenset(f"output_audio_buffer.{what}" for what in ("started", "stopped", "cleared"))


@dataclass(slots=True)
class Reply:
    id: str
    seen: list[str] = field(default_factory=list)  # types of its events, in order
    audio: bytes = b""
    transcript: str = ""
    text: str = ""
    told: str | None = None  # the words of the end; of a reply cut short, those that were heard
    calls: list[Event] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    status: str = ""  # empty: it has not ended
    reason: str | None = None
    stopped_ms: float | None = None  # if the user spoke over it: how long until it ended, in samples heard

    @property
    def seconds(self) -> float:
        return len(self.audio) / BYTES_PER_MS / 1000


@dataclass(slots=True)
class Talk:
    """Take every event of a wire in order; `replies` are in the order they began."""

    over_webrtc: bool = False
    replies: list[Reply] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    errors: list[Event] = field(default_factory=list)
    truncated: list[Event] = field(default_factory=list)
    retrieved: list[Event] = field(default_factory=list)
    types: Counter[str] = field(default_factory=Counter)
    sent_ms: float = 0.0  # sound of the user
    _ids: set[str] = field(default_factory=set)
    _items: list[str] = field(default_factory=list)
    _began_ms: float | None = None  # when the user's speech did that is not over
    _cut: tuple[Reply, float] | None = None  # the last that the user spoke over, and when it ended

    def send(self, event: Event) -> None:
        """Take every event of the client, too."""
        if event["type"] == "input_audio_buffer.append":
            self.sent_ms += len(base64.b64decode(event["audio"], validate=True)) / BYTES_PER_MS

    def take(self, event: Event) -> None:
        kind = event["type"]
        allowed = EVERYWHERE | OVER_WEBRTC if self.over_webrtc else EVERYWHERE
        assert kind in allowed, f"{kind} is not for every client"
        assert self.types or kind == "session.created", f"the first event is {kind}"
        assert event["event_id"] not in self._ids, f"two events have the id {event['event_id']}"
        self._ids.add(event["event_id"])
        self.types[kind] += 1
        if kind == "error":
            self.errors.append(event["error"])
        elif kind == "conversation.item.added":
            self._added(event)
        elif kind == "conversation.item.truncated":
            self.truncated.append(event)
        elif kind == "conversation.item.retrieved":
            self.retrieved.append(event["item"])
        elif kind == "conversation.item.input_audio_transcription.completed":
            self.heard.append(event["transcript"])
        elif kind == "input_audio_buffer.speech_started":
            self._began_ms = event["audio_start_ms"]
            if self._cut is not None and self._cut[0].stopped_ms is None:
                self._cut[0].stopped_ms = self._cut[1] - event["audio_start_ms"]
        elif kind == "input_audio_buffer.speech_stopped":
            self._began_ms = None
        elif kind.startswith("response."):
            self._of_reply(kind, event)

    def _added(self, event: Event) -> None:
        before = event.get("previous_item_id")
        assert before is None or before in self._items, (
            f"{event['item']['id']} follows {before}, nobody knows it"
        )
        assert event["item"]["id"] not in self._items, f"{event['item']['id']} is added twice"
        self._items.append(event["item"]["id"])
        for reply in self.replies:
            if event["item"]["id"] in reply.items:
                reply.seen.append("conversation.item.added")

    def _of_reply(self, kind: str, event: Event) -> None:
        if kind == "response.created":
            self.replies.append(Reply(event["response"]["id"]))
        name = event["response"]["id"] if "response" in event else event["response_id"]
        reply = next(each for each in self.replies if each.id == name)
        assert not reply.status, f"{kind} after the end of {reply.id}"
        reply.seen.append(kind)
        if kind == "response.output_item.added":
            reply.items.append(event["item"]["id"])
        elif kind == "response.output_audio.delta":
            reply.audio += base64.b64decode(event["delta"], validate=True)
        elif kind == "response.output_audio_transcript.delta":
            reply.transcript += event["delta"]
        elif kind == "response.output_text.delta":
            reply.text += event["delta"]
        elif kind in ("response.output_audio_transcript.done", "response.output_text.done"):
            reply.told = event.get("transcript", event.get("text"))
        elif kind == "response.function_call_arguments.done":
            reply.calls.append(event)
        elif kind == "response.done":
            self._done(reply, event["response"])

    def _done(self, reply: Reply, response: Event) -> None:
        details = response["status_details"] or {}
        reply.status, reply.reason = response["status"], details.get("reason")
        if reply.reason == "turn_detected":
            self._cut = (reply, self.sent_ms)
            if self._began_ms is not None:
                reply.stopped_ms = self.sent_ms - self._began_ms
        assert [item["id"] for item in response["output"]] == reply.items
        words = reply.transcript + reply.text
        assert words.startswith(reply.told or ""), f"{reply.told!r} is not the sum of its parts, {words!r}"
        assert reply.told in (None, words) or reply.status != "completed"
        seen = Counter(reply.seen)
        assert seen["response.output_item.added"] == seen["response.output_item.done"] == len(reply.items)
        assert seen["response.content_part.added"] == seen["response.content_part.done"]
        assert seen["conversation.item.added"] == len(reply.items)
        if seen["response.output_audio.delta"]:
            in_order(
                reply.seen,
                "response.created",
                "response.output_item.added",
                "conversation.item.added",
                "response.content_part.added",
                "response.output_audio_transcript.delta",
                "response.output_audio.done",
                "response.content_part.done",
                "response.output_item.done",
                "response.done",
            )

    @property
    def interrupted(self) -> list[Reply]:
        return [reply for reply in self.replies if reply.reason == "turn_detected"]

    @property
    def completed(self) -> list[Reply]:
        return [reply for reply in self.replies if reply.status == "completed"]


def in_order(seen: list[str], *kinds: str) -> None:
    """Each kind's first place is after that of the one before."""
    places = [seen.index(kind) for kind in kinds]
    assert places == sorted(places), f"{kinds} came as {[seen[place] for place in sorted(places)]}"

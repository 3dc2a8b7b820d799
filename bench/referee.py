"""Whether a server keeps the rules of a Realtime conversation: its events in order, judged one by one.

Pure, and knows only OpenAI's wire, so it judges any server, live or recorded. The order is the one that stock
clients rely on: response.created, output_item.added, conversation.item.added, content_part.added, deltas,
content_part.done, output_item.done, response.done; each beginning has one end, and nothing comes after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Event = Mapping[str, Any]

# What every stock client accepts; one more type ends the receive loop of some.
COMMON = frozenset(
    f"{family}{name}"
    for family, names in {
        "": ("error", "session.created", "session.updated", "rate_limits.updated"),
        "conversation.item.": ("added", "done", "truncated", "deleted", "retrieved"),
        "conversation.item.input_audio_transcription.": ("delta", "completed", "failed"),
        "input_audio_buffer.": ("speech_started", "speech_stopped", "committed", "cleared"),
        "response.": ("created", "done"),
        "response.output_item.": ("added", "done"),
        "response.content_part.": ("added", "done"),
        "response.output_text.": ("delta", "done"),
        "response.output_audio.": ("delta", "done"),
        "response.output_audio_transcript.": ("delta", "done"),
        "response.function_call_arguments.": ("delta", "done"),
    }.items()
    for name in names
)
CALLS = frozenset(f"output_audio_buffer.{name}" for name in ("started", "stopped", "cleared"))

# A stream: its name, and the field of its `.done` that must hold all of its deltas.
STREAMS: dict[str, str | None] = {
    "output_text": "text",
    "output_audio": None,
    "output_audio_transcript": "transcript",
}
ENDS = frozenset({"completed", "cancelled", "failed", "incomplete"})


@dataclass(slots=True)
class _Part:
    kind: str  # "audio" | "text"
    said: dict[str, str] = field(default_factory=dict)  # of each stream, its deltas
    ended: set[str] = field(default_factory=set)  # streams
    is_cut: bool = False  # a stream ended with other words than its deltas had
    is_open: bool = True


@dataclass(slots=True)
class _Item:
    id: str
    kind: str  # "message" | "function_call"
    parts: list[_Part] = field(default_factory=list)
    arguments: str = ""
    arguments_ended: bool = False
    is_added: bool = False  # to the conversation
    is_open: bool = True


@dataclass(slots=True)
class _Response:
    id: str
    in_conversation: bool
    items: list[_Item] = field(default_factory=list)
    is_open: bool = True


class Referee:
    """Show it every event with `see`; read `faults`. `strict` also minds types that clients do not know."""

    def __init__(self, strict: bool = False, also: frozenset[str] = frozenset()) -> None:
        self.faults: list[str] = []
        self.sent: set[str] = set()  # event ids of the client, if it tells; errors may name no others
        self.errors: list[Mapping[str, Any]] = []
        self.item_ids: set[str] = set()
        self.response_ids: set[str] = set()
        self._known = COMMON | also if strict else None
        self._event_ids: set[str] = set()
        self._responses: dict[str, _Response] = {}
        self._added: set[str] = set()  # items of the conversation
        self._done: set[str] = set()
        self._deleted: set[str] = set()
        self._heard: set[str] = set()  # items whose transcription is complete or failed
        self._speaking: str | None = None  # the item that is being spoken by the user
        self._judges: dict[str, Callable[[Event], None]] = {
            "error": self._error,
            "conversation.item.added": self._item_added,
            "conversation.item.done": self._item_done,
            "conversation.item.deleted": self._item_deleted,
            "conversation.item.input_audio_transcription.completed": self._transcribed,
            "conversation.item.input_audio_transcription.failed": self._transcribed,
            "input_audio_buffer.committed": self._turn_taken,
            "input_audio_buffer.cleared": self._turn_taken,
            "session.updated": self._turn_taken,
            "input_audio_buffer.speech_started": self._speech_started,
            "input_audio_buffer.speech_stopped": self._speech_stopped,
            "response.created": self._created,
            "response.done": self._response_done,
            "response.output_item.added": self._output_added,
            "response.output_item.done": self._output_done,
            "response.content_part.added": self._part_added,
            "response.content_part.done": self._part_done,
            "response.function_call_arguments.delta": self._arguments,
            "response.function_call_arguments.done": self._arguments_done,
        }
        for name in STREAMS:
            self._judges[f"response.{name}.delta"] = self._delta
            self._judges[f"response.{name}.done"] = self._stream_done

    def see(self, event: Event) -> None:
        kind = event.get("type")
        if not isinstance(kind, str):
            self._fault(f"an event without a type: {sorted(event)}")
            return
        if self._known is not None and kind not in self._known:
            self._fault(f"{kind} is not known to every client")
        self._event_id(kind, event.get("event_id"))
        judge = self._judges.get(kind)
        if judge is not None:
            judge(event)

    def finish(self) -> None:
        """The conversation is over, and was not cut off: everything that began must have ended."""
        for response in self.open_responses:
            self._fault(f"response {response} never ended")
        for item in self._added - self._done:
            self._fault(f"item {item} was added and never done")

    @property
    def open_responses(self) -> list[str]:
        return [one.id for one in self._responses.values() if one.is_open]

    @property
    def open_items(self) -> set[str]:
        """Of the conversation: added, and not done yet."""
        return self._added - self._done

    def _fault(self, sentence: str) -> None:
        self.faults.append(sentence)

    def _event_id(self, kind: str, event_id: object) -> None:
        if not isinstance(event_id, str) or not event_id:
            self._fault(f"{kind} has no event_id")
        elif event_id in self._event_ids:
            self._fault(f"event id {event_id} came twice")
        else:
            self._event_ids.add(event_id)

    def _error(self, event: Event) -> None:
        error = event.get("error")
        if not isinstance(error, Mapping) or not all(
            isinstance(error.get(key), str) and error[key] for key in ("type", "message")
        ):
            self._fault("an error without type and message")
            return
        self.errors.append(error)
        named = error.get("event_id")
        if named is not None and named not in self.sent:
            self._fault("an error names an event that was not sent")

    # The conversation's items

    def _item_added(self, event: Event) -> None:
        item = event["item"]["id"]
        if item in self._added:
            self._fault(f"item {item} was added twice")
        self._added.add(item)
        self.item_ids.add(item)
        for response in (one for one in self._responses.values() if one.is_open):
            for one in response.items:
                if one.id == item:
                    one.is_added = True
                    if not one.is_open or one.parts:
                        self._fault(f"item {item} was added to the conversation after its content")

    def _item_done(self, event: Event) -> None:
        item = event["item"]["id"]
        if item not in self._added and item not in self._deleted:
            self._fault(f"item {item} is done and was never added")
        if item in self._done:
            self._fault(f"item {item} was done twice")
        self._done.add(item)

    def _item_deleted(self, event: Event) -> None:
        """The client may use its id again; an item that was deleted while it was said still ends once."""
        for known in (self._added, self._done, self._heard):
            known.discard(event["item_id"])
        self._deleted.add(event["item_id"])

    def _transcribed(self, event: Event) -> None:
        item = event["item_id"]
        if item not in self._added:
            self._fault(f"item {item} is transcribed and was never added")
        if item in self._heard:
            self._fault(f"item {item} was transcribed twice")
        self._heard.add(item)

    def _speech_started(self, event: Event) -> None:
        if self._speaking is not None:
            self._fault("speech started twice")
        self._speaking = str(event["item_id"])

    def _turn_taken(self, event: Event) -> None:
        """The client itself ended the user's turn: committed it, cleared it, or turned detection off."""
        ended = event.get("item_id", self._speaking) == self._speaking
        detects = event["type"] == "session.updated" and _detection(event) is not None
        if ended and not detects:
            self._speaking = None

    def _speech_stopped(self, event: Event) -> None:
        if self._speaking is None:
            self._fault("speech stopped and had not started")
        elif self._speaking != event["item_id"]:
            self._fault("speech stopped under another item's id")
        self._speaking = None

    # Responses

    def _created(self, event: Event) -> None:
        response = event["response"]
        if response["id"] in self._responses:
            self._fault(f"response {response['id']} was created twice")
        in_conversation = response.get("conversation_id") is not None
        others = [one for one in self._responses.values() if one.is_open and one.in_conversation]
        if in_conversation and others:
            self._fault("two responses of the conversation are open at once")
        if response.get("status") != "in_progress":
            self._fault(f"response {response['id']} begins as {response.get('status')}")
        self.response_ids.add(response["id"])
        self._responses[response["id"]] = _Response(response["id"], in_conversation)

    def _open(self, event: Event) -> _Response | None:
        response = self._responses.get(event["response_id"])
        if response is None:
            self._fault(f"{event['type']} of a response that was not created")
        elif not response.is_open:
            self._fault(f"{event['type']} after response.done")
            return None
        return response

    def _response_done(self, event: Event) -> None:
        ended = event["response"]
        response = self._responses.get(ended["id"])
        if response is None or not response.is_open:
            self._fault(f"response.done of {ended['id']}, which is not open")
            return
        response.is_open = False
        if ended.get("status") not in ENDS:
            self._fault(f"response {response.id} ends as {ended.get('status')}")
        for item in response.items:
            if item.is_open:
                self._fault(f"item {item.id} is open when its response is done")
            if item.is_added and item.id not in self._done and item.id not in self._deleted:
                self._fault(f"item {item.id} is not done in the conversation when its response is")
        if [item.get("id") for item in ended.get("output", [])] != [item.id for item in response.items]:
            self._fault(f"response {response.id} does not name its items at its end")

    def _output_added(self, event: Event) -> None:
        response = self._open(event)
        if response is None:
            return
        item = event["item"]
        if item["id"] in self.item_ids:
            self._fault(f"item {item['id']} is not new")
        if event["output_index"] != len(response.items):
            self._fault(f"output_index {event['output_index']} of item number {len(response.items)}")
        self.item_ids.add(item["id"])
        response.items.append(_Item(item["id"], item["type"]))

    def _item(self, event: Event, item_id: str) -> _Item | None:
        """The open item that an event is about."""
        response = self._open(event)
        if response is None:
            return None
        found = next((item for item in response.items if item.id == item_id), None)
        if found is None or not found.is_open:
            self._fault(f"{event['type']} of item {item_id}, which is not open")
            return None
        if event["output_index"] != response.items.index(found):
            self._fault(f"{event['type']} with output_index {event['output_index']}")
        if response.in_conversation and not found.is_added:
            self._fault(f"{event['type']} before item {item_id} was added to the conversation")
        return found

    def _output_done(self, event: Event) -> None:
        item = self._item(event, event["item"]["id"])
        if item is None:
            return
        item.is_open = False
        if any(part.is_open for part in item.parts):
            self._fault(f"item {item.id} ends with an open part")
        if item.kind == "function_call" and not item.arguments_ended:
            self._fault(f"call {item.id} ends without its arguments")
        status = event["item"].get("status")
        if status not in ("completed", "incomplete"):
            self._fault(f"item {item.id} ends as {status}")
        if status == "completed" and any(part.is_cut for part in item.parts):
            self._fault(f"item {item.id} is complete, but its words are not the sum of its deltas")

    def _part_added(self, event: Event) -> None:
        item = self._item(event, event["item_id"])
        if item is None:
            return
        if event["content_index"] != len(item.parts):
            self._fault(f"content_index {event['content_index']} of part number {len(item.parts)}")
        item.parts.append(_Part(event["part"]["type"]))

    def _part(self, event: Event) -> _Part | None:
        item = self._item(event, event["item_id"])
        if item is None:
            return None
        index = event["content_index"]
        part = item.parts[index] if 0 <= index < len(item.parts) else None
        if part is None or not part.is_open:
            self._fault(f"{event['type']} of part {index}, which is not open")
            return None
        return part

    def _part_done(self, event: Event) -> None:
        part = self._part(event)
        if part is None:
            return
        part.is_open = False
        for stream in part.said.keys() - part.ended:
            self._fault(f"response.{stream} did not end before its part")

    def _delta(self, event: Event) -> None:
        stream = event["type"].split(".")[1]
        part = self._part(event)
        if part is None:
            return
        if stream in part.ended:
            self._fault(f"{event['type']} after its end")
        if (part.kind == "text") != (stream == "output_text"):
            self._fault(f"{event['type']} in a part of {part.kind}")
        part.said[stream] = part.said.get(stream, "") + ("" if stream == "output_audio" else event["delta"])

    def _stream_done(self, event: Event) -> None:
        stream = event["type"].split(".")[1]
        part = self._part(event)
        if part is None:
            return
        if stream in part.ended:
            self._fault(f"{event['type']} came twice")
        part.ended.add(stream)
        whole = STREAMS[stream]
        if whole is None:
            return
        said, ended = part.said.get(stream, ""), event[whole]
        part.is_cut = part.is_cut or said != ended
        # An interrupted item ends with what was heard of it, and its last deltas may have been held back.
        if not said.startswith(ended) and not ended.startswith(said):
            self._fault(f"{event['type']} has other words than its deltas")

    def _arguments(self, event: Event) -> None:
        item = self._item(event, event["item_id"])
        if item is not None:
            item.arguments += event["delta"]
            if item.arguments_ended:
                self._fault("arguments go on after their end")

    def _arguments_done(self, event: Event) -> None:
        item = self._item(event, event["item_id"])
        if item is None:
            return
        if item.arguments_ended:
            self._fault("arguments ended twice")
        item.arguments_ended = True
        if event["arguments"] != item.arguments:
            self._fault("arguments are not the sum of their deltas")


def _detection(event: Event) -> object:
    """`turn_detection` of the session that an event shows."""
    shown = event["session"].get("audio", {}).get("input", {})
    return shown.get("turn_detection")

"""OpenAI's Realtime API as a pure machine: client and engine events in, server events and orders out.

No I/O and no clock: time is the sound that was heard, and what the shell says has passed without any.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable

from duologue.engine import Event, Heard, ReplyDone, ReplyStarted, Said, SpeechStarted, SpeechStopped, Usage
from duologue.errors import DuologueError
from duologue.server.faults import told
from duologue.server.ids import new_id
from duologue.server.realtime import wishes
from duologue.server.realtime.answers import Answers
from duologue.server.realtime.ears import Ears
from duologue.server.realtime.fields import (
    Json,
    RealtimeSession,
    TranscriptionSession,
    echo,
    patched,
    session_of,
)
from duologue.server.realtime.formats import encode
from duologue.server.realtime.items import parse
from duologue.server.realtime.orders import Order
from duologue.server.realtime.outbox import Out
from duologue.server.realtime.refused import Refused
from duologue.server.realtime.shared import House, Shared
from duologue.server.realtime.transcripts import LONG_PATIENCE
from duologue.server.realtime.watch import Watch
from duologue.sound import SAMPLE_RATE, Samples

MOST_MESSAGE = 600  # characters of an error's sentence


class Protocol:
    """Give it events with `receive`, `happened`, `passed`; after each, take what is to be done and sent."""

    def __init__(self, house: House, said: Json, expires_at: int) -> None:
        """`said` is what is known of the session before its first event: model, type, an `ek_` secret's.

        Raises Refused, UnknownModel or BadInput.
        """
        self._id = new_id("sess")
        self._expires_at = expires_at
        said = {"type": "realtime"} | said
        if said["type"] == "realtime":
            said["model"] = house.model_of(said.get("model"))
        else:
            said.pop("model", None)
        self.shared = Shared(house, said, session_of(said))
        self._ears = Ears(self.shared)
        self._answers = Answers(self.shared, self._ears)
        self._watch = Watch()
        self._idle_since: int | None = None  # the assistant is silent, and so is the user
        self._handlers: dict[str, Callable[[Json], None]] = {
            "session.update": self._update,
            "input_audio_buffer.append": self._append,
            "input_audio_buffer.commit": lambda _: self._ears.commit(),
            "input_audio_buffer.clear": lambda _: self._ears.clear(),
            "output_audio_buffer.clear": lambda _: self._stop_playing(),
            "conversation.item.create": self._create,
            "conversation.item.retrieve": self._retrieve,
            "conversation.item.delete": self._delete,
            "conversation.item.truncate": self._answers.truncate,
            "response.create": lambda event: self._answers.create(event.get("response")),
            "response.cancel": lambda event: self._answers.cancel(event.get("response_id")),
        }
        self.shared.send("session.created", session=self._session())
        self._apply()

    # In

    def receive(self, message: str | bytes | Json) -> None:
        """One client event. A wrong one is answered by an `error` event, and changes nothing."""
        event_id = None
        try:
            event = message if isinstance(message, dict) else _parse(message)
            event_id = event.get("event_id")
            kind = event.get("type")
            handler = self._handlers.get(kind) if isinstance(kind, str) else None
            if handler is None:
                known = ", ".join(self._handlers)
                message = f"Invalid value: {str(kind)[:80]!r}. Supported values are: {known}."
                raise Refused(message, param="type")
            handler(event)
        except DuologueError as error:
            self.wrong(error, event_id)

    def wrong(self, error: DuologueError, event_id: object = None) -> None:
        """Something that the client asked for cannot be done."""
        fields = told(error) | {"event_id": event_id if isinstance(event_id, str) else None}
        fields["message"] = error.message[:MOST_MESSAGE]  # it may name an id of any length
        self.shared.send("error", error=fields)

    def hear(self, samples: Samples) -> None:
        """Sound of a client that sends it otherwise than by events, at 16 kHz."""
        self._ears.hear(samples)
        self._listen(samples)

    def happened(self, event: Event, response_id: str | None = None) -> None:
        """What the engine tells; `response_id` with what belongs to a reply that was ordered."""
        match event:
            case SpeechStarted(at):
                if self._ears.began(at):
                    self._spoken_over()
            case SpeechStopped():
                self._ears.ended()
            case Heard(text, tags, complete):
                self._ears.transcripts.heard(text, tags, complete)
            case ReplyStarted(reply_id):
                self._answers.started(reply_id, response_id)
            case Said():
                self._answers.said(event, response_id)
            case ReplyDone():
                self._answers.done(event, response_id)

    def heard(self, position: int) -> None:
        """The engine has taken in so many of the client's samples."""
        self.shared.heard = position
        if self._ears.listen():
            self._spoken_over()
        self._tick()

    def _spoken_over(self) -> None:
        self._idle_since = None
        self._answers.spoken_over()

    def passed(self, num_samples: int) -> None:
        """So much time went by in which the client sent no sound."""
        active = self._answers.active
        self._ears.passed(num_samples, is_replying=active is not None and active.is_live)
        self._tick()

    def begins(self, response_id: str, usage: Usage) -> bool:
        """An ordered reply is about to begin; `usage` is the session's before it. False: it is over."""
        return self._answers.begins(response_id, usage)

    def spent(self, usage: Usage, response_id: str | None = None) -> None:
        """What a session has used until now. Call before telling what happened."""
        self._answers.spent(usage, response_id)

    def settled(self, item_id: str) -> None:
        """No more words will be understood of this item."""
        self._ears.transcripts.settled(item_id)

    def put_off(self) -> None:
        """The past could not be lived through anew while a reply is under way: later."""
        self._ears.past.edit()

    def failed(self, response_id: str, error: DuologueError) -> None:
        self._answers.failed(response_id, error)

    # Out

    def outgoing(self) -> Out | None:
        """The next thing to send, oldest first: what was taken has left, and is being played from now on."""
        out = self.shared.outbox.next()
        if out is not None and out.duration and out.response_id is not None:
            self.shared.playback.sent(out.response_id, out.duration, self.shared.now)
        return out

    def orders(self) -> deque[Order]:
        """What the engine's session is to do, in order. Take from it."""
        return self.shared.orders

    @property
    def num_received(self) -> int:
        """Samples of the client's sound that came in."""
        return self._ears.hearing.position

    @property
    def is_answering(self) -> bool:
        return self._answers.active is not None

    # Client events

    def _update(self, event: Json) -> None:
        patch = event.get("session")
        if not isinstance(patch, dict):
            raise Refused("Missing required parameter: 'session'.", "missing_required_parameter", "session")
        shared = self.shared
        said = {"type": shared.said["type"]} | patched(shared.said, patch)
        if said["type"] != shared.said["type"]:
            said = self._other_type(patch)
        if said["type"] == "realtime":
            said["model"] = shared.house.model_of(said.get("model"))
        session = session_of(said)
        self._check_voice(session)
        shared.said, shared.session = said, session
        shared.send("session.updated", session=self._session())
        self._apply()

    def _other_type(self, patch: Json) -> Json:
        """A session may become another kind of session before anything has happened in it."""
        if self.shared.conversation.items or self._ears.hearing.position:
            raise Refused("The type of a session cannot be changed once it is in use.", param="session.type")
        return patched({}, patch)

    def _check_voice(self, session: RealtimeSession | TranscriptionSession) -> None:
        before = self.shared.session
        if not isinstance(session, RealtimeSession):
            return
        voice = session.audio.output.voice_name
        self.shared.house.voice_of(voice)
        was = before.audio.output.voice_name if isinstance(before, RealtimeSession) else None
        if self._answers.has_spoken and voice != was:
            raise Refused(
                "Cannot update a conversation's voice if assistant audio is present.",
                "cannot_update_voice",
                "session.audio.output.voice",
            )

    def _apply(self) -> None:
        """Tell the engine what the session's fields mean to it."""
        self._ears.behave(self._answers.live_options)
        if isinstance(self.shared.session, RealtimeSession):
            self._ears.past.instruct()

    def _session(self) -> Json:
        kind = self.shared.session.type
        name = "realtime.session" if kind == "realtime" else "realtime.transcription_session"
        shown = echo(self.shared.session)
        if isinstance(self.shared.session, RealtimeSession) and shown["audio"]["output"]["voice"] is None:
            shown["audio"]["output"]["voice"] = self.shared.house.voice_of(None)
        return {"id": self._id, "object": name, "expires_at": self._expires_at} | shown

    def _append(self, event: Json) -> None:
        if self.shared.house.plays:
            raise Refused("The sound of a call comes by its audio track; do not append it too.", param="type")
        self._listen(self._ears.append(event.get("audio")))

    def _listen(self, samples: Samples) -> None:
        if self._watch.hears(samples, self.shared.session):
            self._answers.talked_over()

    def _create(self, event: Json) -> None:
        conversation, after = self.shared.conversation, event.get("previous_item_id")
        item = parse(event.get("item"), self._ears.decode)
        if conversation.find(item.id) is not None:
            raise Refused(f"An item with id {item.id!r} exists already.", "item_already_exists", "item.id")
        if after is not None and after != "root" and conversation.find(after) is None:
            raise Refused(
                f"Item with id {after!r} not found; give an id of this conversation, or 'root'.",
                "item_create_invalid_previous_item_id",
                "previous_item_id",
            )
        at_the_end = after is None or after == conversation.last_id or not conversation.items
        previous = conversation.put(item, after)
        for what in ("added", "done"):
            self.shared.send(f"conversation.item.{what}", previous_item_id=previous, item=item.shown())
        if not at_the_end:
            self._ears.past.edit()
        self._ears.past.add(item)
        if item.is_users or item.type == "function_call_output":
            self._answers.typed()
        for part in item.content:
            if part.samples is not None:
                self._ears.transcripts.commit(item, len(part.samples), patience=LONG_PATIENCE)
                break

    def _retrieve(self, event: Json) -> None:
        item = self.shared.conversation.find(event.get("item_id"))
        if item is None:
            raise self._no_item("retrieving", event, "item_retrieve_invalid_item_id")
        kind = self.shared.session.audio.input.format.type
        shown = item.shown(lambda samples: encode(kind, samples))
        self.shared.send("conversation.item.retrieved", item=shown)

    def _delete(self, event: Json) -> None:
        item = self.shared.conversation.find(event.get("item_id"))
        if item is None:
            raise self._no_item("deleting", event, "item_delete_invalid_item_id")
        self.shared.conversation.remove(item)
        if item.memories():
            self._ears.past.edit()
        self.shared.send("conversation.item.deleted", item_id=item.id)

    def _no_item(self, doing: str, event: Json, code: str) -> Refused:
        item_id = event.get("item_id")
        return Refused(f"Error {doing} item: the item with id {item_id!r} does not exist.", code, "item_id")

    def _stop_playing(self) -> None:
        if not self.shared.house.plays:
            raise Refused("output_audio_buffer.clear is for WebRTC, where the server plays the sound.")
        active = self._answers.active
        if active is not None:
            self._answers.interrupt(active, "client_cancelled")
        else:
            self._answers.cuts.spoken_over()

    # Time

    def _tick(self) -> None:
        self._ears.transcripts.passed()
        timeout_ms = wishes.idle_timeout_ms(self.shared.session)
        busy = self.is_answering or self._ears.is_speaking or self.shared.playback.remaining(self.shared.now)
        if timeout_ms is None or busy or not self._answers.has_answered:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = self.shared.now
        elif self.shared.now - self._idle_since >= timeout_ms * SAMPLE_RATE // 1000:
            since, self._idle_since = self._idle_since, None
            self._ears.timeout(since)
            self._answers.create(None)


def _parse(message: str | bytes) -> Json:
    """Python reads more than JSON has: NaN, and halves of characters. Neither could be told again."""
    try:
        event = json.loads(message, parse_constant=_finite, parse_float=_finite)
        halves = ("\\ud", "\\uD") if isinstance(message, str) else (b"\\ud", b"\\uD")
        if any(half in message for half in halves):  # type: ignore[operator]  # of its own kind
            json.dumps(event, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refused("The event could not be read: it is no JSON.", "invalid_json") from None
    if not isinstance(event, dict):
        raise Refused("An event is a JSON object with a type.", "invalid_json")
    return event


def _finite(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise ValueError(written)
    return number

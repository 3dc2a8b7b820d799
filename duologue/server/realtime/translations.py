"""OpenAI's Realtime Translation: sound in and its interpretation out, without turns. A protocol without I/O.

In go the client's events, what the ear heard and what the interpreter says; out come the wire's events and
orders for the two sessions, which `interpreting.py` carries out.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from duologue.engine import Event, Heard, Piece
from duologue.errors import DuologueError
from duologue.server.faults import told
from duologue.server.ids import new_id
from duologue.server.realtime.fields import Json
from duologue.server.realtime.formats import Decoder, Encoder, from_base64
from duologue.server.realtime.phrases import Begin, Cut, Cutter
from duologue.server.realtime.refused import Refused
from duologue.server.realtime.translation_fields import Configuration
from duologue.sound import FRAME_SAMPLES, SAMPLE_RATE, Samples

RATE = 24_000  # Hz of its sound in both directions
STEP_MS = 200  # in which OpenAI's `elapsed_ms` advances
TAIL = 8 * FRAME_SAMPLES  # of silence at the end, in which the ear understands the last words


@dataclass(frozen=True, slots=True, eq=False)
class Hear:
    """For the ear: whole frames."""

    samples: Samples


@dataclass(frozen=True, slots=True)
class Into:
    """A phrase begins, to be said in this language."""

    language: str


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing more is heard: when all was said, close."""


Order = Hear | Into | Cut | Finish


class Translation:
    def __init__(
        self,
        model: str,
        expires_at: int,
        languages: Sequence[str],
        configuration: Configuration,
        plays: bool = False,
    ) -> None:
        """`plays`: sound comes and goes beside the events, as over WebRTC."""
        self._id = new_id("sess")
        self._model = model
        self._expires_at = expires_at
        self._languages = tuple(languages)
        self._configuration = configuration
        self._plays = plays
        self._sounds: list[Samples] = []
        self._decoder = Decoder("audio/pcm")
        self._rest: Samples = np.zeros(0, np.float32)  # heard, but not a whole frame yet
        self._cutter = Cutter()
        self._now = 0  # samples heard
        self._source = _Text()
        self._target = _Text()
        self._encoder: Encoder | None = None  # of the phrase being said
        self._is_closing = False
        self._outgoing: list[Json] = []
        self._tell("session.created", session=self._shown())

    def outgoing(self) -> list[Json]:
        """Events for the client, once."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def sounds(self) -> list[Samples]:
        """Sound for the client, once, at 16 kHz; only for those who play it themselves."""
        sounds, self._sounds = self._sounds, []
        return sounds

    def hear(self, samples: Samples) -> list[Order]:
        """The client's sound at 16 kHz, where it does not come by events."""
        return [] if self._is_closing else self._frames(samples)

    def receive(self, message: str | bytes) -> list[Order]:
        """One event of the client. A mistake in it is told, and nothing else happens."""
        event_id: str | None = None
        try:
            event = _event(message)
            event_id = event["event_id"] if isinstance(event.get("event_id"), str) else None
            return self._receive(event)
        except DuologueError as error:
            self._tell("error", error={**told(error), "event_id": event_id})
            return []

    def heard(self, frame: Samples, events: Sequence[Event]) -> list[Order]:
        """What the ear said about a frame."""
        self._now += len(frame)
        for event in events:
            if isinstance(event, Heard):
                self._transcribe(event)
        return self._orders(self._cutter.heard(frame, events))

    def heard_all(self) -> list[Order]:
        """The ear has heard everything."""
        return self._orders(self._cutter.finish())

    def said(self, piece: Piece) -> None:
        """More of the interpretation of a phrase."""
        if text := self._target.push(piece.text):
            self._tell("session.output_transcript.delta", delta=text, elapsed_ms=self._elapsed_ms)
        if piece.sound is not None and self._plays:
            self._sounds.append(piece.sound)
        elif piece.sound is not None:
            self._encoder = self._encoder or Encoder("audio/pcm")
            self._sound(self._encoder.push(piece.sound))

    def said_phrase(self) -> None:
        """It is interpreted."""
        self._target.end()
        if self._encoder is not None:
            self._sound(self._encoder.finish())
            self._encoder = None

    def failed(self, error: DuologueError) -> None:
        """A phrase could not be interpreted."""
        self._tell("error", error={**told(error), "event_id": None})

    def closed(self) -> None:
        self._tell("session.closed")

    # Client events

    def _receive(self, event: Json) -> list[Order]:
        match event["type"]:
            case "session.update":
                return self._update(event)
            case "session.input_audio_buffer.append":
                if self._plays:
                    raise Refused(
                        "The sound of a call comes by its track; do not append it too.", param="type"
                    )
                sound = from_base64(event.get("audio"), "audio")
                return [] if self._is_closing else self._frames(self._decoder.push(sound))
            case "session.close":
                return self._close()
            case other:
                known = "session.update, session.input_audio_buffer.append or session.close"
                raise Refused(f"Unknown event type {str(other)[:80]!r}; send {known}.", param="type")

    def _update(self, event: Json) -> list[Order]:
        if "session" not in event:
            raise Refused("Missing required parameter: 'session'.", "missing_required_parameter", "session")
        wish = event["session"]
        if isinstance(wish, dict):  # a client may send back what it was told
            same = {
                "type": "translation",
                "model": self._model,
                "id": self._id,
                "expires_at": self._expires_at,
            }
            wish = {name: value for name, value in wish.items() if same.get(name) != value}
        self._configuration = self._configuration.patched(wish, self._languages)
        self._tell("session.updated", session=self._shown())
        return []

    def _close(self) -> list[Order]:
        if self._is_closing:
            return []
        self._is_closing = True
        last = self._frames(np.concatenate([self._decoder.finish(), np.zeros(TAIL, np.float32)]))
        return [*last, Finish()]

    def _frames(self, samples: Samples) -> list[Order]:
        whole = np.concatenate([self._rest, samples])
        end = len(whole) // FRAME_SAMPLES * FRAME_SAMPLES
        self._rest = whole[end:]
        return [Hear(whole[:end])] if end else []

    # Server events

    def _transcribe(self, heard: Heard) -> None:
        text = self._source.push(heard.text)
        if heard.complete:
            self._source.end()
        if text and self._configuration.transcription is not None:
            self._tell("session.input_transcript.delta", delta=text, elapsed_ms=self._elapsed_ms)

    def _orders(self, cuts: list[Cut]) -> list[Order]:
        into = Into(self._configuration.target)
        return [into if isinstance(cut, Begin) else cut for cut in cuts]

    def _sound(self, content: bytes) -> None:
        if content:
            self._tell(
                "session.output_audio.delta",
                delta=base64.b64encode(content).decode(),
                sample_rate=RATE,
                channels=1,
                format="pcm16",
                elapsed_ms=self._elapsed_ms,
            )

    @property
    def _elapsed_ms(self) -> int:
        return self._now * 1000 // SAMPLE_RATE // STEP_MS * STEP_MS

    def _shown(self) -> Json:
        return self._configuration.shown(self._id, self._model, self._expires_at)

    def _tell(self, kind: str, **fields: object) -> None:
        self._outgoing.append({"type": kind, "event_id": new_id("event"), **fields})


class _Text:
    """Fragments that a client may simply put together: phrases are parted by one space."""

    def __init__(self) -> None:
        self._is_first = True
        self._is_new = True  # nothing of this phrase was given yet

    def push(self, text: str) -> str:
        if self._is_new:
            text = text.lstrip()
            if not text:
                return ""
            text = text if self._is_first else f" {text}"
            self._is_first = self._is_new = False
        return text

    def end(self) -> None:
        self._is_new = True


def _event(message: str | bytes) -> Json:
    try:
        event = json.loads(message)
    except (ValueError, RecursionError):
        raise Refused("The event is no JSON; send one JSON object in each message.", "invalid_json") from None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise Refused("The event has no 'type'.", "missing_required_parameter", "type")
    return event

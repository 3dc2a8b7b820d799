"""OpenAI's Realtime Translation: sound in and its interpretation out, without turns. A protocol without I/O.

In go the client's events, what the ear heard and what the interpreter says; out come the wire's events and
orders for the two sessions, which `server/translating.py` carries out.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from duologue.engine import Event, Heard, Piece
from duologue.errors import BadInput, DuologueError
from duologue.server.faults import explain, told
from duologue.server.ids import new_id
from duologue.server.realtime.formats import Decoder, Encoder, from_base64
from duologue.server.realtime.phrases import Begin, Cut, Cutter
from duologue.server.realtime.refused import Refused
from duologue.sound import FRAME_SAMPLES, SAMPLE_RATE, Samples

Json = dict[str, Any]  # as it is on the wire

RATE = 24_000  # Hz of its sound in both directions
STEP_MS = 200  # in which OpenAI's `elapsed_ms` advances
TAIL = 8 * FRAME_SAMPLES  # of silence at the end, in which the ear understands the last words
DEFAULT_LANGUAGE = "en"


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Transcription(_Fields):
    model: str
    language: str | None = None


class NoiseReduction(_Fields):
    type: Literal["near_field", "far_field"]


class Input(_Fields):
    transcription: Transcription | None = None
    noise_reduction: NoiseReduction | None = None


class Output(_Fields):
    language: str | None = None


class Audio(_Fields):
    input: Input = Input()
    output: Output = Output()


class Wish(_Fields):
    """What a client may change."""

    audio: Audio = Audio()


@dataclass(frozen=True, slots=True)
class Configuration:
    """How a session is now. `language` as the client wrote it: "es", "es-MX"."""

    language: str = DEFAULT_LANGUAGE
    transcription: Json | None = None
    noise_reduction: Json | None = None

    @property
    def target(self) -> str:
        return _primary(self.language)

    def patched(self, wish: object, languages: Sequence[str]) -> Configuration:
        """What is absent stays as it is; null switches off. Raises BadInput naming the field."""
        try:
            audio = Wish.model_validate(wish).audio
        except ValidationError as error:
            first = error.errors()[0]
            raise explain([{**first, "loc": ("session", *first["loc"])}]) from None
        changed = self
        if "transcription" in audio.input.model_fields_set:
            changed = replace(changed, transcription=_echo(audio.input.transcription))
        if "noise_reduction" in audio.input.model_fields_set:
            changed = replace(changed, noise_reduction=_echo(audio.input.noise_reduction))
        if audio.output.language is not None:
            _check_language(audio.output.language, languages)
            changed = replace(changed, language=audio.output.language)
        return changed

    def shown(self, session_id: str, model: str, expires_at: int) -> Json:
        """The session object of the wire."""
        return {
            "id": session_id,
            "type": "translation",
            "expires_at": expires_at,
            "model": model,
            "audio": {
                "input": {"transcription": self.transcription, "noise_reduction": self.noise_reduction},
                "output": {"language": self.language},
            },
        }


def _echo(fields: BaseModel | None) -> Json | None:
    return None if fields is None else fields.model_dump(exclude_none=True)


def _check_language(language: str, languages: Sequence[str]) -> None:
    if _primary(language) not in languages:
        known = ", ".join(languages)
        raise BadInput(
            f"cannot translate into {language[:40]!r}; choose one of {known}", "session.audio.output.language"
        )


def _primary(language: str) -> str:
    """es-MX is es here."""
    return language.replace("_", "-").partition("-")[0].lower()


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
        self, model: str, expires_at: int, languages: Sequence[str], configuration: Configuration
    ) -> None:
        self._id = new_id("sess")
        self._model = model
        self._expires_at = expires_at
        self._languages = tuple(languages)
        self._configuration = configuration
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
        if piece.sound is not None:
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

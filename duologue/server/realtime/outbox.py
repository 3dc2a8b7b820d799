"""What waits to be sent. An event that has not left yet can still be taken back."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from duologue.server.ids import new_id
from duologue.server.realtime.fields import Json
from duologue.sound import Samples


@dataclass(frozen=True, slots=True, eq=False)
class Out:
    """One thing for the client: an event, or, where the server plays the sound itself, sound."""

    event: Json | None
    sound: Samples | None = None  # 16 kHz
    response_id: str | None = None
    duration: int = 0  # samples of 16 kHz that it takes to play
    may_be_dropped: bool = False  # once its response was interrupted


class Outbox:
    def __init__(self) -> None:
        self._waiting: deque[Out] = deque()
        self.num_bytes = 0  # of the strings in it: a client may ask for long sounds and not read them

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, event: Json, response_id: str | None = None, duration: int = 0) -> None:
        numbered = {"type": event["type"], "event_id": new_id("event")} | event
        may_be_dropped = event["type"] == "response.output_audio.delta"  # words must add up to their `done`
        self._waiting.append(Out(numbered, None, response_id, duration, may_be_dropped))
        self.num_bytes += _num_bytes(numbered)

    def play(self, sound: Samples, response_id: str) -> None:
        self._waiting.append(Out(None, sound, response_id, len(sound), True))

    def next(self) -> Out | None:
        if not self._waiting:
            return None
        out = self._waiting.popleft()
        self.num_bytes -= _num_bytes(out.event)
        return out

    def drop(self, response_id: str) -> None:
        """What this response had still to say is not to be heard any more."""
        self._waiting = deque(
            out for out in self._waiting if not (out.may_be_dropped and out.response_id == response_id)
        )
        self.num_bytes = sum(_num_bytes(out.event) for out in self._waiting)


def _num_bytes(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(_num_bytes(each) for each in value.values())
    return sum(_num_bytes(each) for each in value) if isinstance(value, list) else 0

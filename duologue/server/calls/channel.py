"""Events to a caller over the data channel: kept until it is open, and never more than it takes."""

from __future__ import annotations

import json
from collections import deque

from duologue.server.calls.pool import Line
from duologue.server.ids import new_id
from duologue.server.realtime.fields import Json

MOST_EARLY = 1000  # events kept until the data channel is open; older ones are lost
MOST_BYTES = 256 * 1024  # of one event: no browser's data channel takes more


class Channel:
    def __init__(self, line: Line) -> None:
        self._line = line
        self._is_open = False
        self._early: deque[str] = deque(maxlen=MOST_EARLY)

    def send(self, event: Json) -> None:
        text = wire(event)
        if len(text) > MOST_BYTES:
            text = wire(_too_large(event["type"]))
        if self._is_open:
            self._line.text(text)
        else:
            self._early.append(text)

    def opened(self) -> None:
        self._is_open = True
        while self._early:
            self._line.text(self._early.popleft())


def wire(event: Json) -> str:
    return json.dumps(event, separators=(",", ":"))


def _too_large(kind: str) -> Json:
    message = (
        f"The event {kind} is over {MOST_BYTES >> 10} KiB, more than a data channel takes; read it over the "
        "call's WebSocket, /v1/realtime?call_id=..."
    )
    error = {"type": "invalid_request_error", "code": "event_too_large", "message": message}
    return {
        "type": "error",
        "event_id": new_id("event"),
        "error": {**error, "param": None, "event_id": None},
    }

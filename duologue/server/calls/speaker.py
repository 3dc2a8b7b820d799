"""What of each response went out to the caller: counted by the worker, where other clients are estimated."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from itertools import count
from typing import Literal

from duologue.server.calls.frames import Played, Stage
from duologue.server.calls.pool import Line
from duologue.server.realtime.playback import Playback
from duologue.sound import Samples

MOST_KNOWN = 64  # responses of which somebody may still ask how much was heard

News = Literal["started", "stopped", "cleared"]


@dataclass(slots=True)
class _Response:
    number: int  # its name on the way to the worker
    sent: int = 0
    played: int = 0
    has_started: bool = False
    is_stopped: bool = False  # nothing of it is played any more
    is_told: bool = False  # how it ended, to the client


class Speaker(Playback):
    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line
        self._numbers = count(1)
        self._responses: OrderedDict[str, _Response] = OrderedDict()

    # For the shell

    def play(self, response_id: str, samples: Samples) -> None:
        """After what came before; nothing, when the response was stopped."""
        response = self._known(response_id)
        if not response.is_stopped:
            self._line.play(response.number, samples)

    def said_all(self, response_id: str) -> None:
        """No more sound of it comes."""
        response = self._responses.get(response_id)
        if response is not None:
            self._line.said_all(response.number)

    def told(self, played: Played) -> tuple[News, str] | None:
        """What the worker says; what the client is to know of it, and of which response."""
        for response_id, response in self._responses.items():
            if response.number == played.reply:
                response.played = max(response.played, played.samples)
                news = self._news(response, played.stage)
                return None if news is None else (news, response_id)
        return None

    def may_tell_cleared(self, response_id: str) -> bool:
        """Whether something of it was heard and its end is not known to the client yet; true only once."""
        response = self._responses.get(response_id)
        if response is None or not response.has_started or response.is_told:
            return False
        response.is_told = True
        return True

    # For the protocol, in place of an estimate

    def sent(self, response_id: str, length: int, now: int) -> None:
        self._known(response_id).sent += length

    def played(self, response_id: str, now: int) -> int:
        response = self._responses.get(response_id)
        return 0 if response is None else response.played

    def remaining(self, now: int) -> int:
        return sum(each.sent - each.played for each in self._responses.values() if not each.is_stopped)

    def stop(self, now: int) -> None:
        """At once, not after the events that wait to be sent."""
        for response in self._responses.values():
            response.is_stopped = True
        self._line.clear()

    def _news(self, response: _Response, stage: Stage) -> News | None:
        if stage is Stage.STARTED and not response.is_stopped:
            response.has_started = True
            return "started"
        if stage is Stage.STOPPED and not response.is_stopped:
            response.is_stopped = response.is_told = True
            return "stopped" if response.has_started else None
        if stage is Stage.CLEARED and response.has_started and not response.is_told:
            response.is_told = True
            return "cleared"
        return None

    def _known(self, response_id: str) -> _Response:
        if response_id not in self._responses:
            self._responses[response_id] = _Response(next(self._numbers))
            if len(self._responses) > MOST_KNOWN:
                self._responses.popitem(last=False)
        return self._responses[response_id]

"""In which order the network serves those who wait. Knows no thread, and no clock: times are given.

Live requests are due: the beginning of a reply at once, a frame of sound a little after it came, the later
the more there are, because many are cheaper together. The others (words of a reply without a clock, stretches
of a text or a picture, drawings) go first as long as the live ones will be served in time all the same. So a
typed question is answered as fast as the voices leave time for, no voice is late because of it, and nobody is
passed over for long.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import exp
from typing import Generic, Literal, TypeVar

Kind = Literal["live", "word", "stretch", "drawing"]
PATIENT: tuple[Kind, ...] = ("word", "stretch", "drawing")

FRAME_DUE_S = 0.04  # after it came at the latest: half of what a frame lasts
CROWDED = 0.3  # the share of the time spent on live ones from which on a frame waits for so long
RECENT_S = 0.5  # over which that share is counted
STARVED_S = 0.25  # who waits for longer gets a turn between two steps of live ones, late or not
RETURN_S = 0.001  # in which a conversation asks for its next word when it has got the last one
SMOOTH = 0.2  # the share of the newest step in what is believed of its cost

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[T]):
    request: T
    since: float
    can_wait: bool


class Line(Generic[T]):
    def __init__(self) -> None:
        self._waiting: dict[Kind, deque[_Waiting[T]]] = {kind: deque() for kind in ("live", *PATIENT)}
        # Seconds: of a live step for each of its rows, of any other step as a whole.
        self._costs: dict[Kind, float] = {"live": 0.002, "word": 0.004, "stretch": 0.02, "drawing": 0.02}
        self._live_share = 0.0  # of the time, recently
        self._shared_at = float("-inf")
        self._last: Kind = "live"
        self._last_patient: Kind = PATIENT[-1]
        self._expected_until = float("-inf")  # whoever was served last comes back by then

    def __len__(self) -> int:
        return sum(len(waiting) for waiting in self._waiting.values())

    def put(self, kind: Kind, request: T, now: float, can_wait: bool = False) -> None:
        self._waiting[kind].append(_Waiting(request, now, can_wait))

    def choose(self, now: float) -> Kind | float | None:
        """Whom to serve now. Seconds: nobody for so long yet, unless somebody comes. None: nobody waits."""
        live, patient = self._waiting["live"], self._next_patient()
        if live and not self._has_time(now, patient or "word") and not self._is_starved(patient, now):
            return "live"
        if patient is not None:
            return patient
        if not live:
            return None
        return "live" if now >= self._expected_until else self._expected_until - now

    def take(self, kind: Kind, most: int) -> list[T]:
        """The first of a kind; words go along with the live ones, for little more than these cost anyway."""
        taken = self._pop(kind, most)
        return taken + self._pop("word", most - len(taken)) if kind == "live" else taken

    def drain(self) -> list[T]:
        return [waiting.request for kind in self._waiting.values() for waiting in kind]

    def served(self, kind: Kind, rows: int, seconds: float, now: float) -> None:
        """Tell what a step cost."""
        cost = seconds / rows if kind == "live" else seconds
        self._costs[kind] += SMOOTH * (cost - self._costs[kind])
        self._live_share *= exp((self._shared_at - now) / RECENT_S)
        self._live_share += seconds / RECENT_S if kind == "live" else 0.0
        self._last, self._shared_at = kind, now
        if kind != "live":
            self._last_patient, self._expected_until = kind, now + RETURN_S

    def _pop(self, kind: Kind, most: int) -> list[T]:
        waiting = self._waiting[kind]
        return [waiting.popleft().request for _ in range(min(most, len(waiting)))]

    def _next_patient(self) -> Kind | None:
        """They take turns."""
        after = PATIENT.index(self._last_patient) + 1
        order = PATIENT[after:] + PATIENT[:after]
        return next((kind for kind in order if self._waiting[kind]), None)

    def _has_time(self, now: float, kind: Kind) -> bool:
        """The live ones will be served in time even if a step of another kind comes first."""
        live = self._waiting["live"]
        done = now + self._costs[kind] + len(live) * self._costs["live"]
        allowed = FRAME_DUE_S * min(1.0, self._live_share / CROWDED)
        return done < min(waiting.since + allowed * waiting.can_wait for waiting in live)

    def _is_starved(self, kind: Kind | None, now: float) -> bool:
        return kind is not None and self._last == "live" and now - self._waiting[kind][0].since > STARVED_S

"""Fair order, on a clock of its own: no voice is late for a typed question, nor does that wait for long."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field

import pytest

from duologue.backends.local.line import STARVED_S, Kind, Line

FRAME_S = 0.08
ROW_S, STEP_S = 0.001, 0.002  # a live step takes STEP_S and so much for each row
COSTS: dict[Kind, float] = {"word": 0.003, "stretch": 0.016, "drawing": 0.005}
BACK_S = 0.0005  # from an answer to the next question of a conversation without a clock


@dataclass
class Clinic:
    """One network, `voices` conversations of a frame each 80 ms, and others that ask as soon as they may."""

    voices: int
    askers: tuple[Kind, ...] = ()
    together: bool = False
    now: float = 0.0
    frame_times: list[float] = field(default_factory=list)
    num_served: dict[Kind, int] = field(default_factory=dict)

    def run(self, seconds: float) -> None:
        line: Line[tuple[Kind, float]] = Line()
        chance = random.Random(1)
        events: list[tuple[float, int, Kind]] = []  # who asks when
        for voice in range(self.voices):
            heapq.heappush(events, (0.0 if self.together else chance.random() * FRAME_S, voice, "live"))
        for number, kind in enumerate(self.askers):
            heapq.heappush(events, (0.0, 1000 + number, kind))
        while self.now < seconds:
            while events and events[0][0] <= self.now:
                at, who, kind = heapq.heappop(events)
                line.put(kind, (kind, at), at, can_wait=kind == "live")
                if kind == "live":
                    heapq.heappush(events, (at + FRAME_S, who, kind))
            chosen = line.choose(self.now)
            if not isinstance(chosen, str):
                later = events[0][0] if events else seconds
                self.now = min(later, self.now + chosen) if chosen is not None else later
                continue
            taken = line.take(chosen, 64 if chosen in ("live", "word") else 1)
            cost = STEP_S + ROW_S * len(taken) if chosen == "live" else COSTS[chosen]
            self.now += cost
            line.served(chosen, len(taken), cost, self.now)
            for kind, asked in taken:
                self.num_served[kind] = self.num_served.get(kind, 0) + 1
                if kind == "live":
                    self.frame_times.append(self.now - asked)
                else:
                    heapq.heappush(events, (self.now + BACK_S, 1000 + self.num_served[kind], kind))


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("askers", [("word",), ("stretch",), ("word", "stretch", "word", "drawing")])
@pytest.mark.parametrize("voices", [1, 16, 32, 48])
def test_no_voice_is_late_for_those_without_a_clock(
    voices: int, askers: tuple[Kind, ...], together: bool
) -> None:
    clinic = Clinic(voices, askers, together)
    clinic.run(4.0)
    assert max(clinic.frame_times) < FRAME_S
    assert all(clinic.num_served.get(kind, 0) > 20 for kind in askers)


@pytest.mark.parametrize(("voices", "times"), [(16, 1.5), (32, 2.0), (48, 3.5)])
def test_a_typed_question_takes_little_longer_among_voices(voices: int, times: float) -> None:
    alone, among = Clinic(0, ("word",)), Clinic(voices, ("word",))
    alone.run(4.0)
    among.run(4.0)
    assert among.num_served["word"] * times >= alone.num_served["word"]


def test_a_few_voices_hardly_wait_for_a_typed_question() -> None:
    clinic = Clinic(2, ("word",))
    clinic.run(2.0)
    assert max(clinic.frame_times) < 0.02


def test_voices_alone_are_served_at_once() -> None:
    clinic = Clinic(1)
    clinic.run(2.0)
    assert max(clinic.frame_times) == pytest.approx(STEP_S + ROW_S)


def test_whoever_waits_too_long_gets_a_turn_among_too_many_voices() -> None:
    clinic = Clinic(100, ("stretch",))
    clinic.run(4.0)
    assert clinic.num_served["stretch"] >= 4.0 / (STARVED_S + 0.2) - 1


def test_the_beginning_of_a_reply_waits_for_nobody() -> None:
    line: Line[str] = Line()
    line.put("word", "typed", 0.0)
    line.served("live", 50, 0.3, 0.0)  # a crowd
    line.put("live", "frame", 0.0, can_wait=True)
    assert line.choose(0.001) == "word"
    line.put("live", "head", 0.001)
    assert line.choose(0.001) == "live"
    assert line.take("live", 64) == ["frame", "head", "typed"]
    assert len(line) == 0
    assert line.choose(0.002) is None

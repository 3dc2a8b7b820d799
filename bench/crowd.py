"""Many live conversations at once with any server of OpenAI's Realtime protocol, over the wire, in real time.

What is measured is what the callers meet: end of speech (the last audible sample leaves) to the first audible
sample that comes back, the decision that the turn has ended included; sound that came too late to be played;
an interruption to silence; errors, broken rules, another conversation's words. Where the server runs on this
machine, its memory and processor time too. bench/README.md says what to run, and how long.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bench import watch
from bench.caller import Call, Caller, Manners, code_word
from bench.chat import Chat
from bench.lines import Address, WebSocketLine

STEPS = (1, 2, 4, 8, 12, 16, 24, 32, 40, 48, 56, 64, 80, 96, 128)
ARRIVE_S = 0.1  # between one caller and the next
LATE_SOUND = 0.01  # of the replies' time: more, and listeners complain
FRAME_MS = 80.0
EAR_FRAMES = 4.0  # that a server's note of when speech began may differ from one utterance to the next


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    address: Address
    manners: Manners
    seconds: float
    chunk_ms: int = 40
    pid: int | None = None  # of a server on this machine
    with_text: bool = False
    over_webrtc: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What a crowd of one size met."""

    sessions: int
    turns: int
    answered: int
    early: int  # the server spoke into the question
    p50_ms: float | None
    p95_ms: float | None
    barged: int
    stopped: int
    stop_p50_ms: float | None
    stop_p95_ms: float | None
    reply_s: float  # of sound that was played
    gaps: int
    gap_s: float
    dropped_frames: int  # of what the callers said, by the server's own clock
    hung_up: int  # calls that the server ended, or never took
    errors: dict[str, int]
    faults: dict[str, int]
    leaks: list[str]
    recalled: int  # callers whose own code word was known at the end
    microphone_late_p95_ms: float | None  # this side's own lateness: large, and the rest is not to be trusted
    idle_mb: float | None
    memory_mb: float | None
    session_mb: float | None
    slope_mb_per_hour: float | None
    cores: float | None
    memory: list[tuple[float, float]]  # seconds, MB
    text_idle_ms: float | None
    text_busy_ms: float | None

    def is_real_time(self, bound_ms: float) -> bool:
        """Answers come within the bound, sound comes in time, and everybody is served."""
        served = not self.hung_up and not self.errors and self.p95_ms is not None
        return (
            served and (self.p95_ms or 0.0) <= bound_ms and self.gap_s <= LATE_SOUND * max(1.0, self.reply_s)
        )


async def measure(plan: Plan, sessions: int, progress: Callable[[float], None] = lambda _: None) -> Step:
    """Let so many call, each in its own time, for `plan.seconds`; tell `progress` the share that is over."""
    chat = Chat(plan.address)
    idle_ms = await chat.idle_ms() if plan.with_text else None
    before = watch.look(plan.pid, 0.0) if plan.pid is not None else None
    start = time.perf_counter()
    until = start + sessions * ARRIVE_S + plan.seconds
    memory: list[watch.Sample] = []
    aside = [asyncio.create_task(_watch(plan.pid, start, until, memory, progress))]
    if plan.with_text:
        aside.append(asyncio.create_task(chat.ask_until(until)))
    calls = await asyncio.gather(*(_call(plan, number, until) for number in range(sessions)))
    for task in aside:
        task.cancel()
    await asyncio.gather(*aside, return_exceptions=True)
    return summary(calls, before, memory, idle_ms, chat.busy_ms())


async def ramp(plan: Plan, most: int, bound_ms: float, tell: Callable[[Step], None]) -> list[Step]:
    """Ever larger crowds, until one is not served in real time or `most` is reached."""
    found: list[Step] = []
    for sessions in [step for step in STEPS if step < most] + [most]:
        found.append(await measure(plan, sessions))
        tell(found[-1])
        if not found[-1].is_real_time(bound_ms):
            break
    return found


def held(found: Sequence[Step], bound_ms: float) -> int:
    """The largest crowd that was served in real time."""
    return max((step.sessions for step in found if step.is_real_time(bound_ms)), default=0)


async def _call(plan: Plan, number: int, until: float) -> Call:
    caller = Caller(number, plan.manners, plan.seed)
    await asyncio.sleep(number * ARRIVE_S)
    try:
        if plan.over_webrtc:
            from bench.webrtc import WebRTCLine  # needs aiortc

            return await caller.talk(await WebRTCLine.open(plan.address, caller.hear), until)
        return await caller.talk(await WebSocketLine.open(plan.address, caller.hear, plan.chunk_ms), until)
    except Exception as error:  # one caller who is not let in must not end the measurement
        caller.call.errors[type(error).__name__] += 1
        caller.call.hung_up = True
        return caller.call


async def _watch(
    pid: int | None, start: float, until: float, memory: list[watch.Sample], progress: Callable[[float], None]
) -> None:
    while True:
        now = time.perf_counter()
        progress(min(1.0, (now - start) / (until - start)))
        sample = watch.look(pid, now - start) if pid is not None else None
        if sample is not None:
            memory.append(sample)
        await asyncio.sleep(1.0)


def summary(
    calls: Sequence[Call],
    before: watch.Sample | None,
    memory: Sequence[watch.Sample],
    idle_ms: float | None,
    busy_ms: float | None,
) -> Step:
    turns = [turn for call in calls for turn in call.turns]
    latencies = [turn.latency_ms for turn in turns if turn.latency_ms is not None]
    stops = [turn.stop_ms for turn in turns if turn.stop_ms is not None]
    most = max((one.memory_mb for one in memory), default=None)
    return Step(
        sessions=len(calls),
        turns=len(turns),
        answered=len(latencies),
        early=sum(turn.early for turn in turns),
        p50_ms=percentile(latencies, 50),
        p95_ms=percentile(latencies, 95),
        barged=sum(turn.barged for turn in turns),
        stopped=len(stops),
        stop_p50_ms=percentile(stops, 50),
        stop_p95_ms=percentile(stops, 95),
        reply_s=sum(call.player.played_s for call in calls),
        gaps=sum(call.player.num_gaps for call in calls),
        gap_s=sum(call.player.gap_s for call in calls),
        dropped_frames=sum(dropped(call.ear_ms) for call in calls),
        hung_up=sum(call.hung_up for call in calls),
        errors=dict(sum((call.errors for call in calls), Counter[str]())),
        faults=dict(Counter(fault for call in calls for fault in call.faults)),
        leaks=leaks(calls),
        recalled=sum(any(code_word(call.number) in words for words in call.words) for call in calls),
        microphone_late_p95_ms=percentile([1000.0 * late for call in calls for late in call.late_s], 95),
        idle_mb=None if before is None else before.memory_mb,
        memory_mb=most,
        session_mb=None if before is None or most is None else (most - before.memory_mb) / max(1, len(calls)),
        slope_mb_per_hour=watch.slope_mb_per_hour(memory),
        cores=watch.cores(memory),
        memory=[(round(one.at, 1), round(one.memory_mb, 1)) for one in memory],
        text_idle_ms=idle_ms,
        text_busy_ms=busy_ms,
    )


def dropped(ear_ms: Sequence[float]) -> int:
    """Frames that a server lost of one caller: by how much its clock of what it heard fell behind."""
    behind = [(late - ear_ms[0]) / FRAME_MS for late in ear_ms]
    most = max(behind, default=0.0)
    return round(most) if most > EAR_FRAMES else 0


def leaks(calls: Iterable[Call]) -> list[str]:
    """Signs that conversations are mixed up: an id that two of them saw, a code word of another."""
    found: list[str] = []
    owner: dict[str, int] = {}
    calls = list(calls)
    for call in calls:
        for one in call.ids:
            if owner.setdefault(one, call.number) != call.number:
                found.append(f"callers {owner[one]} and {call.number} both saw {one}")
        for other in calls:
            if other is not call and any(code_word(other.number) in words for words in call.words):
                found.append(f"caller {call.number} was told the code word of {other.number}")
    return found


def percentile(values: Sequence[float], of: float) -> float | None:
    return float(np.percentile(values, of)) if values else None

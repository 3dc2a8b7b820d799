"""How soon it answers and how many it holds: sound fed frame by frame, the time of computing added.

Frames arrive every 80 ms on a virtual clock, so a measurement takes no longer than computing does: a frame is
done at max(its arrival, the end of the one before) + the wall time its `hear` took. What a live caller would
meet, queueing included, without the network in between.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from duologue.engine import Ducked, Engine, Event, ReplyDone, Said, Session, SessionOptions, TurnPolicy
from duologue.evals.material import Speech, rng_of, room_tone, say, talks
from duologue.evals.talking import AUDIBLE
from duologue.sound import FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE

Samples = NDArray[np.float32]

LEAD_FRAMES = 5  # of room before a question
ANSWER_FRAMES = 50  # in which an answer must begin: 4 s
SHORT_S, LONG_S = 3.0, 30.0  # of question, whose latencies are compared
SETTLE_FRAMES = 8  # into a reply before it is interrupted


@dataclass(slots=True)
class Pace:
    """When each frame is done, in seconds since the first one began to arrive."""

    now: float = 0.0

    def step(self, number: int, compute_s: float) -> float:
        """Frame `number` (from 0) took so long to compute; return when it was done."""
        self.now = max((number + 1) * FRAME_MS / 1000.0, self.now) + compute_s
        return self.now

    def late(self, number: int) -> float:
        """How long after its arrival frame `number` was done, if it is the newest."""
        return self.now - (number + 1) * FRAME_MS / 1000.0


@dataclass(slots=True, eq=False)
class Timed:
    """A call on the virtual clock, with the time at which each event came out of it."""

    session: Session
    rng: Generator
    clock: Callable[[], float] = time.perf_counter
    pace: Pace = field(default_factory=Pace)
    number: int = 0  # frames fed
    events: list[tuple[float, Event]] = field(default_factory=list)
    frame_s: list[float] = field(default_factory=list)  # from arrival to done

    async def hear(self, samples: Samples) -> None:
        """Feed whole frames; the last one is filled up with the room."""
        full = np.pad(samples, (0, -len(samples) % FRAME_SAMPLES))
        full += room_tone(len(full), self.rng)
        for start in range(0, len(full), FRAME_SAMPLES):
            await self.frame(full[start : start + FRAME_SAMPLES])

    async def frame(self, samples: Samples) -> None:
        begin = self.clock()
        events = await self.session.hear(samples)
        done = self.pace.step(self.number, self.clock() - begin)
        self.frame_s.append(self.pace.late(self.number))
        self.number += 1
        self.events += [(done, event) for event in events]

    async def wait(self, frames: int, until: Callable[[], bool]) -> bool:
        for _ in range(frames):
            if until():
                return True
            await self.hear(np.zeros(FRAME_SAMPLES, np.float32))
        return until()

    def first_audible(self) -> float | None:
        """When the first sound that can be heard starts, if its reply is played without delay."""
        for at, event in self.events:
            if isinstance(event, Said) and event.sound is not None:
                loud = np.flatnonzero(np.abs(event.sound) > AUDIBLE)
                if len(loud):
                    return at + int(loud[0]) / SAMPLE_RATE
        return None

    def when(self, is_it: Callable[[Event], bool], since: float) -> float | None:
        return next((at for at, event in self.events if at >= since and is_it(event)), None)


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds. A value is None where nothing could be measured."""

    num_asked: int
    num_answered: int  # in 4 s, and not before the question ended
    p50_ms: float | None
    p95_ms: float | None
    frame_p95_ms: float | None  # computing of one frame
    short_p50_ms: float | None  # after 3 s of speech
    long_p50_ms: float | None  # after 30 s of speech
    ducked_p50_ms: float | None
    stopped_p50_ms: float | None
    stopped_p95_ms: float | None
    num_interrupted: int
    num_stopped: int  # within 500 ms

    @property
    def length_ratio(self) -> float | None:
        """How much later the answer to a long question comes."""
        if self.long_p50_ms is None or not self.short_p50_ms:
            return None
        return self.long_p50_ms / self.short_p50_ms


async def latency(
    engine: Engine, num: int = 100, seed: int = 0, num_long: int = 10, interruptions: bool = True
) -> Latency:
    """Ask `num` questions by unseen voices, some after 30 s of speech, and interrupt as many replies."""
    rng = rng_of("latency", seed)
    asked = _questions(rng, seed, num)
    waits, frames = await _answers(engine, asked, rng)
    stops, ducks, interrupted = await _interruptions(engine, seed, num if interruptions else 0, rng)
    short, _ = await _answers(engine, [_lengthened(one, SHORT_S) for one in asked[:num_long]], rng)
    long, _ = await _answers(engine, [_lengthened(one, LONG_S) for one in asked[:num_long]], rng)
    return Latency(
        num,
        len(waits),
        _ms(waits, 50),
        _ms(waits, 95),
        _ms(frames, 95),
        _ms(short, 50),
        _ms(long, 50),
        _ms(ducks, 50),
        _ms(stops, 50),
        _ms(stops, 95),
        interrupted,
        sum(stop <= 0.5 for stop in stops),
    )


async def _answers(
    engine: Engine, asked: Sequence[Speech], rng: Generator
) -> tuple[list[float], list[float]]:
    """Seconds from the end of each question to the first audible sample; and those of every frame."""
    waits, frames = [], []
    for speech in asked:
        async with _live(engine) as session:
            call = Timed(session, rng)
            end = await _ask(call, speech)
            await call.wait(ANSWER_FRAMES, lambda call=call: call.first_audible() is not None)  # type: ignore[misc]
            first = call.first_audible()
        frames += call.frame_s
        if first is not None and first >= end:
            waits.append(first - end)
    return waits, frames


async def _interruptions(
    engine: Engine, seed: int, num: int, rng: Generator
) -> tuple[list[float], list[float], int]:
    """Seconds from the first sound of an interruption to the end of the reply, and to its ducking."""
    stops, ducks, interrupted = [], [], 0
    for first, second in zip(
        _questions(rng, seed, num, "recital"), _questions(rng, seed + 1, num), strict=True
    ):
        async with _live(engine) as session:
            call = Timed(session, rng)
            await _ask(call, first)
            if not await call.wait(ANSWER_FRAMES, lambda call=call: call.first_audible() is not None):  # type: ignore[misc]
                continue
            await call.wait(SETTLE_FRAMES, lambda: False)
            if call.when(_is_done, 0.0) is not None:
                continue
            interrupted += 1
            loud = int(np.flatnonzero(np.abs(second.samples) > AUDIBLE)[0])
            onset = (call.number * FRAME_SAMPLES + loud) / SAMPLE_RATE
            await call.hear(second.samples)
            stop = call.when(lambda e: isinstance(e, ReplyDone) and e.reason == "interrupted", onset)
            duck = call.when(lambda e: isinstance(e, Ducked) and e.on, onset)
        if stop is not None:
            stops.append(stop - onset)
            ducks.append((stop if duck is None else min(duck, stop)) - onset)
    return stops, ducks, interrupted


async def _ask(call: Timed, speech: Speech) -> float:
    """Return the second at which the question truly ends."""
    await call.hear(np.zeros(LEAD_FRAMES * FRAME_SAMPLES, np.float32))
    begin = call.number * FRAME_SAMPLES
    await call.hear(speech.samples)
    return (begin + speech.end) / SAMPLE_RATE


def _is_done(event: Event) -> bool:
    return isinstance(event, ReplyDone)


def _live(engine: Engine) -> Session:
    return engine.session(SessionOptions(policy=TurnPolicy("own")))


def _questions(rng: Generator, seed: int, num: int, topic: str | None = None) -> list[Speech]:
    found = (talk[0] for talk in talks(seed, "train", topic))
    return [say(next(found).asked, "unseen voice", rng) for _ in range(num)]


def _lengthened(speech: Speech, seconds: float) -> Speech:
    """The same question at the end of `seconds` of speech: said again and again without a pause."""
    one = speech.samples[: speech.end]
    missing = max(0, int(seconds * SAMPLE_RATE) - len(one))
    return Speech(np.concatenate([np.resize(one, missing), one]), speech.text, speech.voice)


def _ms(seconds: Sequence[float], percent: float) -> float | None:
    return round(1000.0 * float(np.percentile(seconds, percent)), 1) if len(seconds) else None


@dataclass(frozen=True, slots=True)
class Load:
    """One step: so many calls at once. Times run from a frame's arrival until all its calls are served."""

    sessions: int
    frame_p50_ms: float
    frame_p95_ms: float
    replying: float  # share of frames in which a call was being answered

    @property
    def is_real_time(self) -> bool:
        return self.frame_p95_ms <= FRAME_MS


async def load(engine: Engine, steps: Sequence[int], seconds: float = 10.0, seed: int = 0) -> list[Load]:
    """Hold more and more calls at once, until a step is no longer served in real time. Raises Busy.

    All frames of one moment arrive together. Each caller asks, listens, and asks again, at times of its own.
    """
    rng = rng_of("load", seed)
    voices = [_questions(rng, seed, 1)[0].samples for _ in range(16)]
    found = []
    for sessions in steps:
        found.append(await _held(engine, sessions, voices, int(seconds * SAMPLE_RATE / FRAME_SAMPLES), rng))
        if not found[-1].is_real_time:
            break
    return found


async def _held(engine: Engine, num: int, voices: Sequence[Samples], frames: int, rng: Generator) -> Load:
    calls = [_live(engine) for _ in range(num)]
    sounds = [_caller(voices[n % len(voices)], frames, n, rng) for n in range(num)]
    pace, times, replying = Pace(), [], 0
    for number in range(frames):
        at = slice(number * FRAME_SAMPLES, (number + 1) * FRAME_SAMPLES)
        begin = time.perf_counter()
        await asyncio.gather(*(call.hear(sound[at]) for call, sound in zip(calls, sounds, strict=True)))
        pace.step(number, time.perf_counter() - begin)
        times.append(1000.0 * pace.late(number))
        replying += sum(call.is_replying for call in calls)
    for call in calls:
        call.close()
    p50, p95 = np.percentile(times, (50, 95))
    return Load(num, round(float(p50), 1), round(float(p95), 1), round(replying / (num * frames), 3))


def _caller(voice: Samples, frames: int, number: int, rng: Generator) -> Samples:
    """A question every five seconds, the first one after up to five."""
    sound = room_tone(frames * FRAME_SAMPLES, rng)
    begin = int(rng.uniform(0, 5 * SAMPLE_RATE))
    for start in range(begin, len(sound), 5 * SAMPLE_RATE):
        part = voice[: len(sound) - start]
        sound[start : start + len(part)] += part
    return sound

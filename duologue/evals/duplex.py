"""Does it know when to speak: live calls with pauses, murmurs, noise, echo and interruptions, in sample time.

Definitions follow the published ones for full-duplex speech: a turn is taken when the assistant can be heard;
latency runs from the end of the user's speech; an interruption succeeds when the reply stops within 500 ms
and the new question is answered. All scenes are made here, so no number is that of a public benchmark.
The time that computing takes is measured in `timing.py`, not here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from duologue.engine import Ducked, Event, ReplyDone
from duologue.evals.material import (
    Exchange,
    Speech,
    answer_is_right,
    backchannel,
    choose_voice,
    hesitating,
    noise,
    rng_of,
    say,
    talks,
)
from duologue.evals.report import Example, Reach, Row, percentile, share
from duologue.evals.subject import Subject
from duologue.evals.talking import AUDIBLE, Call
from duologue.sound import SAMPLE_RATE

ANSWER_S = 4.0  # after which nobody waits for an answer any more
INTO_REPLY_S = 0.5  # when something happens while the assistant speaks
STOP_S = 0.5  # in which an interrupted reply must have stopped
REPLY_S = 8.0  # the longest that a reply is followed
QUIET_S = 10.0
ECHO_GAIN = 0.1  # -20 dB
SPLIT = "unseen voice"


def ms(samples: float) -> float:
    return 1000.0 * samples / SAMPLE_RATE


@dataclass(slots=True)
class Counts:
    """What happened in the scenes of one kind. `invalid` scenes had no reply that could be disturbed."""

    hits: list[bool] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    invalid: int = 0

    def note(self, hit: bool | None, given: str, wanted: str, got: str, bad: bool) -> None:
        if hit is None:
            self.invalid += 1
            return
        self.hits.append(hit)
        if hit is bad:
            self.examples.append(Example(given, wanted, got))

    def row(self, skill: str, reach: Reach | None = None) -> Row:
        split = SPLIT + (f" ({self.invalid} without a reply)" if self.invalid else "")
        return share(skill, split, self.hits, reach=reach, examples=self.examples)


async def turns(subject: Subject) -> list[Row]:
    """Questions followed by silence: answered, how soon, not too soon, and right."""
    rng = rng_of("turns", subject.seed)
    answered, early, right = Counts(), Counts(), Counts()
    late: list[float] = []
    for question in _questions(subject):
        speech = say(question.asked, "unseen voice", rng)
        call, end = await _ask(subject, speech, rng)
        await call.wait(ANSWER_S, until=lambda call: call.first_audible() is not None)
        at = call.first_audible()
        if at is not None:
            await call.wait(REPLY_S, until=lambda call: call.when(_is_done) is not None)
        got = call.said()
        answered.note(at is not None, speech.text, "an answer", "silence", bad=False)
        early.note(at is not None and at < end, speech.text, "wait", got, bad=True)
        right.note(answer_is_right(got, question.key), speech.text, question.answer, got, bad=False)
        if at is not None and at >= end:
            late.append(ms(at - end))
        call.session.close()
        subject.tick("takes turns")
    skill = "end of speech to first sound (without computing)"
    return [
        answered.row("takes the turn after a question"),
        early.row("cuts in before the end", Reach(10, at_least=False)),
        right.row("answers right in a live call", Reach(70, at_least=True)),
        percentile(skill, SPLIT, late, 50, reach=Reach(232, at_least=False)),
        percentile(skill, SPLIT, late, 95, reach=Reach(320, at_least=False)),
    ]


async def hesitations(subject: Subject) -> list[Row]:
    """A pause of 0.5 to 1.5 s inside a question: the turn is still the user's."""
    rng, counts = rng_of("hesitations", subject.seed), Counts()
    for question in _questions(subject):
        speech, pause, resume = hesitating(question.asked, rng)
        call, end = await _ask(subject, speech, rng)
        lead = end - speech.end
        at = call.first_audible(lead + pause)
        took = at is not None and at < lead + resume
        counts.note(took, speech.text, "wait", call.said(), bad=True)
        call.session.close()
        subject.tick("waits in hesitations")
    return [counts.row("takes the turn in a hesitation", Reach(10, at_least=False))]


async def disturbances(subject: Subject) -> list[Row]:
    """A murmur, a noise or its own echo while it speaks: it goes on."""

    async def murmur(call: Call, rng: Generator) -> str:
        said = backchannel(rng)
        await call.hear(said.samples)
        return said.text

    async def gust(call: Call, rng: Generator) -> str:
        await call.hear(noise(rng))
        return "noise"

    async def nothing(call: Call, rng: Generator) -> str:
        return "echo"

    return [
        await _disturbed(subject, "stops for a backchannel", murmur),
        await _disturbed(subject, "stops for a noise", gust),
        await _disturbed(subject, "stops for its own echo", nothing, echoes=ECHO_GAIN),
    ]


async def _disturbed(
    subject: Subject, skill: str, disturb: Callable[[Call, Generator], Awaitable[str]], echoes: float = 0.0
) -> Row:
    rng, counts = rng_of(skill, subject.seed), Counts()
    for request in _recitals(subject):
        call, _ = await _ask(subject, say(request.asked, "unseen voice", rng), rng, echoes)
        # An echo is there from the first sound on: there it counts if the reply stops at once.
        if await _is_speaking(call, 0.0 if echoes else INTO_REPLY_S):
            given = await disturb(call, rng)
            await call.wait(REPLY_S, until=lambda call: call.when(_is_done) is not None)
            counts.note(call.when(_was_interrupted) is not None, given, request.answer, call.said(), bad=True)
        else:
            counts.note(None, request.asked, "", "", bad=True)
        call.session.close()
        subject.tick(skill)
    return counts.row(skill, Reach(5, at_least=False))


async def interruptions(subject: Subject) -> list[Row]:
    """Another question while it speaks: it ducks, stops, and answers the new one."""
    rng = rng_of("interruptions", subject.seed)
    stops, succeeds = Counts(), Counts()
    ducked: list[float] = []
    stopped: list[float] = []
    for request, question in zip(_recitals(subject), _questions(subject), strict=True):
        voice = choose_voice("unseen voice", rng)
        call, _ = await _ask(subject, say(request.asked, "unseen voice", rng, voice=voice), rng)
        if await _is_speaking(call):
            speech = say(question.asked, "unseen voice", rng, voice=voice)
            onset = call.now + _first_audible(speech)
            got = await _interrupt(call, speech)
            stop = call.when(_was_interrupted, onset)
            took = f"{ms(stop - onset):.0f} ms" if stop is not None else "no stop"
            in_time = stop is not None and stop - onset <= STOP_S * SAMPLE_RATE
            right = in_time and answer_is_right(got, question.key)
            stops.note(in_time, speech.text, "stop", took, bad=False)
            succeeds.note(right, speech.text, question.answer, f"{got} ({took})", bad=False)
            if stop is not None:
                stopped.append(ms(stop - onset))
                ducked.append(ms((call.when(_is_ducked, onset) or stop) - onset))
        else:
            stops.note(None, request.asked, "", "", bad=False)
        call.session.close()
        subject.tick("can be interrupted")
    return [
        stops.row("stops within 500 ms of an interruption", Reach(95, at_least=True)),
        succeeds.row("… and answers the new question"),
        percentile("interruption to ducked", SPLIT, ducked, 50, reach=Reach(160, at_least=False)),
        percentile("interruption to stopped", SPLIT, stopped, 50),
        percentile("interruption to stopped", SPLIT, stopped, 95, reach=Reach(320, at_least=False)),
    ]


async def _interrupt(call: Call, speech: Speech) -> str:
    """Say it over the reply; return what was said after that."""
    begin = call.now
    await call.hear(speech.samples)
    end = call.now
    await call.wait(ANSWER_S, until=lambda call: call.first_audible(end) is not None)
    await call.wait(REPLY_S, until=lambda call: call.when(_is_done, end) is not None)
    stop = call.when(_was_interrupted, begin)
    return call.said(end if stop is None else stop)


async def quiet(subject: Subject) -> list[Row]:
    """A room where nobody speaks, with a noise now and then: it says nothing."""
    rng, counts = rng_of("quiet", subject.seed), Counts()
    for _ in range(subject.limit):
        call = Call(subject.engine.session(subject.live()), rng)
        await call.wait(QUIET_S / 2)
        await call.hear(noise(rng))
        await call.wait(QUIET_S / 2)
        counts.note(call.first_audible() is not None, "a room with a noise", "silence", call.said(), bad=True)
        call.session.close()
        subject.tick("keeps quiet")
    return [counts.row("speaks though nobody spoke (12 s)", Reach(5, at_least=False))]


async def _ask(subject: Subject, speech: Speech, rng: Generator, echoes: float = 0.0) -> tuple[Call, int]:
    """Begin a call with a moment of room and a question; return it and the sample at which that ends."""
    call = Call(subject.engine.session(subject.live()), rng, echoes)
    await call.wait(float(rng.uniform(0.3, 0.8)))
    begin = call.now
    await call.hear(speech.samples)
    return call, begin + speech.end


async def _is_speaking(call: Call, seconds: float = INTO_REPLY_S) -> bool:
    """Wait until the assistant has been heard for a moment and still speaks."""
    if not await call.wait(ANSWER_S, until=lambda call: call.first_audible() is not None):
        return False
    if not seconds:
        return True
    await call.wait(seconds)
    return call.when(_is_done) is None


def _is_done(event: Event) -> bool:
    return isinstance(event, ReplyDone)


def _was_interrupted(event: Event) -> bool:
    return isinstance(event, ReplyDone) and event.reason == "interrupted"


def _is_ducked(event: Event) -> bool:
    return isinstance(event, Ducked) and event.on


def _first_audible(speech: Speech) -> int:
    return int(np.flatnonzero(np.abs(speech.samples) > AUDIBLE)[0])


def _questions(subject: Subject) -> list[Exchange]:
    """Questions that stand alone, phrased as in training: here only their timing is new."""
    found = (talk[0] for talk in talks(subject.seed, "train"))
    return [next(found) for _ in range(subject.limit)]


def _recitals(subject: Subject) -> list[Exchange]:
    """Requests with long answers."""
    found = (talk[0] for talk in talks(subject.seed, "train", "recital"))
    long = (one for one in found if len(one.answer.split()) >= 6)
    return [next(long) for _ in range(subject.limit)]

"""One person on the line: asks, listens, sometimes interrupts, and notes what a listener would notice.

What is measured is what this side can see. Whether the server keeps the rules is the referee's to say.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from bench.lines import Event, Line, Microphone, Said
from bench.player import Player, Samples
from bench.referee import Referee
from bench.speech import Utterance

PATIENCE_S = 10.0  # for an answer, before the next question
STOP_S = 2.0  # for an interruption to be noticed
LONGEST_REPLY_S = 30.0

COLOURS = (
    "amber",
    "bronze",
    "coral",
    "ebony",
    "golden",
    "indigo",
    "ivory",
    "jade",
    "maroon",
    "olive",
    "purple",
)
THINGS = (
    "anchor",
    "basket",
    "candle",
    "dolphin",
    "engine",
    "feather",
    "garden",
    "hammer",
    "island",
    "jacket",
)


def code_word(number: int) -> str:
    """Two words that only this caller says."""
    return f"{COLOURS[number % len(COLOURS)]} {THINGS[number // len(COLOURS) % len(THINGS)]}"


@dataclass(frozen=True, slots=True, eq=False)
class Manners:
    """How the callers of a crowd behave."""

    questions: Sequence[Utterance]
    interruption: Utterance
    barge_every: int = 4  # one reply in so many is interrupted; 0 for none
    turn_detection: str | None = None  # None leaves the server its own
    code_words: bool = True
    pause_s: tuple[float, float] = (0.5, 1.5)  # between a reply and the next question
    settle_s: float = 0.4  # into a reply before it is interrupted


@dataclass(slots=True)
class Turn:
    latency_ms: float | None = None  # None: not answered in time
    early: bool = False  # the server spoke before the question was over
    barged: bool = False
    stop_ms: float | None = None  # None: not barged, or not stopped


@dataclass(slots=True, eq=False)
class Call:
    """What one caller noticed."""

    number: int
    turns: list[Turn] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)  # every transcript and text that came
    late_s: list[float] = field(default_factory=list)
    ear_ms: list[float] = field(
        default_factory=list
    )  # of each utterance: said so much before the server's clock
    player: Player = field(default_factory=Player)
    hung_up: bool = False  # by the server


class Caller:
    def __init__(self, number: int, manners: Manners, seed: int) -> None:
        self.call = Call(number)
        self._manners = manners
        self._rng = Random(f"{seed} {number}")
        self._referee = Referee()
        self._microphone = Microphone(seed + number)
        self._news = asyncio.Event()
        self._updated = False
        self._asked: Said | None = None
        self._num_begun = self._num_done = 0  # responses
        self._stopped_at: float | None = None  # when the newest reply was cut

    def hear(self, now: float, samples: Samples, item: str) -> None:
        self.call.player.push(now, samples, item)
        self._news.set()

    async def talk(self, line: Line, until: float) -> Call:
        """Hold the line until that time (of perf_counter), then hang up when the turn is over."""
        listening = asyncio.create_task(self._listen(line))
        speaking = asyncio.create_task(line.speak(self._microphone))
        conversing = asyncio.create_task(self._converse(line, until))
        try:
            await asyncio.wait((listening, speaking, conversing), return_when=asyncio.FIRST_COMPLETED)
            self.call.hung_up = not conversing.done()
        finally:
            for task in (conversing, speaking, listening):
                task.cancel()
            results = await asyncio.gather(conversing, speaking, listening, return_exceptions=True)
            with suppress(OSError):
                await line.close()
        if not self.call.hung_up:
            self._referee.finish()
        self._note(results)
        self.call.late_s = line.late_s
        return self.call

    def _note(self, results: Sequence[object]) -> None:
        call = self.call
        for result in results:
            if isinstance(result, Exception):
                call.errors[type(result).__name__] += 1
        call.faults += self._referee.faults
        call.ids = self._referee.item_ids | self._referee.response_ids

    # What comes

    async def _listen(self, line: Line) -> None:
        async for event in line.events():
            self._referee.see(event)
            await self._on(event, line)
            self._news.set()

    async def _on(self, event: Event, line: Line) -> None:
        now = time.perf_counter()
        match event["type"]:
            case "session.updated":
                self._updated = True
            case "input_audio_buffer.speech_started":
                if self._asked is not None:
                    self.call.ear_ms.append(self._asked.began_ms - event["audio_start_ms"])
                if not line.plays_itself:
                    await self._stop(now, line)
            case "output_audio_buffer.cleared":
                await self._stop(now, line)
            case "response.created":
                self._num_begun += 1
            case "response.done":
                self._num_done += 1
                if event["response"]["status"] == "cancelled" and not line.plays_itself:
                    await self._stop(now, line)
            case "error":
                self.call.errors[str(event["error"].get("code") or event["error"].get("type"))] += 1
            case kind if kind.endswith("_transcript.done") or kind.endswith("transcription.completed"):
                self.call.words.append(event["transcript"].lower())
            case "response.output_text.done":
                self.call.words.append(event["text"].lower())

    async def _stop(self, now: float, line: Line) -> None:
        """As stock clients do: throw away what was not played, and tell how much was; the server may know."""
        player = self.call.player
        if not player.is_playing(now):
            return
        played_ms = player.flush(now)
        self._stopped_at = now
        if line.plays_itself:
            return
        place = {"item_id": player.item, "content_index": 0, "audio_end_ms": int(played_ms)}
        await line.send({"type": "conversation.item.truncate", **place})

    # What is said

    async def _converse(self, line: Line, until: float) -> None:
        await line.send({"type": "session.update", "session": self._session()})
        await self._until(lambda: self._updated, PATIENCE_S)
        word = code_word(self.call.number)
        if self._manners.code_words:
            await line.send(typed(f"My code word is {word}."))
        await asyncio.sleep(self._rng.uniform(*self._manners.pause_s))
        questions = self._manners.questions
        number = self.call.number  # every caller begins with another question
        while time.perf_counter() < until:
            every = self._manners.barge_every
            await self._turn(questions[number % len(questions)], bool(every) and number % every == every - 1)
            number += 1
            await asyncio.sleep(self._rng.uniform(*self._manners.pause_s))
        if self._manners.code_words:
            await self._recall(line)

    def _session(self) -> dict[str, Any]:
        session: dict[str, Any] = {"type": "realtime", "output_modalities": ["audio"]}
        if self._manners.turn_detection is not None:
            session["audio"] = {"input": {"turn_detection": {"type": self._manners.turn_detection}}}
        return session

    async def _turn(self, question: Utterance, barges: bool) -> None:
        turn = Turn()
        self.call.turns.append(turn)
        await self._ask(question, turn)
        if barges and turn.latency_ms is not None:
            await asyncio.sleep(self._manners.settle_s)
            await self._barge_in(turn)
        await self._until(self._is_quiet, LONGEST_REPLY_S)

    async def _ask(self, question: Utterance, turn: Turn) -> None:
        player = self.call.player
        player.listen()
        said = self._asked = self._microphone.say(question.samples)
        await said.ended.wait()
        turn.early = player.audible_at is not None
        if turn.early:
            return
        if await self._until(lambda: player.audible_at is not None, PATIENCE_S):
            assert player.audible_at is not None
            turn.latency_ms = 1000.0 * (player.audible_at - said.ended_at)

    async def _barge_in(self, turn: Turn) -> None:
        """Speak over the reply; its answer is waited for as that of any question."""
        player = self.call.player
        if self._is_quiet():
            return
        self._stopped_at = None
        said = self._asked = self._microphone.say(self._manners.interruption.samples)
        await self._until(lambda: self._stopped_at is not None or self._is_quiet(), STOP_S)
        turn.barged = self._stopped_at is not None or not self._is_quiet()
        if self._stopped_at is not None:
            turn.stop_ms = 1000.0 * (self._stopped_at - said.began_at)
        player.listen()
        await said.ended.wait()
        answer = Turn(early=player.audible_at is not None)
        self.call.turns.append(answer)
        if not answer.early and await self._until(lambda: player.audible_at is not None, PATIENCE_S):
            assert player.audible_at is not None
            answer.latency_ms = 1000.0 * (player.audible_at - said.ended_at)

    def _is_quiet(self) -> bool:
        return self._num_begun <= self._num_done and not self.call.player.is_playing(time.perf_counter())

    async def _recall(self, line: Line) -> None:
        """Ask for the code word: if another caller's comes, the server mixes conversations up."""
        before = self._num_done
        await line.send(typed("What is my code word?"))
        await line.send({"type": "response.create", "response": {"output_modalities": ["text"]}})
        await self._until(lambda: self._num_done > before, PATIENCE_S)

    async def _until(self, is_so: Callable[[], bool], seconds: float) -> bool:
        """Wait for it; time alone may bring it about, so look ten times a second too."""
        end = time.perf_counter() + seconds
        while not is_so():
            left = end - time.perf_counter()
            if left <= 0:
                return False
            self._news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), min(left, 0.1))
        return True


def typed(words: str) -> Event:
    content = [{"type": "input_text", "text": words}]
    return {
        "type": "conversation.item.create",
        "item": {"type": "message", "role": "user", "content": content},
    }

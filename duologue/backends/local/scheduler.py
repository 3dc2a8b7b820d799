"""Who runs in the next step: one thread, one network, many conversations.

A conversation asks for one thing at a time: a position (a frame, a word of a reply) or a stretch of several
(of a picture, of a text). Positions of many conversations are run in one batch; who comes first says line.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from duologue.backends.contract import Load
from duologue.backends.local.line import Kind, Line
from duologue.backends.local.runner import Floats, Integers, Positions, Runner
from duologue.backends.local.sequence import Pool, Sequence
from duologue.model.tokens import SOUND

STRETCH = 32  # positions of one conversation in one step: about what 20 ms of two cores can do
TIMES = 512  # of the newest frames are kept: what is told of them is that of some seconds
LATE_S = 0.08  # a frame lasts as long
BATCH = 64  # positions of different conversations in one step; the others come first in the next


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What the last position of a request gave."""

    text_logits: Floats  # (V,)
    heard_logits: Floats  # (V,)
    turn_logits: Floats  # (4,)
    codes: Integers  # (G,)
    drawn_logits: Floats  # (image_size,)
    sound: Floats | None = None  # (1280,), if a vocoder state was given
    vocoder: Floats | None = None  # (S,): the state after that sound


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    sequence: Sequence
    inputs: Positions
    vocoder: Floats | None
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Result]


@dataclass(frozen=True, slots=True, eq=False)
class _Drawing:
    tokens: Integers
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Floats]


class Scheduler:
    """Owns the one thread that calls the runner. Every awaitable may be cancelled and leaves no trace then.

    The line needs no bound of its own: a conversation waits for its answer before it asks again, so it
    holds at most one request for each conversation of the pool.
    """

    def __init__(self, runner: Runner, pool: Pool) -> None:
        self._runner = runner
        self._pool = pool
        self._idle = Positions.quiet(runner.config)  # what a row takes in that did not ask
        self._line: Line[_Request | _Drawing] = Line()
        self._times: deque[float] = deque(maxlen=TIMES)  # seconds
        self._num_late = 0
        self._wake = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="network", daemon=True)
        self._thread.start()

    @property
    def num_waiting(self) -> int:
        return len(self._line)

    def load(self) -> Load:
        """Of the newest steps with a frame of sound in them: from being asked for to the answer."""
        times = sorted(self._times)
        if not times:
            return Load(queue_depth=self.num_waiting)
        return Load(
            frame_ms_p50=1000 * times[len(times) // 2],
            frame_ms_p95=1000 * times[len(times) * 95 // 100],
            late_frames=self._num_late,
            queue_depth=self.num_waiting,
        )

    async def step(
        self, sequence: Sequence, inputs: Positions, vocoder: Floats | None = None, live: bool = False
    ) -> Result:
        """Run up to STRETCH positions and remember them in the sequence.

        vocoder: its state (S,), for a single position whose codes are to become sound. live: somebody
        listens: a frame of sound has a little time, a quiet position begins a reply and has none.
        """
        assert 1 <= inputs.count <= STRETCH, f"{inputs.count=} is more than {STRETCH=}"
        assert vocoder is None or inputs.count == 1, "only single positions are spoken"
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Result] = loop.create_future()
        request = _Request(sequence, inputs, vocoder, loop, answer)
        is_frame = live and inputs.kind[-1] == SOUND
        kind: Kind = "stretch" if inputs.count > 1 else "live" if live else "word"
        before, asked = sequence.position, time.perf_counter()
        self._put(kind, request, asked, can_wait=is_frame)
        try:
            result = await answer
            if is_frame:
                self._note(time.perf_counter() - asked)
            return result
        except asyncio.CancelledError:
            if sequence.is_open:
                sequence.rewind(before)  # the answer may have come in the same instant
            raise

    def _note(self, seconds: float) -> None:
        self._times.append(seconds)
        self._num_late += seconds > LATE_S

    async def draw(self, tokens: Integers) -> Floats:
        """tokens (64,) -> pixels (64, 64, 3) in [0, 1]."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Floats] = loop.create_future()
        self._put("drawing", _Drawing(tokens, loop, answer), time.perf_counter())
        return await answer

    def close(self) -> None:
        """End the thread after its present step; what still waits is cancelled."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()
        for request in self._line.drain():
            _tell(request.loop, request.answer.cancel)

    def _put(self, kind: Kind, request: _Request | _Drawing, now: float, can_wait: bool = False) -> None:
        with self._wake:
            assert not self._closing, "the scheduler was closed"
            self._line.put(kind, request, now, can_wait)
            self._wake.notify()

    # From here on: the network's thread.

    def _run(self) -> None:
        while (chosen := self._next()) is not None:
            kind, taken = chosen
            began = time.perf_counter()
            requests = [each for each in taken if isinstance(each, _Request) and not each.answer.cancelled()]
            if requests:
                self._answer(sorted(requests, key=lambda request: request.sequence.row))
            for drawing in taken:
                if isinstance(drawing, _Drawing) and not drawing.answer.cancelled():
                    self._draw(drawing)
            now = time.perf_counter()
            with self._wake:
                self._line.served(kind, len(taken), now - began, now)

    def _next(self) -> tuple[Kind, list[_Request | _Drawing]] | None:
        """Wait for what is to be run next. None: the end."""
        with self._wake:
            while not self._closing:
                chosen = self._line.choose(time.perf_counter())
                if isinstance(chosen, str):
                    return chosen, self._line.take(chosen, BATCH if chosen in ("live", "word") else 1)
                self._wake.wait(chosen)
        return None

    def _answer(self, requests: list[_Request]) -> None:
        try:
            columns, results = self._step(requests)
        except Exception as error:  # it belongs to those who asked; the thread serves the others
            for request in requests:
                _tell(request.loop, _fail, request.answer, error)
            return
        for at, request in enumerate(requests):
            _tell(request.loop, _finish, request, columns[:, at], results[at])

    def _step(self, requests: list[_Request]) -> tuple[Floats, list[Result]]:
        memory, places = self._pool.gather([request.sequence for request in requests])
        count, rows = requests[0].inputs.count, len(memory.slots)
        inputs, starts = [self._idle] * rows, np.zeros(rows, np.int64)
        for at, request in zip(places, requests, strict=True):
            inputs[at], starts[at] = request.inputs, request.sequence.position
        batch = Positions.stack(inputs)
        outputs = self._runner.step(batch, starts[:, None] + np.arange(count), memory)
        results = [
            Result(
                outputs.text_logits[at, -1],
                outputs.heard_logits[at, -1],
                outputs.turn_logits[at, -1],
                outputs.codes[at, -1],
                outputs.drawn_logits[at, -1],
            )
            for at in places
        ]
        return outputs.columns[:, places], self._vocode(requests, results)

    def _vocode(self, requests: list[_Request], results: list[Result]) -> list[Result]:
        """Add the sound to the results of those who asked for it, in one batch."""
        asked = [(at, request.vocoder) for at, request in enumerate(requests) if request.vocoder is not None]
        if not asked:
            return results
        rows = [at for at, _ in asked]
        codes = np.stack([results[at].codes for at in rows])[:, None]  # (B, 1, G)
        voice = np.stack([requests[at].inputs.voice for at in rows])  # (B, 1)
        sound, states = self._runner.vocode(codes, voice, np.stack([state for _, state in asked]))
        spoken = dict(zip(rows, zip(sound, states, strict=True), strict=True))
        return [
            replace(result, sound=spoken[at][0], vocoder=spoken[at][1]) if at in spoken else result
            for at, result in enumerate(results)
        ]

    def _draw(self, drawing: _Drawing) -> None:
        try:
            pixels = self._runner.draw(drawing.tokens[None])[0]
        except Exception as error:
            _tell(drawing.loop, _fail, drawing.answer, error)
        else:
            _tell(drawing.loop, _give, drawing.answer, pixels)


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[..., object], *arguments: object) -> None:
    with contextlib.suppress(RuntimeError):  # the loop was closed: nobody is there to be told
        loop.call_soon_threadsafe(what, *arguments)


# On the event loop of whoever asked, so that a request is either cancelled or remembered, never half of each.


def _finish(request: _Request, columns: Floats, result: Result) -> None:
    if request.answer.done():
        return
    if not request.sequence.is_open:
        request.answer.cancel()
        return
    request.sequence.append(columns)
    request.answer.set_result(result)


def _fail(answer: asyncio.Future[object], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)


def _give(answer: asyncio.Future[Floats], pixels: Floats) -> None:
    if not answer.done():
        answer.set_result(pixels)

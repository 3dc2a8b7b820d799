"""One live conversation: hear, see, read, say, interrupt. Owns a mind and the state of the turns.

The only clock is the number of samples heard, so a recording gives the same conversation at any speed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

import numpy as np

from duologue.backends.contract import (
    Call,
    Facts,
    Instructions,
    Mind,
    Part,
    Picture,
    Piece,
    Pixels,
    ReplyOptions,
    Role,
    Samples,
    Sound,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)
from duologue.engine import turns, voice_activity
from duologue.engine.events import (
    Ducked,
    Event,
    Heard,
    Reason,
    ReplyDone,
    ReplyStarted,
    Said,
    Shortened,
    SpeechStarted,
    SpeechStopped,
)
from duologue.engine.turns import Decision, Floor, FrameFacts, TurnPolicy, TurnState
from duologue.errors import BadAudio, BadImage
from duologue.sound import FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE

DUCKED_GAIN = 0.1  # -20 dB
MOST_WAITING = 750  # frames heard while a reply is made without a clock: a minute; older ones are lost
MOST_AGAIN = 375  # parts since the last reply began that an interruption may have to hear again: 30 s


@dataclass(frozen=True, slots=True)
class SessionOptions:
    voice: str | None = None
    instructions: str = ""
    policy: TurnPolicy = field(default_factory=TurnPolicy)
    reply: ReplyOptions = field(default_factory=ReplyOptions)  # how the live replies are to be
    seed: int = 0
    tools: tuple[Tool, ...] = ()  # what may be called, in replies whose own options name no tools
    live: bool = True  # False: what is heard are recordings, as fast as they can be; others then come first


@dataclass(slots=True, eq=False)
class _Reply:
    """What became of a reply: after each piece, where the mind stood and how much had been said."""

    id: int
    is_live: bool
    start: int  # the mind's position before it
    marks: list[tuple[int, int, int]] = field(default_factory=list)  # position, samples, characters
    said: str = ""
    num_samples: int = 0

    def note(self, piece: Piece, position: int) -> None:
        self.said += piece.text
        self.num_samples += 0 if piece.sound is None else len(piece.sound)
        self.marks.append((position, self.num_samples, len(self.said)))

    def cut(self, played: int) -> tuple[int, str]:
        """Where the mind stood when so many samples had been said, and the words until then."""
        if played <= 0:
            return self.start, ""
        for position, samples, characters in self.marks:
            if samples >= played:
                return position, self.said[:characters]
        return self.marks[-1][0] if self.marks else self.start, self.said


class Session:
    """Safe to call from several tasks: what happens between two frames happens one after another."""

    def __init__(
        self, mind: Mind, options: SessionOptions, on_close: Callable[[Session], None] = lambda _: None
    ) -> None:
        self.policy = options.policy  # may be changed at any time
        self.reply_options = options.reply  # may be changed at any time
        self._mind = mind
        self._is_live = options.live
        self._told = Instructions(options.instructions, options.tools)
        self._usage = Usage()
        self._known = Usage()  # what the mind held when the last reply ended
        self._on_close = on_close
        self._turn = TurnState()
        self._activity = voice_activity.Activity()
        self._rest: Samples = np.zeros(0, np.float32)  # heard, but not a whole frame yet
        self._waiting: deque[Samples] = deque()
        self._now = 0  # samples that were fed to the mind
        self._began = 0  # when the user's newest turn did, in samples
        self._gain = 1.0
        self._num_replies = 0
        self._reply: _Reply | None = None  # under way
        self._last: _Reply | None = None  # the newest, done or not
        self._since_reply: deque[tuple[int, Part]] = (
            deque()
        )  # what was fed since it began, and at which position
        self._again_from = 0  # the position from which on `_since_reply` is complete
        self._lock = asyncio.Lock()
        self._is_closed = False

    @property
    def now(self) -> int:
        """Samples heard and understood."""
        return self._now

    @property
    def is_replying(self) -> bool:
        return self._reply is not None

    @property
    def newest_reply(self) -> int:
        """The id of the newest reply, under way or done; 0 before the first."""
        return self._num_replies

    @property
    def usage(self) -> Usage:
        """What all replies so far cost; what one costs is the difference between after and before it.

        A reply's input is all that the mind had in mind when it began: old turns, the assistant's own words
        and sound, instructions. Of that, cached_* is what was there already when the reply before it ended,
        so the rest is the newest turn. Output counts as it is given out, heard or not. What was taken in
        and never answered is in `held`, not here.
        """
        return self._usage

    @property
    def held(self) -> Usage:
        """What a reply that began now would count as its input, cached_* aside."""
        return self._mind.held

    async def hear(self, samples: Samples) -> list[Event]:
        """Take in sound of any length, (n,) float32. Frames wait while a reply is made without a clock.

        Raises BadAudio.
        """
        self._cut(samples)
        events: list[Event] = []
        while self._waiting:
            async with self._undisturbed() as is_open:
                if not is_open:
                    break
                if self._reply is not None and not self._reply.is_live:
                    self._drop_the_oldest()
                    break
                if self._waiting:
                    events += await self._hear(self._waiting[0])
        return events

    async def read(self, text: str, role: Role = "user") -> None:
        """Take in words that were typed. Raises BadText."""
        await self._take_in(Text(text, role))

    async def see(self, pixels: Pixels) -> None:
        """Take in a picture, (H, W, 3) uint8. Raises BadImage."""
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not pixels.size:
            raise BadImage(f"got pixels {pixels.shape} of {pixels.dtype}; send (height, width, 3) of uint8")
        await self._take_in(Picture(pixels))

    async def result(self, call_id: str, text: str) -> None:
        """Take in what a called tool gave. Raises BadText."""
        await self._take_in(ToolResult(call_id, text))

    async def call(self, call: ToolCall) -> None:
        """Take in a call that the assistant made in an old turn. Raises BadText for arguments not JSON."""
        await self._take_in(Call(call))

    async def instruct(self, text: str, tools: tuple[Tool, ...] = ()) -> None:
        """Take in how to behave from here on, and what may be called. Raises BadText or BadInput."""
        told = Instructions(text, tools)
        await self._take_in(told)
        self._told = told

    async def recall(self, parts: Sequence[Part]) -> list[Event]:
        """Forget all but the instructions, then live through these parts: an edited history.

        Ends a reply under way. Sound of any length, its last frame filled up with silence. Raises as the
        parts do when they are taken in one by one, after those before; so does cancelling: recall again.
        """
        events: list[Event] = []
        async with self._undisturbed() as is_open:
            if not is_open:
                return events
            events += self._end("cancelled")
            self._last, self._known = None, Usage()
            self._since_reply.clear()
            self._mind.restart(self._told)
            self._again_from = self._mind.position
            for part in parts:
                for piece in _frames(part):
                    await self._mind.feed(piece)
        return events

    async def say(self, options: ReplyOptions | None = None) -> AsyncGenerator[Piece, None]:
        """Reply now, as fast as possible. Ends a reply under way; ends early when interrupted."""
        wish = self._wish(options, live=False)
        async with self._undisturbed() as is_open:
            if not is_open:
                return
            self._end("cancelled")
            reply = self._begin(is_live=False)
            stream = self._mind.reply(wish)
        try:
            while self._reply is reply:
                piece = None
                async with self._undisturbed() as is_open:
                    piece = await anext(stream, None) if is_open and self._reply is reply else None
                    if piece is not None:
                        self._note(reply, piece)
                if piece is None:
                    return
                yield piece
        finally:
            await stream.aclose()
            if self._reply is reply:
                self._reply = None
                self._known = self._mind.held

    async def answer(self, options: ReplyOptions | None = None) -> list[Event]:
        """Begin a live reply now, whatever the policy says; `hear` carries it on."""
        events: list[Event] = []
        async with self._undisturbed() as is_open:
            if is_open:
                events += self._end("cancelled")
                events += await self._answer(options or self.reply_options)
        return events

    async def interrupt(self, played_samples: int | None = None, reply_id: int | None = None) -> list[Event]:
        """Cut the newest reply to the samples that were played (None: all that were given out).

        The mind then remembers having said that much, and hears again what it has heard since. Gives
        ReplyDone for a reply under way, Shortened for one that was done. With `reply_id`, nothing happens
        to another reply that has begun meanwhile.
        """
        events: list[Event] = []
        async with self._undisturbed() as is_open:
            reply = self._last
            if not is_open or reply is None or reply_id not in (None, reply.id):
                return events
            played = reply.num_samples if played_samples is None else played_samples
            position, said = reply.cut(played)
            events += self._end("cancelled", said)
            if played < reply.num_samples:
                events = events or [Shortened(reply.id, said)]
                await self._forget(position)
            elif events:
                self._mind.rewind(self._mind.position)
        return events

    def close(self) -> None:
        """Hang up. Safe at any time, and again: what is under way in other tasks ends as if it were done."""
        if self._is_closed:
            return
        self._is_closed = True
        self._reply = self._last = None
        self._mind.close()
        self._on_close(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @asynccontextmanager
    async def _undisturbed(self) -> AsyncGenerator[bool, None]:
        """One thing after another. Gives whether the conversation goes on still; a hang-up in its midst,
        which takes the mind away, ends what stands in it."""
        async with self._lock:
            try:
                yield not self._is_closed
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if not self._is_closed or (task is not None and task.cancelling()):
                    raise

    # One frame

    def _cut(self, samples: Samples) -> None:
        if samples.ndim != 1 or samples.dtype != np.float32:
            raise BadAudio(f"got samples {samples.shape} of {samples.dtype}; send one channel of float32")
        if not np.isfinite(samples).all():
            raise BadAudio("the samples hold values that are no numbers (NaN or infinite)")
        whole = np.concatenate([self._rest, samples])
        end = len(whole) // FRAME_SAMPLES * FRAME_SAMPLES
        self._waiting.extend(whole[:end].reshape(-1, FRAME_SAMPLES))
        self._rest = whole[end:]

    def _drop_the_oldest(self) -> None:
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self._now += FRAME_SAMPLES

    async def _hear(self, frame: Samples) -> list[Event]:
        facts = await self._feed(Sound(frame, self._is_live))
        self._waiting.popleft()  # only now: whoever cancels this loses nothing
        self._now += FRAME_SAMPLES
        self._activity, speech = voice_activity.step(self._activity, frame)
        before = self._turn
        self._turn, decision = turns.step(
            before, FrameFacts(speech, facts.turn, self._reply is not None), self.policy
        )
        events = self._floor_events(before, facts)
        if decision is Decision.STOP:
            events += await self._stop()
        elif decision is Decision.END:
            events += self._end("completed", truncated=True)
            self._mind.rewind(self._mind.position)
        elif self._reply is not None:
            # A mind loses its reply when the frame in which it calls or draws is cancelled.
            events += self._duck(before.ducked)
            events += self._say(self._reply, facts.piece) if facts.piece else self._end("cancelled")
        elif decision is Decision.ANSWER:
            events += await self._answer(self.reply_options)
        return events

    def _floor_events(self, before: TurnState, facts: Facts) -> list[Event]:
        after, events = self._turn, list[Event]()
        if after.floor is Floor.USER and before.floor is not Floor.USER:
            padding = self.policy.prefix_ms * SAMPLE_RATE // 1000
            self._began = max(0, self._now - after.since_frames * FRAME_SAMPLES)
            events.append(SpeechStarted(max(0, self._began - padding)))
        if before.floor is Floor.USER and after.floor is not Floor.USER:
            events.append(SpeechStopped(max(self._began, self._now - after.silent_frames * FRAME_SAMPLES)))
        if facts.heard or facts.tags or facts.heard_all:
            events.append(Heard(facts.heard, facts.tags, facts.heard_all))
        return events

    # Replies

    def _begin(self, is_live: bool) -> _Reply:
        self._num_replies += 1
        self._reply = self._last = _Reply(self._num_replies, is_live, self._mind.position)
        self._since_reply.clear()
        self._again_from = self._mind.position
        self._gain = 1.0
        self._usage += _as_input(self._mind.held, self._known)
        return self._reply

    def _wish(self, options: ReplyOptions | None, live: bool) -> ReplyOptions:
        options = options or self.reply_options
        return replace(options, live=live, tools=options.tools or self._told.tools)

    def _note(self, reply: _Reply, piece: Piece) -> None:
        reply.note(piece, self._mind.position)
        frames = 0 if piece.sound is None else len(piece.sound) // FRAME_SAMPLES
        self._usage += Usage(text_out=piece.num_tokens, audio_out=frames)

    async def _answer(self, options: ReplyOptions) -> list[Event]:
        wish = self._wish(options, live=True)
        longest = min(wish.max_tokens, max(1, self.policy.max_reply_ms // FRAME_MS))
        reply = self._begin(is_live=True)
        events: list[Event] = [ReplyStarted(reply.id)]
        try:
            async for piece in self._mind.reply(replace(wish, max_tokens=longest)):
                events += self._say(reply, piece)
        except BaseException:
            self._reply = None  # it never began
            raise
        return events

    def _say(self, reply: _Reply, piece: Piece) -> list[Event]:
        self._note(reply, piece)
        events: list[Event] = []
        if piece.text or piece.sound is not None or piece.image is not None or piece.call or piece.manner:
            sound = None if piece.sound is None else self._with_gain(piece.sound)
            events.append(
                Said(reply.id, piece.text, sound, piece.image, piece.call, piece.manner, piece.tokens)
            )
        return events + self._end("completed", truncated=piece.truncated) if piece.done else events

    async def _stop(self) -> list[Event]:
        """Everything said before this frame was played, or soon will be; what it would have added was not."""
        assert self._reply is not None
        position, _ = self._reply.cut(self._reply.num_samples)
        events = self._end("interrupted")
        await self._forget(position)
        return events

    def _end(self, reason: Reason, said: str | None = None, truncated: bool = False) -> list[Event]:
        reply, self._reply = self._reply, None
        if reply is None:
            return []
        self._known = self._mind.held
        return [ReplyDone(reply.id, reason, reply.said if said is None else said, truncated)]

    def _duck(self, was_ducked: bool) -> list[Event]:
        assert self._reply is not None
        return [Ducked(self._reply.id, self._turn.ducked)] if self._turn.ducked != was_ducked else []

    def _with_gain(self, sound: Samples) -> Samples:
        """As loud as the moment asks for, reached by a ramp over the frame."""
        target = DUCKED_GAIN if self._turn.ducked else 1.0
        before, self._gain = self._gain, target
        if before == target == 1.0:
            return sound
        return np.asarray(sound * np.linspace(before, target, len(sound)), np.float32)

    # The mind's past

    async def _take_in(self, part: Part) -> None:
        async with self._undisturbed() as is_open:
            if is_open:
                await self._feed(part)

    async def _feed(self, part: Part) -> Facts:
        position = self._mind.position
        facts = await self._mind.feed(part)
        self._since_reply.append((position, part))
        if len(self._since_reply) > MOST_AGAIN:
            self._since_reply.popleft()
            self._again_from = self._since_reply[0][0]
        return facts

    async def _forget(self, position: int) -> None:
        """Go back to a position, or as far as possible, and take in again what came since but the reply."""
        position = max(position, self._mind.oldest, self._again_from)
        again = [part for at, part in self._since_reply if at >= position]
        while self._since_reply and self._since_reply[-1][0] >= position:
            self._since_reply.pop()
        self._mind.rewind(position)
        for part in again:
            await self._feed(part)


def _as_input(held: Usage, known: Usage) -> Usage:
    """The input of a reply that begins with so much in mind, part of which was known before."""
    return replace(
        held,
        cached_text=min(held.text_in, known.text_in),
        cached_audio=min(held.audio_in, known.audio_in),
        cached_image=min(held.image_in, known.image_in),
    )


def _frames(part: Part) -> Iterator[Part]:
    """A part as a mind takes it: sound frame by frame."""
    if not isinstance(part, Sound):
        yield part
        return
    rest = -len(part.samples) % FRAME_SAMPLES
    for frame in np.pad(part.samples, (0, rest)).reshape(-1, FRAME_SAMPLES):
        yield Sound(frame, live=False)

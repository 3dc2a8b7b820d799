"""The stair into the network without a clock: what was said and shown so far in, the pieces of one reply out.

Chat Completions, Responses and out-of-band realtime responses all climb it. It knows no wire.
"""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from duologue.engine import (
    Call,
    Engine,
    Heard,
    Part,
    Picture,
    Piece,
    ReplyOptions,
    Session,
    SessionOptions,
    Sound,
    Text,
    ToolResult,
    TurnPolicy,
    Usage,
)
from duologue.server.stops import Stops
from duologue.server.view import in_view
from duologue.sound import FRAME_SAMPLES

MOST_SILENCE = 25  # frames (2 s) after a recording in which the transcript of its last words may come

Finish = Literal["stop", "length", "calls"]  # all was said or a stop came; max_tokens; tools are to be called


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Everything that a reply depends on. Sounds in `parts` may be of any length."""

    parts: tuple[Part, ...]
    instructions: str = ""
    voice: str | None = None
    reply: ReplyOptions = field(default_factory=ReplyOptions)
    stop: tuple[str, ...] = ()  # texts that end the reply, and are not part of it
    seed: int = 0
    may_drop: bool = True  # the oldest parts, when they are too many; else that is an error


class Asking:
    """One question being answered. Iterate `pieces` once; the rest is known when they have ended."""

    def __init__(self, engine: Engine, question: Question) -> None:
        self.usage = Usage()
        self.finish: Finish = "stop"
        self._engine = engine
        self._question = question

    async def pieces(self) -> AsyncGenerator[Piece, None]:
        """The reply, without white space before it. Close it to cancel: nothing stays held.

        Raises Busy, BadInput and BadText.
        """
        question = self._question
        parts = await _in_view(self._engine, question)
        async with self._engine.session(_options(question)) as session:
            await _take_in(session, parts)
            stops, is_bare = Stops(question.stop), True
            async with aclosing(session.say(replace(question.reply, seed=question.seed))) as reply:
                async for whole in reply:
                    self.usage = session.usage
                    for piece in stops.push(whole):
                        piece = _bare(piece) if is_bare else piece
                        is_bare = is_bare and not piece.text
                        self._note(piece)
                        yield piece
                    if stops.found:
                        break
            self.usage = session.usage

    def _note(self, piece: Piece) -> None:
        if piece.call is not None:
            self.finish = "calls"
        elif piece.truncated:
            self.finish = "length"


def _options(question: Question) -> SessionOptions:
    return SessionOptions(
        voice=question.voice,
        instructions=question.instructions,
        policy=TurnPolicy("manual"),
        reply=question.reply,
        seed=question.seed,
        tools=question.reply.tools,
        live=False,
    )


async def _in_view(engine: Engine, question: Question) -> tuple[Part, ...]:
    return await to_thread(in_view, engine, question.instructions, question.parts, question.may_drop)


async def _take_in(session: Session, parts: Sequence[Part]) -> None:
    for part in parts:
        match part:
            case Sound():
                await _listen(session, part)
            case Picture(pixels):
                await session.see(pixels)
            case Text(text, role):
                await session.read(text, role)
            case ToolResult(call_id, text):
                await session.result(call_id, text)
            case Call(call):
                await session.call(call)
            case _:
                raise AssertionError(f"a question holds no {type(part).__name__}")


async def _listen(session: Session, sound: Sound) -> None:
    """Hear it all, filled up to a whole frame, and then silence until its last words are understood."""
    missing = -len(sound.samples) % FRAME_SAMPLES
    heard = await session.hear(np.pad(sound.samples, (0, missing)))
    silence = np.zeros(FRAME_SAMPLES, np.float32)
    for _ in range(MOST_SILENCE):
        said = [event for event in heard if isinstance(event, Heard)]
        if said and said[-1].complete:
            return
        heard += await session.hear(silence)


def _bare(piece: Piece) -> Piece:
    """Without the white space that it begins with."""
    text = piece.text.lstrip()
    if text == piece.text:
        return piece
    tokens = piece.tokens
    if tokens:
        tokens = (replace(tokens[0], text=tokens[0].text.lstrip()), *tokens[1:])
    return replace(piece, text=text, tokens=tokens)


async def count(engine: Engine, question: Question) -> Usage:
    """What the network would have in mind when it began to answer. Raises as `Asking.pieces` does."""
    parts = await _in_view(engine, question)
    async with engine.session(_options(question)) as session:
        await _take_in(session, parts)
        return session.held

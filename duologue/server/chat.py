"""POST /v1/chat/completions, whole or as server-sent events: both are made of the same chunks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from duologue.engine import Piece, Usage
from duologue.errors import DuologueError
from duologue.server import answers, faults
from duologue.server.access import Caller, Who
from duologue.server.asking import Asking, Question
from duologue.server.chat_fields import CreateCompletion
from duologue.server.chat_kept import keep
from duologue.server.chat_prompt import SPOKEN, questions
from duologue.server.chat_shape import FINISHED, SPOKEN_SECONDS, Choice, fingerprint, logprobs, usage
from duologue.server.encode import made_by
from duologue.server.ids import new_id
from duologue.server.materials import Materials
from duologue.server.models import model_of
from duologue.server.state import ServerState, Shared
from duologue.server.tape import Tape

router = APIRouter(prefix="/v1/chat/completions", tags=["Chat"])

Json = dict[str, Any]


class Completion:
    """One request being answered, choice after choice. Iterate `chunks` once; then it is `whole`."""

    def __init__(self, body: CreateCompletion, shared: ServerState, caller: Caller) -> None:
        self.id = new_id("chatcmpl").replace("_", "-", 1)
        self.choices: list[Choice] = []
        self.used = Usage()
        self._body = body
        self._shared = shared
        self._caller = caller
        self._created = int(time.time())
        self._model = model_of(body.model, shared.engine.model_name)
        self._began = time.perf_counter()

    async def chunks(self, asked: list[Question]) -> AsyncGenerator[Json, None]:
        """Raises Busy, BadInput, BadText or TookTooLong. Close it to cancel."""
        with self._shared.underway.answer():
            for number, question in enumerate(asked):
                async with aclosing(self._answer(number, question)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            await self._keep()
        if self._body.stream_options and self._body.stream_options.include_usage:
            yield self._chunk([]) | {"usage": usage(self.used)}

    def whole(self) -> Json:
        return {
            "id": self.id,
            "object": "chat.completion",
            "created": self._created,
            "model": self._model,
            "choices": [self._told(choice) for choice in self.choices],
            "usage": usage(self.used),
            "service_tier": "default",
            "system_fingerprint": fingerprint(self._shared.engine.model_name),
        } | ({"metadata": self._body.metadata or {}} if self._body.store else {})

    async def _answer(self, number: int, question: Question) -> AsyncGenerator[Json, None]:
        choice = Choice(number, question.reply.sound, made_by(self._shared.engine.model_name))
        self.choices.append(choice)
        asking, end = Asking(self._shared.engine, question), "cancelled"
        try:
            is_first = True
            async with aclosing(asking.pieces()) as pieces:
                async for piece in pieces:
                    if is_first:
                        yield self._delta(choice, choice.opening())
                    is_first = False
                    self._note_first_sound(choice, piece)
                    for delta in choice.add(piece):
                        yield self._delta(choice, delta, piece)
            end = "completed"
        except DuologueError:
            end = "failed"
            raise
        finally:
            self._count(asking.usage, end)
        choice.finish, choice.expires_at = asking.finish, self._created + SPOKEN_SECONDS
        for delta in choice.closing():
            yield self._delta(choice, delta)
        yield self._delta(choice, {}, finish=FINISHED[asking.finish])

    def _note_first_sound(self, choice: Choice, piece: Piece) -> None:
        if piece.sound is not None and not choice.sound and choice.index == 0:
            self._shared.metrics.first_audio(time.perf_counter() - self._began)

    def _count(self, used: Usage, end: str) -> None:
        """All choices answer one prompt, which is told once; but the caller's quota pays for the work."""
        told = usage(used)
        self._shared.limits.use(self._caller, told["total_tokens"])
        self._shared.metrics.used(told["prompt_tokens"], told["completion_tokens"])
        self._shared.metrics.replied(end)
        output = Usage(text_out=used.text_out, audio_out=used.audio_out)
        self.used = self.used + output if self.used != Usage() else used

    async def _keep(self) -> None:
        for choice in self.choices:
            if choice.sound:
                record = {"transcript": choice.text, "expires_at": choice.expires_at}
                await self._shared.kept.put(self._caller.id, SPOKEN, choice.audio_id, record)
        if self._body.store:
            whole = await asyncio.to_thread(self.whole)
            await keep(self._shared.kept, self._caller.id, whole, self._body)

    def _told(self, choice: Choice) -> Json:
        format = self._body.audio.format if self._body.audio else "pcm16"
        return {
            "index": choice.index,
            "message": choice.message(format),
            "logprobs": logprobs(choice.tokens) if self._body.logprobs else None,
            "finish_reason": FINISHED[choice.finish],
        }

    def _delta(
        self, choice: Choice, delta: Json, piece: Piece | None = None, finish: str | None = None
    ) -> Json:
        told = logprobs(piece.tokens) if self._body.logprobs and piece and "content" in delta else None
        return self._chunk(
            [{"index": choice.index, "delta": delta, "logprobs": told, "finish_reason": finish}]
        )

    def _chunk(self, choices: list[Json]) -> Json:
        chunk = {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._model,
            "service_tier": "default",
            "system_fingerprint": fingerprint(self._shared.engine.model_name),
            "choices": choices,
        }
        wants_usage = self._body.stream_options and self._body.stream_options.include_usage
        return chunk | ({"usage": None} if wants_usage else {})


@router.post("", summary="Answer a conversation, in writing or aloud")
async def create(
    body: CreateCompletion,
    request: Request,
    shared: Shared,
    who: Who,
) -> Response:
    body.check()
    completion = Completion(body, shared, who)
    asked = await questions(body, Materials(shared, who))
    tape = Tape(completion.chunks(asked))
    if body.stream:
        return await answers.streamed(request, tape, _events(tape))

    async def told() -> Response:
        return JSONResponse(await asyncio.to_thread(completion.whole))

    return await answers.whole(request, tape, told)


async def _events(tape: Tape[Json]) -> AsyncIterator[bytes]:
    try:
        async for chunk in tape.read():
            yield answers.event(chunk)
    except DuologueError as error:  # the status is sent already: the stream itself has to tell
        yield answers.event({"error": faults.told(error)})
        return
    yield b"data: [DONE]\n\n"

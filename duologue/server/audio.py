"""/v1/audio: speech from text, text from speech, in another language too, and the voices there are."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from duologue.engine import ReplyOptions
from duologue.errors import DuologueError, NotOffered
from duologue.server import answers, faults
from duologue.server.access import Caller, Who
from duologue.server.encode import MEDIA_TYPES, Encoder, made_by
from duologue.server.fields import Request, Voice, voice_name
from duologue.server.models import CREATED, model_of, voice_of
from duologue.server.speaking import Speaking, tone_of
from duologue.server.state import ServerState, Shared
from duologue.server.tape import Tape
from duologue.text import check

router = APIRouter(prefix="/v1/audio", tags=["Audio"])

LONGEST_INPUT = 4096  # characters, OpenAI's


class SpeechRequest(Request):
    model: str
    input: str = Field(max_length=LONGEST_INPUT)
    voice: str | Voice
    instructions: str = Field(default="", max_length=LONGEST_INPUT)
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] = "mp3"
    speed: float = Field(default=1.0, ge=0.25, le=4.0)
    stream_format: Literal["audio", "sse"] = "audio"


@router.post("/speech", summary="Text, said aloud")
async def speech(asked: SpeechRequest, request: HttpRequest, shared: Shared, asker: Who) -> Response:
    model_of(asked.model, shared.engine.model_name)
    options = ReplyOptions(
        style=tone_of(asked.instructions),
        voice=voice_of(voice_name(asked.voice), shared.engine),
        sound_temperature=shared.settings.sound_temperature,
    )
    words = check(asked.input, LONGEST_INPUT)
    said = Said(asked, Speaking(shared.engine, words, options, asked.speed, shared.settings.seed))
    tape = Tape(said.encoded(shared, asker))
    if asked.stream_format == "sse":
        return await answers.streamed(request, tape, said.events(tape))
    media_type = MEDIA_TYPES[asked.response_format]
    return await answers.streamed(request, tape, tape.read(), media_type=media_type)


@dataclass(slots=True)
class Said:
    """A text on its way to a file."""

    asked: SpeechRequest
    speaking: Speaking
    used_in: int = 0

    async def encoded(self, shared: ServerState, asker: Caller) -> AsyncGenerator[bytes, None]:
        """The bytes of the file as they come. Raises Busy, BadInput and ExtraMissing before the first."""
        began, is_first = time.perf_counter(), True
        self.used_in = shared.engine.count(self.speaking.text)
        encoder = Encoder(self.asked.response_format, note=made_by(shared.engine.model_name))
        try:
            with shared.underway.answer():
                async with aclosing(self.speaking.samples()) as sounds:
                    async for samples in sounds:
                        if is_first:
                            shared.metrics.first_audio(time.perf_counter() - began)
                        is_first = False
                        if ready := encoder.push(samples):
                            yield ready
                if ready := encoder.finish():
                    yield ready
        finally:
            used_out = self.speaking.usage.audio_out
            shared.limits.use(asker, self.used_in + used_out)
            shared.metrics.used(self.used_in, used_out)

    async def events(self, tape: Tape[bytes]) -> AsyncGenerator[bytes, None]:
        try:
            async for ready in tape.read():
                yield answers.event({"type": "speech.audio.delta", "audio": b64encode(ready).decode()})
        except DuologueError as error:  # the status is sent already: the stream itself has to tell
            yield answers.event({"error": faults.told(error)})
            return
        used_out = self.speaking.usage.audio_out
        usage = {
            "input_tokens": self.used_in,
            "output_tokens": used_out,
            "total_tokens": self.used_in + used_out,
        }
        yield answers.event({"type": "speech.audio.done", "usage": usage})


@router.get("/voices", summary="The voices there are")
async def voices(shared: Shared) -> dict[str, Any]:
    listed = [
        {"object": "audio.voice", "id": name, "name": name, "created_at": CREATED}
        for name in shared.engine.voices
    ]
    ends = {"first_id": listed[0]["id"], "last_id": listed[-1]["id"]} if listed else {}
    return {"object": "list", "data": listed, "has_more": False, **ends}


async def refuse_custom_voices(request: HttpRequest) -> None:
    raise NotOffered(
        "this server does not copy voices of people; GET /v1/audio/voices lists those that there are"
    )


for path, methods in (
    ("/voices", ["POST"]),
    ("/voices/{voice}", ["GET", "POST", "DELETE"]),
    ("/voice_consents", ["GET", "POST"]),
    ("/voice_consents/{consent}", ["GET", "POST", "DELETE"]),
):
    router.add_api_route(path, refuse_custom_voices, methods=methods, include_in_schema=False)

"""/v1/audio/transcriptions and /v1/audio/translations: an uploaded recording to text."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from duologue.errors import BadInput, DuologueError
from duologue.server import answers, faults, recordings, transcripts
from duologue.server.access import Caller, Who
from duologue.server.fields import Request, Wire
from duologue.server.forms import Form, described, form
from duologue.server.hearing import Delta, Hearing, Segment
from duologue.server.models import model_of
from duologue.server.state import ServerState, Shared
from duologue.server.tape import Tape

router = APIRouter(prefix="/v1/audio", tags=["Audio"])

Shape = Literal["json", "text", "srt", "verbose_json", "vtt", "diarized_json"]


class Cutting(Wire):
    """How OpenAI's servers cut a recording; here pauses decide, wherever they are."""

    type: Literal["server_vad"]
    prefix_padding_ms: int | None = None
    silence_duration_ms: int | None = None
    threshold: float | None = None


class TranslationRequest(Request):
    model: str
    prompt: str = ""  # the network knows no prompts of what it will hear
    response_format: Shape = "json"
    temperature: float = Field(default=0.0, ge=0.0, le=1.0)  # what is heard is never a matter of chance


class TranscriptionRequest(TranslationRequest):
    language: str | None = None  # told again where none was heard
    languages: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    include: tuple[Literal["logprobs"], ...] = ()  # the network tells none of what it hears
    timestamp_granularities: tuple[Literal["word", "segment"], ...] = ("segment",)
    stream: bool = False
    chunking_strategy: Literal["auto"] | Cutting | None = None
    known_speaker_names: tuple[str, ...] = ()
    known_speaker_references: tuple[str, ...] = ()


@router.post(
    "/transcriptions",
    summary="What a recording says",
    openapi_extra=described(TranscriptionRequest, "file"),
)
async def transcriptions(request: HttpRequest, shared: Shared, asker: Who) -> Response:
    filled = await form(request)
    asked = filled.fields(TranscriptionRequest)
    _check(asked, shared)
    if asked.known_speaker_names or asked.known_speaker_references:
        raise BadInput("speakers are not told apart here; leave these out", "known_speaker_names")
    hearing = Hearing(shared.engine)
    tape = Tape(_parts(filled, hearing, shared, asker))
    if asked.stream:
        return await answers.streamed(request, tape, _events(hearing, tape))
    return await _whole(request, tape, hearing, asked, asked.timestamp_granularities, asked.language)


@router.post(
    "/translations",
    summary="What a recording says, in English",
    openapi_extra=described(TranslationRequest, "file"),
)
async def translations(request: HttpRequest, shared: Shared, asker: Who) -> Response:
    filled = await form(request)
    asked = filled.fields(TranslationRequest)
    _check(asked, shared)
    hearing = Hearing(shared.engine, translate_to="en")
    tape = Tape(_parts(filled, hearing, shared, asker))
    return await _whole(request, tape, hearing, asked, ["segment"], None)


def _check(asked: TranslationRequest, shared: ServerState) -> None:
    """Raises UnknownModel; BadInput for what the network cannot do."""
    model_of(asked.model, shared.engine.model_name)
    if asked.response_format == "diarized_json":
        raise BadInput(
            "speakers are not told apart here; ask for json, text, srt, vtt or verbose_json",
            "response_format",
        )


async def _parts(
    filled: Form, hearing: Hearing, shared: ServerState, asker: Caller
) -> AsyncGenerator[Delta | Segment, None]:
    """What the uploaded recording says, as it is heard. Raises BadInput, BadAudio and Busy."""
    frames = recordings.frames(filled.file("file").open, shared.settings.max_audio_s)
    try:
        with shared.underway.answer():
            async with aclosing(frames), aclosing(hearing.parts(frames)) as parts:
                async for part in parts:
                    yield part
    finally:
        shared.limits.use(asker, hearing.usage.audio_in + hearing.usage.text_out)
        shared.metrics.used(hearing.usage.audio_in, hearing.usage.text_out)
        await filled.close()


async def _events(hearing: Hearing, tape: Tape[Delta | Segment]) -> AsyncGenerator[bytes, None]:
    text = ""
    try:
        async for part in tape.read():
            if isinstance(part, Delta) and part.text:
                text += part.text
                yield answers.event({"type": "transcript.text.delta", "delta": part.text})
    except DuologueError as error:  # the status is sent already: the stream itself has to tell
        yield answers.event({"error": faults.told(error)})
        return
    usage = transcripts.tokens(hearing.usage)
    yield answers.event({"type": "transcript.text.done", "text": text.strip(), "usage": usage})


async def _whole(
    request: HttpRequest,
    tape: Tape[Delta | Segment],
    hearing: Hearing,
    asked: TranslationRequest,
    grain: Sequence[str],
    language: str | None,
) -> Response:
    async def told() -> Response:
        segments = [part async for part in tape.read() if isinstance(part, Segment)]
        return _shaped(hearing, segments, asked, grain, language)

    return await answers.whole(request, tape, told)


def _shaped(
    hearing: Hearing,
    segments: list[Segment],
    asked: TranslationRequest,
    grain: Sequence[str],
    language: str | None,
) -> Response:
    match asked.response_format:
        case "text":
            return PlainTextResponse(transcripts.text_of(segments) + "\n")
        case "srt":
            return PlainTextResponse(transcripts.srt(segments))
        case "vtt":
            return PlainTextResponse(transcripts.vtt(segments))
        case "verbose_json":
            return JSONResponse(transcripts.verbose(hearing, segments, grain, language))
    return JSONResponse(transcripts.plain(hearing, segments, asked.model))

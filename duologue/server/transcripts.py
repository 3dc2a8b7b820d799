"""What was heard in the shapes of OpenAI's wire: JSON, plain text, SubRip, WebVTT."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from duologue.engine import Usage
from duologue.server.hearing import LANGUAGES, Hearing, Segment

LONGEST_CAPTION = 84  # characters: two lines of a screen

Json = dict[str, Any]  # of the wire


def text_of(segments: Iterable[Segment]) -> str:
    return " ".join(segment.text for segment in segments)


def language_of(segments: Sequence[Segment]) -> str | None:
    """The one heard most often, as a code."""
    heard = [segment.language for segment in segments if segment.language]
    return max(heard, key=heard.count, default=None)


def plain(hearing: Hearing, segments: Sequence[Segment], model: str) -> Json:
    told: Json = {"text": text_of(segments)}
    if hearing.translate_to is None:
        # OpenAI counts its Whisper by the second, its newer models by the token.
        is_timed = model.startswith("whisper")
        told["usage"] = _duration(hearing.seconds) if is_timed else tokens(hearing.usage)
    return told


def verbose(
    hearing: Hearing, segments: Sequence[Segment], grain: Sequence[str], language: str | None
) -> Json:
    """`grain` is what times are wanted for: "word", "segment". `language` is told where none was heard."""
    language = hearing.translate_to or language_of(segments) or language
    told: Json = {
        "task": "translate" if hearing.translate_to else "transcribe",
        "language": LANGUAGES.get(language or "", language or "unknown"),
        "duration": round(hearing.seconds, 2),
        "text": text_of(segments),
    }
    if "word" in grain:
        words = [word for segment in segments for word in segment.words]
        told["words"] = [{"word": word.text, "start": word.start, "end": word.end} for word in words]
    if "segment" in grain:
        told["segments"] = [_segment(number, segment) for number, segment in enumerate(segments)]
    if hearing.translate_to is None:
        told["usage"] = _duration(hearing.seconds)
    return told


def _segment(number: int, segment: Segment) -> Json:
    """The network tells no token ids and no probabilities of what it heard: these are empty and 0."""
    written = segment.text.encode()
    return {
        "id": number,
        "seek": round(segment.start * 100),  # hundredths of a second, as Whisper counts
        "start": segment.start,
        "end": segment.end,
        "text": f" {segment.text}",
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": 0.0,
        "compression_ratio": round(len(written) / len(zlib.compress(written)), 4),
        "no_speech_prob": round(1.0 - segment.speech, 4),
    }


def _duration(seconds: float) -> Json:
    return {"type": "duration", "seconds": round(seconds, 2)}


def tokens(usage: Usage) -> Json:
    used_in = usage.text_in + usage.audio_in
    return {
        "type": "tokens",
        "input_tokens": used_in,
        "input_token_details": {"text_tokens": usage.text_in, "audio_tokens": usage.audio_in},
        "output_tokens": usage.text_out,
        "total_tokens": used_in + usage.text_out,
    }


def srt(segments: Iterable[Segment]) -> str:
    """SubRip."""
    captions = [
        f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{text}\n"
        for number, (text, start, end) in enumerate(_captions(segments), 1)
    ]
    return "\n".join(captions)


def vtt(segments: Iterable[Segment]) -> str:
    """WebVTT."""
    captions = [
        f"{_clock(start, '.')} --> {_clock(end, '.')}\n{_escaped(text)}\n"
        for text, start, end in _captions(segments)
    ]
    return "\n".join(["WEBVTT\n", *captions])


def _captions(segments: Iterable[Segment]) -> Iterator[tuple[str, float, float]]:
    """Text, begin and end of what is shown at once: long segments are cut between words."""
    for segment in segments:
        if len(segment.text) <= LONGEST_CAPTION or not segment.words:
            yield segment.text, segment.start, segment.end
            continue
        text, start, end = "", segment.start, segment.start
        for word in segment.words:
            if text and len(text) + len(word.text) >= LONGEST_CAPTION:
                yield text, start, end
                text, start = "", word.start
            text, end = f"{text} {word.text}".strip(), word.end
        yield text, start, end


def _clock(seconds: float, point: str) -> str:
    whole = round(seconds * 1000)
    return (
        f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02}{point}{whole % 1000:03}"
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

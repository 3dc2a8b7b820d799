"""A recording to words and their times: cut at pauses, so that its length costs no memory and no attention.

Every stretch is heard as if nothing had been before it. A word comes out in the frame after its end, one
token a frame: so its end is known to a frame; it begins where sound begins behind the word before.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import itemgetter

import numpy as np

from duologue.engine import (
    Engine,
    Heard,
    ReplyOptions,
    Session,
    SessionOptions,
    TurnPolicy,
    Usage,
    voice_activity,
)
from duologue.sound import FRAME_MS, FRAME_SAMPLES, Samples

PAUSE = 8  # frames without speech, 0.64 s, at which a stretch may end
SHORTEST = 13  # frames, 1 s: shorter stretches go on behind a pause
LONGEST = 250  # frames, 20 s: a third of what the network keeps in mind
SEEK = 50  # frames, 4 s: without a pause, the quietest moment in the last of them is the cut
MOST_SILENCE = 25  # frames (2 s) after a stretch in which the transcript of its last words may come
LONGEST_WORD = 25  # frames: what lies further before a word's end is not the word
LONGER = 2  # times the tokens that were heard, and so many more, may a translation have:
MOST_MORE = 25  # a young network does not always find an end
FRAME_S = FRAME_MS / 1000
LANGUAGES = {"en": "english", "es": "spanish", "fr": "french", "de": "german", "it": "italian"}


@dataclass(frozen=True, slots=True)
class Word:
    """Times in seconds of the recording."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Segment:
    """What was said without a pause."""

    words: tuple[Word, ...]
    text: str
    start: float
    end: float
    speech: float  # mean P(speech) of its frames
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """More of the transcript, white space between words included."""

    text: str


@dataclass(slots=True)
class Stretch:
    """Frames that are heard together."""

    first: int  # number of its first frame in the recording
    frames: list[Samples] = field(default_factory=list)
    speech: list[float] = field(default_factory=list)  # P(speech) of each

    @property
    def is_dead(self) -> bool:
        """Not even the quietest voice."""
        return all(voice_activity.loudness_db(frame) < voice_activity.AUDIBLE_DB for frame in self.frames)


class Cutter:
    """Frames in, stretches out: nothing is lost, and none is longer than LONGEST."""

    def __init__(self) -> None:
        self.num_frames = 0
        self._activity = voice_activity.Activity()
        self._stretch = Stretch(0)

    def push(self, frame: Samples) -> Stretch | None:
        """A stretch that ends with this frame or before it."""
        self.num_frames += 1
        self._activity, speech = voice_activity.step(self._activity, frame)
        self._stretch.frames.append(frame)
        self._stretch.speech.append(speech)
        length = len(self._stretch.frames)
        if length >= SHORTEST + PAUSE and self._paused():
            return self._cut(length)
        return self._cut(self._quietest()) if length == LONGEST else None

    def finish(self) -> Stretch:
        return self._cut(len(self._stretch.frames))

    def _paused(self) -> bool:
        """It is quiet now, after speech."""
        speech = self._stretch.speech
        return max(speech[-PAUSE:]) < 0.5 <= max(speech)

    def _quietest(self) -> int:
        loudness = [voice_activity.loudness_db(frame) for frame in self._stretch.frames[-SEEK:]]
        return LONGEST - SEEK + 1 + int(np.argmin(loudness))

    def _cut(self, length: int) -> Stretch:
        whole = self._stretch
        self._stretch = Stretch(whole.first + length, whole.frames[length:], whole.speech[length:])
        return Stretch(whole.first, whole.frames[:length], whole.speech[:length])


@dataclass(slots=True)
class Hearing:
    """One recording being heard. Iterate `parts` once; the rest is known when they have ended."""

    engine: Engine
    translate_to: str | None = None
    seconds: float = 0.0
    usage: Usage = field(default_factory=Usage)

    async def parts(self, frames: AsyncIterator[Samples]) -> AsyncGenerator[Delta | Segment, None]:
        """Deltas as the words come, and every segment behind its last one. Raises Busy, BadAudio."""
        is_first = True
        async for stretch in _stretches(frames):
            self.seconds = (stretch.first + len(stretch.frames)) * FRAME_S
            if stretch.is_dead:
                continue
            async with aclosing(self._hear(stretch)) as parts:
                async for part in parts:
                    if isinstance(part, Delta):
                        text = part.text.lstrip() if is_first else part.text
                        is_first = is_first and not text
                        part = Delta(text)
                    yield part

    async def _hear(self, stretch: Stretch) -> AsyncGenerator[Delta | Segment, None]:
        recording = SessionOptions(policy=TurnPolicy("manual"), live=False)
        async with self.engine.session(recording) as session:
            listener = _Listener(stretch)
            for number, frame in enumerate(_and_silence(stretch)):
                if listener.has_all(number):
                    break
                self.usage += Usage(audio_in=1)
                for event in await session.hear(frame):
                    if isinstance(event, Heard):
                        text = listener.note(number, event)
                        if text and self.translate_to is None:
                            yield Delta(text)
            segments = listener.segments()
            if segments and self.translate_to is not None:
                segments = [await self._translated(session, segments, self.translate_to)]
                yield Delta(f" {segments[0].text}")
            for segment in segments:
                self.usage += Usage(text_out=self.engine.count(segment.text))
                yield segment

    async def _translated(self, session: Session, segments: list[Segment], language: str) -> Segment:
        """All that was heard in one stretch, in another language; what is in it already stays as it is."""
        first, last = segments[0], segments[-1]
        text = " ".join(segment.text for segment in segments)
        if first.language != language:
            longest = LONGER * self.engine.count(text) + MOST_MORE
            wish = ReplyOptions(sound=False, translate_to=language, max_tokens=longest)
            async with aclosing(session.say(wish)) as pieces:
                text = "".join([piece.text async for piece in pieces]).strip()
        return replace(first, words=(), text=text, end=last.end)


class _Listener:
    """Puts together what is heard of one stretch."""

    def __init__(self, stretch: Stretch) -> None:
        self._stretch = stretch
        self._utterances: list[list[tuple[str, int]]] = []  # words, and the frames they came in
        self._languages: list[str] = []
        self._is_open = False  # words were heard whose utterance has not ended yet

    def has_all(self, number: int) -> bool:
        """Nothing more is to be expected when so many frames were heard."""
        beyond = number - len(self._stretch.frames)
        if self._is_open:
            return beyond >= MOST_SILENCE
        return beyond >= (0 if self._utterances else PAUSE)

    def note(self, number: int, heard: Heard) -> str:
        """Take in what came with a frame; return the text that it adds."""
        text = heard.text
        if text and not self._is_open:
            self._is_open, text = True, f" {text.lstrip()}"
            self._utterances.append([])
        for part in re.findall(r"\s*\S+|\s+", text):
            words = self._utterances[-1]
            if part[0].isspace() or not words:
                words.append((part, number))
            else:
                words[-1] = (words[-1][0] + part, words[-1][1])
        self._languages += [tag for tag in heard.tags if tag in LANGUAGES]
        self._is_open = self._is_open and not heard.complete
        return text

    def segments(self) -> list[Segment]:
        found, before = list[Segment](), 0
        for utterance in self._utterances:
            words, before = self._timed(utterance, before)
            if words:
                found.append(self._segment(words))
        return found

    def _segment(self, words: list[Word]) -> Segment:
        first = self._stretch.first
        begin, end = (round(time / FRAME_S) - first for time in (words[0].start, words[-1].end))
        speech = self._stretch.speech[begin : max(begin + 1, end)] or [0.0]
        language = max(self._languages, key=self._languages.count, default=None)
        text = " ".join(word.text for word in words)
        return Segment(tuple(words), text, words[0].start, words[-1].end, float(np.mean(speech)), language)

    def _timed(self, utterance: list[tuple[str, int]], before: int) -> tuple[list[Word], int]:
        """Words with times, and the frame in which the last one ends. Words that came at once share it."""
        timed = list[Word]()
        for number, group in groupby(utterance, key=itemgetter(1)):
            texts = [text.strip() for text, _ in group if text.strip()]
            end = max(before, min(number, len(self._stretch.frames)))
            start = self._onset(before, end, len(texts))
            step = (end - start) / max(1, len(texts))
            timed += [
                Word(text, self._at(start + place * step), self._at(start + (place + 1) * step))
                for place, text in enumerate(texts)
            ]
            before = end
        return timed, before

    def _onset(self, before: int, end: int, num_words: int) -> int:
        """The first frame with speech of words that end with one."""
        earliest = max(before, end - LONGEST_WORD * num_words)
        loud = (frame for frame in range(earliest, end) if self._stretch.speech[frame] >= 0.5)
        return next(loud, earliest)

    def _at(self, frame: float) -> float:
        return round((self._stretch.first + frame) * FRAME_S, 3)


def _and_silence(stretch: Stretch) -> Iterator[Samples]:
    yield from stretch.frames
    for _ in range(MOST_SILENCE):
        yield np.zeros(FRAME_SAMPLES, np.float32)


async def _stretches(frames: AsyncIterator[Samples]) -> AsyncGenerator[Stretch, None]:
    cutter = Cutter()
    async for frame in frames:
        if (stretch := cutter.push(frame)) is not None:
            yield stretch
    if (last := cutter.finish()).frames:
        yield last

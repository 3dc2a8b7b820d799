"""Recordings are cut at pauses, nothing of them is lost, and words get times that make sense."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.backends.scripted import Script, ScriptedBackend
from duologue.engine import Engine, Heard
from duologue.server.hearing import (
    LONGEST,
    SHORTEST,
    Cutter,
    Delta,
    Hearing,
    Segment,
    Stretch,
    _Listener,
)
from duologue.server.transcripts import srt, text_of, vtt
from duologue.sound import FRAME_SAMPLES, Samples, frames
from tests.server.recorded import silence, spoken, tone


def cut(samples: Samples) -> list[Stretch]:
    cutter = Cutter()
    found = [stretch for frame in frames(samples) if (stretch := cutter.push(frame))]
    last = cutter.finish()
    return [*found, last] if last.frames else found


async def feed(samples: Samples) -> AsyncIterator[Samples]:
    for frame in frames(samples):
        yield frame


async def heard(
    engine: Engine, samples: Samples, translate_to: str | None = None
) -> tuple[Hearing, list[Delta | Segment]]:
    hearing = Hearing(engine, translate_to)
    return hearing, [part async for part in hearing.parts(feed(samples))]


@pytest.fixture
def engine() -> Engine:
    return Engine(ScriptedBackend(Script(hears=("one two three",))), 2)


@given(st.lists(st.tuples(st.floats(0.1, 30.0), st.floats(0.0, 3.0)), min_size=1, max_size=4))
@settings(deadline=None, max_examples=10)
def test_no_frame_is_lost_and_no_stretch_too_long(parts: list[tuple[float, float]]) -> None:
    samples = np.concatenate([sound for loud, quiet in parts for sound in (tone(loud), silence(quiet))])
    stretches = cut(samples)
    joined = np.concatenate([frame for stretch in stretches for frame in stretch.frames])
    assert np.array_equal(joined, np.concatenate(list(frames(samples))))
    assert all(1 <= len(stretch.frames) == len(stretch.speech) <= LONGEST for stretch in stretches)
    firsts = np.cumsum([0, *(len(stretch.frames) for stretch in stretches)])
    assert [stretch.first for stretch in stretches] == firsts[:-1].tolist()


def test_a_pause_is_a_cut() -> None:
    *stretches, rest = cut(spoken(3))
    assert len(stretches) == 3 and rest.is_dead and not stretches[0].is_dead


def test_without_a_pause_the_quietest_moment_is() -> None:
    samples = tone(22.0)
    samples[230 * FRAME_SAMPLES : 231 * FRAME_SAMPLES] *= 0.01
    assert len(cut(samples)[0].frames) == 231


async def test_every_utterance_is_a_segment(engine: Engine) -> None:
    hearing, parts = await heard(engine, spoken(3))
    segments = [part for part in parts if isinstance(part, Segment)]
    assert [segment.text for segment in segments] == ["one two three"] * 3
    assert "".join(part.text for part in parts if isinstance(part, Delta)) == text_of(segments)
    assert hearing.seconds == pytest.approx(9.0, abs=0.08)
    assert hearing.usage.text_out == 9 and 9 / 0.08 > hearing.usage.audio_in > 8 / 0.08
    assert engine.num_sessions == 0


async def test_times_are_in_order_and_where_the_sound_is(engine: Engine) -> None:
    _, parts = await heard(engine, np.concatenate([silence(0.8), spoken(3)]))
    segments = [part for part in parts if isinstance(part, Segment)]
    times = [time for segment in segments for word in segment.words for time in (word.start, word.end)]
    assert times == sorted(times)
    for number, segment in enumerate(segments):
        assert segment.start == pytest.approx(0.8 + 3 * number, abs=0.17)
        assert segment.end == pytest.approx(0.8 + 3 * number + 2, abs=0.17)
        assert segment.speech > 0.9 and segment.language == "en"


async def test_three_minutes_take_the_memory_of_a_stretch(engine: Engine) -> None:
    alive, most = set[int](), 0

    async def counted() -> AsyncIterator[Samples]:
        nonlocal most
        for _ in range(60):
            for frame in frames(spoken(1)):
                alive.add(id(frame))
                weakref.finalize(frame, alive.discard, id(frame))
                most = max(most, len(alive))
                yield frame

    hearing = Hearing(engine)
    parts = [part async for part in hearing.parts(counted())]
    assert len([part for part in parts if isinstance(part, Segment)]) == 60
    assert SHORTEST < most <= 3 * LONGEST


async def test_dead_silence_is_not_even_heard() -> None:
    backend = ScriptedBackend(Script(hears=("a ghost",)))
    hearing, parts = await heard(Engine(backend, 1), silence(30.0))
    assert parts == [] and hearing.seconds == pytest.approx(30.0, abs=0.08)
    assert hearing.usage.audio_in == 0


async def test_translation_speaks_for_each_stretch() -> None:
    backend = ScriptedBackend(Script(hears=("uno dos",), says=("one two",)))
    _, parts = await heard(Engine(backend, 1), spoken(2), translate_to="de")
    assert [part.text for part in parts if isinstance(part, Segment)] == ["one two", "one two"]


async def test_what_is_said_in_the_language_already_stays() -> None:
    backend = ScriptedBackend(Script(hears=("one two",), says=("nonsense",)))
    _, parts = await heard(Engine(backend, 1), spoken(1), translate_to="en")
    assert [part.text for part in parts if isinstance(part, Segment)] == ["one two"]


def test_a_word_of_several_tokens_ends_with_its_sound() -> None:
    """Tokens come one a frame, from the frame after the word's end."""
    stretch = Stretch(100, [silence(0.08)] * 20, [0.0] * 3 + [1.0] * 9 + [0.0] * 8)
    listener = _Listener(stretch)
    told = [listener.note(8, Heard(" hel")), listener.note(9, Heard("lo")), listener.note(12, Heard(" you"))]
    assert told == [" hel", "lo", " you"]
    assert not listener.has_all(20) and listener.has_all(45)
    listener.note(16, Heard("", ("fr", "happy"), complete=True))
    assert listener.has_all(20)
    (segment,) = listener.segments()
    assert [(word.text, word.start, word.end) for word in segment.words] == [
        ("hello", 8.24, 8.64),
        ("you", 8.64, 8.96),
    ]
    assert segment.text == "hello you" and segment.language == "fr"


def caption(text: str, start: float, end: float) -> Segment:
    return Segment((), text, start, end, 1.0)


def test_subtitles() -> None:
    segments = [caption("a < b & c", 0.5, 3661.25), caption("d", 3662.0, 3663.0)]
    assert srt(segments) == (
        "1\n00:00:00,500 --> 01:01:01,250\na < b & c\n\n2\n01:01:02,000 --> 01:01:03,000\nd\n"
    )
    assert vtt(segments).startswith("WEBVTT\n\n00:00:00.500 --> 01:01:01.250\na &lt; b &amp; c\n\n")
    assert srt([]) == "" and vtt([]).startswith("WEBVTT")


async def test_long_captions_are_cut_between_words() -> None:
    words = " ".join(f"word{number}" for number in range(40))
    _, parts = await heard(Engine(ScriptedBackend(Script(hears=(words,))), 1), spoken(1, seconds=9.0))
    lines = srt([part for part in parts if isinstance(part, Segment)]).split("\n\n")
    texts = [line.splitlines()[2] for line in lines]
    assert " ".join(texts) == words and all(len(text) <= 84 for text in texts) and len(texts) > 3

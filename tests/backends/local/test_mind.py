"""The laws of a mind, on a fake network and on a tiny real one in torch and in ONNX.

A conversation is a list of things that happen; what a mind notices and says is compared number by number.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.backends.contract import (
    Facts,
    MindOptions,
    Part,
    Picture,
    Piece,
    ReplyOptions,
    Sound,
    Text,
    ToolResult,
)
from duologue.backends.local.backend import LocalBackend
from duologue.backends.local.mind import LocalMind
from duologue.backends.local.runner import Runner
from duologue.errors import BadInput, BadText, Busy
from duologue.model.tokens import Vocabulary
from tests.backends.local.fakes import FakeRunner, small_config, small_vocabulary

VOCABULARY = small_vocabulary()


@dataclass(frozen=True)
class Answer:
    options: ReplyOptions


Happening = Part | Answer


def sound(seed: int) -> Sound:
    return Sound(np.random.default_rng(seed).uniform(-0.3, 0.3, 1280).astype(np.float32))


def picture(seed: int) -> Picture:
    return Picture(np.random.default_rng(seed).integers(0, 256, (16, 32, 3)).astype(np.uint8))


async def live(mind: LocalMind, happenings: list[Happening]) -> list[Facts | Piece]:
    noticed: list[Facts | Piece] = []
    for happening in happenings:
        if isinstance(happening, Answer):
            noticed += [piece async for piece in mind.reply(happening.options)]
        else:
            noticed.append(await mind.feed(happening))
    return noticed


def assert_same(a: list[Facts | Piece], b: list[Facts | Piece], atol: float = 0.0) -> None:
    assert len(a) == len(b)
    for one, other in zip(a, b, strict=True):
        assert type(one) is type(other)
        for x, y in zip(flat(one), flat(other), strict=True):
            if atol and np.asarray(x).dtype.kind == "f":
                np.testing.assert_allclose(np.asarray(x), np.asarray(y), rtol=0, atol=atol)
            else:
                np.testing.assert_array_equal(np.asarray(x), np.asarray(y))


def flat(noticed: Facts | Piece) -> list[object]:
    """Its numbers and words; a piece within facts is opened too."""
    fields = [getattr(noticed, name) for name in noticed.__slots__]
    return [
        value for field in fields for value in (flat(field) if isinstance(field, Facts | Piece) else [field])
    ]


@pytest.fixture
async def backend(runner: Runner, vocabulary: Vocabulary) -> AsyncIterator[LocalBackend]:
    backend = LocalBackend(runner, vocabulary, room=8)
    yield backend
    await backend.close()


@pytest.fixture
async def mind(vocabulary: Vocabulary) -> AsyncIterator[LocalMind]:
    """On the fake network, where only the mind is in question."""
    backend = LocalBackend(FakeRunner(small_config(vocabulary.size)), vocabulary, room=2)
    yield backend.mind(MindOptions())
    await backend.close()


TALK: list[Happening] = [
    sound(1),
    sound(2),
    Text("how are you today?"),
    picture(3),
    Answer(ReplyOptions(live=True, temperature=0.8, sound_temperature=0.7, max_tokens=30)),
    *(sound(seed) for seed in range(10, 16)),
]
ELSEWHERE: list[Happening] = [
    sound(20),
    Text("Paris"),
    Answer(ReplyOptions(max_tokens=3, voice="ben")),
    sound(21),
]
GOING_ON: list[Happening] = [
    sound(30),
    Answer(ReplyOptions(max_tokens=6, temperature=0.5, sound_temperature=0.5)),
    *(sound(seed) for seed in range(31, 36)),
    ToolResult("call_1", "France"),
    Answer(ReplyOptions(sound=False, max_tokens=5)),
    sound(40),
]


async def test_rewind_forgets(backend: LocalBackend) -> None:
    """Bit by bit: after going back, the future is that of a conversation where it never happened."""
    went_back, never_went = (backend.mind(MindOptions(seed=5)) for _ in range(2))
    first = await live(went_back, TALK)
    here = went_back.position
    await live(went_back, ELSEWHERE)
    went_back.rewind(here)
    assert_same(first, await live(never_went, TALK))
    never_went.rewind(never_went.position)  # the live reply is cancelled in both
    assert_same(await live(went_back, GOING_ON), await live(never_went, GOING_ON))
    assert went_back.position == never_went.position


happenings = st.lists(
    st.one_of(
        st.integers(0, 9).map(sound),
        st.integers(0, 3).map(picture),
        st.sampled_from(["Paris", "how are you today?"]).map(Text),
        st.just(Text("the capital", "assistant")),
        st.builds(
            ReplyOptions,
            live=st.booleans(),
            sound=st.booleans(),
            style=st.none() | st.just("excited"),
            voice=st.none() | st.just("ben"),
            text=st.none() | st.just("of France"),
            translate_to=st.none() | st.just("es"),
            max_tokens=st.integers(1, 4),
            temperature=st.sampled_from([0.0, 1.0]),
            sound_temperature=st.sampled_from([0.0, 1.0]),
        ).map(Answer),
    ),
    max_size=6,
)


@settings(max_examples=20, deadline=None)
@given(happenings, happenings, happenings)
def test_rewind_forgets_anything(
    before: list[Happening], between: list[Happening], after: list[Happening]
) -> None:
    async def both() -> None:
        backend = LocalBackend(FakeRunner(small_config(VOCABULARY.size)), VOCABULARY, room=2)
        went_back, never_went = (backend.mind(MindOptions(instructions="how?", seed=1)) for _ in range(2))
        await live(went_back, [sound(0), *before])
        here = went_back.position
        await live(went_back, between)
        if here >= went_back.oldest:
            went_back.rewind(here)
            await live(never_went, [sound(0), *before])
            never_went.rewind(here)
            assert_same(await live(went_back, after), await live(never_went, after))
        await backend.close()

    asyncio.run(both())


async def test_together_as_alone(backend: LocalBackend) -> None:
    """A batch of conversations says what each would say alone; only float sums may differ in a bit."""
    talks: list[list[Happening]] = [
        TALK,
        [*ELSEWHERE, *GOING_ON],
        [sound(seed) for seed in range(30)],
        [*TALK[2:], *GOING_ON],
    ]
    alone = []
    for talk in talks:
        mind = backend.mind(MindOptions(seed=3))
        alone.append(await live(mind, talk))
        mind.close()
    minds = [backend.mind(MindOptions(seed=3)) for _ in talks]
    together = await asyncio.gather(*(live(mind, talk) for mind, talk in zip(minds, talks, strict=True)))
    for one, other in zip(alone, together, strict=True):
        assert_same(one, other, atol=2e-4)


async def test_a_hung_up_reply_leaves_no_trace(backend: LocalBackend) -> None:
    cancelled, calm = (backend.mind(MindOptions()) for _ in range(2))
    await live(cancelled, TALK[:4])
    await live(calm, TALK[:4])
    task = asyncio.create_task(cancelled.feed(sound(9)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cancelled.position == calm.position
    assert_same(await live(cancelled, GOING_ON), await live(calm, GOING_ON))


async def test_closing_an_answer_early_cancels_it(mind: LocalMind) -> None:
    stream = mind.reply(ReplyOptions(max_tokens=50))
    await anext(stream)
    await stream.aclose()
    assert (await mind.feed(sound(1))).piece is None


async def test_a_live_reply_begins_at_once_and_goes_on_with_the_frames(mind: LocalMind) -> None:
    await live(mind, [sound(1), sound(2)])
    before = mind.position
    begun = [piece async for piece in mind.reply(ReplyOptions(live=True, max_tokens=6, text="of France"))]
    assert mind.position == before + 3  # <reply>, the manner, the first word
    assert [piece.sound is not None for piece in begun] == [False, False, True]
    assert begun[0].manner in ("neutral", "happy", "excited", "sad", "angry", "calm", "urgent", "confused",
                               "whisper", "sing", "robot", "slow", "fast")  # fmt: skip
    pieces = [(await mind.feed(sound(seed))).piece for seed in range(10)]
    said = [piece for piece in pieces if piece is not None]
    assert said[-1].done
    assert all(piece.sound is not None and piece.sound.shape == (1280,) for piece in said[:-1])
    assert pieces[len(said) :] == [None] * (10 - len(said))


@pytest.mark.parametrize(
    "options", [ReplyOptions(text="the capital of France"), ReplyOptions(text="Ünï", sound=False)]
)
async def test_given_words_are_said_whole_and_no_others(mind: LocalMind, options: ReplyOptions) -> None:
    pieces = [piece async for piece in mind.reply(options)]
    assert "".join(piece.text for piece in pieces) == options.text
    assert [piece.done for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert any(piece.sound is not None for piece in pieces) == options.sound


async def test_a_reply_ends(mind: LocalMind) -> None:
    pieces = [piece async for piece in mind.reply(ReplyOptions(max_tokens=7))]
    assert sum(piece.sound is not None for piece in pieces) <= 7
    assert pieces[-1].done


async def test_style_voice_and_language_are_those_asked_for(mind: LocalMind) -> None:
    pieces = [
        piece async for piece in mind.reply(ReplyOptions(style="whisper", max_tokens=2, translate_to="es"))
    ]
    assert [piece.manner for piece in pieces if piece.manner] == ["whisper"]
    ben, anna = [
        [piece async for piece in mind.reply(ReplyOptions(voice=name, text="Paris"))]
        for name in ("ben", "anna")
    ]
    assert levels(ben) != levels(anna)


def levels(pieces: list[Piece]) -> list[float]:
    return [float(piece.sound[0]) for piece in pieces if piece.sound is not None]


async def test_a_drawing_is_one_picture(mind: LocalMind) -> None:
    before = mind.position
    pieces = [piece async for piece in mind.reply(ReplyOptions(draw=True))]
    assert mind.position == before + 64
    assert len(pieces) == 1
    image = pieces[0].image
    assert pieces[0].done
    assert image is not None
    assert image.shape == (64, 64, 3)


async def test_typing_while_a_reply_is_spoken_does_not_end_it(mind: LocalMind) -> None:
    await live(mind, [Answer(ReplyOptions(live=True, text="the capital of France is Paris"))])
    await live(mind, [picture(1), Text("Paris")])
    assert (await mind.feed(sound(1))).piece is not None


async def test_instructions_come_first_and_stay(vocabulary: Vocabulary) -> None:
    backend = LocalBackend(FakeRunner(small_config(vocabulary.size)), vocabulary, room=2)
    told, untold = backend.mind(MindOptions(instructions="how are you")), backend.mind(MindOptions())
    assert told.position == 0
    facts = [(await mind.feed(sound(1))).turn for mind in (told, untold)]
    assert facts[0] != facts[1]
    assert told.oldest == told.position - 1
    await backend.close()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (ReplyOptions(voice="carl"), "anna, ben"),
        (ReplyOptions(style="drunk"), "whisper"),
        (ReplyOptions(translate_to="tlh"), "en, es"),
    ],
)
async def test_a_wish_that_cannot_be_met(mind: LocalMind, options: ReplyOptions, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        await live(mind, [Answer(options)])
    assert await mind.feed(sound(1))  # and goes on


async def test_text_that_is_empty_or_too_long(mind: LocalMind) -> None:
    for text, error in (("", "empty"), ("Paris " * 400, "shorten")):
        with pytest.raises(BadText, match=error):
            await mind.feed(Text(text))
    assert mind.position == 0


async def test_as_many_minds_as_there_is_room_for(vocabulary: Vocabulary) -> None:
    backend = LocalBackend(FakeRunner(small_config(vocabulary.size)), vocabulary, room=2)
    first, _ = backend.mind(MindOptions()), backend.mind(MindOptions())
    with pytest.raises(BadInput):
        backend.mind(MindOptions(voice="carl"))
    with pytest.raises(Busy, match="2 conversations"):
        backend.mind(MindOptions())
    first.close()
    backend.mind(MindOptions())
    await backend.close()

"""Conversations with a scripted mind, told as events."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.backends.contract import (
    Call,
    Instructions,
    Part,
    Piece,
    ReplyOptions,
    Samples,
    Sound,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)
from duologue.backends.scripted import Script, ScriptedMind
from duologue.engine.events import (
    Ducked,
    Event,
    Heard,
    ReplyDone,
    ReplyStarted,
    Said,
    Shortened,
    SpeechStarted,
    SpeechStopped,
)
from duologue.engine.session import MOST_WAITING, Session, SessionOptions
from duologue.engine.turns import REPLY_GRACE_FRAMES, TurnPolicy
from duologue.errors import BadAudio, BadImage
from duologue.sound import FRAME_SAMPLES
from tests.engine.sounds import silence, speech

VAD = TurnPolicy(kind="server_vad", silence_ms=240)


def begin(script: Script | None = None, policy: TurnPolicy = VAD) -> tuple[Session, ScriptedMind]:
    mind = ScriptedMind(script)
    return Session(mind, SessionOptions(policy=policy)), mind


async def hear(session: Session, *sounds: Samples) -> list[Event]:
    return await session.hear(np.concatenate(sounds))


def kinds(events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events if not isinstance(event, Said)]


def said(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Said))


def sound_of(events: list[Event]) -> Samples:
    parts = [event.sound for event in events if isinstance(event, Said) and event.sound is not None]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def remembered(mind: ScriptedMind) -> str:
    """The life of a mind: u for a loud frame, . for a quiet one, the words it said, [what it read]."""
    told = ""
    for part in mind.life:
        if isinstance(part, Sound):
            told += "u" if np.abs(part.samples).max() > 0.1 else "."
        elif isinstance(part, Piece):
            told += part.text or ("|" if part.sound is not None else "")
        elif isinstance(part, Text):
            told += f"[{part.text}]"
    return told


async def test_a_question_and_its_answer() -> None:
    session, _ = begin(Script(says=("one two",), hears=("how are you",)))
    events = await hear(session, silence(5), speech(6), silence(12))
    assert kinds(events) == [SpeechStarted, Heard, SpeechStopped, ReplyStarted, ReplyDone]
    assert events[0] == SpeechStarted(5 * FRAME_SAMPLES)
    assert SpeechStopped(11 * FRAME_SAMPLES) in events
    assert Heard("how are you", ("en",), complete=True) in events
    assert said(events) == "one two"
    assert events[-1] == ReplyDone(1, "completed", "one two")
    assert len(sound_of(events)) == 6 * FRAME_SAMPLES


async def test_the_first_sound_comes_with_the_decision() -> None:
    session, _ = begin()
    await hear(session, speech(6), silence(2))
    events = await session.hear(silence(1))
    assert kinds(events) == [SpeechStopped, ReplyStarted]
    assert len(sound_of(events)) == FRAME_SAMPLES


whole_talk = np.concatenate(
    [silence(3), speech(5), silence(6), speech(4), silence(8), speech(3), silence(25)]
)


def flat(events: list[Event]) -> list[object]:
    return [
        (event.id, event.text, None if event.sound is None else event.sound.tobytes())
        if isinstance(event, Said)
        else event
        for event in events
    ]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, len(whole_talk)), max_size=12))
def test_any_chopping_gives_the_same_events(cuts: list[int]) -> None:
    async def talk(pieces: list[Samples]) -> list[object]:
        session, _ = begin(Script(says=("one two three four five", "six seven"), hears=("a", "b")))
        return flat([event for piece in pieces for event in await session.hear(piece)])

    chopped = np.split(whole_talk, sorted(cuts))
    assert asyncio.run(talk(chopped)) == asyncio.run(talk([whole_talk]))


async def test_the_user_takes_the_floor_back() -> None:
    session, mind = begin(Script(says=("one two three four", "five")))
    first = await hear(session, silence(3), speech(4), silence(6), speech(6))
    assert kinds(first) == [SpeechStarted, SpeechStopped, ReplyStarted, Ducked, SpeechStarted, ReplyDone]
    done = first[-1]
    assert done == ReplyDone(1, "interrupted", said(first))
    assert done.said != "one two three four"
    second = await hear(session, silence(12))
    assert kinds(second)[:2] == [SpeechStopped, ReplyStarted]
    assert {event.id for event in second if isinstance(event, Said)} == {2}
    assert said(second) == "five"
    assert remembered(mind) == "...uuuu...one.|.|. twou|u|uuuu...five.|.|......."


async def test_a_murmur_ducks_and_passes() -> None:
    session, _ = begin(Script(says=("one two three four",)))
    begun = await hear(session, silence(3), speech(4), silence(4))
    overlap = await hear(session, speech(1), silence(1))
    after = await hear(session, silence(2))
    assert [event for event in overlap + after if isinstance(event, Ducked)] == [
        Ducked(1),
        Ducked(1, on=False),
    ]
    usual = np.abs(sound_of(begun)[-FRAME_SAMPLES:]).max()
    assert np.abs(sound_of(overlap)[-FRAME_SAMPLES:]).max() == pytest.approx(0.1 * usual, rel=0.05)
    assert np.abs(sound_of(after)[-FRAME_SAMPLES:]).max() == pytest.approx(usual, rel=0.05)
    steps = np.abs(np.diff(sound_of(begun + overlap + after).reshape(-1, FRAME_SAMPLES), axis=1)).max()
    assert steps < 0.03  # no click


async def test_what_was_not_played_was_never_said() -> None:
    session, mind = begin(Script(says=("one two three four five",), frames_per_word=2))
    events = await hear(session, speech(4), silence(9))
    assert said(events) == "one two three four"
    before = remembered(mind)
    assert before == "uuuu...one.|. two.|. three.|. four"
    done = await session.interrupt(played_samples=3 * FRAME_SAMPLES)
    assert done == [ReplyDone(1, "cancelled", "one two")]
    assert remembered(mind) == "uuuu...one.|. two...."  # said as far as played, heard as far as heard
    assert not session.is_replying
    assert kinds(await hear(session, silence(5))) == []


async def test_nothing_was_played() -> None:
    session, mind = begin(Script(says=("one two three",)))
    await hear(session, speech(4), silence(5))
    assert await session.interrupt(0) == [ReplyDone(1, "cancelled", "")]
    assert remembered(mind) == "uuuu....."


async def test_a_late_word_about_an_old_reply_does_not_cut_the_new_one() -> None:
    session, _ = begin(Script(says=("one", "two three")))
    first = await session.answer()
    await session.answer()
    assert isinstance(first[0], ReplyStarted)
    assert await session.interrupt(0, reply_id=first[0].id) == []
    assert session.is_replying


async def test_everything_was_played() -> None:
    session, mind = begin(Script(says=("one two three",)))
    await hear(session, speech(4), silence(5))
    assert await session.interrupt() == [ReplyDone(1, "cancelled", "one")]
    assert remembered(mind) == "uuuu...one.|.|"
    assert await session.interrupt() == []


async def test_a_reply_that_is_still_played_after_its_end_can_be_cut() -> None:
    session, mind = begin(Script(says=("one two",), frames_per_word=1), TurnPolicy("manual"))
    async for _ in session.say():
        pass
    await hear(session, speech(2))
    await session.read("wait")
    assert await session.interrupt(FRAME_SAMPLES) == [Shortened(1, "one")]
    assert remembered(mind) == "oneuu[wait]"


async def test_frames_wait_while_a_reply_is_made_without_a_clock() -> None:
    session, mind = begin(Script(says=("one two",), frames_per_word=1), TurnPolicy("manual"))
    pieces = []
    async for piece in session.say():
        pieces.append(piece.text)
        assert await session.hear(speech(1)) == []
    assert "".join(pieces) == "one two"
    assert session.now == 0
    await session.hear(silence(1))
    assert session.now == 4 * FRAME_SAMPLES
    assert remembered(mind) == "one twouuu."


async def test_too_much_sound_at_once_is_heard_whole_but_not_kept_whole() -> None:
    session, mind = begin(policy=TurnPolicy("manual"))
    await session.hear(silence(MOST_WAITING + 9))
    assert len(mind.life) == MOST_WAITING + 9
    stream = session.say()
    await anext(stream)
    await session.hear(silence(MOST_WAITING + 9))
    await stream.aclose()
    before = len(mind.life)
    await session.hear(silence(1))
    assert len(mind.life) == before + MOST_WAITING + 1
    assert session.now == (2 * (MOST_WAITING + 9) + 1) * FRAME_SAMPLES


async def test_a_reply_without_a_clock_is_cut_while_it_is_made() -> None:
    session, mind = begin(Script(says=("one two three",), frames_per_word=1), TurnPolicy("manual"))
    stream = session.say()
    heard = [(await anext(stream)).text for _ in range(2)]
    done = await session.interrupt(FRAME_SAMPLES)
    assert done == [ReplyDone(1, "cancelled", "one")]
    assert [piece async for piece in stream] == []
    assert heard == ["one", " two"]
    assert remembered(mind) == "one"


async def test_leaving_a_reply_early_ends_it() -> None:
    session, _ = begin()
    stream = session.say()
    await anext(stream)
    assert session.is_replying
    await stream.aclose()
    assert not session.is_replying
    assert kinds(await hear(session, speech(5), silence(5)))[-1] is ReplyStarted


async def test_a_new_reply_ends_the_old_one() -> None:
    session, _ = begin(Script(says=("one two three", "four")))
    await hear(session, speech(4), silence(4))
    events = await session.answer()
    assert kinds(events) == [ReplyDone, ReplyStarted]
    assert said(events) == "four"


async def test_answers_on_demand() -> None:
    session, mind = begin(Script(says=("one two",)), TurnPolicy("manual", max_reply_ms=800))
    assert await hear(session, speech(5), silence(20)) == []
    events = await session.answer(ReplyOptions(style="calm"))
    assert kinds(events) == [ReplyStarted]
    assert mind.asked == [ReplyOptions(live=True, style="calm", max_tokens=10)]
    assert kinds(await hear(session, speech(20))) == [ReplyDone]


async def test_a_tool_call_reaches_the_caller_and_its_result_the_mind() -> None:
    call = ToolCall("call_1", "weather", "{}")
    session, mind = begin(Script(says=("one",), calls=(call,), frames_per_word=1))
    events = await hear(session, speech(4), silence(6))
    assert [event.call for event in events if isinstance(event, Said) and event.call] == [call]
    await session.result("call_1", "sunny")
    assert type(mind.life[-1]).__name__ == "ToolResult"


async def test_a_cancelled_frame_is_heard_later() -> None:
    session, mind = begin()
    task = asyncio.create_task(session.hear(speech(3)))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await session.hear(speech(1))
    assert len(mind.life) in (1, 4)  # before it had begun, or after the frames were taken


async def test_closing_gives_the_mind_back() -> None:
    session, mind = begin()
    async with session:
        await hear(session, speech(4), silence(4))
    assert mind.closed
    session.close()


@pytest.mark.parametrize(
    "samples",
    [np.zeros((2, 1280), np.float32), np.zeros(1280), np.array([np.nan], np.float32)],
    ids=["stereo", "double", "nan"],
)
async def test_sound_that_is_none(samples: Samples) -> None:
    session, _ = begin()
    with pytest.raises(BadAudio):
        await session.hear(samples)


async def test_a_picture_that_is_none() -> None:
    session, _ = begin()
    with pytest.raises(BadImage, match="uint8"):
        await session.see(np.zeros((4, 4), np.uint8))


async def test_a_mind_that_never_ends_its_reply_is_ended() -> None:
    endless = Script(says=("word " * 200,), frames_per_word=1)
    session, mind = begin(endless, TurnPolicy("manual", max_reply_ms=800))
    mind_reply = mind.reply
    mind.reply = lambda options: mind_reply(replace(options, max_tokens=999))  # type: ignore[method-assign]
    await session.answer()
    events = await hear(session, silence(10 + REPLY_GRACE_FRAMES + 1))
    assert isinstance(events[-1], ReplyDone)
    assert (events[-1].reason, events[-1].truncated) == ("completed", True)
    assert kinds(await hear(session, silence(3))) == []


async def test_speech_begins_earlier_by_the_prefix() -> None:
    session, _ = begin(policy=TurnPolicy("server_vad", prefix_ms=160))
    assert await hear(session, silence(5), speech(3)) == [SpeechStarted(3 * FRAME_SAMPLES)]
    session, _ = begin(policy=TurnPolicy("server_vad", prefix_ms=1600))
    assert await hear(session, silence(5), speech(3)) == [SpeechStarted(0)]


async def test_the_caller_answers_live() -> None:
    policy = TurnPolicy("server_vad", silence_ms=240, answers=False)
    session, _ = begin(Script(says=("one two three four",)), policy)
    assert kinds(await hear(session, speech(6), silence(9))) == [SpeechStarted, SpeechStopped]
    assert kinds(await session.answer()) == [ReplyStarted]
    events = await hear(session, silence(2), speech(6))
    assert kinds(events) == [Ducked, SpeechStarted, ReplyDone]
    assert kinds(await hear(session, silence(9))) == [SpeechStopped]


def spent(session: Session, before: Usage) -> Usage:
    return session.usage - before


async def test_what_a_reply_costs() -> None:
    session, _ = begin(Script(says=("one two", "three")), TurnPolicy("manual"))
    await session.instruct("be brief", (Tool("go"),))
    await session.read("how are you")
    await session.see(np.zeros((4, 4, 3), np.uint8))
    await hear(session, speech(2))
    assert session.usage == Usage()
    assert session.held == Usage(text_in=5, audio_in=2, image_in=1)
    before = session.usage
    [_ async for _ in session.say()]
    assert spent(session, before) == Usage(text_in=5, audio_in=2, image_in=1, text_out=2, audio_out=6)
    before = session.usage
    await session.read("and you")
    [_ async for _ in session.say()]
    assert spent(session, before) == Usage(
        text_in=9, audio_in=8, image_in=1, cached_text=7, cached_audio=8, cached_image=1,
        text_out=1, audio_out=3,
    )  # fmt: skip


async def test_an_interrupted_reply_is_counted_as_given_but_held_as_heard() -> None:
    session, _ = begin(Script(says=("one two three",), frames_per_word=1), TurnPolicy("manual"))
    [_ async for _ in session.say()]
    assert session.usage == Usage(text_out=3, audio_out=3)
    await session.interrupt(FRAME_SAMPLES)
    assert session.held == Usage(text_in=1, audio_in=1)
    [_ async for _ in session.say()]
    assert session.usage.cached_text == 1


async def test_an_edited_history_takes_the_place_of_the_old_one() -> None:
    session, mind = begin(Script(says=("one two three",)), TurnPolicy("manual"))
    await session.instruct("be brief", (Tool("go"),))
    await session.read("how are you")
    await session.answer()
    call = ToolCall("call_1", "go", "{}")
    history: list[Part] = [Text("hello"), Sound(speech(2)[:2000]), Call(call), ToolResult("call_1", "gone")]
    assert await session.recall(history) == [ReplyDone(1, "cancelled", "one")]
    assert mind.life[0] == Instructions("be brief", (Tool("go"),))
    assert mind.life[1] == Text("hello")
    assert [part.samples.shape for part in mind.life if isinstance(part, Sound)] == [(FRAME_SAMPLES,)] * 2
    assert mind.life[-2:] == [Call(call), ToolResult("call_1", "gone")]
    assert await session.interrupt(0) == []
    [_ async for _ in session.say()]
    assert session.usage.cached_text == 0
    assert mind.asked[-1].tools == (Tool("go"),)


async def test_tools_of_the_reply_come_before_those_of_the_session() -> None:
    mind = ScriptedMind()
    session = Session(mind, SessionOptions(policy=TurnPolicy("manual"), tools=(Tool("go"),)))
    [_ async for _ in session.say()]
    [_ async for _ in session.say(ReplyOptions(tools=(Tool("stop"),)))]
    assert [options.tools for options in mind.asked] == [(Tool("go"),), (Tool("stop"),)]


async def test_after_a_hang_up_nothing_happens() -> None:
    session, mind = begin(Script(says=("one two",)))
    stream = session.say()
    await anext(stream)
    session.close()
    life = len(mind.life)
    assert [piece async for piece in stream] == []
    assert await session.hear(speech(3)) == []
    assert await session.answer() == []
    assert await session.interrupt(0) == []
    assert await session.recall([Text("hello")]) == []
    await session.read("hello")
    assert [piece async for piece in session.say()] == []
    assert len(mind.life) == life

"""Tones by their names, and long texts said breath by breath."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import numpy as np
import pytest

from duologue.backends.contract import MindOptions, ReplyOptions
from duologue.backends.scripted import ScriptedBackend, ScriptedMind
from duologue.engine import Engine
from duologue.model.tokens import MANNERS
from duologue.server.speaking import TONES, Speaking, tone_of
from duologue.sound import FRAME_SAMPLES


@dataclass(slots=True)
class Watched(ScriptedBackend):
    made: list[ScriptedMind] = field(default_factory=list)

    def mind(self, options: MindOptions) -> ScriptedMind:
        mind = ScriptedBackend.mind(self, options)
        self.made.append(mind)
        return mind


@pytest.mark.parametrize(
    ("instructions", "tone"),
    [
        ("Speak in a cheerful and positive tone.", "happy"),
        ("Whisper, as if somebody slept.", "whisper"),
        ("talk like a ROBOT", "robot"),
        ("Be calm and slow.", "calm"),
        ("Slowly and calmly", "calm"),
        ("slowly, please", "slow"),
        ("very fast!", "fast"),
        ("Sound excited, never sad.", "excited"),
        ("Don't be sad", None),
        ("not angry but sad", "sad"),
        ("Sing it", "sing"),
        ("Accent: from Bath. Pacing: whatever fits.", None),
        ("", None),
        ("used to it, singular, mademoiselle", None),
    ],
)
def test_tones(instructions: str, tone: str | None) -> None:
    assert tone_of(instructions) == tone


def test_every_tone_is_a_manner_of_the_network() -> None:
    assert set(TONES) <= set(MANNERS)


async def said(speaking: Speaking) -> list[np.ndarray]:
    return [samples async for samples in speaking.samples()]


def speaking(text: str, backend: ScriptedBackend, speed: float = 1.0) -> Speaking:
    return Speaking(Engine(backend, 4), text, ReplyOptions(voice="script"), speed)


async def test_nothing_of_a_long_text_is_lost() -> None:
    backend = Watched()
    text = " ".join(f"This is sentence number {number} of a long text." for number in range(40))
    speech = speaking(text, backend)
    sounds = await said(speech)
    asked = [options.text or "" for mind in backend.made for options in mind.asked]
    assert " ".join(asked) == text and len(asked) > 5
    words = len(text.split())
    assert sum(map(len, sounds)) == words * backend.script.frames_per_word * FRAME_SAMPLES
    assert speech.usage.audio_out == words * backend.script.frames_per_word
    assert all(mind.closed for mind in backend.made)


async def test_the_first_sound_comes_before_the_last_breath_is_begun() -> None:
    backend = Watched()
    stream = speaking("word " * 200, backend).samples()
    assert len(await anext(stream)) == FRAME_SAMPLES
    assert len(backend.made[0].asked) == 1
    await stream.aclose()
    assert backend.made[0].closed


async def test_nobody_takes_the_place_between_two_breaths() -> None:
    backend = Watched()
    engine = Engine(backend, 1)
    stream = Speaking(engine, "word " * 200, ReplyOptions()).samples()
    async for _ in stream:
        assert engine.num_sessions == 1
    assert engine.num_sessions == 0 and len(backend.made) == 1


@pytest.mark.parametrize("speed", [0.5, 2.0])
async def test_speed_changes_the_length(speed: float) -> None:
    usual = sum(map(len, await said(speaking("one two three", ScriptedBackend()))))
    changed = sum(map(len, await said(speaking("one two three", ScriptedBackend(), speed))))
    assert changed == round(usual / speed)


async def test_cancelling_leaves_nothing_open() -> None:
    backend = Watched()
    task = asyncio.create_task(said(speaking("word " * 500, backend)))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert all(mind.closed for mind in backend.made)

"""Tools as the network was taught them, and the positions and counts of calls and written forms."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import pytest

from duologue.backends.contract import (
    Call,
    Facts,
    Instructions,
    MindOptions,
    Part,
    Picture,
    Piece,
    ReplyOptions,
    Sound,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)
from duologue.backends.local.backend import LocalBackend
from duologue.backends.local.calls import call_text, told, tools_line
from duologue.backends.local.mind import LocalMind
from duologue.errors import BadInput, BadText
from duologue.model.tokens import CALL, END, INSTRUCT, QUIET, WRITE
from duologue.training.synthesize import tools as taught
from tests.backends.local.fakes import FakeRunner, small_config, small_vocabulary

VOCABULARY = small_vocabulary()
CITY = Tool("go", parameters='{"properties":{"city":{"type":"string"},"on":{}},"required":["city"]}')
STOP = Tool("stop")


class Listening(FakeRunner):
    """Keeps the own and the read tokens of every position."""

    def __init__(self) -> None:
        super().__init__(replace(small_config(VOCABULARY.size), window=100))
        self.text: list[int] = []
        self.heard: list[int] = []

    def step(self, inputs, position, memory):  # type: ignore[no-untyped-def]
        assert (inputs.kind == QUIET).all()
        self.text += inputs.text[0].tolist()
        self.heard += inputs.heard[0].tolist()
        return super().step(inputs, position, memory)


@pytest.fixture
async def backend() -> AsyncIterator[LocalBackend]:
    backend = LocalBackend(Listening(), VOCABULARY, room=4)
    yield backend
    await backend.close()


@pytest.fixture
def mind(backend: LocalBackend) -> LocalMind:
    return backend.mind(MindOptions())


def runner_of(backend: LocalBackend) -> Listening:
    runner = backend._network.scheduler._runner
    assert isinstance(runner, Listening)
    return runner


async def ask(mind: LocalMind, options: ReplyOptions) -> list[Piece]:
    return [piece async for piece in mind.reply(options)]


def called(pieces: list[Piece]) -> ToolCall:
    call = pieces[-1].call
    assert pieces[-1].done
    assert call is not None
    return call


def test_tools_are_told_as_they_were_taught() -> None:
    tools = [
        Tool(tool.name, parameters=json.dumps({"properties": {key: {} for key in tool.arguments}}))
        for tool in taught.TOOLS
    ]
    assert tools_line(tools) == taught.tools_line({tool.name: tool.arguments for tool in taught.TOOLS})
    assert told(Instructions("Be brief.", (CITY, STOP))) == "Be brief. tools: go(city, on) stop()"
    assert told(Instructions("", (STOP,))) == "tools: stop()"
    assert told(Instructions("Be brief.")) == "Be brief."


def test_an_old_call_is_written_as_it_was_taught() -> None:
    call = ToolCall("call_7", "go", '{ "city": "Málaga", "on": true }')
    assert taught.CALL + call_text(call) == taught.call_text("go", {"city": "Málaga", "on": True})
    with pytest.raises(BadText, match="no JSON"):
        call_text(ToolCall("call_7", "go", "{"))


async def test_what_the_network_is_told_of_tools(backend: LocalBackend) -> None:
    mind = backend.mind(MindOptions(instructions="how are you?", tools=(CITY,)))
    await mind.feed(Text("Paris"))
    line = "how are you? tools: go(city, on)"
    assert runner_of(backend).heard[: mind.position][: len(VOCABULARY.encode(line)) + 2] == [
        INSTRUCT,
        *VOCABULARY.encode(line),
        END,
    ]


async def test_an_old_call_is_lived_through_as_its_own(backend: LocalBackend, mind: LocalMind) -> None:
    await mind.feed(Call(ToolCall("call_1", "go", '{"city":"Paris"}')))
    await mind.feed(ToolResult("call_1", "how"))
    words = VOCABULARY.encode('{"name":"go","arguments":{"city":"Paris"}}')
    assert runner_of(backend).text[: len(words) + 3] == [WRITE, CALL, *words, END]


@pytest.mark.parametrize("sound", [True, False])
async def test_a_call_that_must_be_made(mind: LocalMind, sound: bool) -> None:
    await mind.feed(Text("Paris"))
    options = ReplyOptions(sound=sound, tools=(CITY, STOP), choice="required")
    call = called(await ask(mind, options))
    assert call.name in ("go", "stop")
    assert isinstance(json.loads(call.arguments), dict)
    call = called(await ask(mind, ReplyOptions(sound=sound, tools=(CITY, STOP), choice="go")))
    assert call.name == "go"
    assert isinstance(json.loads(call.arguments)["city"], str)


async def test_a_live_call(mind: LocalMind) -> None:
    call = called(await ask(mind, ReplyOptions(live=True, tools=(STOP,), choice="stop")))
    assert call.name == "stop"


async def test_nothing_is_called_where_nothing_may_be(mind: LocalMind) -> None:
    for seed in range(12):
        for options in (
            ReplyOptions(sound=False, temperature=2.0, seed=seed, max_tokens=2, may_draw=False),
            ReplyOptions(sound=False, temperature=2.0, seed=seed, max_tokens=2, may_draw=False,
                         tools=(STOP,), choice="none"),
        ):  # fmt: skip
            pieces = await ask(mind, options)
            assert all(piece.call is None and piece.image is None for piece in pieces)


async def test_wishes_that_contradict_each_other(mind: LocalMind) -> None:
    for options, word in (
        (ReplyOptions(choice="fly", tools=(STOP,)), "fly"),
        (ReplyOptions(choice="required"), "none"),
        (ReplyOptions(schema='{"type":"object"}'), "no sound"),
        (ReplyOptions(schema="{", sound=False), "JSON"),
    ):
        with pytest.raises(BadInput, match=word):
            await ask(mind, options)
    assert mind.position == 0


@pytest.mark.parametrize("temperature", [0.0, 1.5])
async def test_a_written_answer_of_a_form(mind: LocalMind, temperature: float) -> None:
    kinds = {"x": {"type": "integer"}, "y": {"type": "string"}}
    schema = json.dumps({"type": "object", "properties": kinds, "required": ["x", "y"]})
    options = ReplyOptions(sound=False, schema=schema, temperature=temperature, max_tokens=40)
    pieces = await ask(mind, options)
    found = json.loads("".join(piece.text for piece in pieces))
    assert isinstance(found["x"], int)
    assert isinstance(found["y"], str)
    assert sum(piece.num_tokens for piece in pieces) <= 40


async def test_how_likely_each_word_was(mind: LocalMind) -> None:
    pieces = await ask(mind, ReplyOptions(sound=False, logprobs=3, max_tokens=5))
    words = [token for piece in pieces for token in piece.tokens]
    assert len(words) == sum(piece.num_tokens for piece in pieces) == 5
    for word in words:
        assert word.likeliest[0] == (word.text, word.logprob)  # without temperature
        shares = [share for _, share in word.likeliest]
        assert shares == sorted(shares, reverse=True)
        assert np.exp(shares).sum() <= 1.0 + 1e-6
    spoken = await ask(mind, ReplyOptions(logprobs=0, max_tokens=5))
    assert [len(piece.tokens) for piece in spoken] == [piece.num_tokens for piece in spoken]
    assert not any(token.likeliest for piece in spoken for token in piece.tokens)
    silent = await ask(mind, ReplyOptions(max_tokens=5))
    assert not any(piece.tokens for piece in silent)


async def test_a_reply_that_is_cut_short_says_so(mind: LocalMind) -> None:
    assert (await ask(mind, ReplyOptions(sound=False, max_tokens=2)))[-1].truncated
    assert not (await ask(mind, ReplyOptions(sound=False, text="Paris")))[-1].truncated


def sound(seed: int) -> Sound:
    return Sound(np.random.default_rng(seed).uniform(-0.3, 0.3, 1280).astype(np.float32))


@pytest.fixture
async def hearing() -> AsyncIterator[LocalBackend]:
    backend = LocalBackend(FakeRunner(small_config(VOCABULARY.size)), VOCABULARY, room=4)
    yield backend
    await backend.close()


async def test_what_is_held_in_mind(hearing: LocalBackend) -> None:
    mind = hearing.mind(MindOptions(instructions="how?"))
    told_tokens = hearing.count("how?")
    assert mind.held == Usage(text_in=told_tokens)
    await mind.feed(Text("Paris"))
    assert mind.held == Usage(text_in=told_tokens + hearing.count("Paris"))
    here, held = mind.position, mind.held
    for seed in range(3):
        await mind.feed(sound(seed))
    await mind.feed(Picture(np.zeros((16, 32, 3), np.uint8)))
    assert mind.held - held == Usage(audio_in=3, image_in=2)
    mind.rewind(here)
    assert mind.held == held
    pieces = await ask(mind, ReplyOptions(text="Paris", style="calm"))
    frames = sum(piece.sound is not None for piece in pieces)
    assert mind.held - held == Usage(text_in=hearing.count("Paris"), audio_in=frames)


async def test_no_more_is_held_than_the_window(hearing: LocalBackend) -> None:
    mind = hearing.mind(MindOptions())
    for seed in range(60):
        await mind.feed(sound(seed))
    assert mind.held == Usage(audio_in=small_config(VOCABULARY.size).window)


async def test_beginning_anew_is_as_new(hearing: LocalBackend) -> None:
    used, new = hearing.mind(MindOptions(voice="ben")), hearing.mind(MindOptions(voice="ben"))
    before: list[Part] = [sound(seed) for seed in range(50)]
    for part in [*before, Text("Paris")]:
        await used.feed(part)
    await ask(used, ReplyOptions(live=True, max_tokens=9))
    used.restart(Instructions("how?", (STOP,)))
    new.restart(Instructions("how?", (STOP,)))
    assert (used.position, used.oldest, used.held) == (new.position, new.oldest, new.held)
    for part in (sound(1), Text("how"), sound(2)):
        one, other = await used.feed(part), await new.feed(part)
        assert isinstance(one, Facts)
        assert (one.turn, one.heard, one.piece) == (other.turn, other.heard, other.piece)
    options = ReplyOptions(sound=False, max_tokens=8)
    said = [[piece.text for piece in await ask(each, options)] for each in (used, new)]
    assert said[0] == said[1]


async def test_a_tool_that_gave_nothing(hearing: LocalBackend) -> None:
    mind = hearing.mind(MindOptions())
    await mind.feed(ToolResult("call_1", ""))
    assert mind.position == 2

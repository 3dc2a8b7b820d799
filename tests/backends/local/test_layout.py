"""A mind lays a conversation down exactly as the examples do that the network learned from.

An oracle stands in for the network: it gives at each position what the example has as its target. Then the
mind must take in at each position what the example has as its input.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from duologue.backends.contract import MindOptions, Picture, ReplyOptions, Sound, Text, ToolResult
from duologue.backends.local.backend import LocalBackend
from duologue.backends.local.mind import LocalMind
from duologue.backends.local.runner import Integers, Memory, Outputs, Positions
from duologue.model.config import OmniConfig
from duologue.model.mel import SILENCE
from duologue.model.tokens import INSTRUCT, NOBODY, PAD, RESULT, TRANSLATE, TYPED
from duologue.training.positions import Own, Track, Writer
from tests.backends.local.fakes import FakeRunner, small_vocabulary

VOCABULARY = small_vocabulary()
CONFIG = OmniConfig.from_depth(1, ("anna", "ben"), vocab=VOCABULARY.size, code_size=16, image_size=30)
FRAME = np.zeros(1280, np.float32)
PICTURE = np.arange(20 * 40 * 3, dtype=np.uint8).reshape(20, 40, 3)


class Oracle(FakeRunner):
    def __init__(self, track: Track) -> None:
        super().__init__(CONFIG)
        self.track = track
        self.taken: dict[
            int, tuple[int, ...]
        ] = {}  # by position: kind, text, heard, row, column, makes sound

    def step(self, inputs: Positions, position: Integers, memory: Memory) -> Outputs:
        for t, now in enumerate(position[0]):
            had_sound = bool((inputs.codes[0, t] != CONFIG.code_size).all())
            words = (inputs.kind[0, t], inputs.text[0, t], inputs.heard[0, t], *inputs.place[0, t], had_sound)
            self.taken[int(now)] = tuple(int(word) for word in words)
        outputs = super().step(inputs, position, memory)
        last = min(int(position[0, -1]), len(self.track) - 1)
        outputs.text_logits[0, -1] = one_hot(int(self.track.text_target[last]))
        outputs.heard_logits[0, -1] = one_hot(int(self.track.heard_target[last]))
        return outputs


def one_hot(token: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    logits = np.zeros(VOCABULARY.size, np.float32)
    logits[max(token, PAD)] = 9.0
    return logits


def own() -> Own:
    words = [("the", 0.0, 0.1), ("capital", 0.2, 0.5), ("is", 0.9, 1.0), ("Paris.", 1.0, 1.4)]
    return Own(np.zeros((18, 8, 80), np.uint8), words, voice=0, manner="happy")


class Both:
    """The same conversation, written as an example and then lived by a mind."""

    def __init__(self) -> None:
        self.writer = Writer(VOCABULARY)
        self.lived: list[Callable[[LocalMind], object]] = []

    def frames(self, count: int, heard: str = "") -> None:
        tokens = [*VOCABULARY.encode(heard), VOCABULARY.id("<en>"), 1] if heard else []
        for at in range(count):
            self.writer.frame(np.full((8, 80), SILENCE), tokens[at] if at < len(tokens) else PAD, NOBODY)
            self.lived.append(lambda mind: mind.feed(Sound(FRAME)))

    def part(self, part: Text | Picture | ToolResult) -> None:
        self.lived.append(lambda mind: mind.feed(part))

    def reply(self, options: ReplyOptions) -> None:
        async def all_of_it(mind: LocalMind) -> None:
            async for _ in mind.reply(options):
                pass

        self.lived.append(all_of_it)


def live_and_cut(both: Both) -> None:
    both.frames(6, heard="how are you")
    both.writer.speak(own())
    both.reply(ReplyOptions(live=True))
    both.frames(4, heard="today")
    both.writer.stop()
    both.lived.append(lambda mind: mind.rewind(mind.position))
    both.frames(3)
    both.writer.speak(own())
    both.reply(ReplyOptions(live=True))
    both.frames(25)


def typed(both: Both) -> None:
    for mark, role in ((INSTRUCT, "system"), (TYPED, "user")):
        both.writer.read(mark, "how are you today?")
        both.part(Text("how are you today?", role))  # type: ignore[arg-type]
    both.writer.write("the capital")
    both.part(Text("the capital", "assistant"))
    both.writer.read(TYPED, "Paris")
    both.part(Text("Paris"))
    both.writer.write("of France is Paris")
    both.reply(ReplyOptions(sound=False))
    both.writer.read(RESULT, "Paris")
    both.part(ToolResult("call_1", "Paris"))
    both.writer.speak(own())
    both.writer.finish()
    both.reply(ReplyOptions())
    both.frames(2)


def shown_and_drawn(both: Both) -> None:
    both.frames(2)
    both.writer.see(PICTURE)
    both.part(Picture(PICTURE))
    both.writer.draw(np.zeros((64, 64, 3), np.uint8))
    both.reply(ReplyOptions(draw=True))
    both.frames(2)


def translated(both: Both) -> None:
    both.frames(4, heard="the capital")
    both.writer.speak(own(), heads=(TRANSLATE, VOCABULARY.id("<es>")))
    both.reply(ReplyOptions(live=True, translate_to="es"))
    both.frames(22)


@pytest.mark.parametrize("conversation", [live_and_cut, typed, shown_and_drawn, translated])
async def test_a_mind_lays_down_what_the_network_learned(conversation: Callable[[Both], None]) -> None:
    both = Both()
    conversation(both)
    track = both.writer.track("")
    oracle = Oracle(track)
    backend = LocalBackend(oracle, VOCABULARY, room=1)
    mind = backend.mind(MindOptions())
    for happens in both.lived:
        result = happens(mind)
        if result is not None:
            await result  # type: ignore[misc]
    await backend.close()
    sounded = np.concatenate([[False], track.slot[:-1] >= 0])
    expected = np.column_stack([track.kind, track.text, track.heard, track.place, sounded])
    for at, row in enumerate(expected.tolist()):
        assert oracle.taken.get(at) == tuple(row), f"position {at}"
    assert len(oracle.taken) == len(track)

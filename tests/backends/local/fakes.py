"""A network of a few random tables that keeps the contract of the real one: everything it takes in matters,
it attends to the window and to nothing else, and each row of a batch is computed by itself."""

from __future__ import annotations

import numpy as np

from duologue.backends.local.runner import Floats, Integers, Memory, Outputs, Positions
from duologue.model.config import HEAD_DIM, OmniConfig
from duologue.model.tokens import MARKS, Vocabulary

VOICES = ("anna", "ben")


def small_vocabulary() -> Vocabulary:
    return Vocabulary.train(["the capital of France is Paris. how are you today?"] * 3, size=320)


def small_config(vocab: int) -> OmniConfig:
    """A minute of two seconds, so that a test wraps the ring buffer."""
    return OmniConfig.from_depth(1, VOICES, vocab=vocab, window=24, slack=12, code_size=16, image_size=30)


def _columns(memory: Memory, row: int) -> Floats:
    """(layers, W, 2 * HEAD_DIM)."""
    pairs = zip(memory.keys, memory.values, strict=True)
    return np.stack([np.concatenate([keys[row], values[row]], axis=-1) for keys, values in pairs])


class FakeRunner:
    def __init__(self, config: OmniConfig, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.config = config
        self.vocoder_state = config.vocode_memory * config.code_groups
        self.batches: list[tuple[int, int]] = []  # (B, T) of each step
        D = 2 * HEAD_DIM

        def table(*shape: int) -> Floats:
            return rng.standard_normal(shape).astype(np.float32)

        self._kind, self._text, self._heard = table(4, D), table(config.vocab, D), table(config.vocab, D)
        self._codes, self._voice = table(config.code_size + 1, D), table(len(VOICES), D)
        self._drawn, self._mel, self._patch = (
            table(config.image_size + 1, D),
            table(80, D),
            table(768, D) / 20,
        )
        self._words, self._hears, self._turn = table(D, config.vocab), table(D, config.vocab), table(D, 4)
        self._says, self._draws = table(D, config.code_groups * config.code_size), table(D, config.image_size)
        self._words[:, len(MARKS) :] *= 1.5  # more words than marks

    def step(self, inputs: Positions, position: Integers, memory: Memory) -> Outputs:
        self.batches.append(inputs.kind.shape)
        rows = [self._row(inputs, position, memory, row) for row in range(len(inputs.kind))]
        return Outputs(
            *(
                np.stack(outputs, axis=1 if at == 5 else 0)
                for at, outputs in enumerate(zip(*rows, strict=True))
            )
        )

    def _row(
        self, inputs: Positions, position: Integers, memory: Memory, row: int
    ) -> tuple[Floats | Integers, ...]:
        slots, cache = memory.slots[row].copy(), _columns(memory, row)
        outputs = []
        for t, now in enumerate(position[row]):
            entered = self._enter(inputs, row, t)
            state = np.tanh(entered + self._remember(slots, cache, int(now)))
            column = np.stack([np.roll(state, layer) for layer in range(self.config.layers)])
            slots[now % len(slots)], cache[:, now % len(slots)] = now, column
            codes = (state @ self._says).reshape(self.config.code_groups, -1) + inputs.noise[row, t]
            heads = (state @ self._words, state @ self._hears, state @ self._turn)
            outputs.append((*heads, codes.argmax(-1), state @ self._draws, column))
        *heads_out, columns = zip(*outputs, strict=True)
        return (*(np.stack(head) for head in heads_out), np.stack(columns, axis=1))

    def _enter(self, inputs: Positions, row: int, t: int) -> Floats:
        at = (row, t)
        entered = self._kind[inputs.kind[at]] + self._text[inputs.text[at]] + self._voice[inputs.voice[at]]
        entered = entered + 0.5 * self._heard[inputs.heard[at]] + 0.2 * self._codes[inputs.codes[at]].sum(0)
        entered = entered + 0.1 * (inputs.mel[at].mean(0) @ self._mel) + inputs.patch[at] @ self._patch
        entered = entered + self._drawn[inputs.drawn[at]] + 0.1 * inputs.place[at].sum()
        return np.asarray(entered, np.float32)

    def _remember(self, slots: Integers, cache: Floats, now: int) -> Floats:
        seen = (slots >= 0) & (slots < now) & (slots > now - self.config.window)
        weight = np.where(seen, np.cos(0.3 * (now - slots)), 0.0).astype(np.float32)
        return np.asarray((weight[:, None] * cache[0]).sum(0), np.float32)

    def vocode(self, codes: Integers, voice: Integers, state: Floats) -> tuple[Floats, Floats]:
        groups = self.config.code_groups
        state = np.concatenate([state[:, groups:], codes[:, 0].astype(np.float32)], axis=1)
        level = state.mean(1, keepdims=True) / self.config.code_size * 0.5 + 0.01 * voice
        return np.repeat(level, 1280, axis=1).astype(np.float32), state

    def draw(self, tokens: Integers) -> Floats:
        picture = tokens.reshape(-1, 8, 8).repeat(8, 1).repeat(8, 2)[..., None].repeat(3, -1)
        return np.asarray(picture / self.config.image_size, np.float32)

"""What runs the network, seen from the scheduler: arrays in, arrays out. Knows no conversation.

B batch, T positions, G code groups, W slots of the ring buffer. What the inputs mean: docs/positions.md.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from duologue.model.config import OmniConfig
from duologue.model.mel import BANDS, COLUMNS, CONTEXT
from duologue.model.patches import PATCH_VALUES
from duologue.model.tokens import PAD, QUIET

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Positions:
    """What comes in at T positions of one conversation or, stacked, of B (then every shape has B first)."""

    kind: Integers  # (T,)
    mel: Floats  # (T, 22, 80)
    text: Integers  # (T,)
    heard: Integers  # (T,)
    codes: Integers  # (T, G)
    voice: Integers  # (T,)
    patch: Floats  # (T, 768)
    place: Integers  # (T, 2)
    drawn: Integers  # (T,)
    noise: Floats  # (T, G, code_size)

    @classmethod
    def quiet(cls, config: OmniConfig, count: int = 1) -> Self:
        """Positions at which nothing is heard, said or seen. The arrays are new: fill in what there is."""
        T, G = count, config.code_groups
        return cls(
            kind=np.full(T, QUIET),
            mel=np.zeros((T, CONTEXT + COLUMNS, BANDS), np.float32),
            text=np.full(T, PAD),
            heard=np.full(T, PAD),
            codes=np.full((T, G), config.code_size),
            voice=np.zeros(T, np.int64),
            patch=np.zeros((T, PATCH_VALUES), np.float32),
            place=np.zeros((T, 2), np.int64),
            drawn=np.full(T, config.image_size),
            noise=np.zeros((T, G, config.code_size), np.float32),
        )

    @property
    def count(self) -> int:
        return int(self.kind.shape[-1])

    @classmethod
    def stack(cls, parts: list[Self]) -> Self:
        """B times T positions -> (B, T, ...)."""
        return cls(*(np.stack([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    def slice(self, start: int, stop: int) -> Self:
        """Some of these T positions."""
        return type(self)(*(getattr(self, field.name)[start:stop] for field in fields(self)))


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """The ring buffers of B conversations. A runner reads them during `step` only.

    W may be less than the slots there are: those in use suffice.
    """

    slots: Integers  # (B, W): the position in each slot, -1 = empty
    keys: list[Floats]  # of each layer, (B, W, HEAD_DIM)
    values: list[Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    text_logits: Floats  # (B, T, V)
    heard_logits: Floats  # (B, T, V)
    turn_logits: Floats  # (B, T, 4)
    codes: Integers  # (B, T, G)
    drawn_logits: Floats  # (B, T, image_size)
    columns: Floats  # (layers, B, T, 2 * HEAD_DIM): keys, then values, for the ring buffers


class Runner(Protocol):
    """One loaded network. Called from one thread at a time; keeps nothing between calls."""

    config: OmniConfig
    vocoder_state: int  # S, the values of the vocoder's state

    def step(self, inputs: Positions, position: Integers, memory: Memory) -> Outputs:
        """Inputs and the (B, T) positions where they stand."""

    def vocode(self, codes: Integers, voice: Integers, state: Floats) -> tuple[Floats, Floats]:
        """codes (B, T, G), voice (B, T), state (B, S) -> sound (B, T * 1280), next state.

        Zeros are the state after silence.
        """

    def draw(self, tokens: Integers) -> Floats:
        """tokens (B, 64) -> pixels (B, 64, 64, 3) in [0, 1]."""

"""Tracks -> tensors: several conversations packed into each row, a pure function of the step."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from torch import Tensor

from duologue.model.config import OmniConfig
from duologue.model.mel import COLUMNS, CONTEXT, SILENCE
from duologue.model.omni import Inputs
from duologue.model.patches import PATCH_VALUES
from duologue.model.tokens import MARKS, PATCH, SOUND
from duologue.training.examples import from_record
from duologue.training.positions import IGNORE, Track, unpack_mel
from duologue.training.shards import Shards


@dataclass(frozen=True, slots=True)
class Batch:
    """B rows of T positions. Targets are -1 where nothing is learned."""

    inputs: Inputs
    document: Tensor  # int64 (B, T): which conversation of the row; -1 = empty
    text: Tensor  # int64 (B, T)
    heard: Tensor
    turn: Tensor
    codes: Tensor  # int64 (B, T, G)
    drawn: Tensor

    def to(self, device: torch.device) -> "Batch":
        if device.type == "cpu":
            return self
        moved = Inputs(*(part.to(device, non_blocking=True) for part in self.inputs))
        return Batch(
            moved,
            *(
                getattr(self, name).to(device, non_blocking=True)
                for name in ("document", "text", "heard", "turn", "codes", "drawn")
            ),
        )

    def seen(self) -> Tensor:
        """What each position may attend to: the past of its own conversation, bool (B, T, T)."""
        T = self.document.shape[1]
        past = torch.ones(T, T, dtype=torch.bool, device=self.document.device).tril()
        return past & (self.document[:, :, None] == self.document[:, None, :])


@dataclass(frozen=True, slots=True)
class Roughness:
    """How much a batch is disturbed, so that the network does not lean on one detail."""

    gain: float = 0.25  # of log-mel: about 1 neper, 9 dB
    masks: int = 2  # bands and spans hidden in a conversation (SpecAugment: Park et al. 2019)
    codes: float = 0.08  # own frames whose codes come back wrong
    words: float = 0.03  # words that come back wrong


class Encoded(NamedTuple):
    """What `encode.py` wrote beside the shards of a folder, in their order."""

    codes: NDArray[np.int16]  # (own frames of the whole folder, G)
    drawn: NDArray[np.int16]  # (drawings of the whole folder, 64)
    starts: NDArray[np.int64]  # (tracks + 1, 2): where the frames and drawings of each track begin

    @classmethod
    def read(cls, folder: Path) -> Self:
        return cls(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in cls._fields))


class Source:
    """A folder of tracks with their codes and drawn tokens; gives the batch of any step."""

    def __init__(
        self, config: OmniConfig, shards: Shards, encoded: Encoded, rough: Roughness | None = None
    ) -> None:
        assert len(encoded.starts) == len(shards) + 1, (
            "the folder has grown since it was encoded; encode it again"
        )
        self._config, self._shards, self._rough = config, shards, rough
        self._codes, self._drawn, self._starts = encoded.codes, encoded.drawn, encoded.starts

    def __len__(self) -> int:
        return len(self._shards)

    def batch(self, rng: Generator, rows: int, length: int) -> Batch:
        """Fill `rows` rows of `length` positions with conversations drawn at random."""
        packed: list[list[int]] = [[] for _ in range(rows)]
        free = [length] * rows
        tracks: dict[int, Track] = {}
        misses = 0
        while misses < 4:
            which = int(rng.integers(len(self._shards)))
            track = tracks.setdefault(which, from_record(self._shards[which]))
            row = int(np.argmax(free))
            if free[row] == length or len(track) <= free[row]:
                packed[row].append(which)
                free[row] -= min(len(track), free[row])
            else:
                misses += 1
        return self._lay(packed, tracks, rows, length, rng)

    def fixed(self, which: Sequence[int], length: int) -> Batch:
        """One conversation a row, undisturbed: for held-out numbers."""
        tracks = {i: from_record(self._shards[i]) for i in which}
        return self._lay([[i] for i in which], tracks, len(which), length, default_rng(0))

    def _lay(
        self, packed: list[list[int]], tracks: dict[int, Track], rows: int, length: int, rng: Generator
    ) -> Batch:
        canvas = _Canvas(self._config, rows, length)
        for row, members in enumerate(packed):
            at = 0
            for document, which in enumerate(members):
                codes, drawn = self._starts[which]
                canvas.put(
                    row,
                    at,
                    document,
                    tracks[which],
                    self._codes[codes:],
                    self._drawn[drawn:],
                    self._rough,
                    rng,
                )
                at += len(tracks[which])
        return canvas.batch()


class _Canvas:
    """The arrays of a batch while conversations are written into them."""

    def __init__(self, config: OmniConfig, rows: int, length: int) -> None:
        B, T, G = rows, length, config.code_groups
        self.config = config
        self.whole = {
            name: np.zeros((B, T), np.int64) for name in ("kind", "text", "heard", "voice", "position")
        }
        self.whole["drawn"] = np.full((B, T), config.image_size, np.int64)
        self.mel = np.zeros((B, T, CONTEXT + COLUMNS, 80), np.float32)
        self.patch = np.zeros((B, T, PATCH_VALUES), np.float32)
        self.place = np.zeros((B, T, 2), np.int64)
        self.codes = np.full((B, T, G), config.code_size, np.int64)
        self.document = np.full((B, T), -1, np.int64)
        self.targets = {
            name: np.full((B, T), IGNORE, np.int64) for name in ("text", "heard", "turn", "drawn")
        }
        self.code_target = np.full((B, T, G), IGNORE, np.int64)

    def put(
        self,
        row: int,
        at: int,
        document: int,
        track: Track,
        codes: NDArray[np.int16],
        drawn: NDArray[np.int16],
        rough: Roughness | None,
        rng: Generator,
    ) -> None:
        n = min(len(track), self.document.shape[1] - at)
        here = (row, slice(at, at + n))
        self.document[here] = document
        self.whole["position"][here] = np.arange(n)
        self.whole["kind"][here] = track.kind[:n]
        self.whole["voice"][here] = track.voice
        self.place[here] = track.place[:n]
        self.whole["text"][here] = self._disturbed(track.text[:n], rough, rng)
        self.whole["heard"][here] = self._disturbed(track.heard[:n], rough, rng)
        for name in ("text", "heard", "turn"):
            self.targets[name][here] = getattr(track, f"{name}_target")[:n]
        self._put_sound(here, track, n, rough, rng)
        self._put_codes(here, track.slot[:n], codes, rough, rng)
        self._put_drawn(row, at, track, n, drawn)
        seen = np.flatnonzero(track.kind[:n] == PATCH)
        self.patch[row, at + seen] = track.patch[: len(seen)] / np.float32(255)

    def _disturbed(
        self, given: NDArray[np.int16], rough: Roughness | None, rng: Generator
    ) -> NDArray[np.int64]:
        tokens = given.astype(np.int64)
        if rough:
            wrong = (rng.random(len(tokens)) < rough.words) & (tokens >= len(MARKS))
            tokens[wrong] = rng.integers(len(MARKS), self.config.vocab, wrong.sum())
        return tokens

    def _put_sound(
        self, here: tuple[int, slice], track: Track, n: int, rough: Roughness | None, rng: Generator
    ) -> None:
        sounding = np.flatnonzero(track.kind[:n] == SOUND)
        if not len(sounding):
            return
        columns = unpack_mel(track.mel[: len(sounding)]).reshape(-1, 80)
        if rough:
            columns = _roughened(columns, rough, rng)
        padded = np.concatenate([np.full((CONTEXT, 80), SILENCE, np.float32), columns])
        spans = np.lib.stride_tricks.sliding_window_view(padded, CONTEXT + COLUMNS, axis=0)[::COLUMNS]
        self.mel[here[0], here[1].start + sounding] = spans.transpose(0, 2, 1)

    def _put_codes(
        self,
        here: tuple[int, slice],
        slot: NDArray[np.int32],
        codes: NDArray[np.int16],
        rough: Roughness | None,
        rng: Generator,
    ) -> None:
        given = np.flatnonzero(slot >= 0)
        if not len(given):
            return
        row, start = here[0], here[1].start
        self.code_target[row, start + given] = codes[slot[given]]
        known = given[given + 1 < len(slot)]
        back = codes[slot[known]].astype(np.int64)
        if rough:
            wrong = rng.random(back.shape) < rough.codes
            back[wrong] = rng.integers(0, self.config.code_size, wrong.sum())
        self.codes[row, start + known + 1] = back

    def _put_drawn(self, row: int, at: int, track: Track, n: int, drawn: NDArray[np.int16]) -> None:
        if not len(track.drawing):
            return
        where = at + np.flatnonzero(track.kind[:n] == 3)
        tokens = drawn[: len(track.drawing)].reshape(-1)[: len(where)]
        self.targets["drawn"][row, where] = tokens
        first = np.arange(len(where)) % 64 == 0
        self.whole["drawn"][row, where[1:]] = tokens[:-1]
        self.whole["drawn"][row, where[first]] = self.config.image_size

    def batch(self) -> Batch:
        of = {name: torch.from_numpy(array) for name, array in self.whole.items()}
        inputs = Inputs(
            of["kind"],
            torch.from_numpy(self.mel),
            of["text"],
            of["heard"],
            torch.from_numpy(self.codes),
            of["voice"],
            torch.from_numpy(self.patch),
            torch.from_numpy(self.place),
            of["drawn"],
            of["position"],
        )
        targets = {name: torch.from_numpy(array) for name, array in self.targets.items()}
        return Batch(
            inputs,
            torch.from_numpy(self.document),
            targets["text"],
            targets["heard"],
            targets["turn"],
            torch.from_numpy(self.code_target),
            targets["drawn"],
        )


def _roughened(columns: NDArray[np.float32], rough: Roughness, rng: Generator) -> NDArray[np.float32]:
    """Another level, another microphone's tilt, a few bands and spans hidden."""
    tilt = rng.normal(0, 0.5) * np.linspace(-0.2, 0.2, 80, dtype=np.float32)
    columns = np.maximum(columns + np.float32(rng.normal(0, rough.gain)) + tilt.astype(np.float32), SILENCE)
    for _ in range(rough.masks):
        band, width = int(rng.integers(74)), int(rng.integers(1, 7))
        columns[:, band : band + width] = columns.mean()
        span = int(rng.integers(1, 9))
        start = int(rng.integers(max(1, len(columns) - span)))
        columns[start : start + span] = SILENCE
    return columns

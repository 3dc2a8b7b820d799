"""The network: one `Omni` that hears, reads, sees, speaks, writes and draws, position by position.

A position is an 80 ms frame of the user's sound or a clockless one (a token read or written, a patch of
a picture, a token drawn). What each input and output means is said in `Inputs` and `Outputs`; how a
conversation is laid out in positions, in docs/positions.md.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from duologue.model.config import HEAD_DIM, OmniConfig
from duologue.model.layers import Block, rms_norm
from duologue.model.mel import BANDS
from duologue.model.tokens import DRAWN, PATCH, SOUND
from duologue.model.vision import PatchReader

TURNS = 4  # nobody, user, assistant, yield


class Inputs(NamedTuple):
    """B batch, T positions, G groups. `text`, `heard`, `codes`, `drawn`: what the position before gave."""

    kind: Tensor  # int64 (B, T): SOUND, QUIET, PATCH or DRAWN
    mel: Tensor  # (B, T, 22, 80): 8 columns after the 14 before them; read at SOUND positions only
    text: Tensor  # int64 (B, T): own words
    heard: Tensor  # int64 (B, T): the user's words
    codes: Tensor  # int64 (B, T, G): own sound; `code_size` = none
    voice: Tensor  # int64 (B, T)
    patch: Tensor  # (B, T, 768) in [0, 1]; read at PATCH positions only
    place: Tensor  # int64 (B, T, 2): row and column, at PATCH and DRAWN positions
    drawn: Tensor  # int64 (B, T): `image_size` = none; read at DRAWN positions only
    position: Tensor  # int64 (B, T), counted from 0


class Past(NamedTuple):
    """What a conversation remembers: the ring buffer of W slots."""

    slots: Tensor  # int64 (B, W): the position in each slot, -1 = empty
    keys: Sequence[Tensor] | Tensor  # of each layer, (B, W, head_dim)
    values: Sequence[Tensor] | Tensor


class Ear(nn.Module):
    """Mel columns of one frame and their past (N, 22, 80) -> (N, D), by three strided convolutions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        sizes = [BANDS, 128, 192, width]
        self.layers = nn.ModuleList(nn.Linear(4 * a, b) for a, b in pairwise(sizes))

    def forward(self, mel: Tensor) -> Tensor:
        x = mel  # 22 columns -> 10 -> 4 -> 1, kernel 4 and stride 2 each
        for layer in self.layers:
            count = (x.shape[1] - 2) // 2
            pairs = x[:, : 2 * count + 2].reshape(x.shape[0], count + 1, -1)
            x = F.gelu(layer(torch.cat([pairs[:, :-1], pairs[:, 1:]], -1)))
        return x[:, 0]


class DepthPredictor(nn.Module):
    """The G codes of a frame, one by one: each sees the frame's state and the codes before it.

    A feed-forward predictor after NADE (Larochelle and Murray 2011): as a depth transformer, at a tenth
    of its price for so few groups.
    """

    def __init__(self, config: OmniConfig) -> None:
        super().__init__()
        self.groups, self.size = config.code_groups, config.code_size
        width = config.depth_width
        self.enter = nn.Linear(config.width, width, bias=False)
        self.group = nn.ParameterList(torch.randn(width) * 0.02 for _ in range(config.code_groups))
        self.embed = nn.Embedding(config.code_groups * config.code_size, width)
        self.up = nn.ModuleList(nn.Linear(width, 3 * width) for _ in range(2))
        self.down = nn.ModuleList(nn.Linear(3 * width, width) for _ in range(2))
        self.leave = nn.ModuleList(
            nn.Linear(width, config.code_size, bias=False) for _ in range(config.code_groups)
        )

    def _logits(self, x: Tensor, group: int) -> Tensor:
        for up, down in zip(self.up, self.down, strict=True):
            x = x + down(F.gelu(up(rms_norm(x))))
        logits: Tensor = self.leave[group](rms_norm(x))
        return logits

    def forward(self, state: Tensor, codes: Tensor) -> Tensor:
        """Teacher forcing: state (N, D), codes (N, G) -> logits (N, G, code_size)."""
        known = self.enter(state)
        logits = []
        for group in range(self.groups):
            logits.append(self._logits(known + self.group[group], group))
            known = known + self.embed(codes[:, group] + group * self.size)
        return torch.stack(logits, 1)

    def sample(self, state: Tensor, noise: Tensor) -> Tensor:
        """state (..., D), noise (..., G, code_size) -> codes (..., G): argmax(logits + noise)."""
        known, codes = self.enter(state), []
        for group in range(self.groups):
            code = (self._logits(known + self.group[group], group) + noise[..., group, :]).argmax(-1)
            codes.append(code)
            known = known + self.embed(code + group * self.size)
        return torch.stack(codes, -1)


class Omni(nn.Module):
    """Everything but the vocoder and the picture decoder, which have their own graphs."""

    def __init__(self, config: OmniConfig) -> None:
        super().__init__()
        self.config = config
        D, code = config.width, 128
        self.ear = Ear(D)
        self.eye = PatchReader(D)
        self.words = nn.Embedding(config.vocab, D)
        self.heard_words = nn.Linear(D, D, bias=False)  # the user's words share the table, turned
        self.code_embed = nn.Embedding(config.code_groups * (config.code_size + 1), code)
        self.code_enter = nn.Linear(code, D, bias=False)
        self.voice = nn.Embedding(len(config.voices), D)
        self.drawn = nn.Embedding(config.image_size + 1, D)
        self.kind = nn.Embedding(4, D)
        self.blocks = nn.ModuleList(
            Block(D, config.heads, HEAD_DIM, config.feed_forward) for _ in range(config.layers)
        )
        self.gain = nn.Parameter(torch.ones(D))
        self.heard_head = nn.Linear(D, D, bias=False)
        self.turn_head = nn.Linear(D, TURNS)
        self.drawn_head = nn.Linear(D, config.image_size, bias=False)
        self.depth = DepthPredictor(config)
        self._start()

    def _start(self) -> None:
        for name, parameter in self.named_parameters():
            if name.endswith(("attention.out.weight", "blocks.down.weight")) or ".down.weight" in name:
                nn.init.zeros_(parameter)  # each block begins as the identity
            elif parameter.dim() == 2 and (
                "embed" in name or name.split(".")[0] in {"words", "voice", "drawn", "kind"}
            ):
                nn.init.normal_(parameter, std=0.3 if name.startswith("words") else 0.1)
            elif parameter.dim() == 2 and name.startswith(("blocks", "heard")):
                nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5)

    def enter(self, x: Inputs) -> Tensor:
        """The sum of what comes in at each position, (B, T, D)."""
        groups = torch.arange(self.config.code_groups, device=x.codes.device) * (self.config.code_size + 1)
        B, T = x.kind.shape
        sound = self.ear(x.mel.flatten(0, 1)).view(B, T, -1)
        total = (
            self.words(x.text)
            + self.heard_words(self.words(x.heard))
            + self.voice(x.voice)
            + self.kind(x.kind)
        )
        total = total + self.code_enter(self.code_embed(x.codes + groups).sum(2))
        total = total + sound * (x.kind == SOUND)[..., None]
        total = total + self.eye(x.patch, x.place) * (x.kind == PATCH)[..., None]
        drawing = self.drawn(x.drawn) + self.eye.place(x.place)
        total = total + drawing * (x.kind == DRAWN)[..., None]
        return cast(Tensor, total)

    def states(self, x: Inputs, seen: Tensor, past: Past | None = None) -> tuple[Tensor, Tensor]:
        """What comes in, and what each position may see (B, T, W + T) -> states (B, T, D), new columns."""
        h = rms_norm(self.enter(x))
        columns = []
        for at, block in enumerate(self.blocks):
            h, column = block(h, x.position, seen, None if past is None else (past.keys[at], past.values[at]))
            columns.append(column)
        return rms_norm(h) * self.gain.to(h.dtype), torch.stack(columns)

    def text_logits(self, state: Tensor) -> Tensor:
        return F.linear(state * self.config.width**-0.5, self.words.weight)

    def heard_logits(self, state: Tensor) -> Tensor:
        return F.linear(rms_norm(self.heard_head(state)) * self.config.width**-0.5, self.words.weight)

    def forward(
        self, x: Inputs, past: Past, noise: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        """One step of T positions for B conversations.

        noise (B, T, G, code_size): Gumbel noise times the temperature; zeros = the likeliest code.
        Returns text logits, heard logits, turn logits, codes (B, T, G), drawn logits, new columns
        (layers, B, T, 2 x head_dim) for the caller to write into the ring buffer.
        """
        state, columns = self.states(x, visible(x.position, past.slots, self.config.window), past)
        return (
            self.text_logits(state),
            self.heard_logits(state),
            self.turn_head(state),
            self.depth.sample(state, noise),
            self.drawn_head(state),
            columns,
        )


def visible(position: Tensor, slots: Tensor, window: int) -> Tensor:
    """Which slots, then which new positions, each new position may attend to: bool (B, T, W + T)."""
    now = position[..., None]
    old = (slots[:, None] >= 0) & (slots[:, None] < position[:, :1, None]) & (slots[:, None] > now - window)
    new = (position[:, None] <= now) & (position[:, None] > now - window)
    return torch.cat([old, new], -1)

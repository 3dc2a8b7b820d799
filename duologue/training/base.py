"""Stage 3: the network, on everything at once: hearing, answering, speaking, seeing, drawing, turn taking."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from duologue.model.omni import Omni
from duologue.model.tokens import PAD
from duologue.training.batches import Batch, Source
from duologue.training.loop import Losses


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each output counts; "pad" is the part of a silent token against a word."""

    text: float = 1.0
    heard: float = 1.0
    turn: float = 0.3
    codes: float = 0.5
    drawn: float = 0.5
    pad: float = 0.25


class BaseStage:
    """Train `omni` on the tracks of a source; numbers of `check` are from the held-out source."""

    def __init__(
        self,
        omni: Omni,
        source: Source,
        held_out: Source,
        rows: int,
        length: int = 384,
        weights: Weights | None = None,
        seed: int = 0,
    ) -> None:
        self.model = omni
        self._source, self._rows, self._length, self._seed = source, rows, length, seed
        self._weights = weights or Weights()
        count = min(len(held_out), 96)
        self._held_out = [held_out.fixed(range(i, min(i + 16, count)), length) for i in range(0, count, 16)]

    def batch(self, step: int) -> Batch:
        return self._source.batch(np.random.default_rng((self._seed, step)), self._rows, self._length)

    def losses(self, batch: Batch, device: torch.device) -> Losses:
        batch = batch.to(device)
        state, _ = self.model.states(batch.inputs, batch.seen())
        return self._losses(state, batch)

    def _losses(self, state: Tensor, batch: Batch) -> Losses:
        omni, weights = self.model, self._weights
        losses = {
            "text": _words(omni.text_logits, state, batch.text, weights.pad),
            "heard": _words(omni.heard_logits, state, batch.heard, weights.pad),
            "turn": _classes(omni.turn_head, state, batch.turn),
            "drawn": _classes(omni.drawn_head, state, batch.drawn),
        }
        speaking = batch.codes[..., 0] >= 0
        if weights.codes and speaking.any():
            codes = batch.codes[speaking]
            logits = omni.depth(state[speaking], codes)
            losses["codes"] = F.cross_entropy(logits.float().flatten(0, 1), codes.flatten())
        total = torch.stack([loss * getattr(weights, name) for name, loss in losses.items()]).sum()
        return losses | {"total": total}

    @torch.no_grad()
    def check(self, device: torch.device) -> dict[str, float]:
        """Held-out losses, and how often the likeliest token is the right one where there is a word."""
        self.model.eval()
        sums: dict[str, list[float]] = {}
        for batch in self._held_out:
            batch = batch.to(device)
            state, _ = self.model.states(batch.inputs, batch.seen())
            for name, loss in self._losses(state, batch).items():
                sums.setdefault(name, []).append(loss.item())
            for name, head in (
                ("text", self.model.text_logits),
                ("heard", self.model.heard_logits),
                ("turn", self.model.turn_head),
            ):
                target = getattr(batch, name)
                there = target > PAD if name != "turn" else target >= 0
                if there.any():
                    right = head(state[there]).argmax(-1) == target[there]
                    sums.setdefault(f"{name}_right", []).append(right.float().mean().item())
        self.model.train()
        return {name: float(np.mean(values)) for name, values in sums.items()}


def _words(head: Any, state: Tensor, target: Tensor, pad: float) -> Tensor:
    """Cross-entropy where there is a target; <pad> counts `pad` of a word."""
    there = target >= 0
    if not there.any():
        return state.new_zeros((), dtype=torch.float32)
    true = target[there]
    loss = F.cross_entropy(head(state[there]).float(), true, reduction="none")
    weight = torch.where(true == PAD, pad, 1.0)
    return (loss * weight).sum() / weight.sum()


def _classes(head: Any, state: Tensor, target: Tensor) -> Tensor:
    there = target >= 0
    if not there.any():
        return state.new_zeros((), dtype=torch.float32)
    return F.cross_entropy(head(state[there]).float(), target[there])

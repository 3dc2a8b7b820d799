"""The optimiser of every stage: Muon for matrices inside blocks, AdamW for the rest, one schedule.

Muon: Jordan et al. 2024, here PyTorch's own. Schedule: warm up, hold, then fall linearly (Hu et al. 2024).
"""

from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.optim import AdamW, Muon, Optimizer


@dataclass(frozen=True, slots=True)
class Rates:
    """Peak learning rates and the shape of the schedule."""

    matrix: float = 0.01
    other: float = 2e-3
    warm_up: int = 100  # steps
    fall: float = 0.35  # the last part of the run, in which the rate falls to a fiftieth
    clip: float = 1.0  # of the gradient's norm

    def factor(self, step: int, steps: int) -> float:
        """The part of the peak rate at a step."""
        rise = min(1.0, (step + 1) / self.warm_up)
        left = (steps - step) / max(1.0, steps * self.fall)
        return rise * max(0.02, min(1.0, left))


class Optimizers:
    """Both optimisers as one: `step(factor)`, `state_dict`, `load_state_dict`."""

    def __init__(self, model: nn.Module, rates: Rates) -> None:
        named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        matrices = [p for name, p in named if _is_inner(name) and p.dim() == 2]
        others = [p for name, p in named if not (_is_inner(name) and p.dim() == 2)]
        self._all: list[tuple[Optimizer, float]] = [
            (AdamW(others, lr=rates.other, betas=(0.9, 0.98), weight_decay=0.0), rates.other)
        ]
        if matrices:
            # match_rms_adamw: an update has the size of one of Adam's, so rates carry over between widths.
            muon = Muon(matrices, lr=rates.matrix, weight_decay=0.05, adjust_lr_fn="match_rms_adamw")
            self._all.append((muon, rates.matrix))

    def step(self, factor: float) -> None:
        for optimizer, peak in self._all:
            for group in optimizer.param_groups:
                group["lr"] = peak * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict[str, Any]]:
        return [optimizer.state_dict() for optimizer, _ in self._all]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        for (optimizer, _), state in zip(self._all, states, strict=True):
            optimizer.load_state_dict(state)
            for parameter, kept in optimizer.state.items():
                if isinstance(parameter, DTensor):  # stored whole, kept in pieces
                    kept |= {
                        name: distribute_tensor(value, parameter.device_mesh, parameter.placements)
                        for name, value in kept.items()
                        if value.shape == parameter.shape
                    }


def _is_inner(name: str) -> bool:
    return name.removeprefix("omni.").startswith("blocks.")

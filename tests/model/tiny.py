"""A tiny network with random weights, and random inputs for it."""

import torch

from duologue.model.checkpoint import Parts
from duologue.model.config import OmniConfig
from duologue.model.omni import Inputs

CONFIG = OmniConfig.from_depth(2, ("one", "two"), window=24, slack=8, code_groups=3)


def tiny_parts(seed: int = 0, config: OmniConfig = CONFIG) -> Parts:
    """No parameter is left at zero, so that every path counts."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    parts = Parts(config).eval()
    with torch.no_grad():
        for parameter in parts.parameters():
            if parameter.abs().sum() == 0:
                parameter.normal_(std=0.05)
    return parts


def random_inputs(batch: int, positions: int, seed: int = 0, config: OmniConfig = CONFIG) -> Inputs:
    torch.manual_seed(seed)
    B, T = batch, positions

    def whole(top: int, *more: int) -> torch.Tensor:
        return torch.randint(0, top, (B, T, *more))

    return Inputs(
        whole(4),
        torch.randn(B, T, 22, 80),
        whole(config.vocab),
        whole(config.vocab),
        whole(config.code_size + 1, config.code_groups),
        whole(len(config.voices)),
        torch.rand(B, T, 768),
        whole(8, 2),
        whole(config.image_size + 1),
        torch.arange(T).expand(B, T).clone(),
    )


def part_of(inputs: Inputs, begin: int, end: int) -> Inputs:
    return Inputs(*(array[:, begin:end] for array in inputs))

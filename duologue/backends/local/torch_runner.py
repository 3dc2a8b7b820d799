"""The network in torch: for GPUs, and for weights not exported yet. The only torch in this folder."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from duologue.backends.local.onnx_runner import check
from duologue.backends.local.runner import Floats, Integers, Memory, Outputs, Positions
from duologue.errors import BadSettings
from duologue.model.checkpoint import Parts, load_released
from duologue.model.omni import Inputs, Past


class TorchRunner:
    """See runner.Runner."""

    def __init__(self, parts: Parts, device: str = "cpu") -> None:
        self._parts = parts.to(device).eval()
        self._device = torch.device(device)
        self.config = parts.config
        self.vocoder_state = parts.vocoder.state_size

    @classmethod
    def load(cls, folder: Path, device: str) -> Self:
        """Read a released folder. Raises WeightsMissing, WeightsDamaged or BadSettings."""
        if not torch.cuda.is_available() and device == "cuda":
            raise BadSettings("device = cuda, but torch sees no GPU; take device = cpu")
        check(folder)
        return cls(load_released(folder), device)

    @torch.inference_mode()
    def step(self, inputs: Positions, position: Integers, memory: Memory) -> Outputs:
        arrays = {field.name: self._tensor(getattr(inputs, field.name)) for field in fields(inputs)}
        noise = arrays.pop("noise")
        keys, values = ([self._tensor(layer) for layer in layers] for layers in (memory.keys, memory.values))
        past = Past(self._tensor(memory.slots), keys, values)
        outputs = self._parts.omni(Inputs(**arrays, position=self._tensor(position)), past, noise)
        return Outputs(*(output.cpu().numpy() for output in outputs))

    @torch.inference_mode()
    def vocode(self, codes: Integers, voice: Integers, state: Floats) -> tuple[Floats, Floats]:
        sound, state_after = self._parts.vocoder(*(self._tensor(array) for array in (codes, voice, state)))
        return sound.cpu().numpy(), state_after.cpu().numpy()

    @torch.inference_mode()
    def draw(self, tokens: Integers) -> Floats:
        pixels: Floats = self._parts.pictures(self._tensor(tokens)).cpu().numpy()
        return pixels

    def _tensor(self, array: NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)

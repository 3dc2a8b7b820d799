"""The released network, run by onnxruntime: `step.onnx`, `vocode.onnx`, `draw.onnx` of one folder."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import fields
from pathlib import Path
from typing import Any, Self

import onnxruntime

from duologue.backends.local.runner import Floats, Integers, Memory, Outputs, Positions
from duologue.errors import WeightsDamaged, WeightsMissing
from duologue.model.config import OmniConfig

FILES = ("step.onnx", "vocode.onnx", "draw.onnx", "tokenizer.json")
_INPUTS = [field.name for field in fields(Positions)]
_OUTPUTS = ["text_logits", "heard_logits", "turn_logits", "codes_out", "drawn_logits", "new_cache"]


class OnnxRunner:
    """See runner.Runner."""

    def __init__(self, config: OmniConfig, folder: Path, threads: int) -> None:
        self.config = config
        self._step, self._vocode, self._draw = (_session(folder / name, threads) for name in FILES[:3])
        self.vocoder_state: int = self._vocode.get_inputs()[2].shape[1]

    @classmethod
    def load(cls, folder: Path, threads: int = 0) -> Self:
        """threads: 0 takes every core. Raises WeightsMissing or WeightsDamaged."""
        return cls(check(folder), folder, threads or os.cpu_count() or 1)

    def step(self, inputs: Positions, position: Integers, memory: Memory) -> Outputs:
        arrays = {name: getattr(inputs, name) for name in _INPUTS}
        arrays |= {"position": position, "slots": memory.slots}
        arrays |= {f"keys{layer}": keys for layer, keys in enumerate(memory.keys)}
        arrays |= {f"values{layer}": values for layer, values in enumerate(memory.values)}
        return Outputs(*self._step.run(_OUTPUTS, arrays))

    def vocode(self, codes: Integers, voice: Integers, state: Floats) -> tuple[Floats, Floats]:
        sound, state = self._vocode.run(
            ["sound", "new_state"], {"codes": codes, "voice": voice, "state": state}
        )
        return sound, state

    def draw(self, tokens: Integers) -> Floats:
        pixels: Floats = self._draw.run(["pixels"], {"tokens": tokens})[0]
        return pixels


def check(folder: Path) -> OmniConfig:
    """Read config.json and compare every file with its checksum. Raises WeightsMissing or WeightsDamaged."""
    stored = _read_config(folder)
    for name in FILES:
        try:
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except OSError:
            raise WeightsMissing(f"{folder} has no readable {name}; install the model again") from None
        if found != stored.get("sha256", {}).get(name):
            raise WeightsDamaged(
                f"{folder / name} is not the file that was released; install the model again"
            )
    try:
        return OmniConfig.from_json(stored)
    except (KeyError, TypeError):
        raise WeightsDamaged(
            f"{folder}/config.json lacks the model's sizes; install the model again"
        ) from None


def _read_config(folder: Path) -> dict[str, Any]:
    try:
        stored = json.loads((folder / "config.json").read_bytes())
    except OSError:
        raise WeightsMissing(
            f"{folder} holds no model (no readable config.json); see `duologue models`"
        ) from None
    except ValueError:
        stored = None
    if not isinstance(stored, dict):
        raise WeightsDamaged(f"{folder}/config.json is damaged; install the model again")
    return stored


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors; the optimiser's warnings are of no use to whoever runs this
    # Waiting threads sleep: three sessions that spin between frames would take the cores from each other.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

"""Weights in files: torch checkpoints while training, and the released ONNX graphs read back to train on."""

import json
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from duologue.model.codec import Encoder, Vocoder
from duologue.model.config import OmniConfig
from duologue.model.omni import Omni
from duologue.model.vision import PictureTokenizer


class Parts(nn.Module):
    """All that training makes: the network, the codec's two halves, the picture tokeniser."""

    def __init__(self, config: OmniConfig) -> None:
        super().__init__()
        self.config = config
        self.omni = Omni(config)
        self.encoder = Encoder(config)
        self.vocoder = Vocoder(config)
        self.pictures = PictureTokenizer(config)


def read_config(folder: Path) -> OmniConfig:
    return OmniConfig.from_json(json.loads((folder / "config.json").read_text()))


def load_released(folder: Path) -> Parts:
    """Read a released folder back into torch, to train on from it.

    int8 weights come back as the numbers they stand for. Raises FileNotFoundError, or KeyError naming the
    parameter that the graphs lack.
    """
    parts = Parts(read_config(folder))
    for graph, module in (
        ("step", parts.omni),
        ("vocode", parts.vocoder),
        ("encode", parts.encoder),
        ("draw", parts.pictures.decoder),
        ("look", parts.pictures.encoder),
    ):
        _fill(module, onnx.load(folder / f"{graph}.onnx"))
    return parts


def _fill(module: nn.Module, graph: Any) -> None:
    """Copy a graph's numbers into the parameters named in its metadata ("parameter" -> "initializer[.T]")."""
    stored = {tensor.name: tensor for tensor in graph.graph.initializer}
    names: dict[str, str] = json.loads(next(p.value for p in graph.metadata_props if p.key == "parameters"))
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            value = _dequantized(names[name].removesuffix(".T"), stored)
            parameter.copy_((value.T if names[name].endswith(".T") else value).reshape(parameter.shape))


def _dequantized(name: str, stored: dict[str, Any]) -> Tensor:
    if name in stored:
        return torch.from_numpy(numpy_helper.to_array(stored[name]).copy())
    values, scale, zero = (
        torch.from_numpy(numpy_helper.to_array(stored[f"{name}_{part}"]).copy())
        for part in ("quantized", "scale", "zero_point")
    )
    return (values.float() - zero.float()) * scale

"""torch -> ONNX: graphs that run without torch, and the proof that both give the same numbers.

`step.onnx` is one position of the network, `vocode.onnx` codes to sound, `draw.onnx` tokens to a picture;
`encode.onnx` and `look.onnx` go back from sound and pictures, for training.
Names, shapes and types of inputs and outputs: docs/positions.md.
"""

import hashlib
import json
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from duologue.model.checkpoint import Parts
from duologue.model.config import HEAD_DIM, OmniConfig
from duologue.model.mel import BANDS, COLUMNS, CONTEXT
from duologue.model.omni import Inputs, Omni, Past
from duologue.model.patches import DRAWN_PIXELS, DRAWN_TOKENS, PATCH_VALUES
from duologue.model.vision import PictureTokenizer

OUTPUTS = ("text_logits", "heard_logits", "turn_logits", "codes_out", "drawn_logits", "new_cache")
OPSET = 17
MEMORY = ("keys", "values")


class _Step(nn.Module):
    def __init__(self, omni: Omni) -> None:
        super().__init__()
        self.omni = omni

    def forward(self, *arrays: Tensor) -> tuple[Tensor, ...]:
        count = len(Inputs._fields)
        slots, noise, *memory = arrays[count:]
        past = Past(slots, memory[::2], memory[1::2])
        outputs: tuple[Tensor, ...] = self.omni(Inputs(*arrays[:count]), past, noise)
        return outputs


class _Look(nn.Module):
    def __init__(self, pictures: PictureTokenizer) -> None:
        super().__init__()
        self.pictures = pictures

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        return self.pictures.encode(pixels)


def step_inputs(config: OmniConfig, batch: int = 1, positions: int = 1) -> dict[str, Tensor]:
    """Inputs of `step.onnx` by name, all zeros and an empty memory."""
    B, T, W, G = batch, positions, config.cache_slots, config.code_groups
    whole, real = torch.int64, torch.float32
    shapes: dict[str, tuple[tuple[int, ...], torch.dtype]] = {
        "kind": ((B, T), whole),
        "mel": ((B, T, CONTEXT + COLUMNS, BANDS), real),
        "text": ((B, T), whole),
        "heard": ((B, T), whole),
        "codes": ((B, T, G), whole),
        "voice": ((B, T), whole),
        "patch": ((B, T, PATCH_VALUES), real),
        "place": ((B, T, 2), whole),
        "drawn": ((B, T), whole),
        "position": ((B, T), whole),
        "slots": ((B, W), whole),
        "noise": ((B, T, G, config.code_size), real),
    }
    # Each layer's keys and values are inputs of their own: in one array, every step would copy them apart.
    shapes |= {
        f"{name}{layer}": ((B, W, HEAD_DIM), real) for layer in range(config.layers) for name in MEMORY
    }
    arrays = {name: torch.zeros(shape, dtype=kind) for name, (shape, kind) in shapes.items()}
    arrays["slots"] -= 1
    arrays["position"] += torch.arange(T)
    return arrays


def export(parts: Parts, folder: Path, version: str, int8: bool = True) -> Path:
    """Write the released folder: graphs, config.json with checksums. The caller puts the tokenizer there.

    int8: weights of products and tables in 8 bits, activations quantised as they come (dynamic).
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = parts.eval()
    config = parts.config
    step = step_inputs(config)
    _write(
        _Step(parts.omni),
        step,
        OUTPUTS,
        folder / "step.onnx",
        int8,
        parts.omni,
        fixed={"noise": [2, 3], "mel": [2, 3], "codes": [2], "patch": [2], "place": [2]},
    )
    vocode = {
        "codes": torch.zeros(1, 1, config.code_groups, dtype=torch.int64),
        "voice": torch.zeros(1, 1, dtype=torch.int64),
        "state": parts.vocoder.silence(1),
    }
    _write(
        parts.vocoder,
        vocode,
        ("sound", "new_state"),
        folder / "vocode.onnx",
        int8,
        parts.vocoder,
        fixed={"codes": [2], "state": [1]},
    )
    tokens = {"tokens": torch.zeros(1, DRAWN_TOKENS, dtype=torch.int64)}
    _write(
        parts.pictures,
        tokens,
        ("pixels",),
        folder / "draw.onnx",
        False,
        parts.pictures.decoder,
        fixed={"tokens": [1]},
    )
    # The other way, which only training needs: to go on from released weights, its codes must mean the same.
    mel = {"mel": torch.zeros(1, COLUMNS, BANDS)}
    _write(parts.encoder, mel, ("values", "codes"), folder / "encode.onnx", int8, parts.encoder, {"mel": [2]})
    pixels = {"pixels": torch.zeros(1, DRAWN_PIXELS, DRAWN_PIXELS, 3)}
    look, sides = _Look(parts.pictures), {"pixels": [1, 2, 3]}
    _write(look, pixels, ("values", "seen"), folder / "look.onnx", False, parts.pictures.encoder, sides)
    write_config(config, folder, version)
    return folder


def write_config(config: OmniConfig, folder: Path, version: str) -> None:
    """Write config.json: the sizes, the version, and the checksum of every other file of the folder."""
    sums = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.name != "config.json" and path.is_file()
    }
    stored = config.to_json() | {"version": version, "sha256": sums}
    (folder / "config.json").write_text(json.dumps(stored, indent=1) + "\n")


def _write(
    graph: nn.Module,
    inputs: dict[str, Tensor],
    outputs: tuple[str, ...],
    path: Path,
    int8: bool,
    module: nn.Module,
    fixed: dict[str, list[int]],
) -> None:
    axes = {
        name: {axis: "BT"[axis] for axis in range(value.dim()) if axis not in fixed.get(name, [])}
        for name, value in inputs.items()
        if not name.startswith(("slots", *MEMORY))
    }
    # Of a young conversation, only the slots in use are given.
    axes |= {name: {0: "B", 1: "W"} for name in inputs if name not in axes}
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # the exporter that traces is called old; it is the one that knows loops
        plain = Path(scratch) / path.name
        torch.onnx.export(
            graph,
            tuple(inputs.values()),
            str(plain),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
        names = _parameter_names(module, onnx.load(plain))
        if int8:
            quantize_dynamic(
                plain,
                path,
                weight_type=QuantType.QInt8,
                per_channel=False,
                op_types_to_quantize=["MatMul", "Gather"],
            )
        else:
            onnx.save(onnx.load(plain), path)
    stored = onnx.load(path)
    _drop_unused(stored)
    stored.metadata_props.add(key="parameters", value=json.dumps(names))
    onnx.save(stored, path)


def _drop_unused(graph: Any) -> None:
    """Quantisation leaves the float original of a table that several products share."""
    used = {name for node in graph.graph.node for name in node.input}
    kept = [tensor for tensor in graph.graph.initializer if tensor.name in used]
    del graph.graph.initializer[:]
    graph.graph.initializer.extend(kept)


def _parameter_names(module: nn.Module, graph: Any) -> dict[str, str]:
    """Which initializer holds each parameter, found by its numbers: the exporter names products anew."""
    held: dict[bytes, str] = {}
    for tensor in graph.graph.initializer:
        array = numpy_helper.to_array(tensor)
        held.setdefault(_fingerprint(array), tensor.name)
    names = {}
    for name, parameter in module.named_parameters():
        value = parameter.detach().numpy()
        if (found := held.get(_fingerprint(value))) is not None:
            names[name] = found
        elif value.ndim == 2 and (found := held.get(_fingerprint(value.T))) is not None:
            names[name] = f"{found}.T"
    return names


def _fingerprint(array: np.ndarray[Any, np.dtype[Any]]) -> bytes:
    return hashlib.sha256(repr(array.shape).encode() + np.ascontiguousarray(array).tobytes()).digest()


def largest_difference(parts: Parts, folder: Path, positions: int = 12, seed: int = 0) -> dict[str, float]:
    """Run random steps through torch and through the written graph; the largest difference of each output."""
    torch.manual_seed(seed)
    config = parts.config
    inputs = step_inputs(config, 2, positions)
    for name, top in (
        ("text", config.vocab),
        ("heard", config.vocab),
        ("codes", config.code_size),
        ("kind", 4),
        ("voice", len(config.voices)),
        ("place", 8),
        ("drawn", config.image_size),
    ):
        inputs[name] = torch.randint(0, top, inputs[name].shape)
    inputs["mel"], inputs["patch"] = torch.randn_like(inputs["mel"]), torch.rand_like(inputs["patch"])
    with torch.no_grad():
        ours = _Step(parts.omni.eval())(*inputs.values())
    session = onnxruntime.InferenceSession(folder / "step.onnx", providers=["CPUExecutionProvider"])
    theirs = session.run(list(OUTPUTS), {name: value.numpy() for name, value in inputs.items()})
    return {
        name: float(np.abs(a.float().numpy() - b).max())
        for name, a, b in zip(OUTPUTS, ours, theirs, strict=True)
    }

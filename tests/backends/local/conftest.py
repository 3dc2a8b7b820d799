"""One tiny network, exported once; the laws are held against it in torch, in ONNX, and against a fake."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from duologue.backends.local.onnx_runner import OnnxRunner
from duologue.backends.local.runner import Runner
from duologue.backends.local.torch_runner import TorchRunner
from duologue.model.checkpoint import Parts
from duologue.model.config import OmniConfig
from duologue.model.export import export
from duologue.model.tokens import Vocabulary
from tests.backends.local.fakes import VOICES, FakeRunner, small_config, small_vocabulary


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return small_vocabulary()


@pytest.fixture(scope="session")
def parts(vocabulary: Vocabulary) -> Parts:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    sizes = {"vocab": vocabulary.size, "window": 24, "slack": 12, "code_size": 512, "codec_width": 16}
    parts = Parts(OmniConfig.from_depth(1, VOICES, **sizes))
    for parameter in parts.omni.parameters():  # blocks begin as the identity: give them something to say
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.2)
    return parts.eval()


@pytest.fixture(scope="session")
def folder(parts: Parts, vocabulary: Vocabulary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("released")
    vocabulary.save(folder / "tokenizer.json")
    return export(parts, folder, "test", int8=False)


@pytest.fixture(params=["fake", "torch", "onnx"])
def runner(request: pytest.FixtureRequest, vocabulary: Vocabulary) -> Runner:
    if request.param == "fake":
        return FakeRunner(small_config(vocabulary.size))
    if request.param == "torch":
        return TorchRunner(request.getfixturevalue("parts"))
    return OnnxRunner.load(request.getfixturevalue("folder"), threads=1)

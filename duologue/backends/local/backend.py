"""The embedded backend: finds a model's folder, loads it, and hands out minds."""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path
from typing import ClassVar, Self

from duologue.backends.contract import Load, MindOptions
from duologue.backends.local.forms import Grammars
from duologue.backends.local.mind import LocalMind, Network
from duologue.backends.local.onnx_runner import OnnxRunner
from duologue.backends.local.runner import Runner
from duologue.backends.local.scheduler import Scheduler
from duologue.backends.local.sequence import Pool
from duologue.errors import ExtraMissing, WeightsMissing
from duologue.model.tokens import LANGUAGES, Vocabulary
from duologue.settings import Settings

WEIGHTS = Path(__file__).parents[2] / "weights"  # what comes with the package


class LocalBackend:
    """See contract.Backend."""

    streams_input: ClassVar[bool] = True
    owns_turns: ClassVar[bool] = True

    def __init__(self, runner: Runner, vocabulary: Vocabulary, room: int) -> None:
        pool = Pool(runner.config, room)
        self._network = Network(
            runner.config,
            vocabulary,
            Scheduler(runner, pool),
            pool,
            runner.vocoder_state,
            Grammars(vocabulary),
        )

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        folder = find(settings)
        runner = await asyncio.to_thread(_load, folder, settings)
        return cls(runner, Vocabulary.load(folder / "tokenizer.json"), settings.max_sessions)

    @property
    def voices(self) -> tuple[str, ...]:
        return self._network.config.voices

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(name for name in LANGUAGES if name != "other")

    @property
    def window(self) -> int:
        return self._network.config.window

    def count(self, text: str) -> int:
        return len(self._network.vocabulary.encode(text))

    def load(self) -> Load:
        return self._network.scheduler.load()

    def mind(self, options: MindOptions) -> LocalMind:
        return LocalMind(self._network, options)

    async def close(self) -> None:
        await asyncio.to_thread(self._network.scheduler.close)


def _load(folder: Path, settings: Settings) -> Runner:
    if settings.device == "cpu":
        return OnnxRunner.load(folder, settings.threads)
    try:  # by name, so that the light install never meets torch
        torch_runner = importlib.import_module("duologue.backends.local.torch_runner")
    except ImportError:
        raise ExtraMissing("device = cuda needs torch; install duologue[train], or take the cpu") from None
    runner: Runner = torch_runner.TorchRunner.load(folder, settings.device)
    return runner


def find(settings: Settings) -> Path:
    """The folder of the model that the settings name. Raises WeightsMissing."""
    if settings.model_dir is not None:
        return settings.model_dir
    for folder in (WEIGHTS, settings.data_dir / "models"):
        if (folder / settings.model / "config.json").is_file():
            return folder / settings.model
    raise WeightsMissing(
        f"there is no model {settings.model!r} here; `duologue models` lists those there are"
    )

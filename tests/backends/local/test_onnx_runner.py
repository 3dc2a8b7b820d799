"""The released folder: read with checksums, and the same numbers as torch."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from duologue.backends.local.onnx_runner import FILES, OnnxRunner
from duologue.backends.local.runner import Outputs, Positions
from duologue.backends.local.sequence import Pool, Sequence
from duologue.backends.local.torch_runner import TorchRunner
from duologue.errors import WeightsDamaged, WeightsMissing
from duologue.model.checkpoint import Parts
from duologue.model.config import OmniConfig


@pytest.fixture
def runner(folder: Path) -> OnnxRunner:
    return OnnxRunner.load(folder, threads=1)


def anything(config: OmniConfig, count: int, seed: int) -> Positions:
    rng = np.random.default_rng(seed)
    inputs = Positions.quiet(config, count)
    inputs.kind[:] = rng.integers(0, 4, count)
    inputs.mel[:] = rng.standard_normal(inputs.mel.shape)
    inputs.text[:] = rng.integers(0, config.vocab, count)
    inputs.heard[:] = rng.integers(0, config.vocab, count)
    inputs.codes[:] = rng.integers(0, config.code_size + 1, inputs.codes.shape)
    inputs.patch[:] = rng.random(inputs.patch.shape)
    inputs.place[:] = rng.integers(0, 8, inputs.place.shape)
    inputs.drawn[:] = rng.integers(0, config.image_size + 1, count)
    return inputs


def run(runner: OnnxRunner | TorchRunner, pool: Pool, sequence: Sequence, inputs: Positions) -> Outputs:
    position = sequence.position + np.arange(inputs.count)
    outputs = runner.step(Positions.stack([inputs]), position[None], pool.gather([sequence])[0])
    sequence.append(outputs.columns[:, 0])
    return outputs


def test_torch_and_onnx_agree_over_a_conversation_that_wraps_its_memory(
    parts: Parts, runner: OnnxRunner
) -> None:
    runners: list[OnnxRunner | TorchRunner] = [TorchRunner(parts), runner]
    pools = [Pool(parts.config, 1) for _ in runners]
    sequences = [pool.take() for pool in pools]
    for step, count in enumerate([1, 8, 1, 1, 30, 1, 5, 1]):
        inputs = anything(parts.config, count, step)
        ours, theirs = (
            run(runner, pool, sequence, inputs)
            for runner, pool, sequence in zip(runners, pools, sequences, strict=True)
        )
        for name in Outputs.__slots__:
            np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=0, atol=1e-4)


def test_a_stretch_is_its_positions_one_by_one(parts: Parts, runner: OnnxRunner) -> None:
    pools = [Pool(parts.config, 1) for _ in range(2)]
    whole, single = (pool.take() for pool in pools)
    inputs = anything(parts.config, 20, 3)
    at_once = run(runner, pools[0], whole, inputs)
    for at in range(20):
        one = run(runner, pools[1], single, inputs.slice(at, at + 1))
        np.testing.assert_allclose(one.text_logits[0, 0], at_once.text_logits[0, at], rtol=0, atol=1e-4)


def test_the_vocoder_remembers_no_more_than_it_says(parts: Parts, runner: OnnxRunner) -> None:
    rng, config = np.random.default_rng(0), parts.config
    codes = rng.integers(0, config.code_size, (1, 20, config.code_groups))
    voice, silence = np.zeros((1, 20), np.int64), np.zeros((1, runner.vocoder_state), np.float32)
    whole, _ = runner.vocode(codes, voice, silence)
    state, frames = silence, []
    for at in range(20):
        frame, state = runner.vocode(codes[:, at : at + 1], voice[:, :1], state)
        frames.append(frame)
    np.testing.assert_allclose(np.concatenate(frames, 1), whole, rtol=0, atol=1e-5)
    late, _ = runner.vocode(codes[:, 8:], voice[:, 8:], silence)
    np.testing.assert_allclose(
        late[:, config.vocode_memory * 1280 :], whole[:, 16 * 1280 :], rtol=0, atol=1e-5
    )


def test_pictures_are_drawn(parts: Parts, runner: OnnxRunner) -> None:
    tokens = np.random.default_rng(0).integers(0, parts.config.image_size, (1, 64))
    pixels = runner.draw(tokens)
    assert pixels.shape == (1, 64, 64, 3)
    np.testing.assert_allclose(pixels, TorchRunner(parts).draw(tokens), rtol=0, atol=1e-4)


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


@pytest.mark.parametrize("name", FILES)
def test_damaged_files_are_named(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(WeightsDamaged, match=name):
        OnnxRunner.load(copy)


@pytest.mark.parametrize("name", [*FILES, "config.json"])
def test_missing_files_are_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(WeightsMissing, match=name):
        OnnxRunner.load(copy)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b"null"])
def test_a_scrambled_description(copy: Path, content: bytes) -> None:
    (copy / "config.json").write_bytes(content)
    with pytest.raises(WeightsDamaged):
        OnnxRunner.load(copy)


def test_a_description_without_sizes(copy: Path) -> None:
    stored = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({"sha256": stored["sha256"]}))
    with pytest.raises(WeightsDamaged, match="sizes"):
        OnnxRunner.load(copy)

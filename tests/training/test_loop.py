"""The loop's laws: resumed equals uninterrupted, a full disk leaves the last checkpoint, the loss falls."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from duologue.training.loop import Losses, Run, train
from duologue.training.optim import Rates


class Line(nn.Module):
    """Two matrices, one of them where Muon looks."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.Linear(8, 8)])
        self.out = nn.Linear(8, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.out(torch.tanh(self.blocks[0](x)))
        return y


class Sums:
    """Learn the sum of eight numbers; the batch is a pure function of the step."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.model = Line()

    def batch(self, step: int) -> Tensor:
        return torch.randn(32, 8, generator=torch.Generator().manual_seed(step))

    def losses(self, batch: Tensor, device: torch.device) -> Losses:
        error = (self.model(batch) - batch.sum(1, keepdim=True) / 4).square().mean()
        return {"total": error}

    def check(self, device: torch.device) -> dict[str, float]:
        with torch.no_grad():
            return {"total": self.losses(self.batch(10**6), device)["total"].item()}


def run(folder: Path, steps: int) -> Run:
    return Run(folder, steps, Rates(warm_up=5), half=False, log_every=10, check_every=10)


def weights(folder: Path) -> list[Tensor]:
    return list(torch.load(folder / "checkpoint.pt", weights_only=True)["model"].values())


def quiet(_: object) -> None:
    pass


def test_resumed_equals_uninterrupted(tmp_path: Path) -> None:
    train(Sums(), run(tmp_path / "whole", 30), quiet)
    stopped = Sums()
    seen: list[int] = []

    def batch(step: int) -> Tensor:
        if len(seen) == 17:
            raise KeyboardInterrupt
        seen.append(step)
        return Sums.batch(stopped, step)

    stopped.batch = batch  # type: ignore[method-assign]
    every_step = Run(tmp_path / "two", 30, Rates(warm_up=5), half=False, log_every=10, save_every=0.0)
    with pytest.raises(KeyboardInterrupt):
        train(stopped, every_step, quiet)
    train(Sums(), run(tmp_path / "two", 30), quiet)
    for ours, theirs in zip(weights(tmp_path / "whole"), weights(tmp_path / "two"), strict=True):
        assert torch.equal(ours, theirs)


def test_the_loss_falls_and_is_logged(tmp_path: Path) -> None:
    stage = Sums()
    before = stage.check(torch.device("cpu"))["total"]
    train(stage, run(tmp_path, 120), quiet)
    assert stage.check(torch.device("cpu"))["total"] < 0.3 * before
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert sum('"held_out"' in line for line in lines) == 13
    assert sum('"norm"' in line for line in lines) == 12


def test_the_rate_rises_holds_and_falls() -> None:
    factors = [Rates(warm_up=10, fall=0.4).factor(step, 100) for step in range(100)]
    assert factors[0] == 0.1
    assert set(factors[9:60]) == {1.0}
    assert 0.02 <= factors[-1] < 0.05


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path: Path) -> None:
    train(Sums(), run(tmp_path, 10), quiet)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    program = f"""
from pathlib import Path
from tests.training.test_loop import Sums, quiet, run
from duologue.training.loop import train
import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
train(Sums(), run(Path({str(tmp_path)!r}), 20), quiet)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "the last checkpoint is untouched" in done.stderr, done.stderr[-500:]
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    assert not (tmp_path / "checkpoint.new").exists()

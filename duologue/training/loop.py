"""THE training loop, once, for every stage: step, schedule, log, save, resume.

A stage is a loss over batches; `batch(step)` is a pure function of the step, so a resumed run sees what
an uninterrupted one would have seen, to the bit. Several GPUs: start with torchrun.
"""

import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
import torch.distributed as dist
from rich.console import Console
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from duologue.training.optim import Optimizers, Rates

Losses = dict[str, Tensor]


class Stage(Protocol):
    """What the loop needs to know of a stage."""

    @property
    def model(self) -> nn.Module:
        """Whose parameters are trained."""

    def batch(self, step: int) -> Any:
        """Everything that `losses` needs for a step, made on the CPU; the same for the same step."""

    def losses(self, batch: Any, device: torch.device) -> Losses:
        """Named losses; "total" is the one to descend. Others are logged."""

    def check(self, device: torch.device) -> dict[str, float]:
        """Held-out numbers, logged now and then."""


@dataclass(frozen=True, slots=True)
class Run:
    """How long, where to, and how often. Steps beyond `steps` are never taken."""

    folder: Path
    steps: int
    rates: Rates = field(default_factory=Rates)
    minutes: float = math.inf  # stop and save after this long; the schedule then follows the clock
    save_every: float = 120.0  # seconds
    log_every: int = 20
    check_every: int = 500
    device: str = "cpu"
    half: bool = True  # bfloat16 products where the machine has them
    workers: int = 0  # processes that make batches ahead; 0 = in this one


def train(stage: Stage, run: Run, say: Callable[[str], None] | None = None) -> Path:
    """Train to the end of the run, going on from its checkpoint if there is one. Returns the checkpoint."""
    say = say or Console(stderr=True).print
    device, rank = _place(run)
    path = run.folder / "checkpoint.pt"
    run.folder.mkdir(parents=True, exist_ok=True)
    stored = torch.load(path, map_location=device, weights_only=True) if path.exists() else None
    if stored:
        stage.model.load_state_dict(stored["model"])
    stage.model.to(device).train()
    model = _spread(stage.model)
    optimizers = Optimizers(model, run.rates)
    step, spent = 0, 0.0
    if stored:
        optimizers.load_state_dict(stored["optimizers"])
        step, spent = stored["step"], stored["spent"]
    log = Log(run.folder / "log.jsonl", run, say, quiet=rank > 0)
    started = saved = time.monotonic()
    batches = iter(_ahead(stage, run, step))
    while step < run.steps and spent < run.minutes * 60:
        losses = _step(stage, next(batches), model, optimizers, run, step, spent, device)
        step += 1
        now = time.monotonic()
        spent, started = spent + now - started, now
        if step % run.log_every == 0:
            log.losses(step, spent, losses)
        if step % run.check_every == 0:
            log.check(step, stage.check(device))
        if _all_agree(now - saved > run.save_every, device):
            save(path, stage.model, optimizers, step, spent, rank)
            saved = now
    save(path, stage.model, optimizers, step, spent, rank)
    log.check(step, stage.check(device))
    return path


class _Batches(Dataset[Any]):
    """The batches of a stage by their step; under torchrun each process has steps of its own."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        together = dist.is_available() and dist.is_initialized()
        self._rank, self._world = (dist.get_rank(), dist.get_world_size()) if together else (0, 1)

    def __getitem__(self, step: int) -> Any:
        return self._stage.batch(step * self._world + self._rank)


def _ahead(stage: Stage, run: Run, step: int) -> DataLoader[Any]:
    return DataLoader(
        _Batches(stage),
        batch_size=None,
        sampler=range(step, run.steps),
        num_workers=run.workers,
        pin_memory=run.device == "cuda",
    )


def _step(
    stage: Stage,
    batch: Any,
    model: nn.Module,
    optimizers: Optimizers,
    run: Run,
    step: int,
    spent: float,
    device: torch.device,
) -> Losses:
    progress = max(step / run.steps, spent / (run.minutes * 60))
    with torch.autocast(device.type, torch.bfloat16, enabled=run.half):
        losses = stage.losses(batch, device)
    losses["total"].backward()  # type: ignore[no-untyped-call]
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), run.rates.clip)
    if torch.isfinite(norm):  # one bad batch costs one step, not the run
        optimizers.step(
            run.rates.factor(round(progress * run.steps), run.steps)
            if step >= run.rates.warm_up
            else run.rates.factor(step, run.steps)
        )
    else:
        model.zero_grad(set_to_none=True)
    return {name: loss.detach() for name, loss in losses.items()} | {"norm": norm.detach()}


def _place(run: Run) -> tuple[torch.device, int]:
    """The device of this process and its rank; torchrun tells both in the environment."""
    if "RANK" not in os.environ:
        return torch.device(run.device), 0
    dist.init_process_group("nccl" if run.device == "cuda" else "gloo")
    rank = dist.get_rank()
    return torch.device(run.device, int(os.environ["LOCAL_RANK"])) if run.device == "cuda" else torch.device(
        "cpu"
    ), rank


def _spread(model: nn.Module) -> nn.Module:
    """Under torchrun, shard parameters and gradients over the processes (FSDP2); else leave them."""
    if dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1:
        from torch.distributed.fsdp import fully_shard

        for block in getattr(model, "blocks", ()):
            fully_shard(block)
        fully_shard(model)
    return model


def _all_agree(wish: bool, device: torch.device) -> bool:
    """Under torchrun, what the first process wishes: clocks differ, and saving is done together."""
    if not (dist.is_available() and dist.is_initialized()):
        return wish
    said = torch.tensor(float(wish), device=device)
    dist.broadcast(said, 0)
    return bool(said)


def save(
    path: Path, model: nn.Module, optimizers: Optimizers, step: int, spent: float, rank: int = 0
) -> None:
    """Write a checkpoint beside the last one, then put it in its place: a full disk leaves that whole.

    Under torchrun all processes call it, for the pieces are gathered, and the first one writes.
    """
    stored = {
        "model": _gathered(model.state_dict()),
        "optimizers": _gathered(optimizers.state_dict()),
        "step": step,
        "spent": spent,
    }
    if rank > 0:
        return
    fresh = path.with_suffix(".new")
    try:
        torch.save(stored, fresh)
        fresh.replace(path)
    except (OSError, RuntimeError) as error:
        fresh.unlink(missing_ok=True)
        raise OSError(
            f"could not write {path} ({error}); the last checkpoint is untouched, "
            "free some space and run again to go on from it"
        ) from error


def _gathered(state: Any) -> Any:
    """The same nest of dicts and lists with every sharded tensor made whole."""
    match state:
        case dict():
            return {name: _gathered(value) for name, value in state.items()}
        case list():
            return [_gathered(value) for value in state]
        case Tensor() if hasattr(state, "full_tensor"):
            return state.full_tensor()
    return state


class Log:
    """One JSON line for every `log_every` steps and every check; a short line for the reader."""

    def __init__(self, path: Path, run: Run, say: Callable[[str], None], quiet: bool) -> None:
        self._path, self._run, self._say, self._quiet = path, run, say, quiet

    def losses(self, step: int, spent: float, losses: Losses) -> None:
        self._write(
            {"step": step, "seconds": round(spent, 1)}
            | {name: round(loss.item(), 4) for name, loss in losses.items()}
        )

    def check(self, step: int, numbers: dict[str, float]) -> None:
        self._write({"step": step, "held_out": {name: round(value, 4) for name, value in numbers.items()}})

    def _write(self, line: dict[str, Any]) -> None:
        if self._quiet:
            return
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        self._say(" ".join(f"{name} {value}" for name, value in line.items()))

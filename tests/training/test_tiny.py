"""The whole pipeline, runs/tiny.sh: every stage works, and its network beats chance on what it never saw."""

import json
import math
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from duologue.training.shards import Shards

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tiny")
    done = subprocess.run(
        ["bash", str(ROOT / "runs/tiny.sh")],
        env=os.environ | {"OUT": str(out), "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return out


def likeliest_share(run: Path, name: str, above: int) -> float:
    """How often the commonest target of the held-out examples is right: the best one can do by guessing."""
    shards = Shards(run / "held_out")
    targets = np.concatenate([shards[i][name] for i in range(len(shards))])
    counts = Counter(targets[targets >= above].tolist())
    return max(counts.values()) / counts.total()


def test_it_beats_chance(run: Path) -> None:
    lines = [json.loads(line) for line in (run / "base/log.jsonl").read_text().splitlines()]
    reached = [line["held_out"] for line in lines if "held_out" in line][-1]
    for output, above in (("turn", 0), ("text", 1), ("heard", 1)):
        chance = likeliest_share(run, f"{output}_target", above)
        assert reached[f"{output}_right"] > chance + 0.03, (output, reached, chance)
    assert reached["codes"] < math.log(512) - 0.3, "the codes of unheard speech are no better than any"


def test_each_stage_left_its_picture(run: Path) -> None:
    for stage in ("codec", "pictures", "base"):
        assert (run / stage / "losses.png").stat().st_size > 5000


def test_what_it_exported_answers(run: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "duologue",
        "ask",
        "What is two plus two?",
        "--model-dir",
        str(run / "released"),
        "--json",
        "-o",
        str(run / "answer.wav"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["said"]
    assert (run / "answer.wav").stat().st_size > 1000

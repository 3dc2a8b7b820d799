"""Pictures of a run: its losses and held-out numbers over the steps, from the log."""

import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def plot(folder: Path) -> Path:
    """Draw log.jsonl of a stage into losses.png beside it: training left, held out right."""
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for axes, title, picked in (
        (left, "training", [(line["step"], line) for line in lines if "total" in line]),
        (right, "held out", [(line["step"], line["held_out"]) for line in lines if "held_out" in line]),
    ):
        for name in {
            name: None for _, values in picked for name in values if name not in ("step", "seconds", "norm")
        }:
            points = [(step, values[name]) for step, values in picked if name in values]
            axes.plot(*zip(*points, strict=True), label=name, linewidth=1)
        axes.set(title=title, xlabel="step")
        axes.set_ylim(bottom=0)
        if picked:
            axes.legend(fontsize=7)
    path = folder / "losses.png"
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path

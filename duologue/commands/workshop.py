"""`train`, `eval`, `bench`: the rest of the line goes to the part that does it, if that is installed."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import typer

from duologue.errors import ExtraMissing

# The flags are those of the part itself, `--help` among them.
PASS_ON: dict[str, Any] = {
    "add_help_option": False,
    "context_settings": {"allow_extra_args": True, "ignore_unknown_options": True},
}


def train(context: typer.Context) -> None:
    """Train a network of your own (needs the extra [train])."""
    _need("torch", "training needs more packages; install them with: pip install 'duologue[train]'")
    _hand_over("duologue.training.cli", context)


def evaluate(context: typer.Context) -> None:
    """Measure how well a model does (needs the extra [test])."""
    _need("pocketsphinx", "evaluation needs more packages; install them with: pip install 'duologue[test]'")
    _hand_over("duologue.evals.cli", context)


def bench(context: typer.Context) -> None:
    """Measure how fast it is (in a clone of the repository)."""
    _need("bench.cli", "the measurements come with the repository; clone it and run this command there")
    _hand_over("bench.cli", context)


COMMANDS: dict[str, Callable[[typer.Context], None]] = {"train": train, "eval": evaluate, "bench": bench}


def _need(module: str, remedy: str) -> None:
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:  # of a submodule: its package
        found = None
    if found is None:
        raise ExtraMissing(remedy)


def _hand_over(module: str, context: typer.Context) -> None:
    """Call `main(arguments)` of a module; what it returns is the exit code."""
    raise typer.Exit(importlib.import_module(module).main(context.args) or 0)

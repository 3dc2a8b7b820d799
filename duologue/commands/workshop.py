"""`train`, `eval`, `bench`: the rest of the line goes to the part that does it, if it is installed."""

from __future__ import annotations

import importlib
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
    _hand_over("duologue.training.cli", context, "install it with: pip install 'duologue[train]'")


def evaluate(context: typer.Context) -> None:
    """Measure how well a model does (needs [train,test])."""
    _hand_over("duologue.evals.cli", context, "install it with: pip install 'duologue[train,test]'")


def bench(context: typer.Context) -> None:
    """Measure how fast it is (in a clone of the repository)."""
    _hand_over("bench.cli", context, "run this in a clone of the repository, after `make test`")


COMMANDS: dict[str, Callable[[typer.Context], None]] = {"train": train, "eval": evaluate, "bench": bench}


def _hand_over(module: str, context: typer.Context, remedy: str) -> None:
    """Call `main(arguments)` of a module; what it returns is the exit code. Raises ExtraMissing."""
    try:
        code = importlib.import_module(module).main(context.args)
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.startswith("duologue"):
            raise
        raise ExtraMissing(f"`{context.info_name}` needs {missing.name}; {remedy}") from None
    raise typer.Exit(code or 0)

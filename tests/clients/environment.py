"""Where the stock clients are, and how their programs are run.

`make test` installs them. Where one is missing its tests are skipped, but in CI (CI or DUOLOGUE_ALL_TESTS
is set) they fail.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.tls import Secured

ROOT = Path(__file__).parent.parent.parent
HERE = Path(__file__).parent
BIN = ROOT / ".venv" / "clients" / "bin"
PYTHON = BIN / "python"
NODE = BIN / "node"
MODULES = HERE / "node" / "node_modules"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LONGEST_S = 150.0  # a program that runs longer hangs
ALL = bool(os.environ.get("CI") or os.environ.get("DUOLOGUE_ALL_TESTS"))


def missing(reason: str) -> None:
    """This test cannot run here."""
    if ALL:
        pytest.fail(reason)
    pytest.skip(reason)


def need_python() -> None:
    if not PYTHON.exists():
        missing("the Python clients are not installed; run `make test`")


def need_node() -> None:
    if not (NODE.exists() and MODULES.is_dir()):
        missing("the JavaScript clients are not installed; run `make test`")


def need_browser() -> str:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        missing("there is no Chromium; install the package `chromium`")
    assert found is not None
    return found


def need_speaker() -> None:
    if shutil.which("espeak-ng") is None:
        missing("nobody asks the spoken questions; install the package `espeak-ng`")


def run(command: list[str | Path], at: str | Secured, folder: Path = HERE / "node") -> str:
    """What a program prints that finds our server where it would find OpenAI's. Fails if the program does."""
    url = at if isinstance(at, str) else at.url
    env = os.environ | {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-anything"}
    if isinstance(at, Secured):
        env["NODE_EXTRA_CA_CERTS"] = str(at.authority)
    env["PATH"] = f"{BIN}{os.pathsep}{env['PATH']}"
    try:
        ended = subprocess.run(
            command, env=env, cwd=folder, capture_output=True, text=True, timeout=LONGEST_S
        )
    except subprocess.TimeoutExpired as late:
        told = (late.stderr or b"").decode(errors="replace")[-4000:]
        pytest.fail(f"{command[1]} did not end within {LONGEST_S:.0f} s\n{told}")
    if ended.returncode:
        pytest.fail(
            f"{command[1]} ended with {ended.returncode}\n{ended.stdout[-2000:]}\n{ended.stderr[-6000:]}"
        )
    return ended.stdout


def told(command: list[str | Path], at: str | Secured) -> dict[str, Any]:
    """The JSON object in the last line that a program prints."""
    report = json.loads(run(command, at).strip().splitlines()[-1])
    assert isinstance(report, dict)
    return report

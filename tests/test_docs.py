"""What the README and the make targets promise is what the commands do."""

from __future__ import annotations

import re
import shlex
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from duologue.settings import Settings
from tests.commandline import duologue

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^duologue .*", README, re.MULTILINE)
PASSED_ON = ("train", "eval", "bench")


def commands() -> list[str]:
    listed = duologue("--help").out.partition("Commands:")[2]
    return re.findall(r"^  (\w+)", listed, re.MULTILINE)


def test_the_readme_begins_with_the_two_commands() -> None:
    assert re.findall(r"^make (\w+)", README, re.MULTILINE)[:2] == ["run", "test"]
    assert README.index("make run") < 100


@pytest.mark.parametrize("line", SHOWN)
def test_every_command_shown_exists_with_its_flags(line: str) -> None:
    _, command, *rest = shlex.split(line, comments=True)
    assert command in commands()
    if command not in PASSED_ON:
        described = duologue(command, "--help").out
        for flag in rest:
            assert not flag.startswith("-") or re.search(rf"(^|[ ,]){flag}\b", described), flag


def test_every_command_is_shown() -> None:
    assert {shlex.split(line)[1] for line in SHOWN} == set(commands())


@pytest.mark.parametrize("command", commands())
def test_every_command_has_its_line_of_help_uncut(command: str) -> None:
    line = next(line for line in duologue("--help").out.splitlines() if line.startswith(f"  {command} "))
    assert line.endswith(".")
    assert not line.endswith("...")


@pytest.mark.parametrize("command", [each for each in commands() if each not in PASSED_ON])
def test_every_command_prints_json(command: str) -> None:
    assert "--json" in duologue(command, "--help").out


def test_every_make_target_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"`make (\w+)`", README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    assert named <= set(re.findall(r"^(\w+):", makefile, re.MULTILINE))


def test_every_folder_of_the_layout_exists() -> None:
    for folder in re.findall(r"^\| `([\w/]+)` \|", README, re.MULTILINE):
        assert folder in ("heard", "said", "first_audio_ms", "real_time_factor") or (ROOT / folder).is_dir()


def test_every_dependency_has_its_sentence() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    for dependency in chain(project["dependencies"], *project["optional-dependencies"].values()):
        assert re.search(rf'"{re.escape(dependency)}",? +# \w', text), dependency


def test_every_setting_of_the_readme_exists() -> None:
    for name in re.findall(r"DUOLOGUE_(\w+)", README):
        assert name.lower() in Settings.model_fields

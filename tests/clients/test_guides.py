"""The examples of `docs/clients` do what they show."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.clients import environment
from tests.clients.conftest import Listener, Served
from tests.clients.tls import Secured

GUIDES = environment.ROOT / "docs" / "clients"
EXAMPLES = [
    pytest.param(kind, code, id=f"{guide.stem}-{number}")
    for guide in sorted(GUIDES.glob("*.md"))
    for number, (kind, code) in enumerate(
        re.findall(r"^```(python|js)\n(.*?)^```", guide.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    )
]


@pytest.mark.parametrize(("kind", "code"), EXAMPLES)
def test_an_example_runs(
    server: Served,
    secured: Secured,
    listener: Listener,
    question: Path,
    tmp_path: Path,
    kind: str,
    code: str,
) -> None:
    shutil.copy(question, tmp_path / "question.wav")
    if kind == "js":
        environment.need_node()
        (tmp_path / "node_modules").symlink_to(environment.MODULES)
        example, interpreter = tmp_path / "example.mjs", environment.NODE
    else:
        environment.need_python()
        example, interpreter = tmp_path / "example.py", environment.PYTHON
    example.write_text(code, encoding="utf-8")
    said = environment.run([interpreter, example], secured if kind == "js" else server.url, tmp_path)
    assert re.search(r"\w", said)


def test_every_guide_has_an_example() -> None:
    assert {guide.stem for guide in GUIDES.glob("*.md")} == {
        str(parameters.id).rpartition("-")[0] for parameters in EXAMPLES
    }

import json
from pathlib import Path

import pytest

from duologue.errors import BadInput, NoWritePermission
from duologue.evals.run import measure, run
from duologue.settings import Settings
from tests.evals.fakes import knowing, subject


async def test_the_same_seed_gives_the_same_report() -> None:
    first, second = [await measure(subject(knowing(), 2), ["draw", "chat"]) for _ in range(2)]
    assert first.rows == second.rows
    assert first.notes == second.notes
    assert "> What is your name?\n>\n> **(silence)**" in first.notes[0]


def test_a_run_writes_json_and_a_table(tmp_path: Path) -> None:
    report = run(
        Settings(model="scripted"), ["draw"], limit=1, out_json=tmp_path / "r.json", out_md=tmp_path / "r.md"
    )
    assert json.loads((tmp_path / "r.json").read_text())["rows"][0]["n"] == 1
    assert (tmp_path / "r.md").read_text() == report.as_markdown()
    assert report.model == "scripted"


def test_what_cannot_be_run_is_said_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(NoWritePermission, match="cannot write"):
        run(Settings(model="scripted"), out_md=tmp_path / "nowhere" / "r.md")
    with pytest.raises(BadInput, match="no suite 'sing'"):
        run(Settings(model="scripted"), ["sing"])
    with pytest.raises(BadInput, match="at least 1"):
        run(Settings(model="scripted"), ["draw"], limit=0)

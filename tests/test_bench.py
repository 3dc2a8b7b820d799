import json
from pathlib import Path

import pytest

from bench import cli, latency, load, results
from duologue.evals.timing import Latency, Load


def measured(p50: float | None) -> Latency:
    return Latency(100, 98, p50, 300.0, 40.0, 220.0, 231.0, 90.0, 160.0, 240.0, 100, 97)


def test_latencies_stand_beside_what_is_to_be_reached() -> None:
    rows = latency.table(measured(221.4))
    assert ["end of speech to first audible sample, p50", "221 ms", "≤ 232 ms"] in rows
    assert ["ratio of the two", "1.05", "≤ 1.1"] in rows
    assert ["stopped within 500 ms", "97 of 100", "≥ 95 %"] in rows


def test_what_was_not_measured_is_a_dash() -> None:
    assert ["end of speech to first audible sample, p50", "—", "≤ 232 ms"] in latency.table(measured(None))


def test_the_load_held_is_the_last_step_in_real_time() -> None:
    found = [Load(1, 5.0, 8.0, 0.4), Load(32, 40.0, 61.0, 0.4), Load(48, 70.0, 95.0, 0.4)]
    assert load.held(found) == 32
    assert load.held([]) == 0
    assert load.table(found)[-1] == ["48", "70 ms", "95 ms", "40 %", "no"]


def test_a_section_names_its_command_and_the_machine(tmp_path: Path) -> None:
    file = tmp_path / "RESULTS.md"
    text = results.section(
        "Load", "duologue bench load", results.machine((0.5, 0, 0), 2), [["a", "b"], ["1", "2"]]
    )
    results.append(text, file)
    results.append(text, file)
    assert file.read_text().count("## Load") == 2
    assert "`duologue bench load`" in text
    assert "cores, load average 0.50 before" in text
    assert "| a | b |\n| --- | --- |\n| 1 | 2 |" in text


def test_the_command_measures_a_model_and_prints_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["load", "--model", "scripted", "--most", "2", "--seconds", "1", "--json", "--no-keep"]
    assert cli.main(arguments) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["held"] == 2
    assert [step["sessions"] for step in shown["steps"]] == [1, 2]

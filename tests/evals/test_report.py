import json

import pytest

from duologue.evals.report import Example, Reach, Report, error_rate, percentile, share, wilson


def test_a_share_carries_its_margin_and_its_chance() -> None:
    row = share("converse", "unseen voice", [True, True, True, False], chance=0.25, reach=Reach(70, True))
    assert row.score == pytest.approx(75)
    assert row.low < 75 < row.high
    assert (row.beside, row.beside_is, row.met) == (25, "chance", True)


def test_wilson_is_honest_at_the_ends() -> None:
    low, high = wilson(0, 20)
    assert low == 0
    assert 0.1 < high < 0.2
    assert wilson(20, 20) == pytest.approx((1 - high, 1.0))
    assert wilson(0, 0) == (0.0, 1.0)


def test_an_error_rate_is_of_all_words_and_its_margin_surrounds_it() -> None:
    row = error_rate(
        "hear", "unseen voice", [(1, 10), (3, 10), (0, 20)] * 10, floor=0.05, reach=Reach(30, False)
    )
    assert row.score == pytest.approx(10)
    assert row.low < 10 < row.high
    assert row.met is True
    assert row == error_rate(
        "hear", "unseen voice", [(1, 10), (3, 10), (0, 20)] * 10, floor=0.05, reach=Reach(30, False)
    )


def test_a_percentile_of_equal_values_has_no_margin() -> None:
    row = percentile("latency", "quiet", [232.0] * 9, 95, reach=Reach(320, False))
    assert (row.score, row.low, row.high, row.met) == (232, 232, 232, True)


def test_nothing_measured_reaches_nothing() -> None:
    for row in (
        share("a", "b", [], reach=Reach(0, True)),
        error_rate("a", "b", []),
        percentile("a", "b", [], 50),
    ):
        assert row.n == 0
        assert row.met is None


def test_the_report_is_json_and_a_table() -> None:
    row = share(
        "see", "charts", [False], chance=0.5, reach=Reach(70, True), examples=[Example("?", "A", "B")]
    )
    report = Report("scripted", 7, 1.5, (row,), ("a note",))
    back = json.loads(json.dumps(report.as_json()))
    assert back["rows"][0]["examples"] == [{"given": "?", "wanted": "A", "got": "B"}]
    assert back["rows"][0]["met"] is False
    lines = report.as_markdown().splitlines()
    assert lines[0] == "| skill | split | n | score (95 %) | chance or floor | reach | reached |"
    assert lines[2] == "| see | charts | 1 | 0 % (0–79.3) | 50 % chance | ≥ 70 % | no |"
    assert "a note" in lines

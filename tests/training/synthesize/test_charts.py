import numpy as np
import pytest

from duologue.training.synthesize.canvas import COLOURS, SMOOTH
from duologue.training.synthesize.charts import (
    STYLES,
    STYLES_UNSEEN,
    Chart,
    chart,
    draw_chart,
    plot_area,
    trend,
)
from duologue.training.synthesize.plots import ask_of_chart, plot_chart
from duologue.training.synthesize.spoken import answer_is_right


def bar_heights(drawn: Chart) -> list[int]:
    """Measure each bar in the picture, in pixels."""
    image, area = draw_chart(drawn).astype(int), plot_area(drawn)
    along = (area.right - area.left) / SMOOTH / len(drawn.values)
    heights = []
    for i, colour in enumerate(drawn.colours):
        column = image[:, round(area.left / SMOOTH + (i + 0.5) * along)]
        heights.append(int((np.abs(column - COLOURS[colour]).max(axis=1) < 5).sum()))
    return heights


def test_bars_are_as_high_as_their_values() -> None:
    rng = np.random.default_rng(0)
    for _ in range(40):
        drawn = chart(rng, "bar")
        area = plot_area(drawn)
        for height, value in zip(bar_heights(drawn), drawn.values, strict=True):
            expected = value / drawn.top * (area.bottom - area.top) / SMOOTH
            assert height == pytest.approx(expected, abs=3)


def test_the_largest_slice_covers_the_most() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        drawn = chart(rng, "pie")
        image = draw_chart(drawn).astype(int)[:, : round(drawn.size[0] * 0.63)]
        areas = [(np.abs(image - COLOURS[colour]).max(axis=2) < 5).sum() for colour in drawn.colours]
        assert int(np.argmax(areas)) == drawn.best(largest=True)


def test_values_are_distinct() -> None:
    rng = np.random.default_rng(2)
    for _ in range(100):
        drawn = chart(rng)
        assert len(set(drawn.values)) == len(drawn.values)
        assert len(set(drawn.colours)) in (1, len(drawn.values))
        assert max(drawn.values) <= drawn.top


@pytest.mark.parametrize(
    ("values", "name"),
    [((1, 2, 3), "rising"), ((3, 2, 1), "falling"), ((1, 3, 2), "peak"), ((3, 1, 2), "valley")],
)
def test_trends_have_names(values: tuple[int, ...], name: str) -> None:
    assert trend(values) == name


def test_line_charts_have_one_turn_at_most() -> None:
    rng = np.random.default_rng(3)
    for _ in range(100):
        steps = np.sign(np.diff(chart(rng, "line").values))
        assert np.count_nonzero(np.diff(steps)) <= 1


def test_styles_of_the_unseen_split_are_not_trained_on() -> None:
    rng = np.random.default_rng(4)
    assert {chart(rng, split="unseen_style").style for _ in range(40)} <= set(STYLES_UNSEEN)
    assert {chart(rng).style for _ in range(40)} <= set(STYLES)


@pytest.mark.parametrize("form", ["bar", "row", "line", "pie"])
def test_matplotlib_draws_them_too(form: str) -> None:
    drawn = chart(np.random.default_rng(5), form)
    assert plot_chart(drawn).shape == (drawn.size[1], drawn.size[0], 3)


def test_answers_agree_with_what_is_shown() -> None:
    rng = np.random.default_rng(6)
    for _ in range(300):
        drawn = chart(rng)
        asked = ask_of_chart(rng, drawn)
        assert answer_is_right(asked.answer, asked.key)
        if asked.template.startswith(("best", "slice/", "extreme")):
            largest = any(
                word in asked.question for word in ("tallest", "longest", "largest", "biggest", "highest")
            )
            assert asked.key == drawn.names[drawn.best(largest)].lower()

"""The charts of `charts.py` drawn by matplotlib, and the questions about a chart, whoever drew it."""

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.random import Generator

from duologue.training.synthesize.canvas import (
    COLOURS,
    Asked,
    Colour,
    PictureQuestion,
    Pixels,
    ask,
    picture_with,
)
from duologue.training.synthesize.charts import Chart, chart, draw_chart, trend
from duologue.training.synthesize.phrasing import choose, choose_by_share, phrasing
from duologue.training.synthesize.spoken import number_words

PLOT_SHARE = 0.12  # of charts drawn by matplotlib
DPI = 100


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def plot_chart(chart: Chart) -> Pixels:
    """Draw the chart with matplotlib, (height, width, 3)."""
    ink, paper = _hex(chart.style.ink), _hex(chart.style.paper)
    colours = [_hex(COLOURS[colour]) for colour in chart.colours]
    with mpl.rc_context(
        {
            "font.size": 7.5,
            "axes.titlesize": 8,
            "axes.linewidth": 0.6,
            "text.color": ink,
            "axes.labelcolor": ink,
            "axes.edgecolor": ink,
            "xtick.color": ink,
            "ytick.color": ink,
        }
    ):
        figure = Figure(
            figsize=(chart.size[0] / DPI, chart.size[1] / DPI), dpi=DPI, facecolor=paper, layout="constrained"
        )
        axes = figure.subplots()
        axes.set_facecolor(paper)
        if chart.form == "pie":
            axes.pie(chart.values, labels=chart.labels, colors=colours, startangle=90, counterclock=False)
        elif chart.form == "row":
            axes.barh(chart.labels, chart.values, color=colours)
            axes.invert_yaxis()
        elif chart.form == "line":
            axes.plot(chart.labels, chart.values, "o-", color=colours[0], markersize=3)
        else:
            axes.bar(chart.labels, chart.values, color=colours)
        if chart.style.grid is not None and chart.form != "pie":
            axes.grid(axis="x" if chart.form == "row" else "y", linewidth=0.4)
            axes.set_axisbelow(True)
        if chart.form != "pie":
            ticks = range(0, chart.top + 1, chart.step)
            (axes.set_xticks if chart.form == "row" else axes.set_yticks)(ticks)
        axes.set_title(chart.title)
        agg = FigureCanvasAgg(figure)
        agg.draw()  # type: ignore[no-untyped-call]  # matplotlib leaves its canvas untyped
        return np.asarray(agg.buffer_rgba())[..., :3].copy()  # type: ignore[no-untyped-call]


BEST_BAR = phrasing(
    "best_bar",
    """Which bar is {tall}? | What is the {tall} bar? | Tell me which bar is {tall}. | Which bar is the
    {tall}? || Can you name the {tall} bar?""",
)
BEST = phrasing(
    "best",
    """Which is the {large}? | Which one is {large}? | What has the {large} value? | Which value is the
    {large}? || Tell me the {large} one.""",
)
VALUE = phrasing(
    "value",
    """What is the value of {x}? | How much is {x}? | What value does {x} have? | How high is {x}? | What
    is {x}? || Tell me the value of {x}.""",
)
TREND = phrasing(
    "trend",
    """Is the line rising or falling? | Does the line go up or down? | What is the trend? | How does the
    line change? || Which way does the line go?""",
)
EXTREME = phrasing(
    "extreme",
    """Where is the {high} point? | When is the line {high}? | Where is the line {high}? || Tell me when
    the line is {high}.""",
)
SLICE = phrasing(
    "slice",
    """Which slice is {large}? | What is the {large} slice? | Which part is the {large}? | Tell me the
    {large} slice. || Can you name the {large} slice?""",
)
SLICE_COLOR = phrasing(
    "slice_color",
    """What color is {x}? | Which color is the slice of {x}? | What color does {x} have? || Tell me the
    color of {x}.""",
)
COMPARE = phrasing(
    "compare",
    "Which is {more}, {x} or {y}? | What is {more}, {x} or {y}? || Is {x} or {y} {more}?",
)
NUMBER = phrasing(
    "number",
    """How many {things} are there? | How many {things} do you see? | Count the {things}. || Tell me how
    many {things} there are.""",
)
FORM = phrasing(
    "form",
    "What kind of chart is this? | What is this? | Which chart is this? || Tell me what chart this is.",
)

_THINGS = {"bar": "bars", "row": "bars", "line": "points", "pie": "slices"}
_FORMS = {"bar": "bar chart", "row": "bar chart", "line": "line chart", "pie": "pie chart"}
_TRENDS = {
    "rising": ("The line is rising.", "rising"),
    "falling": ("The line is falling.", "falling"),
    "peak": ("The line rises, then falls.", "rises then falls"),
    "valley": ("The line falls, then rises.", "falls then rises"),
}


def _best(rng: Generator, split: str, chart: Chart) -> Asked:
    """Ask for the largest or the smallest."""
    largest = bool(rng.random() < 0.6)
    name = chart.names[chart.best(largest)]
    if chart.form == "line":
        word = "highest" if largest else "lowest"
        return ask(rng, split, EXTREME, f"{name} is the {word}.", name, high=word)
    if chart.form == "pie":
        word = choose(rng, ("largest", "biggest")) if largest else "smallest"
        return ask(rng, split, SLICE, f"{name} is the {word}.", name, large=word)
    if rng.random() < 0.7:
        tallest = "tallest" if chart.form == "bar" else "longest"
        word = tallest if largest else "shortest"
        return ask(rng, split, BEST_BAR, f"{name} is the {word}.", name, tall=word)
    word = "largest" if largest else "smallest"
    return ask(rng, split, BEST, f"{name} is the {word}.", name, large=word)


def _value(rng: Generator, split: str, chart: Chart) -> Asked:
    """Ask for a value that can be read off. A pie shows none, so its colors are asked for."""
    if chart.form == "pie":
        index = int(rng.integers(len(chart.values)))
        name, colour = chart.names[index], chart.colours[index]
        return ask(rng, split, SLICE_COLOR, f"{name} is {colour}.", colour, x=name)
    readable = [i for i, value in enumerate(chart.values) if chart.show_values or value % chart.step == 0]
    if not readable:
        return _best(rng, split, chart)
    index = choose(rng, readable)
    name, words = chart.names[index], number_words(chart.values[index])
    return ask(rng, split, VALUE, f"{name} is {words}.", words, x=name)


def _compare(rng: Generator, split: str, chart: Chart) -> Asked:
    first, second = (int(i) for i in rng.permutation(len(chart.values))[:2])
    larger = bool(rng.random() < 0.6)
    winner = max((first, second), key=lambda i: chart.values[i] if larger else -chart.values[i])
    word, name = "more" if larger else "less", chart.names[winner]
    x, y = chart.names[first], chart.names[second]
    return ask(rng, split, COMPARE, f"{name} is {word}.", name, more=word, x=x, y=y)


def _trend(rng: Generator, split: str, chart: Chart) -> Asked:
    return ask(rng, split, TREND, *_TRENDS[trend(chart.values)])


def _number(rng: Generator, split: str, chart: Chart) -> Asked:
    words, things = number_words(len(chart.values)), _THINGS[chart.form]
    return ask(rng, split, NUMBER, f"There are {words} {things}.", words, things=things)


def _form(rng: Generator, split: str, chart: Chart) -> Asked:
    return ask(rng, split, FORM, f"It is a {_FORMS[chart.form]}.", _FORMS[chart.form])


_MAKERS = {
    "form": _form,
    "number": _number,
    "compare": _compare,
    "best": _best,
    "value": _value,
    "trend": _trend,
}
_SHARES = {"form": 0.08, "number": 0.08, "compare": 0.1, "best": 0.42, "value": 0.32}
_LINE_SHARES = _SHARES | {"trend": 0.5}


def ask_of_chart(rng: Generator, chart: Chart, split: str = "train") -> Asked:
    """Ask something about the chart."""
    what = choose_by_share(rng, _LINE_SHARES if chart.form == "line" else _SHARES)
    return _MAKERS[what](rng, split, chart)


def chart_image(rng: Generator, drawn: Chart) -> Pixels:
    """Draw the chart, now and then by matplotlib, (height, width, 3)."""
    return plot_chart(drawn) if rng.random() < PLOT_SHARE else draw_chart(drawn)


def chart_question(rng: Generator, split: str = "train", form: str = "") -> PictureQuestion:
    """Make a chart with a question about it."""
    drawn = chart(rng, form, split)
    asked = ask_of_chart(rng, drawn, split)
    return picture_with(chart_image(rng, drawn), "charts", asked)

"""The charts of `charts.py` drawn by matplotlib, and the questions about a chart, whoever drew it."""

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.random import Generator

from duologue.training.synthesize.canvas import COLOURS, Colour, PictureQuestion, Pixels
from duologue.training.synthesize.charts import Chart, chart, draw_chart, trend
from duologue.training.synthesize.phrasing import choose, phrasing, sentence
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

Asked = tuple[str, str, str, str]  # question, template, answer, key


def _best(rng: Generator, split: str, chart: Chart) -> Asked:
    largest = bool(rng.random() < 0.6)
    name = chart.names[chart.best(largest)]
    if chart.form == "line":
        form, template = EXTREME.draw(rng, split)
        word = "highest" if largest else "lowest"
        return form.format(high=word), template, f"The line is {word} in {name}.", name
    if chart.form == "pie":
        form, template = SLICE.draw(rng, split)
        word = choose(rng, ("largest", "biggest") if largest else ("smallest",))
        return form.format(large=word), template, f"{name} is the {word}.", name
    if rng.random() < 0.7:
        form, template = BEST_BAR.draw(rng, split)
        words = {"bar": ("tallest", "shortest"), "row": ("longest", "shortest")}[chart.form]
        word = words[0 if largest else 1]
        return form.format(tall=word), template, f"{name} is the {word}.", name
    form, template = BEST.draw(rng, split)
    word = "largest" if largest else "smallest"
    return form.format(large=word), template, f"{name} is the {word}.", name


def _value(rng: Generator, split: str, chart: Chart) -> Asked:
    index = int(rng.integers(len(chart.values)))
    if chart.form == "pie":
        # A pie without numbers shows no value that one could read, so its colours are asked for.
        form, template = SLICE_COLOR.draw(rng, split)
        colour = chart.colours[index]
        return form.format(x=chart.names[index]), template, f"{chart.names[index]} is {colour}.", colour
    readable = [i for i, value in enumerate(chart.values) if chart.show_values or value % chart.step == 0]
    if not readable:
        return _best(rng, split, chart)
    index = choose(rng, readable)
    form, template = VALUE.draw(rng, split)
    words = number_words(chart.values[index])
    return form.format(x=chart.names[index]), template, f"{chart.names[index]} is {words}.", words


def _compare(rng: Generator, split: str, chart: Chart) -> Asked:
    first, second = (int(i) for i in rng.permutation(len(chart.values))[:2])
    form, template = COMPARE.draw(rng, split)
    larger = bool(rng.random() < 0.6)
    winner = max((first, second), key=lambda i: chart.values[i] if larger else -chart.values[i])
    word = "more" if larger else "less"
    question = form.format(more=word, x=chart.names[first], y=chart.names[second])
    return question, template, f"{chart.names[winner]} is {word}.", chart.names[winner]


def _trend(rng: Generator, split: str, chart: Chart) -> Asked:
    question, template = TREND.draw(rng, split)
    return question, template, *_TRENDS[trend(chart.values)]


def _number(rng: Generator, split: str, chart: Chart) -> Asked:
    form, template = NUMBER.draw(rng, split)
    words = number_words(len(chart.values))
    return (
        form.format(things=_THINGS[chart.form]),
        template,
        f"There are {words} {_THINGS[chart.form]}.",
        words,
    )


def _form(rng: Generator, split: str, chart: Chart) -> Asked:
    question, template = FORM.draw(rng, split)
    return question, template, f"It is a {_FORMS[chart.form]}.", _FORMS[chart.form]


def ask_of_chart(rng: Generator, chart: Chart, split: str = "train") -> Asked:
    """Return a question about the chart, its template, the answer and its key."""
    way = rng.random()
    if way < 0.08:
        return _form(rng, split, chart)
    if way < 0.16:
        return _number(rng, split, chart)
    if way < 0.26:
        return _compare(rng, split, chart)
    if chart.form == "line" and way < 0.6:
        return _trend(rng, split, chart)
    return _best(rng, split, chart) if way < 0.68 else _value(rng, split, chart)


def chart_question(rng: Generator, split: str = "train", form: str = "") -> PictureQuestion:
    """Make a chart with a question about it."""
    drawn = chart(rng, form, split)
    question, template, answer, key = ask_of_chart(rng, drawn, split)
    image = plot_chart(drawn) if rng.random() < PLOT_SHARE else draw_chart(drawn)
    return PictureQuestion(
        image, sentence(question), sentence(answer), key.lower(), "charts", f"charts.{template}"
    )

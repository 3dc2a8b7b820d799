"""Bar, line and pie charts: what they show, how they are drawn, and questions about them.

Most are drawn with Pillow in many styles (1 ms); some by matplotlib (50 ms), in `plots.py`. The styles in
`STYLES_UNSEEN` are drawn only for the split "unseen_style".
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import ImageDraw

from duologue.training.synthesize import facts
from duologue.training.synthesize.canvas import COLOURS, SMOOTH, Colour, Pixels, canvas, font, pixels
from duologue.training.synthesize.phrasing import choose, words

WIDTHS = ((192, 144), (176, 144), (208, 144), (192, 128))

# What is written under the bar, and what is said.
LABELS = tuple(
    tuple((word, word) for word in words(line))
    for line in (
        "A B C D E F",
        "X Y Z W V U",
        "cat dog cow pig hen fox owl bee",
        "fig plum kiwi lime pear apple",
        "tea milk juice water cocoa",
        "Rome Oslo Lima Paris Kyiv Cairo",
    )
)
MONTHS = tuple((month[:3], month) for month in facts.MONTHS)
DAYS = tuple((day[:3], day) for day in facts.DAYS[:5])
TITLES = ("Sales", "Visitors", "Points", "Votes", "Books read", "Rain", "Total", "Results", "")


@dataclass(frozen=True, slots=True)
class Style:
    """How a chart looks. `bars` names one colour for all bars, "" gives each its own."""

    name: str
    paper: Colour
    ink: Colour
    grid: Colour | None
    face: str
    bars: str
    frame: bool
    gap: float  # part of a column that stays empty


WHITE, NIGHT, BLACK, PALE = (255, 255, 255), (28, 32, 44), (20, 20, 20), (215, 215, 215)
STYLES = (
    Style("plain", WHITE, BLACK, None, "DejaVuSans", "blue", True, 0.3),
    Style("grid", WHITE, BLACK, PALE, "DejaVuSans", "", True, 0.25),
    Style("paper", (248, 243, 230), (60, 45, 30), (225, 215, 195), "DejaVuSerif", "red", False, 0.4),
    Style("soft", (234, 234, 242), (50, 50, 60), WHITE, "DejaVuSans", "", False, 0.2),
    Style("bold", WHITE, BLACK, None, "DejaVuSans-Bold", "green", False, 0.35),
    Style("mint", (232, 246, 238), (20, 60, 45), None, "DejaVuSans", "orange", True, 0.5),
    Style("night", NIGHT, (230, 230, 230), (70, 75, 90), "DejaVuSans", "", False, 0.3),
)
STYLES_UNSEEN = (
    Style("rose", (252, 236, 240), (90, 20, 50), (235, 205, 215), "DejaVuSerif-Bold", "purple", True, 0.15),
    Style("deep", (12, 40, 60), (250, 240, 200), None, "DejaVuSansMono", "yellow", True, 0.45),
)
SERIES = ("blue", "orange", "green", "red", "purple", "brown", "pink", "gray", "yellow")


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart shows: values by label. `names` are the labels as spoken, `top` ends the value axis."""

    form: str  # "bar", "row" (bars lying down), "line" or "pie"
    labels: tuple[str, ...]
    names: tuple[str, ...]
    values: tuple[int, ...]
    colours: tuple[str, ...]
    title: str
    top: int
    step: int
    show_values: bool
    style: Style
    size: tuple[int, int]  # width, height

    def best(self, largest: bool) -> int:
        """Return the index of the largest or smallest value."""
        order = sorted(range(len(self.values)), key=self.values.__getitem__)
        return order[-1 if largest else 0]


def _values(rng: Generator, form: str, num: int) -> tuple[tuple[int, ...], int, int]:
    """Return values, the axis' end and its step. The values are distinct, so each question has one answer."""
    step = int(choose(rng, (1, 2, 5, 10)))
    top = 10 * step
    if form == "line":
        return _trend(rng, num, step), top, 2 * step
    if form == "pie":
        while True:
            cuts = (
                np.sort(rng.choice(np.arange(2, 19), num - 1, replace=False))
                if num > 1
                else np.array([], int)
            )
            parts = np.diff(np.concatenate(([0], cuts, [20])))
            if len(set(parts.tolist())) == num and parts.min() >= 2:
                return tuple(int(part) * 5 for part in parts), 100, 20
    units = rng.permutation(np.arange(1, 10))[:num]  # 10 is left free for the number over the bar
    return tuple(int(unit) * step for unit in units), top, 2 * step


def _trend(rng: Generator, num: int, step: int) -> tuple[int, ...]:
    """Return a rising, a falling, a peaked or a valley-shaped run of values."""
    units = np.sort(rng.permutation(np.arange(1, 10))[:num])
    way = int(rng.integers(4))
    if way == 1:
        units = units[::-1]
    elif way == 2:
        units = np.concatenate((units[::2], units[1::2][::-1]))
    elif way == 3:
        units = np.concatenate((units[::2][::-1], units[1::2]))
    return tuple(int(unit) * step for unit in units)


def trend(values: tuple[int, ...]) -> str:
    """Return "rising", "falling", "peak" or "valley"."""
    steps = np.sign(np.diff(values))
    if (steps > 0).all():
        return "rising"
    if (steps < 0).all():
        return "falling"
    return "peak" if steps[0] > 0 else "valley"


def chart(rng: Generator, form: str = "", split: str = "train") -> Chart:
    """Make a chart of the form ("bar", "row", "line", "pie" or any)."""
    form = form or choose(rng, ("bar", "bar", "row", "line", "pie"))
    num = int(rng.integers(*{"pie": (2, 5), "line": (4, 6)}.get(form, (2, 6))))
    size = choose(rng, WIDTHS)
    if form == "line":
        run = choose(rng, (MONTHS, DAYS))
        start = int(rng.integers(len(run) - num + 1))
        chosen = run[start : start + num]
    else:
        run = choose(rng, (*LABELS, MONTHS))
        chosen = tuple(run[int(i)] for i in np.sort(rng.permutation(len(run))[:num]))
    values, top, step = _values(rng, form, num)
    style = choose(rng, STYLES_UNSEEN if split == "unseen_style" else STYLES)
    colours = tuple(SERIES[int(i)] for i in rng.permutation(len(SERIES))[:num])
    if form in ("bar", "row") and style.bars:
        colours = (style.bars,) * num
    labels, names = zip(*chosen, strict=True)
    title = choose(rng, TITLES) if form != "pie" or rng.random() < 0.5 else ""
    shown = bool(form != "pie" and rng.random() < 0.5)
    return Chart(form, labels, names, values, colours, title, top, step, shown, style, size)


@dataclass(frozen=True, slots=True)
class Plot:
    """Where the axes lie, in drawn pixels: values run from `zero` to `end`, labels from `first` to `last`."""

    left: int
    top: int
    right: int
    bottom: int


def plot_area(chart: Chart) -> Plot:
    """Return the area of the axes: a bar of value v reaches up by v / chart.top of its height."""
    width, height = (side * SMOOTH for side in chart.size)
    top = (20 if chart.title else 12) * SMOOTH
    left = (44 if chart.form == "row" else 26) * SMOOTH
    return Plot(left, top, width - 12 * SMOOTH, height - 20 * SMOOTH)


def _text(
    draw: ImageDraw.ImageDraw, chart: Chart, at: tuple[float, float], text: str, anchor: str, size: int = 11
) -> None:
    draw.text(at, text, chart.style.ink, font(chart.style.face, size * SMOOTH), anchor)


def _fitting(chart: Chart, room: float) -> int:
    """Return the size, 9 to 11 px, at which every label is narrower than its column."""
    for size in (11, 10):
        letters = font(chart.style.face, size * SMOOTH)
        if all(letters.getlength(label + " ") <= room for label in chart.labels):
            return size
    return 9


def _axes(draw: ImageDraw.ImageDraw, chart: Chart, plot: Plot) -> None:
    lying = chart.form == "row"
    for value in range(0, chart.top + 1, chart.step):
        part = value / chart.top
        if lying:
            x = plot.left + part * (plot.right - plot.left)
            ends = (x, float(plot.top), x, float(plot.bottom))
            _text(draw, chart, (x, plot.bottom + 3 * SMOOTH), str(value), "ma", 10)
        else:
            y = plot.bottom - part * (plot.bottom - plot.top)
            ends = (float(plot.left), y, float(plot.right), y)
            _text(draw, chart, (plot.left - 4 * SMOOTH, y), str(value), "rm", 10)
        if chart.style.grid is not None:
            draw.line(ends, chart.style.grid, SMOOTH)
    draw.line(
        [(plot.left, plot.top), (plot.left, plot.bottom), (plot.right, plot.bottom)], chart.style.ink, SMOOTH
    )
    if chart.style.frame:
        draw.rectangle((plot.left, plot.top, plot.right, plot.bottom), outline=chart.style.ink, width=SMOOTH)


def _bars(draw: ImageDraw.ImageDraw, chart: Chart, plot: Plot) -> None:
    lying = chart.form == "row"
    along = (plot.bottom - plot.top if lying else plot.right - plot.left) / len(chart.values)
    for i, (value, label, colour) in enumerate(zip(chart.values, chart.labels, chart.colours, strict=True)):
        start, middle = (i + chart.style.gap / 2) * along, (i + 0.5) * along
        end = start + (1 - chart.style.gap) * along
        if lying:
            x = plot.left + value / chart.top * (plot.right - plot.left)
            draw.rectangle((plot.left, plot.top + start, x, plot.top + end), COLOURS[colour])
            _text(draw, chart, (plot.left - 4 * SMOOTH, plot.top + middle), label, "rm")
            if chart.show_values:
                _text(draw, chart, (x + 3 * SMOOTH, plot.top + middle), str(value), "lm", 10)
        else:
            y = plot.bottom - value / chart.top * (plot.bottom - plot.top)
            draw.rectangle((plot.left + start, y, plot.left + end, plot.bottom), COLOURS[colour])
            _text(
                draw,
                chart,
                (plot.left + middle, plot.bottom + 4 * SMOOTH),
                label,
                "ma",
                _fitting(chart, along),
            )
            if chart.show_values:
                _text(draw, chart, (plot.left + middle, y - SMOOTH), str(value), "mb", 10)


def _line(draw: ImageDraw.ImageDraw, chart: Chart, plot: Plot) -> None:
    along = (plot.right - plot.left) / len(chart.values)
    points = []
    for i, (value, label) in enumerate(zip(chart.values, chart.labels, strict=True)):
        x = plot.left + (i + 0.5) * along
        points.append((x, plot.bottom - value / chart.top * (plot.bottom - plot.top)))
        _text(draw, chart, (x, plot.bottom + 4 * SMOOTH), label, "ma", _fitting(chart, along))
    ink = COLOURS[chart.colours[0]]
    draw.line(points, ink, 2 * SMOOTH + 1, "curve")
    for (x, y), value in zip(points, chart.values, strict=True):
        radius = 3 * SMOOTH
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), ink)
        if chart.show_values:
            _text(draw, chart, (x, y - 4 * SMOOTH), str(value), "mb", 10)


def _pie(draw: ImageDraw.ImageDraw, chart: Chart) -> None:
    width, height = (side * SMOOTH for side in chart.size)
    radius = height * (0.36 if chart.title else 0.42)
    x, y = width * 0.34, height * (0.56 if chart.title else 0.5)
    start = -90.0
    for i, (value, label, colour) in enumerate(zip(chart.values, chart.labels, chart.colours, strict=True)):
        end = start + 360 * value / sum(chart.values)
        draw.pieslice(
            (x - radius, y - radius, x + radius, y + radius),
            start,
            end,
            COLOURS[colour],
            chart.style.paper,
            SMOOTH,
        )
        row = y + (i - (len(chart.values) - 1) / 2) * 17 * SMOOTH
        left = width * 0.66
        draw.rectangle((left, row - 5 * SMOOTH, left + 10 * SMOOTH, row + 5 * SMOOTH), COLOURS[colour])
        _text(draw, chart, (left + 14 * SMOOTH, row), label, "lm")
        if chart.show_values:
            middle = math.radians((start + end) / 2)
            at = (x + 0.65 * radius * math.cos(middle), y + 0.65 * radius * math.sin(middle))
            _text(draw, chart, at, str(value), "mm", 10)
        start = end


def draw_chart(chart: Chart) -> Pixels:
    """Draw the chart with Pillow, (height, width, 3)."""
    image, draw = canvas(*chart.size, chart.style.paper)
    if chart.title:
        _text(draw, chart, (chart.size[0] * SMOOTH / 2, 3 * SMOOTH), chart.title, "ma", 12)
    if chart.form == "pie":
        _pie(draw, chart)
        return pixels(image)
    plot = plot_area(chart)
    _axes(draw, chart, plot)
    (_line if chart.form == "line" else _bars)(draw, chart, plot)
    return pixels(image)

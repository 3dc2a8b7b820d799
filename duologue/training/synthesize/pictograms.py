"""Shapes and small pictures of things, each drawn by a function on the unit square in one main colour."""

import math
from collections.abc import Callable

from duologue.training.synthesize.canvas import COLOURS, Colour, Pen, Point, darker
from duologue.training.synthesize.phrasing import table

WHITE, BLACK, BROWN, GREEN = (COLOURS[name] for name in ("white", "black", "brown", "green"))
YELLOW, GRAY = COLOURS["yellow"], COLOURS["gray"]
Drawer = Callable[[Pen, Colour], None]


def _around(num: int, radius: float, turn: float = -90.0, centre: Point = (0.5, 0.5)) -> list[Point]:
    """Return `num` points on a circle, the first at `turn` degrees clockwise from the right."""
    angles = [math.radians(turn + 360 * i / num) for i in range(num)]
    return [(centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)) for angle in angles]


def _star(pen: Pen, ink: Colour) -> None:
    outer, inner = _around(5, 0.5), _around(5, 0.2, -54)
    pen.polygon([point for pair in zip(outer, inner, strict=True) for point in pair], ink)


def _heart(pen: Pen, ink: Colour) -> None:
    turns = [2 * math.pi * i / 60 for i in range(60)]
    pen.polygon(
        [
            (
                0.5 + 0.5 * math.sin(t) ** 3,
                0.47 - (13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)) / 34,
            )
            for t in turns
        ],
        ink,
    )


def _cross(pen: Pen, ink: Colour) -> None:
    pen.box(0.36, 0.05, 0.64, 0.95, ink)
    pen.box(0.05, 0.36, 0.95, 0.64, ink)


def _moon(pen: Pen, ink: Colour) -> None:
    outer = [
        (0.5 + 0.48 * math.cos(t), 0.5 + 0.48 * math.sin(t))
        for t in (math.radians(d) for d in range(50, 311, 10))
    ]
    inner = [
        (0.72 + 0.37 * math.cos(t), 0.5 + 0.37 * math.sin(t))
        for t in (math.radians(d) for d in range(270, 89, -10))
    ]
    pen.polygon(outer + inner, ink)


def _arrow(pen: Pen, ink: Colour) -> None:
    pen.polygon([(0, 0.38), (0.55, 0.38), (0.55, 0.15), (1, 0.5), (0.55, 0.85), (0.55, 0.62), (0, 0.62)], ink)


def _house(pen: Pen, ink: Colour) -> None:
    pen.box(0.15, 0.45, 0.85, 0.98, ink)
    pen.polygon([(0.02, 0.48), (0.5, 0.03), (0.98, 0.48)], darker(ink))
    pen.box(0.42, 0.65, 0.6, 0.98, WHITE)
    pen.box(0.22, 0.56, 0.36, 0.7, WHITE)


def _tree(pen: Pen, ink: Colour) -> None:
    pen.box(0.43, 0.55, 0.57, 1.0, BROWN)
    for x, y in ((0.3, 0.42), (0.7, 0.42), (0.5, 0.25), (0.5, 0.5)):
        pen.oval(x - 0.25, y - 0.24, x + 0.25, y + 0.24, ink)


def _car(pen: Pen, ink: Colour) -> None:
    pen.polygon([(0.22, 0.5), (0.34, 0.24), (0.68, 0.24), (0.82, 0.5)], ink)
    pen.box(0.02, 0.46, 0.98, 0.72, ink, 0.06)
    pen.polygon([(0.31, 0.46), (0.38, 0.3), (0.49, 0.3), (0.49, 0.46)], WHITE)
    pen.polygon([(0.53, 0.46), (0.53, 0.3), (0.64, 0.3), (0.72, 0.46)], WHITE)
    for x in (0.25, 0.75):
        pen.oval(x - 0.13, 0.59, x + 0.13, 0.85, BLACK)
        pen.oval(x - 0.05, 0.67, x + 0.05, 0.77, WHITE)


def _sun(pen: Pen, ink: Colour) -> None:
    for (x0, y0), (x1, y1) in zip(_around(8, 0.3), _around(8, 0.5), strict=True):
        pen.line([(x0, y0), (x1, y1)], ink, 0.07)
    pen.oval(0.26, 0.26, 0.74, 0.74, ink)


def _cup(pen: Pen, ink: Colour) -> None:
    pen.ring(0.6, 0.35, 0.97, 0.72, ink, 0.08)
    pen.polygon([(0.1, 0.22), (0.75, 0.22), (0.68, 0.9), (0.18, 0.9)], ink)
    pen.oval(0.1, 0.15, 0.75, 0.3, darker(ink))


def _fish(pen: Pen, ink: Colour) -> None:
    pen.polygon([(0.62, 0.5), (0.98, 0.25), (0.98, 0.75)], ink)
    pen.oval(0.02, 0.26, 0.74, 0.74, ink)
    pen.oval(0.14, 0.4, 0.24, 0.5, WHITE)
    pen.oval(0.17, 0.43, 0.22, 0.48, BLACK)


def _key(pen: Pen, ink: Colour) -> None:
    pen.ring(0.02, 0.3, 0.42, 0.7, ink, 0.1)
    pen.box(0.38, 0.45, 0.98, 0.56, ink)
    pen.box(0.72, 0.5, 0.79, 0.72, ink)
    pen.box(0.88, 0.5, 0.96, 0.76, ink)


def _cloud(pen: Pen, ink: Colour) -> None:
    for x, y, r in ((0.25, 0.58, 0.2), (0.48, 0.42, 0.25), (0.72, 0.55, 0.22)):
        pen.oval(x - r, y - r, x + r, y + r, ink)
    pen.box(0.22, 0.58, 0.76, 0.78, ink, 0.09)


def _flower(pen: Pen, ink: Colour) -> None:
    pen.line([(0.5, 0.5), (0.5, 1.0)], GREEN, 0.07)
    pen.oval(0.52, 0.72, 0.8, 0.86, GREEN)
    for x, y in _around(6, 0.22, centre=(0.5, 0.34)):
        pen.oval(x - 0.13, y - 0.13, x + 0.13, y + 0.13, ink)
    pen.oval(0.39, 0.23, 0.61, 0.45, YELLOW if ink[2] > 90 or ink[1] < 150 else BROWN)


def _book(pen: Pen, ink: Colour) -> None:
    pen.polygon([(0.02, 0.22), (0.5, 0.3), (0.98, 0.22), (0.98, 0.84), (0.5, 0.92), (0.02, 0.84)], ink)
    pen.polygon([(0.08, 0.16), (0.49, 0.24), (0.49, 0.84), (0.08, 0.76)], WHITE)
    pen.polygon([(0.92, 0.16), (0.51, 0.24), (0.51, 0.84), (0.92, 0.76)], WHITE)
    for y in (0.34, 0.46, 0.58):
        pen.line([(0.14, y), (0.43, y + 0.05)], GRAY, 0.03)
        pen.line([(0.57, y + 0.05), (0.86, y)], GRAY, 0.03)


def _boat(pen: Pen, ink: Colour) -> None:
    pen.line([(0.5, 0.05), (0.5, 0.7)], BROWN, 0.05)
    pen.polygon([(0.54, 0.08), (0.9, 0.58), (0.54, 0.58)], ink)
    pen.polygon([(0.46, 0.18), (0.46, 0.58), (0.16, 0.58)], ink)
    pen.polygon([(0.05, 0.66), (0.95, 0.66), (0.78, 0.92), (0.22, 0.92)], darker(ink, 0.75))


def _umbrella(pen: Pen, ink: Colour) -> None:
    pen.pie((0.02, 0.08, 0.98, 1.04), 180, 360, ink)
    pen.line([(0.5, 0.5), (0.5, 0.88)], BLACK, 0.05)
    pen.arc((0.5, 0.8, 0.68, 0.98), 0, 180, BLACK, 0.05)


def _apple(pen: Pen, ink: Colour) -> None:
    pen.oval(0.08, 0.26, 0.58, 0.94, ink)
    pen.oval(0.42, 0.26, 0.92, 0.94, ink)
    pen.line([(0.5, 0.34), (0.54, 0.06)], BROWN, 0.06)
    pen.oval(0.55, 0.08, 0.82, 0.22, GREEN)


def _bell(pen: Pen, ink: Colour) -> None:
    pen.oval(0.4, 0.78, 0.6, 0.98, darker(ink))
    pen.pie((0.2, 0.08, 0.8, 0.88), 180, 360, ink)
    pen.polygon([(0.2, 0.46), (0.8, 0.46), (0.95, 0.84), (0.05, 0.84)], ink)


def _clock(pen: Pen, ink: Colour) -> None:
    pen.oval(0.03, 0.03, 0.97, 0.97, ink)
    pen.oval(0.13, 0.13, 0.87, 0.87, WHITE)
    pen.line([(0.5, 0.22), (0.5, 0.5), (0.7, 0.62)], BLACK, 0.06)


def _letter(pen: Pen, ink: Colour) -> None:
    pen.box(0.03, 0.2, 0.97, 0.8, ink)
    pen.line([(0.05, 0.23), (0.5, 0.56), (0.95, 0.23)], WHITE, 0.06)


def _lock(pen: Pen, ink: Colour) -> None:
    pen.arc((0.25, 0.05, 0.75, 0.75), 180, 360, GRAY, 0.11)
    pen.box(0.14, 0.42, 0.86, 0.96, ink, 0.06)
    pen.oval(0.43, 0.58, 0.57, 0.72, BLACK)
    pen.box(0.47, 0.66, 0.53, 0.84, BLACK)


def _balloon(pen: Pen, ink: Colour) -> None:
    pen.line([(0.5, 0.68), (0.46, 0.82), (0.54, 1.0)], GRAY, 0.03)
    pen.oval(0.2, 0.02, 0.8, 0.68, ink)
    pen.polygon([(0.5, 0.64), (0.42, 0.76), (0.58, 0.76)], ink)


def _flag(pen: Pen, ink: Colour) -> None:
    pen.box(0.14, 0.03, 0.22, 1.0, BROWN)
    pen.polygon([(0.22, 0.06), (0.95, 0.3), (0.22, 0.54)], ink)


def _hat(pen: Pen, ink: Colour) -> None:
    pen.oval(0.02, 0.62, 0.98, 0.86, ink)
    pen.box(0.26, 0.2, 0.74, 0.74, ink, 0.05)
    pen.box(0.26, 0.56, 0.74, 0.66, darker(ink, 0.4))


def _cat(pen: Pen, ink: Colour) -> None:
    pen.polygon([(0.12, 0.45), (0.14, 0.04), (0.46, 0.26)], ink)
    pen.polygon([(0.88, 0.45), (0.86, 0.04), (0.54, 0.26)], ink)
    pen.oval(0.08, 0.2, 0.92, 0.96, ink)
    for x in (0.33, 0.67):
        pen.oval(x - 0.09, 0.44, x + 0.09, 0.6, WHITE)
        pen.oval(x - 0.03, 0.46, x + 0.03, 0.58, BLACK)
    pen.polygon([(0.44, 0.66), (0.56, 0.66), (0.5, 0.74)], WHITE)
    for y in (0.68, 0.78):
        pen.line([(0.0, y), (0.34, 0.73)], GRAY, 0.02)
        pen.line([(1.0, y), (0.66, 0.73)], GRAY, 0.02)


def _bird(pen: Pen, ink: Colour) -> None:
    pen.polygon([(0.7, 0.55), (1.0, 0.4), (0.98, 0.68)], ink)
    pen.oval(0.2, 0.34, 0.84, 0.8, ink)
    pen.oval(0.1, 0.16, 0.46, 0.52, ink)
    pen.polygon([(0.12, 0.28), (-0.02, 0.36), (0.12, 0.42)], COLOURS["orange"])
    pen.oval(0.2, 0.26, 0.28, 0.34, WHITE)
    pen.line([(0.48, 0.78), (0.48, 0.96)], BROWN, 0.04)
    pen.line([(0.6, 0.78), (0.6, 0.96)], BROWN, 0.04)


def _lamp(pen: Pen, ink: Colour) -> None:
    pen.box(0.46, 0.5, 0.54, 0.92, GRAY)
    pen.oval(0.28, 0.86, 0.72, 1.0, GRAY)
    pen.polygon([(0.32, 0.08), (0.68, 0.08), (0.92, 0.54), (0.08, 0.54)], ink)


def _rocket(pen: Pen, ink: Colour) -> None:
    pen.polygon([(0.36, 0.8), (0.5, 1.0), (0.64, 0.8)], COLOURS["orange"])
    pen.polygon([(0.3, 0.55), (0.1, 0.85), (0.32, 0.78)], darker(ink))
    pen.polygon([(0.7, 0.55), (0.9, 0.85), (0.68, 0.78)], darker(ink))
    pen.oval(0.28, 0.0, 0.72, 1.0 * 0.9, ink)
    pen.oval(0.41, 0.27, 0.59, 0.45, WHITE)


def _mountain(pen: Pen, ink: Colour) -> None:
    pen.polygon([(0.3, 0.92), (0.68, 0.32), (1.0, 0.92)], darker(ink, 0.8))
    pen.polygon([(0.0, 0.92), (0.4, 0.1), (0.78, 0.92)], ink)
    pen.polygon([(0.4, 0.1), (0.28, 0.35), (0.4, 0.3), (0.53, 0.38)], WHITE)


SHAPES: dict[str, Drawer] = {
    "circle": lambda pen, ink: pen.oval(0.02, 0.02, 0.98, 0.98, ink),
    "square": lambda pen, ink: pen.box(0.07, 0.07, 0.93, 0.93, ink),
    "triangle": lambda pen, ink: pen.polygon([(0.5, 0.05), (0.98, 0.92), (0.02, 0.92)], ink),
    "diamond": lambda pen, ink: pen.polygon([(0.5, 0.0), (0.9, 0.5), (0.5, 1.0), (0.1, 0.5)], ink),
    "star": _star,
    "heart": _heart,
    "cross": _cross,
    "ring": lambda pen, ink: pen.ring(0.02, 0.02, 0.98, 0.98, ink, 0.17),
    "arrow": _arrow,
}
THINGS: dict[str, Drawer] = {
    "house": _house, "tree": _tree, "car": _car, "sun": _sun, "cup": _cup, "fish": _fish, "key": _key,
    "cloud": _cloud, "moon": _moon, "flower": _flower, "book": _book, "boat": _boat, "umbrella": _umbrella,
    "apple": _apple, "bell": _bell, "clock": _clock, "letter": _letter, "lock": _lock, "balloon": _balloon,
    "flag": _flag, "hat": _hat, "cat": _cat, "bird": _bird, "lamp": _lamp, "rocket": _rocket,
    "mountain": _mountain,
}  # fmt: skip
DRAWERS = SHAPES | THINGS

# thing: the colour it has in most pictures
USUAL = {
    row[0]: row[1]
    for row in table("""
house | red; tree | green; car | blue; sun | yellow; cup | blue; fish | orange; key | yellow
cloud | gray; moon | yellow; flower | pink; book | brown; boat | red; umbrella | purple; apple | red
bell | yellow; clock | black; letter | orange; lock | gray; balloon | red; flag | green; hat | black
cat | orange; bird | blue; lamp | orange; rocket | red; mountain | gray; heart | red; star | yellow
""")
}


def plural(name: str) -> str:
    """Return the plural of a drawn thing's name."""
    if name == "fish":
        return name
    return name + ("es" if name.endswith(("s", "x", "sh", "ch")) else "s")

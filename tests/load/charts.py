"""Charts as inline SVG: lines, bars, histograms, small lines for cells. Pure functions to text.

Each chart is drawn twice, for a wide page and for a narrow one, where one drawing scaled down would
have letters that nobody can read; the style sheet shows one of them. Colours are classes (`s1` to
`s4`), which the style sheet defines for light and dark.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from tests.load.figures import Bucket
from tests.load.rounding import round_up

Point = tuple[float, float]


@dataclass(frozen=True)
class _Paper:
    """What a chart is drawn on, in units of its view box.

    Attributes:
        name: its class.
        most_labels: along the lower axis.
        most_hovers: of one line.
    """

    name: str
    width: int
    height: int
    left: int
    most_labels: int
    most_hovers: int

    right: int = 16
    top: int = 26
    bottom: int = 30

    @property
    def inner_width(self) -> int:
        return self.width - self.left - self.right

    @property
    def inner_height(self) -> int:
        return self.height - self.top - self.bottom


_PAPERS: Final = (
    _Paper("wide", 920, 250, left=58, most_labels=12, most_hovers=200),
    _Paper("narrow", 400, 230, left=56, most_labels=5, most_hovers=40),
)


@dataclass(frozen=True)
class Line:
    """One series; `style` is s1 to s4. A point `gap` or more after the last starts a new run."""

    name: str
    points: Sequence[Point]
    style: str
    gap: float = math.inf


@dataclass(frozen=True)
class _Scale:
    """From values to places in the drawing."""

    paper: _Paper
    x_max: float
    y_max: float

    def x(self, value: float) -> float:
        share = min(max(value / self.x_max, 0.0), 1.0)
        return self.paper.left + self.paper.inner_width * share

    def y(self, value: float) -> float:
        return self.paper.top + self.paper.inner_height * (1 - min(value / self.y_max, 1.0))


def line_chart(
    lines: Sequence[Line], *, x_max: float, unit: str, bands: Sequence[Point] = ()
) -> str:
    """Lines over seconds; `bands` are spans of time to shade."""

    def draw(scale: _Scale) -> list[str]:
        drawn = [_frame(scale, unit, "s"), *(_band(band, scale) for band in bands)]
        for line in lines:
            drawn += [
                f'<polyline class="{line.style}" points="{_points(run, scale)}"/>'
                for run in _runs(line)
            ]
            drawn.append(_hovers(line, scale, unit))
        return drawn

    most = max((y for line in lines for _, y in line.points), default=0.0)
    return _legend([(line.name, line.style) for line in lines]) + _chart(draw, x_max, most)


def bar_chart(
    stacks: Sequence[tuple[float, Sequence[float]]],
    names: Sequence[str],
    *,
    x_max: float,
    unit: str,
) -> str:
    """Stacked bars at times; styles s1, s2, ... in the order of `names`."""

    def draw(scale: _Scale) -> list[str]:
        # As wide as the closest two leave room for, and never less than visible.
        places = [at for at, _ in stacks]
        room = min((b - a for a, b in itertools.pairwise(places)), default=scale.x_max / 20)
        width = min(max(scale.paper.inner_width * room / scale.x_max - 2, 2.0), 28.0)
        drawn = [_frame(scale, unit, "s")]
        for at, values in stacks:
            base = 0.0
            left = min(
                max(scale.x(at) - width / 2, scale.paper.left),
                scale.paper.width - scale.paper.right - width,
            )
            for number, (name, value) in enumerate(zip(names, values, strict=True), 1):
                if value > 0:
                    title = f"{name}: {_number(value)} {unit} at {at:.1f} s"
                    top, bottom = scale.y(base + value), scale.y(base)
                    place = (left, left + width)
                    drawn.append(_bar(f"s{number}", place, (top, bottom), title))
                base += value
        return drawn

    most = max((sum(values) for _, values in stacks), default=0.0)
    legend = _legend([(name, f"s{n}") for n, name in enumerate(names, 1)]) if len(names) > 1 else ""
    return legend + _chart(draw, x_max, most)


def histogram_chart(buckets: Sequence[Bucket], marks: Sequence[tuple[str, float]] = ()) -> str:
    """How many records had which latency; `marks` are values to name, in ascending order."""
    x_max = max((bucket.end for bucket in buckets), default=1.0)

    def draw(scale: _Scale) -> list[str]:
        drawn = [_frame(scale, "records", "s")]
        for bucket in buckets:
            if bucket.count:
                left, right = scale.x(bucket.begin), scale.x(bucket.end)
                title = f"{bucket.begin:g} to {bucket.end:g} s: {bucket.count:,}"
                place = (left, max(right - 1, left + 1))
                drawn.append(_bar("s1", place, (scale.y(bucket.count), scale.y(0)), title))
        drawn += _marks(scale, marks)
        return drawn

    return _chart(draw, x_max, max((bucket.count for bucket in buckets), default=0))


def _marks(scale: _Scale, marks: Sequence[tuple[str, float]]) -> Iterable[str]:
    """A line at each value, and its name; names that would touch take turns in height."""
    last, lifted = -math.inf, False
    for name, value in marks:
        x = scale.x(value)
        lifted = x - last < 34 and not lifted
        last = x
        y = scale.paper.top + (22 if lifted else 8)
        # Behind the line, or before it where the drawing ends.
        ends = x > scale.paper.width - scale.paper.right - 34
        anchor = ' text-anchor="end"' if ends else ""
        yield (
            f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{scale.paper.top}" '
            f'y2="{scale.y(0):.1f}"/><text class="mark" x="{x + (-4 if ends else 4):.1f}" '
            f'y="{y}"{anchor}>{escape(name)}</text>'
        )


def small_line(points: Sequence[Point], *, x_max: float, y_max: float) -> str:
    """A line without axes for a table's cell."""
    if not points or y_max <= 0 or x_max <= 0:
        return ""
    listed = " ".join(
        f"{120 * min(max(x / x_max, 0), 1):.1f},{25 - 22 * min(y / y_max, 1):.1f}"
        for x, y in points
    )
    return (
        '<svg class="small" viewBox="0 0 120 27" role="img" aria-hidden="true">'
        f'<line class="base" x1="0" x2="120" y1="26" y2="26"/>'
        f'<polyline class="s1" points="{listed}"/></svg>'
    )


def _chart(draw: Callable[[_Scale], list[str]], x_max: float, y_max: float) -> str:
    """A drawing for each paper; the upper axis ends at a round number."""
    return "".join(
        f'<svg class="chart {paper.name}" viewBox="0 0 {paper.width} {paper.height}" role="img">'
        f"{''.join(draw(_Scale(paper, max(x_max, 1e-9), round_up(y_max))))}</svg>"
        for paper in _PAPERS
    )


def _frame(scale: _Scale, unit: str, x_unit: str) -> str:
    paper = scale.paper
    right = paper.width - paper.right
    drawn = [f'<text x="{paper.left}" y="{paper.top - 10}">{escape(unit)}</text>']
    for part in range(5):
        value = scale.y_max * part / 4
        y = scale.y(value)
        drawn.append(f'<line class="grid" x1="{paper.left}" x2="{right}" y1="{y}" y2="{y}"/>')
        drawn.append(
            f'<text x="{paper.left - 8}" y="{y + 4}" text-anchor="end">{_label(value)}</text>'
        )
    step = round_up(scale.x_max / paper.most_labels)
    for number in range(int(scale.x_max / step + 1e-9) + 1):
        x = scale.x(number * step)
        drawn.append(
            f'<text x="{x:.1f}" y="{paper.height - 8}" text-anchor="middle">'
            f"{_number(number * step)}{f' {x_unit}' if number == 0 else ''}</text>"
        )
    return "".join(drawn)


def _bar(style: str, x: Point, y: Point, title: str) -> str:
    """A bar from left to right, and from top to bottom."""
    (left, right), (top, bottom) = x, y
    return (
        f'<rect class="{style}" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
        f'height="{max(bottom - top, 0.5):.1f}"><title>{escape(title)}</title></rect>'
    )


def _band(band: Point, scale: _Scale) -> str:
    left, right = scale.x(band[0]), scale.x(band[1])
    return (
        f'<rect class="band" x="{left:.1f}" y="{scale.paper.top}" width="{right - left:.1f}" '
        f'height="{scale.paper.inner_height}"/>'
    )


def _runs(line: Line) -> list[list[Point]]:
    runs: list[list[Point]] = []
    for point in line.points:
        if not runs or point[0] - runs[-1][-1][0] >= line.gap:
            runs.append([])
        runs[-1].append(point)
    return runs


def _points(points: Sequence[Point], scale: _Scale) -> str:
    return " ".join(f"{scale.x(x):.1f},{scale.y(y):.1f}" for x, y in points)


def _hovers(line: Line, scale: _Scale, unit: str) -> str:
    """Points that show their value under the pointer; thinned out where they would touch."""
    every = max(1, math.ceil(len(line.points) / scale.paper.most_hovers))
    return "".join(
        f'<circle class="{line.style}" cx="{scale.x(x):.1f}" cy="{scale.y(y):.1f}" r="5">'
        f"<title>{escape(f'{line.name}: {_number(y)} {unit} at {x:g} s')}</title></circle>"
        for x, y in line.points[::every]
    )


def _legend(named: Sequence[tuple[str, str]]) -> str:
    items = "".join(f'<span><i class="{style}"></i>{escape(n)}</span>' for n, style in named)
    return f'<p class="legend">{items}</p>'


def _label(value: float) -> str:
    """A number beside an axis, where there is room for six letters."""
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= 10 * unit:
            return f"{_number(value / unit)} {name}"
    return _number(value)


def _number(value: float) -> str:
    """With as many digits as a reader can use."""
    if value == 0 or abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2f}".rstrip("0").rstrip(".")

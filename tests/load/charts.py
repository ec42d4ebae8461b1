"""Charts as inline SVG: lines, bars, small lines for table cells. Pure functions to text.

Colours are classes (`s1` to `s4`), which the page's style sheet defines for light and dark.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH: Final = 920
_HEIGHT: Final = 250
_LEFT: Final = 58
_RIGHT: Final = 14
_TOP: Final = 24
_BOTTOM: Final = 30
_INNER_WIDTH: Final = _WIDTH - _LEFT - _RIGHT
_INNER_HEIGHT: Final = _HEIGHT - _TOP - _BOTTOM

Point = tuple[float, float]


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

    x_max: float
    y_max: float

    def x(self, value: float) -> float:
        return _LEFT + _INNER_WIDTH * min(max(value / self.x_max, 0.0), 1.0)

    def y(self, value: float) -> float:
        return _TOP + _INNER_HEIGHT * (1 - min(value / self.y_max, 1.0))


def line_chart(
    lines: Sequence[Line], *, x_max: float, unit: str, bands: Sequence[Point] = ()
) -> str:
    """Lines over seconds; `bands` are spans of time to shade."""
    scale = _scale((y for line in lines for _, y in line.points), x_max)
    drawn = [_frame(scale, unit), *(_band(band, scale) for band in bands)]
    for line in lines:
        drawn += [
            f'<polyline class="{line.style}" points="{_points(run, scale)}"/>'
            for run in _runs(line)
        ]
        drawn.append(_hovers(line, scale, unit))
    return _legend([(line.name, line.style) for line in lines]) + _svg(drawn)


def bar_chart(
    stacks: Sequence[tuple[float, Sequence[float]]],
    names: Sequence[str],
    *,
    x_max: float,
    unit: str,
) -> str:
    """Stacked bars at times; styles s1, s2, ... in the order of `names`."""
    scale = _scale((sum(values) for _, values in stacks), x_max)
    # As wide as the closest two leave room for, and never less than visible.
    places = [at for at, _ in stacks]
    room = min((b - a for a, b in itertools.pairwise(places)), default=x_max / 20)
    width = min(max(_INNER_WIDTH * room / x_max - 2, 2.0), 28.0)
    drawn = [_frame(scale, unit)]
    for at, values in stacks:
        base = 0.0
        for number, (name, value) in enumerate(zip(names, values, strict=True), 1):
            if value > 0:
                top, bottom = scale.y(base + value), scale.y(base)
                title = escape(f"{name}: {_number(value)} {unit} at {at:.1f} s")
                drawn.append(
                    f'<rect class="s{number}" x="{scale.x(at) - width / 2:.1f}" y="{top:.1f}" '
                    f'width="{width:.1f}" height="{max(bottom - top, 0.5):.1f}">'
                    f"<title>{title}</title></rect>"
                )
            base += value
    legend = _legend([(name, f"s{n}") for n, name in enumerate(names, 1)]) if len(names) > 1 else ""
    return legend + _svg(drawn)


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


def _scale(values: Iterable[float], x_max: float) -> _Scale:
    return _Scale(max(x_max, 1e-9), _round_up(max(values, default=0.0)))


def _round_up(value: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten: four grid lines then have short numbers."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 2, 2.5, 4, 5, 8, 10) if value <= power * step * 1.0001)


def _frame(scale: _Scale, unit: str) -> str:
    drawn = [f'<text x="{_LEFT}" y="{_TOP - 8}">{escape(unit)}</text>']
    for part in range(5):
        value = scale.y_max * part / 4
        y = scale.y(value)
        drawn.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>')
        drawn.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{_number(value)}</text>')
    step = _round_up(scale.x_max / 12)
    for number in range(int(scale.x_max / step + 1e-9) + 1):
        x = scale.x(number * step)
        drawn.append(
            f'<text x="{x:.1f}" y="{_HEIGHT - 8}" text-anchor="middle">'
            f"{_number(number * step)}{' s' if number == 0 else ''}</text>"
        )
    return "".join(drawn)


def _band(band: Point, scale: _Scale) -> str:
    left, right = scale.x(band[0]), scale.x(band[1])
    return (
        f'<rect class="band" x="{left:.1f}" y="{_TOP}" width="{right - left:.1f}" '
        f'height="{_INNER_HEIGHT}"/>'
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
    every = max(1, math.ceil(len(line.points) / 200))
    return "".join(
        f'<circle class="{line.style}" cx="{scale.x(x):.1f}" cy="{scale.y(y):.1f}" r="5">'
        f"<title>{escape(f'{line.name}: {_number(y)} {unit} at {x:g} s')}</title></circle>"
        for x, y in line.points[::every]
    )


def _legend(named: Sequence[tuple[str, str]]) -> str:
    items = "".join(f'<span><i class="{style}"></i>{escape(n)}</span>' for n, style in named)
    return f'<p class="legend">{items}</p>'


def _svg(drawn: Sequence[str]) -> str:
    return f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">{"".join(drawn)}</svg>'


def _number(value: float) -> str:
    """With as many digits as a reader can use."""
    if value == 0 or abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2f}".rstrip("0").rstrip(".")

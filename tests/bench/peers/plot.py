"""The figures as a drawing for light and dark: a bar for each peer, of CPU time a record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from tests.bench.peers.figures import CaseFigures, Figures, Machine
from tests.bench.peers.names import Peer

_WIDTH: Final = 760
_LEFT, _RIGHT = 150, 190  # of the bars, in the same units
_ROW, _HEAD, _TOP, _GAP = 26, 30, 34, 16
_STYLE: Final = """
    text { font: 13px system-ui, "Segoe UI", sans-serif; fill: #1d1d1b; }
    .head { font-size: 14px; font-weight: 600; }
    .small { font-size: 12px; fill: #5d5c56; }
    .peer { text-anchor: end; }
    .bar { fill: #8a8980; }
    .job { fill: #2a6fc9; }
    .spread { stroke: #1d1d1b; stroke-width: 1.5; }
    @media (prefers-color-scheme: dark) {
      text { fill: #ecebe6; }
      .small { fill: #b3b2aa; }
      .bar { fill: #7d7c75; }
      .job { fill: #6aa9f7; }
      .spread { stroke: #ecebe6; }
    }
"""


def draw_plot(machine: Machine, measured: Sequence[CaseFigures]) -> str:
    """An SVG file: medians as bars, least to most as lines; each case has a scale of its own."""
    parts: list[str] = []
    top = _TOP
    for case in measured:
        parts += _draw_case(case, top)
        top += _HEAD + _ROW * len(case.peers) + _GAP
    about = f"{machine.processor}, {machine.cores} cores; medians, lines from least to most"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" role="img">',
            "  <title>Microseconds of CPU a record</title>",
            f"  <style>{_STYLE}  </style>",
            f'  <text class="small" x="8" y="18">{escape(about)}</text>',
            *(f"  {part}" for part in parts),
            "</svg>\n",
        ]
    )


def _draw_case(case: CaseFigures, top: int) -> Iterator[str]:
    head = f"{case.case}: microseconds of CPU a record, in blocks of {case.block_records:,}"
    yield f'<text class="head" x="8" y="{top + 18}">{escape(head)}</text>'
    scale = (_WIDTH - _LEFT - _RIGHT) / max(figures.cpu.most for figures in case.peers)
    for number, figures in enumerate(case.peers):
        yield from _draw_peer(figures, top + _HEAD + _ROW * number, scale)


def _draw_peer(figures: Figures, top: int, scale: float) -> Iterator[str]:
    middle = top + _ROW / 2
    width = figures.cpu.median * scale
    least, most = (_LEFT + value * scale for value in (figures.cpu.least, figures.cpu.most))
    kind = "job" if figures.peer is Peer.JOB else "bar"
    beside = "" if figures.cpu_of_job is None else f" ({figures.cpu_of_job.median:.2f} x the job)"
    yield f'<text class="peer" x="{_LEFT - 8}" y="{middle + 4:.0f}">{escape(figures.peer)}</text>'
    yield (
        f'<rect class="{kind}" x="{_LEFT}" y="{top + 5}" width="{width:.1f}" height="{_ROW - 10}"/>'
    )
    yield f'<line class="spread" x1="{least:.1f}" x2="{most:.1f}" y1="{middle}" y2="{middle}"/>'
    yield f'<text x="{most + 8:.0f}" y="{middle + 4:.0f}">{figures.cpu.median:.1f}{beside}</text>'

"""The tables of figures, as Markdown, which a terminal shows as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tests.bench.peers.figures import CaseFigures, Figures, Machine
from tests.bench.peers.names import Peer
from tests.bench.spread import Spread

_HEAD: Final = (
    "| peer | records | us of CPU a record | of it workers | of it JVM | us of the clock "
    "| records/s | CPU, times the job's | clock, times the job's | start-up, s |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


def write_table(machine: Machine, measured: Sequence[CaseFigures]) -> str:
    """All figures: medians, and in parentheses the least and the most."""
    lines = [_describe(machine), "", *(f"- **{peer}**: {peer.meaning}" for peer in Peer)]
    for case in measured:
        lines += ["", _describe_case(case), "", _HEAD, *map(_write_line, case.peers)]
    return "\n".join(lines) + "\n"


def _describe(machine: Machine) -> str:
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gigabytes} GB; Python "
        f"{machine.python}, pyarrow {machine.pyarrow}; load of the machine {machine.load_before} "
        f"before and {machine.load_after} after."
    )


def _describe_case(case: CaseFigures) -> str:
    return (
        f"**{case.case}**: records of {case.record_bytes:.0f} bytes in blocks of "
        f"{case.block_records:,}, {case.dimension_rows:,} rows of dimensions; medians of "
        f"{case.repeats} (least to most)"
    )


def _write_line(figures: Figures) -> str:
    cells = (
        figures.peer,
        f"{figures.records:,}",
        _show(figures.cpu),
        _show(figures.cpu_of_workers),
        _show(figures.cpu_of_jvm),
        _show(figures.clock),
        f"{1e6 / figures.clock.median:,.0f}",
        _show(figures.cpu_of_job),
        _show(figures.clock_of_job),
        f"{figures.start_seconds.median:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def _show(spread: Spread | None) -> str:
    if spread is None:
        return "1"
    return f"{spread.median:.2f} ({spread.least:.2f}-{spread.most:.2f})"

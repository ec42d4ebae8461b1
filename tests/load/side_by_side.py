"""Two reports beside each other: what was asked of each, what each has measured, how they differ.

`page` is for people with a browser, `terminal_table` for those at a prompt; both show the rows of
`compare_figures`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from rich import box
from rich.table import Table

from tests.load.charts import Line, histogram_chart, line_chart
from tests.load.figures import Latency, Report
from tests.load.judging import describe_value
from tests.load.markup import document, in_words, table
from tests.load.report import describe_asked, describe_version
from tests.load.thresholds import FIGURES

_NAMES: Final = ("A", "B")
# Of a figure that was 0 no share can be given.
_NO_SHARE: Final = ""


def _show(value: object) -> str:
    """What a deployed environment decides is in no report."""
    return "-" if value is None else str(value)


class UnreadableReportError(ValueError):
    """A file is no report of a load test; the message names it and says why."""


def read_report(path: Path) -> Report:
    """A report of an earlier run. UnreadableReportError: there is none, or it is another file."""
    try:
        return Report.model_validate_json(path.read_bytes())
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise UnreadableReportError(message) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        message = (
            f"{path} is no report of a load test: {place}: {first['msg']}; name a report.json that "
            "`build.py load-test` has written"
        )
        raise UnreadableReportError(message) from error


@dataclass(frozen=True)
class Row:
    """One figure of both runs, in words, and by how much B differs from A."""

    name: str
    first: str
    second: str
    change: str = ""

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """In the order of the table's columns."""
        return self.name, self.first, self.second, self.change


_ASKED: Final[tuple[tuple[str, Callable[[Report], str]], ...]] = (
    ("result", lambda report: report.outcome),
    ("version", describe_version),
    ("started", lambda report: report.started_at.partition("+")[0]),
    ("asked", describe_asked),
    ("tables", lambda report: report.parameters.declaration or "ticket seller"),
    ("seed, bursts", lambda r: f"{r.parameters.seed}, {r.parameters.burst:g} times"),
    ("shards", lambda report: _show(report.parameters.shards)),
    ("parallelism", lambda report: _show(report.parameters.parallelism)),
    ("checkpoint interval", lambda report: _show(report.parameters.checkpoint_interval)),
    ("machine", lambda report: in_words(report.machine.cores, "core")),
)


def compare_asked(first: Report, second: Report) -> list[Row]:
    """What was run; the change says only that something differs."""
    return [
        Row(name, a := say(first), b := say(second), "" if a == b else "differs")
        for name, say in _ASKED
    ]


def compare_figures(first: Report, second: Report) -> list[Row]:
    """What was measured: every figure that may have a threshold, then cores by process."""
    rows = []
    for name, figure in FIGURES.items():
        a, b = figure.find(first), figure.find(second)
        if a is None and b is None:
            continue
        said_a, said_b = ("-" if v is None else describe_value(figure.kind, v) for v in (a, b))
        rows.append(Row(name, said_a, said_b, _describe_change(a, b)))
    cores = [{p.name: p.cpu_mean for p in report.processes} for report in (first, second)]
    for name in dict.fromkeys([*cores[0], *cores[1]]):
        a, b = (used.get(name) for used in cores)
        said_a, said_b = ("-" if v is None else f"{v:.2f}" for v in (a, b))
        rows.append(Row(f"cores: {name}", said_a, said_b, _describe_change(a, b)))
    return rows


def _describe_change(first: float | None, second: float | None) -> str:
    if first is None or second is None:
        return ""
    if not first:
        return "" if not second else _NO_SHARE
    return f"{(second - first) / first:+.0%}".replace("-0%", "+0%")


def describe_difference(first: Report, second: Report) -> str:
    """Whether the runs can be compared, in a sentence."""
    asked = [row.name for row in compare_asked(first, second)[3:] if row.change]
    if not asked:
        return "Both were asked for the same."
    return f"The runs were not asked for the same ({', '.join(asked)}): read figures with that."


def terminal_table(first: Report, second: Report) -> Table:
    """The rows for a terminal; fits 80 columns."""
    made = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    made.add_column("")
    for name in _NAMES:
        made.add_column(name, justify="right", overflow="fold")
    made.add_column("B to A", justify="right")
    for row in compare_asked(first, second):
        made.add_row(*row.cells)
    made.add_section()
    for row in compare_figures(first, second):
        made.add_row(*row.cells)
    return made


def page(first: Report, second: Report, files: Sequence[Path]) -> str:
    """Both as one page."""
    named = list(zip(_NAMES, (first, second), files, strict=True))
    listed = "".join(
        f"<li>{name}: {escape(str(file))}, {escape(describe_version(report))}</li>"
        for name, report, file in named
    )
    heads = ("", *_NAMES, "B to A")
    body = [
        "<h1>Two load tests side by side</h1>",
        f"<ul>{listed}</ul>",
        f'<p class="note">{escape(describe_difference(first, second))}</p>',
        "<h2>What was run</h2>",
        table(heads, [row.cells for row in compare_asked(first, second)]),
        "<h2>What was measured</h2>",
        table(heads, [row.cells for row in compare_figures(first, second)]),
        *_charts([(name, report.latency) for name, report, _ in named if report.latency]),
    ]
    return document("Starjoin load tests: A and B", body)


def _charts(named: Sequence[tuple[str, Latency]]) -> Iterator[str]:
    if not named:
        return
    length = max((s.at + 1 for _, latency in named for s in latency.over_time), default=1)
    for percentile in ("p50", "p99"):
        lines = [
            Line(name, [(s.at + 0.5, getattr(s, percentile)) for s in latency.over_time], style)
            for (name, latency), style in zip(named, ("s1", "s2"), strict=False)
        ]
        yield f"<h2>Latency, {percentile}</h2>"
        yield line_chart(lines, x_max=length, unit="seconds")
    for name, latency in named:
        if latency.histogram:
            yield f"<h2>Records by latency, {name}</h2>"
            yield histogram_chart(latency.histogram)

"""`build.py load-test`: the command line of the load test.

Exit codes: 0 the warehouse equals the true table; 1 it differs, or the test failed; 3 sent, but
there was no warehouse to compare; 130 interrupted.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from redshift_connector.core import Connection
from rich.console import Console

from infra.progress import HowFar, show
from tests.load.command_line import parser
from tests.load.destination import Target
from tests.load.environment import EnvironmentTarget
from tests.load.figures import Report
from tests.load.findings import busiest
from tests.load.local import LocalTarget
from tests.load.markup import seconds
from tests.load.options import Options
from tests.load.report import page
from tests.load.run import LoadTest
from tests.load.traffic import WEIGHTS, TrafficSettings

EXIT_CODES: Final = {
    "equal": 0,
    "different": 1,
    "failed": 1,
    "not compared": 3,
    "interrupted": 130,
}


def main(
    arguments: Sequence[str] | None = None,
    *,
    before_comparison: Callable[[Connection], None] | None = None,
) -> int:
    """Runs a load test; gives the exit code."""
    options = read_options(arguments)
    console = Console(highlight=False, soft_wrap=True)
    with show("load test", console) as how_far:
        test = LoadTest(
            options, traffic(options), open_target, Terminal(console, how_far), before_comparison
        )
        report = test.run()
    written = write(report, options.output)
    summarise(console, report)
    for path in written:
        console.print(f"Wrote {path}")
    return EXIT_CODES[report.outcome]


def open_target(options: Options, settings: TrafficSettings) -> AbstractContextManager[Target]:
    """The local servers, or the environment that was asked for."""
    if options.environment is not None:
        return EnvironmentTarget(options, settings)
    return LocalTarget(options, settings)


def traffic(options: Options) -> TrafficSettings:
    """Repeatable by its seed; on a deployed stream it also has to be newer than earlier runs."""
    settings = TrafficSettings(options.seed, options.weights, first_key=options.first_key)
    if options.environment is None:
        return settings
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    return TrafficSettings(options.seed, options.weights, first_key=options.first_key, origin=now)


def write(report: Report, folder: Path) -> tuple[Path, Path]:
    """The report as a page and as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    as_page, as_json = folder / "report.html", folder / "report.json"
    as_page.write_text(page(report), encoding="utf-8")
    as_json.write_text(report.model_dump_json(indent=1), encoding="utf-8")
    return as_page, as_json


def summarise(console: Console, report: Report) -> None:
    """The figures that matter most."""
    colour = {"equal": "green", "different": "red", "failed": "red"}.get(report.outcome, "yellow")
    console.print(f"[{colour}]{report.outcome}[/]: ", end="")
    console.print(report.reason, markup=False)
    if report.comparison is not None:
        for text in report.comparison.first_differences:
            console.print(f"  {text}", markup=False)
    if report.generator.put == 0:
        return
    console.print(
        f"put {report.generator.put:,} records in {report.drive_seconds:.1f} s, "
        f"{report.generator.put / report.drive_seconds:,.0f} a second; late by "
        f"{seconds(report.generator.lateness.p99)} (p99)"
    )
    if report.latency is not None:
        found = report.latency.from_arrival
        console.print(
            f"latency from arrival to visible: p50 {seconds(found.p50)}, p95 {seconds(found.p95)}, "
            f"p99 {seconds(found.p99)}, max {seconds(found.max)}"
        )
    ceiling = report.generator.ceiling
    text = f"the generator by itself: renders {ceiling.rendered_per_second:,.0f} a second"
    if ceiling.put_per_second is not None:
        text += f", puts {ceiling.put_per_second:,.0f} a second"
    console.print(text)
    console.print(busiest(report))


class Terminal:
    """Progress: lines to keep, and at a terminal how far the step is that the last has named."""

    def __init__(self, console: Console, how_far: HowFar) -> None:
        self._console = console
        self._how_far = how_far

    def note(self, text: str) -> None:
        """A line to keep."""
        self._console.print(text)
        self._how_far.rename(text)

    def show(self, text: str) -> None:
        """How far it is; gone with the step, and nothing in a pipe."""
        self._how_far.replace(text)


def read_options(arguments: Sequence[str] | None = None) -> Options:
    """The command line."""
    options_parser = parser()
    given = vars(options_parser.parse_args(arguments))
    given["weights"] = {**WEIGHTS, **given["weights"]}
    options = Options(**given)
    try:
        options.schedule()
        traffic(options)
    except ValueError as error:
        options_parser.error(str(error))
    return options


if __name__ == "__main__":
    sys.exit(main())

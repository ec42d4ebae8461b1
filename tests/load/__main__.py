"""`build.py load-test`: the command line of the load test.

`judging` has the exit codes.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from redshift_connector.core import Connection
from rich.console import Console

from flink_app.declaration import DeclarationError
from infra.arguments import ArgumentParser
from infra.progress import HowFar, console_on, show
from tests.load.changes import ChangesSettings
from tests.load.command_line import parser
from tests.load.declared import DeclaredSettings
from tests.load.destination import Target
from tests.load.environment import EnvironmentTarget
from tests.load.figures import Report
from tests.load.findings import busiest, narrowest
from tests.load.judging import LoadTestCode, describe_threshold, exit_code, is_kept, judge
from tests.load.local import LocalTarget
from tests.load.markup import in_words, seconds
from tests.load.options import Options
from tests.load.report import page
from tests.load.run import LoadTest
from tests.load.search import Attempt, describe_search, describe_trial, search
from tests.load.side_by_side import (
    UnreadableReportError,
    describe_difference,
    read_report,
    terminal_table,
)
from tests.load.side_by_side import page as page_of_two
from tests.load.traffic import WEIGHTS, TrafficSettings


def main(
    arguments: Sequence[str] | None = None,
    *,
    before_comparison: Callable[[Connection], None] | None = None,
) -> int:
    """Runs a load test, or compares two earlier ones; gives the exit code."""
    options = read_options(arguments)
    console = console_on(sys.stdout, highlight=False, soft_wrap=True)
    if options.compare is not None:
        return compare(console, options)
    with show("load test", console) as how_far:
        terminal = Terminal(console, how_far)

        def attempt(rate: float) -> Report:
            asked = dataclasses.replace(options, rate=rate)
            test = LoadTest(asked, traffic(asked), open_target, terminal, before_comparison)
            return judge(test.run(), options.fail_if)

        if options.search:
            report = search_rate(options.rate, attempt, terminal)
        else:
            report = attempt(options.rate)
    written = write(report, options.output)
    summarise(console, report)
    for path in written:
        console.print(f"Wrote {path}")
    return exit_code(report)


def compare(console: Console, options: Options) -> LoadTestCode:
    """Two earlier reports side by side, in the terminal and as a page; the second is judged."""
    files = options.compare or ()
    first, second = (read_report(path) for path in files)
    second = judge(second, options.fail_if)
    options.output.mkdir(parents=True, exist_ok=True)
    written = options.output / "comparison.html"
    written.write_text(page_of_two(first, second, files), encoding="utf-8")
    console.print(terminal_table(first, second), soft_wrap=False)
    console.print(describe_difference(first, second))
    print_thresholds(console, second)
    console.print(f"Wrote {written}")
    return LoadTestCode.EQUAL if is_kept(second) else LoadTestCode.THRESHOLD


def search_rate(first: float, attempt: Attempt, terminal: Terminal) -> Report:
    """The report of the highest rate that is sustained, with all that was tried."""
    terminal.note(f"Trying {first:,g} records/s first")
    report, trials = search(first, attempt, lambda trial: terminal.note(describe_trial(trial)))
    return report.model_copy(update={"trials": trials})


def open_target(options: Options, settings: ChangesSettings) -> AbstractContextManager[Target]:
    """The local servers, or the environment that was asked for."""
    if options.environment is not None:
        return EnvironmentTarget(options, settings)
    return LocalTarget(options, settings)


def traffic(options: Options) -> ChangesSettings:
    """Repeatable by its seed; on a deployed stream it also has to be newer than earlier runs."""
    if options.declaration is not None:
        return DeclaredSettings(options.declaration.resolve(), options.seed, options.rows)
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
    print_thresholds(console, report)
    if report.comparison is not None:
        for text in report.comparison.first_differences:
            console.print(f"  {text}", markup=False)
    if report.reconciled is not None:
        said = report.reconciled
        differing = in_words(said.different_keys, "key")
        console.print(f"starjoin reconcile: {said.verdict}, {differing} of {said.rows:,} differ")
    if report.trials:
        console.print(describe_search(report.trials))
    if report.generator.put == 0:
        return
    console.print(
        f"put {in_words(report.generator.put, 'record')} in {report.drive_seconds:.1f} s, "
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
    for sentence in filter(None, (busiest(report), narrowest(report))):
        console.print(sentence, markup=False)


def print_thresholds(console: Console, report: Report) -> None:
    """What became of each threshold, a line each."""
    for threshold in report.thresholds:
        colour = "green" if threshold.crossed is False else "red"
        console.print(describe_threshold(threshold), style=colour, markup=False)


class Terminal:
    """Progress: lines to keep, and at a terminal how far the step is that the last has named."""

    def __init__(self, console: Console, how_far: HowFar) -> None:
        self._console = console
        self._how_far = how_far

    def note(self, text: str) -> None:
        """A line to keep."""
        self._console.print(text, markup=False)
        self._how_far.rename(text)

    def show(self, text: str) -> None:
        """How far it is; gone with the step, and nothing in a pipe."""
        self._how_far.replace(text)


def read_options(arguments: Sequence[str] | None = None) -> Options:
    """The command line."""
    options_parser = parser()
    given = vars(options_parser.parse_args(arguments))
    given["weights"] = {**WEIGHTS, **given["weights"]}
    if given["compare"] is not None:
        _check_comparison(options_parser, given)
    options = Options(**given)
    if options.search and options.environment is not None:
        options_parser.error(
            "--search makes many runs, each as fast as it can be: it takes no --environment"
        )
    if options.declaration is not None:
        _check_declaration(options_parser, options)
    try:
        options.schedule()
        traffic(options)
    except ValueError as error:
        options_parser.error(str(error))
    return options


def _check_declaration(options_parser: ArgumentParser, options: Options) -> None:
    """Ends the process if the declaration is none, or an option has to do with another source."""
    if options.environment is not None:
        options_parser.error("--declaration runs on local servers: it takes no --environment")
    if options.weights != WEIGHTS or options.first_key != 1:
        options_parser.error("--weights and --first-key are of the ticket seller's business alone")
    if options.rows < 1:
        options_parser.error("--rows is at least 1")
    try:
        traffic(options).open()
    except (DeclarationError, OSError) as error:
        options_parser.error(f"--declaration {options.declaration}: {error}")


def _check_comparison(options_parser: ArgumentParser, given: dict[str, Any]) -> None:
    """Ends the process if an option says how to run, since nothing is run, or a file is none."""
    default = vars(options_parser.parse_args([])) | {"weights": WEIGHTS}
    of_runs = given.keys() - {"compare", "fail_if", "output"}
    for name in sorted(of_runs):
        if given[name] != default[name]:
            option = f"--{name.replace('_', '-')}"
            options_parser.error(f"--compare runs nothing, so it takes no {option}")
    try:
        for path in given["compare"]:
            read_report(path)
    except UnreadableReportError as error:
        options_parser.error(str(error))


if __name__ == "__main__":
    sys.exit(main())

"""The public way to test a declaration against random histories; docs/testing-a-declaration.md."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from connectors.failures import StarjoinError
from flink_app.declaration import Declaration, DeclarationError, Star, load_declaration
from flink_app.declaration.redshift_rules import redshift_faults
from infra.simulation.choices import Choices
from infra.simulation.database import MOST_SCHEMAS
from infra.simulation.faults import Fault
from infra.simulation.profile import Profile
from infra.simulation.shrink import Outcome, run, shrink, simplify
from infra.simulation.values import Prescribed, Values, ValuesError

_RUNS_OF_A_SEED: Final = 5  # runs that shrink a history, for each that looks for a plainer one
_LOGGERS: Final = ("connectors", "flink_app")


class ArgumentError(StarjoinError, ValueError):
    """An argument of `check` is out of range; the message names it and the least that it may be."""


class HistoryError(StarjoinError, AssertionError):
    """A history after which a target was not the join of its source tables.

    Attributes:
        seed: of the history.
        check: which comparison failed: `rows`, `counts`, ...; or the exception.
        steps: the smallest history found that fails in the same way, a line for each step.
    """

    def __init__(self, name: str, seed: int, outcome: Outcome) -> None:
        self.seed = seed
        self.check = outcome.failed_check
        self.steps = tuple(_steps(outcome))
        lines = [
            f"{name}: the warehouse is wrong in the history of seed {seed}.",
            outcome.message,
            f"Smallest history found that fails in the same way, {len(self.steps)} lines:",
            *(f"  {line}" for line in self.steps),
        ]
        super().__init__("\n".join(lines))


@dataclass
class Report:
    """What was checked.

    Attributes:
        declaration: its name.
        histories: how many were run; `first_seed` is the seed of the first.
        commits: how many commits were compared with the join of the source.
        records: how many records the stream had.
        happened: how often each of `insert`, `update`, `key update`, `delete`, `full load`,
            `re-delivery`, `crash`, `older restore`, `reload`, `broken transaction` happened.
        never_filled: columns of targets, `target.column`, that were NULL in every row of every
            commit, so that they were not tested.
    """

    declaration: str
    first_seed: int
    histories: int = 0
    commits: int = 0
    records: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    never_filled: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [
            (
                f"{self.declaration}: each target equals the SQL join of its tables after each "
                f"of {self.commits} commits,"
            ),
            (
                f"in {self.histories} histories (seeds {self.first_seed} to "
                f"{self.first_seed + self.histories - 1}) of {self.records} records."
            ),
            "They contain: "
            + ", ".join(f"{count} x {event}" for event, count in self.happened.items()),
        ]
        if self.never_filled:
            lines.append(f"NULL in every row, so not tested: {', '.join(self.never_filled)}")
        return "\n".join(lines)


def check(
    declaration: Declaration | Path | str,
    *,
    histories: int = 100,
    seed: int = 0,
    values: Mapping[str, Prescribed] | None = None,
    shrink_runs: int = 400,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Report:
    """Runs random histories of the source and compares every target after every commit.

    Args:
        declaration: a declaration, or the path of its file.
        histories: how many; each has a seed of its own, `seed` and those that follow.
        seed: of the first history. The same seed is the same history.
        values: by `table.column`, a list of values to choose from, or a function that makes a
            value of a number which grows with each value. Columns that are not named have values
            of their type.
        shrink_runs: how many runs a failing history may take to be made smaller; with 0 it is
            reported as it is.
        progress: is given how many histories have been run, and of how many, after each.

    Raises:
        HistoryError: a target was wrong; the message has the smallest history found.
        DeclarationError: the declaration cannot be used.
        ValuesError: `values` names no column, or a value does not fit its column.
        ArgumentError: `histories` or `shrink_runs` is out of range.
    """
    for name, number, least in (("histories", histories, 1), ("shrink_runs", shrink_runs, 0)):
        if number < least:
            message = f"{name}: at least {least}, not {number}"
            raise ArgumentError(message)
    star = _star(declaration)
    Values(star.declaration, values)  # refuses wrong values before anything runs
    profile = Profile(stars=(star,), letters=2, values=values or {})
    name = star.declaration.name
    report = Report(name, seed)
    filled: set[str] = set()
    with _quiet():
        for number in range(seed, seed + histories):
            outcome = run(Choices(number), profile)
            if isinstance(outcome.error, ValuesError):
                raise outcome.error
            if outcome.failed_check:
                plainer = simplify(outcome, profile, range(shrink_runs // _RUNS_OF_A_SEED))
                shrunk = shrink(*plainer, runs=shrink_runs)
                raise HistoryError(name, number, shrunk) from shrunk.error
            report.histories += 1
            progress(report.histories, histories)
            report.commits += outcome.commits
            report.records += outcome.records
            report.happened.update(outcome.happened)
            filled |= outcome.filled
    report.never_filled = tuple(
        f"{target}.{column}"
        for target, declared in star.targets.items()
        for column in declared.columns
        if f"{target}.{column}" not in filled
    )
    return report


def _star(declaration: Declaration | Path | str) -> Star:
    if not isinstance(declaration, Declaration):
        declaration = load_declaration(Path(declaration))
    star = Star(declaration)
    if faults := redshift_faults(star):
        raise DeclarationError(
            "\n".join([f"{declaration.name} breaks a rule of Redshift:", *map(str, faults)])
        )
    if len({target.schema_name for target in star.targets.values()}) > MOST_SCHEMAS:
        message = (
            f"{declaration.name}: its targets are in more than {MOST_SCHEMAS} schemas, which is "
            "the most that can be tested at once: test a declaration that has some of them"
        )
        raise DeclarationError(message)
    return star


@contextmanager
def _quiet() -> Iterator[None]:
    """Loads that are retried are logged, and in histories that is the rule."""
    levels = [(logging.getLogger(name), logging.getLogger(name).level) for name in _LOGGERS]
    for logger, _ in levels:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in levels:
            logger.setLevel(level)


_WORDS: Final = {
    "read": "records are read from {}",
    "epoch": "records are read, and a checkpoint is taken",
    "arrive": "records reach their shards, perhaps out of order or twice",
    "trigger": "a checkpoint begins",
    "inject": "subtask {} sends its checkpoint barrier",
    "complete": "the checkpoint is complete",
    "abort": "the checkpoint is aborted",
    "notify": "the load learns that checkpoint {} is complete",
    "announce": "the load learns that the job runs",
    "load": "the load runs a transaction",
    "look": "time passes, and the load looks for its result",
    "zombie": "a load of before the crash goes on",
    "fail,": "the job crashes, {}",
    "replay": "a dead letter is replayed",
    "repair": "a row that may differ is put once more",
    "lose": "records of a shard are lost before they are read",
    "move": "a block or a barrier moves on within the job",
    "prune": "bookkeeping tables are pruned",
    "reload": "the source is loaded again, as a new generation",
    "restart": "the source's log starts again",
    "decide": "the new log is given a generation, and the job starts from before it",
    "raise": "the floor is raised: older generations no longer count",
    "drain": "the rest is read and loaded",
}


def _steps(outcome: Outcome) -> Iterator[str]:
    for step, events in zip(outcome.log, outcome.events, strict=True):
        word, _, rest = step.partition(" ")
        if word == "load" and rest:
            yield f"{_WORDS[word]}: {Fault[rest.split()[0]].value}"
        elif word == "reload" and rest:
            yield f"one table is loaded again, as a generation of its own: {rest.split()[-1]}"
        elif word != "business":
            yield _WORDS[word].format(rest)
        yield from (f"source: {event}" for event in events)

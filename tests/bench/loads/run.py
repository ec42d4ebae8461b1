"""Which loads are measured, in which order: both plans in turns, each from the same state."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from rich.console import Console

from connectors.staging.part import Part
from connectors.staging.writer import PartWriter
from tests.bench.loads.batches import Target, make_blocks
from tests.bench.loads.figures import Case, Figures, TargetFigures, sum_up
from tests.bench.loads.plans import FORMER, PRESENT, Plan
from tests.bench.loads.report import (
    print_case,
    print_commits,
    print_growth,
    print_head,
    print_target,
)
from tests.bench.loads.shapes import Shape
from tests.bench.loads.trial import Sums, Trial, run_trial
from tests.bench.loads.warehouse import BenchWarehouse
from tests.bench.spread import Spread, spread_of

_PLANS: Final = (FORMER, PRESENT)
_FULL_TARGETS: Final = (200_000, 2_000_000, 20_000_000)
_FULL_BATCHES: Final = (10_000, 100_000, 1_000_000)
_SCANS: Final = 5  # a small target is read in less than what CPU time is counted in
# Rows that a batch adds to the target, as a share of its own.
_ADDED: Final = {Shape.NEW: 1.0, Shape.ONE_PATH: 0.5, Shape.EVERY_PATH: 0.5, Shape.DELETES: -1.0}


@dataclass(frozen=True)
class Measured:
    """Everything that was measured.

    Attributes:
        commits: seconds of COMMIT by plan, after new facts of the largest batch, in the smallest
            target: what is written and not yet visible is the batch.
    """

    targets: list[TargetFigures]
    figures: list[Figures]
    commits: dict[str, Spread]


@dataclass(frozen=True)
class Choice:
    """Which loads are measured."""

    targets: Sequence[int]
    batches: Sequence[int]
    repeats: int
    shapes: Sequence[Shape] = tuple(Shape)

    def make_full(self) -> Choice:
        """The same at every size."""
        return replace(self, targets=_FULL_TARGETS, batches=_FULL_BATCHES)


def measure_loads(console: Console, choice: Choice, output: Path | None = None) -> Measured:
    """Prints the figures of every load; writes them to `output` as JSON too."""
    measured = Measured([], [], {})
    print_head(console, choice.repeats)
    with (
        tempfile.TemporaryDirectory(prefix="starjoin-bench-") as folder,
        BenchWarehouse(Path(folder)) as warehouse,
    ):
        for rows in sorted(choice.targets):
            _measure_target(console, warehouse, Target(rows), choice, measured)
            if output is not None:  # after each: a long run may be interrupted
                output.write_text(json.dumps(asdict(measured), indent=1), encoding="utf-8")
    print_growth(console, measured.figures)
    return measured


def _measure_target(
    console: Console,
    warehouse: BenchWarehouse,
    target: Target,
    choice: Choice,
    measured: Measured,
) -> None:
    size = warehouse.fill(target)
    begun = warehouse.database_seconds()
    for _ in range(_SCANS):
        warehouse.scan()
    scan = (warehouse.database_seconds() - begun) / _SCANS
    print_target(console, target.rows, size, scan)
    # The first load of a start also asks what the bookkeeping tables say of the shards.
    run_trial(warehouse, _PLANS[0], _stage(warehouse, target, Shape.NEW, min(choice.batches)))
    for batch_rows in sorted(choice.batches):
        for shape in choice.shapes:
            if target.holds(shape, batch_rows):
                case = Case(target.rows, batch_rows, shape)
                pair = _measure_case(warehouse, target, case, choice.repeats)
                measured.figures.extend(pair)
                print_case(console, pair)
    measured.targets.append(TargetFigures(target.rows, size, scan))
    if target.rows == min(choice.targets):
        commits = _measure_commits(warehouse, target, max(choice.batches), choice.repeats)
        print_commits(console, max(choice.batches), commits)
        measured.commits.update(commits)


def _measure_case(
    warehouse: BenchWarehouse, target: Target, case: Case, repeats: int
) -> list[Figures]:
    parts = _stage(warehouse, target, case.shape, case.batch_rows)
    trials: dict[str, list[Trial]] = defaultdict(list)
    for repeat in range(repeats):
        # Neither is always the first: it would find the files in the cache, or be the one to bring
        # them there.
        for plan in _PLANS if repeat % 2 == 0 else reversed(_PLANS):
            trials[plan.name].append(run_trial(warehouse, plan, parts))
    _compare(case, trials)
    return [sum_up(case, plan.name, trials[plan.name]) for plan in _PLANS]


def _compare(case: Case, trials: dict[str, list[Trial]]) -> None:
    """Raises AssertionError unless every trial left the same rows, and those that it had to."""
    left = {name: {trial.sums for trial in some} for name, some in trials.items()}
    sums: set[Sums] = set.union(*left.values())
    if len(sums) != 1:
        message = f"{case}: the plans leave different rows: {left}"
        raise AssertionError(message)
    rows = case.target_rows + int(_ADDED.get(case.shape, 0.0) * case.batch_rows)
    (found,) = sums
    if found.rows != rows:
        message = f"{case}: {found.rows} rows are left, and {rows} should be"
        raise AssertionError(message)
    for some in trials.values():
        for trial in some:
            if max(trial.written, trial.removed) < 0.9 * case.batch_rows:
                message = f"{case}: a batch changed {trial.written} and {trial.removed} rows"
                raise AssertionError(message)


def _measure_commits(
    warehouse: BenchWarehouse, target: Target, batch_rows: int, repeats: int
) -> dict[str, Spread]:
    """Seconds of COMMIT after new facts, which are taken out again each time."""
    parts = _stage(warehouse, target, Shape.NEW, batch_rows)
    taken: dict[str, list[float]] = defaultdict(list)
    for _ in range(repeats):
        for plan in _PLANS:
            taken[plan.name].append(_commit(warehouse, target, plan, parts))
    return {name: spread_of(seconds) for name, seconds in taken.items()}


def _commit(warehouse: BenchWarehouse, target: Target, plan: Plan, parts: Sequence[Part]) -> float:
    trial = run_trial(warehouse, plan, parts, keep=True)
    warehouse.remove_facts_above(target.rows)
    if trial.commit is None:
        message = "a load that is to be kept was not committed"
        raise AssertionError(message)
    return trial.commit


def _stage(warehouse: BenchWarehouse, target: Target, shape: Shape, batch_rows: int) -> list[Part]:
    writer = PartWriter(warehouse.store)
    for block in make_blocks(warehouse.star, shape, target, batch_rows):
        writer.add(block)
    return writer.close(1)

"""Medians of the trials of one case, with their spread, and how figures grow with a target."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench.loads.shapes import Shape
from tests.bench.loads.trial import Trial
from tests.bench.spread import Spread, spread_of


@dataclass(frozen=True)
class Case:
    """What was loaded into what."""

    target_rows: int
    batch_rows: int
    shape: Shape


@dataclass(frozen=True)
class Figures:
    """A case under one plan; seconds of the clock and of CPU time.

    Attributes:
        seconds: of the whole load.
        planned: of everything but COPY.
        database, emulator, loader: CPU time.
        statements, scans, read, written, removed, aside: as a trial counts them; the same in each.
    """

    case: Case
    plan: str
    repeats: int
    seconds: Spread
    planned: Spread
    database: Spread
    emulator: Spread
    loader: Spread
    statements: int
    scans: int
    read: int
    written: int
    removed: int
    aside: int


@dataclass(frozen=True)
class TargetFigures:
    """One target.

    Attributes:
        scan: CPU seconds of the database for reading it once and finding nothing.
    """

    target_rows: int
    size: int
    scan: float


def sum_up(case: Case, plan: str, trials: Sequence[Trial]) -> Figures:
    """What the trials of a case under one plan show. Raises AssertionError where counts differ."""

    def spread(value: Callable[[Trial], float]) -> Spread:
        return spread_of(map(value, trials))

    counts = {(t.statements, t.scans, t.read, t.written, t.removed, t.aside) for t in trials}
    if len(counts) != 1:
        message = f"{case} under the {plan} plan: repeats of one load did different work: {counts}"
        raise AssertionError(message)
    return Figures(
        case,
        plan,
        len(trials),
        spread(lambda t: t.used.clock),
        spread(lambda t: t.planned),
        spread(lambda t: t.used.database),
        spread(lambda t: t.used.emulator),
        spread(lambda t: t.used.loader),
        *counts.pop(),
    )


def growth(low: Figures, high: Figures, value: Callable[[Figures], float]) -> float:
    """The exponent by which a figure grows with the target: 0 not at all, 1 in proportion to it."""
    times = high.case.target_rows / low.case.target_rows
    return math.log(value(high) / value(low)) / math.log(times)

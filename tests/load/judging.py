"""What a report is judged by: the comparison of the tables first, then the thresholds.

Owns the exit codes of the load test.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from tests.load.figures import JudgedThreshold, Outcome, Report
from tests.load.markup import seconds
from tests.load.thresholds import FIGURES, Kind, Threshold


class LoadTestCode(IntEnum):
    """How a load test ended, for scripts; 2 is of wrong arguments."""

    EQUAL = 0
    FAILED = 1
    NOT_COMPARED = 3
    THRESHOLD = 4
    INTERRUPTED = 130


_CODES: Final[dict[Outcome, LoadTestCode]] = {
    "equal": LoadTestCode.EQUAL,
    "different": LoadTestCode.FAILED,
    "failed": LoadTestCode.FAILED,
    "not compared": LoadTestCode.NOT_COMPARED,
    "interrupted": LoadTestCode.INTERRUPTED,
}


def judge(report: Report, thresholds: Sequence[Threshold]) -> Report:
    """The report with what became of each threshold."""
    judged = [
        JudgedThreshold(
            text=threshold.text,
            figure=threshold.figure,
            found=(found := threshold.find(report)),
            crossed=None if found is None else threshold.is_crossed_by(found),
        )
        for threshold in thresholds
    ]
    return report.model_copy(update={"thresholds": judged})


def exit_code(report: Report) -> LoadTestCode:
    """A wrong table, a failure and an interrupt count before thresholds, and these before the rest.

    A threshold that cannot be judged does not pass.
    """
    code = _CODES[report.outcome]
    if report.trials and all(trial.why_not for trial in report.trials):
        return max(code, LoadTestCode.FAILED)
    if is_kept(report) or code in {LoadTestCode.FAILED, LoadTestCode.INTERRUPTED}:
        return code
    return LoadTestCode.THRESHOLD


def is_kept(report: Report) -> bool:
    """Whether every threshold is known not to be crossed."""
    return all(threshold.crossed is False for threshold in report.thresholds)


def describe_threshold(threshold: JudgedThreshold) -> str:
    """What became of a threshold, in a line."""
    if threshold.found is None:
        return f"{threshold.text} cannot be judged: this run has not measured it"
    found = describe_value(FIGURES[threshold.figure].kind, threshold.found)
    return f"{threshold.text}: {'crossed' if threshold.crossed else 'kept'}, it was {found}"


def describe_value(kind: Kind, value: float) -> str:
    """A figure in its unit."""
    match kind:
        case Kind.DURATION:
            return seconds(value)
        case Kind.RATE:
            return f"{value:,.0f}/s"
    return f"{value:,.0f}"

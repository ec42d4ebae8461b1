"""The search for the highest rate that the job sustains: which rates to try, and what counts.

A rate is sustained if the tables are equal, every threshold is kept, the generator was on time, and
latency did not grow while records were due. A job that is slower than its stream falls further
behind with each second, so the second half of a run shows longer latencies than the first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from tests.load.figures import Report, Trial
from tests.load.judging import describe_threshold, is_kept
from tests.load.latency import percentiles
from tests.load.markup import seconds

# By so much the latency of the second half may be above that of the first: less than what one batch
# more or less makes of it.
MOST_GROWTH: Final = 1.0
# A generator that is later than this tells something of the machine, and little of the job.
MOST_LATE: Final = 1.0
# The search ends when the lowest rate that was not sustained is this close to the highest that was.
CLOSE: Final = 1.1
_MOST_TRIALS: Final = 14
# Below this share of the first rate, the job is not slow but broken.
_LOWEST_SHARE: Final = 1 / 32
# A generator at its own limit is not on time.
_OF_CEILING: Final = 0.8

Attempt = Callable[[float], Report]


def find_growth(report: Report) -> float | None:
    """By how many seconds the median latency of the run's second half exceeds the first's."""
    if report.latency is None or len(report.latency.over_time) < 2:
        return None
    over_time = report.latency.over_time
    middle = (over_time[0].at + over_time[-1].at + 1) / 2
    first = percentiles(s.p50 for s in over_time if s.at < middle).p50
    second = percentiles(s.p50 for s in over_time if s.at >= middle).p50
    return None if first is None or second is None else second - first


def judge_trial(rate: float, report: Report) -> Trial:
    """Whether the run at this rate was sustained, and why not."""
    growth = find_growth(report)
    latency = None if report.latency is None else report.latency.from_arrival
    return Trial(
        rate=rate,
        why_not=_why_not(report, growth),
        p50=None if latency is None else latency.p50,
        p99=None if latency is None else latency.p99,
        growth=growth,
    )


def _why_not(report: Report, growth: float | None) -> str:
    late = report.generator.lateness.p99
    if report.outcome != "equal":
        return f"{report.outcome}: {report.reason}"
    if growth is None:
        return "too short to see whether latency grows"
    if growth > MOST_GROWTH:
        return f"latency grew by {seconds(growth)} from the first half to the second"
    if late is not None and late > MOST_LATE:
        return f"the generator itself was late by {seconds(late)} (p99)"
    if not is_kept(report):
        return "; ".join(describe_threshold(t) for t in report.thresholds if t.crossed is not False)
    return ""


def search(
    first: float, attempt: Attempt, tell: Callable[[Trial], None]
) -> tuple[Report, list[Trial]]:
    """Tries rates from `first` on: doubles or halves, then closes in.

    Gives the report of the highest rate that was sustained, or that of the last trial where none
    was, and all trials. Ends early with a run that shows another fault than slowness: a table that
    differs, or an interrupt; its report is the one that is given.
    """
    trials: list[Trial] = []
    best: Report | None = None
    low: float | None = None
    high: float | None = None
    rate: float | None = first
    while rate is not None and len(trials) < _MOST_TRIALS:
        report = attempt(rate)
        trials.append(judge_trial(rate, report))
        tell(trials[-1])
        if report.outcome in {"different", "interrupted", "not compared"}:
            return report, trials
        if trials[-1].why_not:
            high = rate
        else:
            best, low = report, rate
        rate = choose_next(first, low, high, find_limit(report))
    return best or report, trials


def find_limit(report: Report) -> float | None:
    """Above which average rate the generator itself would be at its limit, in bursts too."""
    puts = report.generator.ceiling.put_per_second
    return None if puts is None else puts * _OF_CEILING / report.parameters.burst


def choose_next(
    first: float, low: float | None, high: float | None, limit: float | None
) -> float | None:
    """The rate to try next; None when the search is over.

    `low` is the highest that was sustained, `high` the lowest that was not, `limit` the
    generator's.
    """
    if low is None:
        lower = (first if high is None else high) / 2
        return float(math.ceil(lower)) if lower >= max(first * _LOWEST_SHARE, 1) else None
    if high is None:
        if limit is not None and low * 2 > limit:
            return float(math.floor(limit)) if limit >= low * CLOSE else None
        return low * 2
    middle = float(round(math.sqrt(low * high)))
    return middle if high > low * CLOSE and low < middle < high else None


def describe_search(trials: list[Trial]) -> str:
    """What was found, in a sentence."""
    sustained = [trial.rate for trial in trials if not trial.why_not]
    refused = [trial.rate for trial in trials if trial.why_not]
    if not sustained:
        return f"None of the rates down to {min(refused):,g}/s was sustained."
    best = max(sustained)
    above = min((rate for rate in refused if rate > best), default=None)
    if above is None:
        return f"{best:,g}/s was sustained; the job may be faster, the generator is not."
    return f"{best:,g}/s was sustained, {above:,g}/s was not."


def describe_trial(trial: Trial) -> str:
    """One run of a search, in a line."""
    if trial.why_not:
        return f"{trial.rate:,g}/s: not sustained: {trial.why_not}"
    return f"{trial.rate:,g}/s: sustained, p50 {seconds(trial.p50)}, p99 {seconds(trial.p99)}"

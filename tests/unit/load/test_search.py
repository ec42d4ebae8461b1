"""The search for the highest sustained rate, on runs whose figures are made up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.load.figures import LatencySecond, Percentiles, Report, Trial
from tests.load.judging import LoadTestCode, exit_code, judge
from tests.load.report import page
from tests.load.search import (
    CLOSE,
    choose_next,
    describe_search,
    describe_trial,
    find_growth,
    judge_trial,
    search,
)
from tests.load.thresholds import read_threshold
from tests.unit.load.test_report import report


def run(medians: list[float], *, late: float = 0.1, burst: float = 1.0, **changes: Any) -> Report:
    """A run whose latency in each second is given."""
    made = report()
    assert made.latency is not None
    over_time = [LatencySecond(at=at, count=9, p50=m, p99=m) for at, m in enumerate(medians)]
    lateness = Percentiles(count=9, p50=late, p95=late, p99=late, max=late)
    return report(
        latency=made.latency.model_copy(update={"over_time": over_time}),
        generator=made.generator.model_copy(update={"lateness": lateness}),
        parameters=made.parameters.model_copy(update={"burst": burst}),
        **{"outcome": "equal", **changes},
    )


def machine(capacity: float) -> Callable[[float], Report]:
    """A job that takes so many records a second: what is beyond it waits."""

    def attempt(rate: float) -> Report:
        grows = max(rate / capacity - 1, 0.0)
        return run([2.0 + grows * at for at in range(60)])

    return attempt


def test_latency_that_grows_is_seen_and_waves_are_not() -> None:
    assert find_growth(run([2.0, 3.0] * 20)) == 0
    assert find_growth(run([2.0] * 20 + [9.0] + [2.0] * 20)) == 0
    assert find_growth(run([2.0 + at / 10 for at in range(40)])) == pytest.approx(2.0)
    assert find_growth(run([2.0])) is None
    assert find_growth(report(latency=None)) is None


@pytest.mark.parametrize(
    ("made", "why_not"),
    [
        (run([2.0] * 20), ""),
        (run([2.0] * 10 + [3.5] * 10), "latency grew by 1.50 s from the first half to the second"),
        (run([2.0] * 20, late=1.5), "the generator itself was late by 1.50 s (p99)"),
        (run([2.0]), "too short to see whether latency grows"),
        (run([2.0] * 20, outcome="failed", reason="it broke"), "failed: it broke"),
        (judge(run([2.0] * 20), [read_threshold("p99>1s")]), "p99>1s: crossed, it was 6.00 s"),
        (judge(run([2.0] * 20), [read_threshold("p99>9s")]), ""),
    ],
)
def test_what_is_not_sustained_has_its_reason(made: Report, why_not: str) -> None:
    assert judge_trial(100, made).why_not == why_not


@pytest.mark.parametrize("capacity", [55.0, 400.0, 730.0, 4_321.0])
def test_the_highest_rate_is_found_from_below_and_from_above(capacity: float) -> None:
    heard: list[Trial] = []
    limited = {"put_per_second": 1e6}
    made = report().generator.ceiling

    def attempt(rate: float) -> Report:
        found = machine(capacity)(rate)
        generator = found.generator.model_copy(update={"ceiling": made.model_copy(update=limited)})
        return found.model_copy(update={"generator": generator})

    best, trials = search(500.0, attempt, heard.append)
    assert heard == trials
    sustained = max(trial.rate for trial in trials if not trial.why_not)
    refused = min(trial.rate for trial in trials if trial.why_not)
    assert sustained < refused <= sustained * CLOSE
    # 60 seconds show one second of growth at 3 percent too much.
    assert sustained <= capacity * 1.04
    assert refused >= capacity
    assert judge_trial(sustained, best).why_not == ""
    assert len(trials) <= 10
    assert describe_search(trials) == f"{sustained:,g}/s was sustained, {refused:,g}/s was not."


def test_it_goes_no_further_than_the_generator() -> None:
    # The ceiling of these reports is 8,000 a second.
    _, trials = search(500.0, machine(1e9), lambda _: None)
    assert [trial.rate for trial in trials] == [500, 1_000, 2_000, 4_000, 6_400]
    assert describe_search(trials) == (
        "6,400/s was sustained; the job may be faster, the generator is not."
    )
    assert choose_next(500.0, 4_000.0, None, limit=4_100.0) is None


def test_a_job_that_sustains_nothing_ends_the_search_as_failed() -> None:
    last, trials = search(320.0, machine(1.0), lambda _: None)
    assert [trial.rate for trial in trials] == [320, 160, 80, 40, 20, 10]
    assert describe_search(trials) == "None of the rates down to 10/s was sustained."
    made = last.model_copy(update={"trials": trials})
    assert exit_code(made) == LoadTestCode.FAILED


@pytest.mark.parametrize("outcome", ["different", "interrupted"])
def test_another_fault_than_slowness_ends_it_with_its_report(outcome: Any) -> None:
    rates: list[float] = []

    def attempt(rate: float) -> Report:
        rates.append(rate)
        return run([2.0] * 20, outcome="equal" if len(rates) < 2 else outcome)

    found, trials = search(500.0, attempt, lambda _: None)
    assert rates == [500, 1_000]
    assert found.outcome == outcome
    assert len(trials) == 2


def test_the_page_has_every_trial() -> None:
    found, trials = search(500.0, machine(730.0), lambda _: None)
    text = page(found.model_copy(update={"trials": trials}))
    assert "<h2>The highest sustained rate</h2>" in text
    assert describe_search(trials) in text
    for trial in trials:
        assert f">{trial.rate:,g}</td>" in text
    assert describe_trial(trials[0]) == "500/s: sustained, p50 5.40 s, p99 6.00 s"
    assert describe_trial(trials[1]).startswith("1,000/s: not sustained: latency grew by ")

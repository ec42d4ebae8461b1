from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors.metrics import (
    GROUP,
    BalanceMetric,
    Gauge,
    LoadMetric,
    Metric,
    Metrics,
    SourceMetric,
    StageMetric,
    WatchedSourceMetric,
    register,
)
from flink_app.denormalise.metrics import JoinMetric
from flink_app.metrics import COUNTERS, markdown
from tests.unit.stars import ROOT


class Context:
    """A runtime context whose counters are plain numbers, by group and name."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, ...], int] = {}
        self.gauges: dict[tuple[str, ...], Callable[[], int]] = {}

    def get_metrics_group(self) -> Group:
        return Group(self, ())


class Group:
    def __init__(self, context: Context, path: tuple[str, ...]) -> None:
        self._context = context
        self._path = path

    def add_group(self, name: str, value: str | None = None) -> Group:
        return Group(self._context, (*self._path, name if value is None else f"{name}={value}"))

    def counter(self, name: str) -> Counter:
        self._context.counts[*self._path, name] = 0
        return Counter(self._context.counts, (*self._path, name))

    def gauge(self, name: str, read: Callable[[], int]) -> None:
        self._context.gauges[*self._path, name] = read


class Counter:
    def __init__(self, counts: dict[tuple[str, ...], int], path: tuple[str, ...]) -> None:
        self._counts = counts
        self._path = path

    def inc(self, count: int) -> None:
        self._counts[self._path] += count


def test_the_committed_list_is_the_one_of_the_code() -> None:
    assert (ROOT / "docs" / "metrics.md").read_text() == markdown(), (
        "regenerate it: .venv/bin/python -c 'from flink_app.metrics import markdown as m; "
        'print(m(), end="")\' > docs/metrics.md'
    )


def test_counters_are_registered_below_the_group_that_reaches_cloudwatch() -> None:
    context = Context()
    metrics = Metrics(context, StageMetric.ROWS_STAGED, StageMetric.BYTES_STAGED)
    metrics.add(StageMetric.ROWS_STAGED, 3)
    metrics.add(StageMetric.ROWS_STAGED)
    assert context.counts == {(GROUP, "rowsStaged"): 4, (GROUP, "bytesStaged"): 0}


def test_a_count_of_nothing_is_reported_so_that_the_first_rise_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reported = []
    monkeypatch.setattr(Counter, "inc", lambda _, count: reported.append(count))
    Metrics(Context(), StageMetric.ROWS_STAGED).add(StageMetric.ROWS_STAGED, 0)
    assert reported == [0]


def test_each_metric_is_reported_as_nothing_once_where_elements_are_processed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reported = []
    monkeypatch.setattr(Counter, "inc", lambda _, count: reported.append(count))
    metrics = Metrics(Context(), StageMetric.ROWS_STAGED, StageMetric.BYTES_STAGED)
    assert reported == []
    metrics.begin()
    metrics.begin()
    assert reported == [0, 0]


def test_a_metric_that_was_not_named_cannot_be_counted() -> None:
    metrics: Any = Metrics(Context(), StageMetric.ROWS_STAGED)
    with pytest.raises(KeyError):
        metrics.add(JoinMetric.FACTS_JOINED)


def test_a_gauge_is_registered_below_the_group_that_reaches_cloudwatch() -> None:
    context = Context()
    missing = ["orders"]
    register(context, Gauge.TABLES_NEVER_READ, lambda: len(missing))
    assert context.gauges[GROUP, "tablesNeverRead"]() == 1
    missing.clear()
    assert context.gauges[GROUP, "tablesNeverRead"]() == 0


def test_labels_differ() -> None:
    sources = (*WatchedSourceMetric, *SourceMetric)
    labels = [metric.label for metric in (*COUNTERS, *Gauge, *BalanceMetric, *sources)]
    assert len(set(labels)) == len(labels)


def test_connectors_count_nothing_that_speaks_of_the_source_or_the_declaration() -> None:
    theirs = [
        metric.label for metric in COUNTERS if type(metric).__module__ == "connectors.metrics"
    ]
    assert theirs == [metric.label for metric in (*StageMetric, *LoadMetric)]


def test_every_list_of_counters_is_in_the_one_list() -> None:
    assert {type(metric) for metric in COUNTERS} == set(Metric.__subclasses__())

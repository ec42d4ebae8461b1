"""Which of the job's metrics are watched, and how the values of its subtasks make one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from connectors.metrics import Gauge, LoadMetric, WatchedSourceMetric
from infra.watch.picture import JobMetrics

Watched = Gauge | LoadMetric | WatchedSourceMetric
# By the field of `JobMetrics`; none of them is the same in two subtasks by accident.
WATCHED: Final[Mapping[str, tuple[Watched, Callable[[Iterable[int]], int]]]] = MappingProxyType(
    {
        "pending_epochs": (Gauge.PENDING_EPOCHS, max),
        "oldest_pending_seconds": (Gauge.OLDEST_PENDING, max),
        "stream_lag_milliseconds": (WatchedSourceMetric.LAG, max),
        "shards_held": (WatchedSourceMetric.SHARDS_HELD, sum),
        "hash_range_holes": (WatchedSourceMetric.HASH_RANGE_HOLES, max),
        "tables_never_read": (Gauge.TABLES_NEVER_READ, max),
        "loads_retried": (LoadMetric.LOADS_RETRIED, sum),
        "loads_need_repair": (LoadMetric.LOADS_NEED_REPAIR, sum),
        "records_unaccounted": (LoadMetric.RECORDS_UNACCOUNTED, sum),
    }
)


def gather(values: Mapping[str, Iterable[int]]) -> JobMetrics:
    """The metrics of a job, given the values of its subtasks by the metric's label."""
    by_field = {
        name: join(reported)
        for name, (metric, join) in WATCHED.items()
        if (reported := list(values.get(metric.label, ())))
    }
    return JobMetrics(**by_field)

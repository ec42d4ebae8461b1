"""Every metric of the application, in one typed list; `docs/metrics.md` is generated from it."""

from __future__ import annotations

from typing import Final

from connectors.metrics import (
    DESTINATION_KEY,
    GROUP,
    SOURCE_GROUP,
    TABLE_KEY,
    BalanceMetric,
    Gauge,
    LoadMetric,
    Metric,
    SourceMetric,
    StageMetric,
    WatchedSourceMetric,
)
from flink_app.decode.metrics import DecodeMetric
from flink_app.denormalise.metrics import JoinMetric
from flink_app.diagnostics.metrics import SourceCheck

COUNTERS: Final[tuple[Metric, ...]] = (
    *DecodeMetric,
    *SourceCheck,
    *JoinMetric,
    *StageMetric,
    *LoadMetric,
)


def markdown() -> str:
    """The tables of `docs/metrics.md`."""
    rows = [f"| `{metric.label}` | {metric.meaning} |" for metric in COUNTERS]
    gauges = [f"| `{gauge.label}` | {gauge.meaning} |" for gauge in Gauge]
    balance = [f"| `{metric.label}` | `{metric.column}` |" for metric in BalanceMetric]
    watched, source = (
        [f"| `{metric.label}` | {metric.kind} | {metric.meaning} |" for metric in metrics]
        for metrics in (WatchedSourceMetric, SourceMetric)
    )
    return "\n".join(
        [
            "# Metrics",
            "",
            f"Counters, in the metric group `{GROUP}`:",
            "",
            "| metric | counts |",
            "|---|---|",
            *rows,
            "",
            "Gauges, in the same group:",
            "",
            "| metric | is |",
            "|---|---|",
            *gauges,
            "",
            f"By table and destination, in the groups `{TABLE_KEY}` and `{DESTINATION_KEY}`: what",
            "committed transactions wrote to the bookkeeping tables, by the balance's columns",
            "(operations.md).",
            "",
            "| metric | column |",
            "|---|---|",
            *balance,
            "",
            f"The source's own, per subtask, in the group `{GROUP}`:",
            "",
            "| metric | kind | is |",
            "|---|---|---|",
            *watched,
            "",
            f"and one level below, in the group `{SOURCE_GROUP}`:",
            "",
            "| metric | kind | is |",
            "|---|---|---|",
            *source,
            "",
            "The source also has Flink's standard metrics of sources: `numRecordsIn` counts",
            "records (not blocks), `numBytesIn` bytes of frames, `currentFetchEventTimeLag` and",
            "`currentEmitEventTimeLag` are the age of the record fetched or emitted last, by its",
            "arrival time. `numRecordsInErrors` is the same as `errors`: a call that fails is",
            "repeated, so no record is lost to it, and how many it would have had is not known.",
            "Each shard has a `millisBehindLatest` in the groups",
            "`KinesisStreamSource`, `accountId`, `region`, `stream` and `shardId`, as in Flink's",
            "own Kinesis source, until it ends; it grows while Kinesis does not answer.",
            "",
            f"All of `{GROUP}` reaches CloudWatch. A group below it becomes a dimension,",
            "so an alarm with the dimension `Application` alone sees what lies directly in it.",
            "Metrics of the source's enumerator, Flink's `unassignedSplits` and our `listErrors`,",
            "are the job manager's, and AWS documents only metrics of tasks: do not count on them.",
            "",
        ]
    )

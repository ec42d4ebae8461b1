"""Metrics: how a stage registers and counts them, and those of the connectors.

Only metrics of tasks, below the group `kinesisanalytics`, are sure to reach CloudWatch, and only
counters and gauges of whole numbers. A further group becomes a dimension, so what an alarm watches
lies directly in `kinesisanalytics`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, Final

GROUP: Final = "kinesisanalytics"
SOURCE_GROUP: Final = "kinesis"
TABLE_KEY: Final = "table"
DESTINATION_KEY: Final = "destination"


class Metric(enum.Enum):
    """A counter: its name, and what one unit of it is. Each stage lists its own in a subclass."""

    def __init__(self, label: str, meaning: str) -> None:
        self.label = label
        self.meaning = meaning


class StageMetric(Metric):
    """The counters of staging."""

    ROWS_STAGED = ("rowsStaged", "wide rows, patches, dimension changes written to staged files")
    BYTES_STAGED = ("bytesStaged", "bytes of staged files")
    UPLOADS_REPEATED = (
        "uploadsRepeated",
        "uploads of staged files that failed for a passing reason and were repeated",
    )


class LoadMetric(Metric):
    """The counters of the load."""

    BATCHES_LOADED = ("batchesLoaded", "load transactions committed")
    PARTS_LOADED = ("partsLoaded", "parts that committed transactions brought in")
    CHANGES_LOADED = (
        "changesLoaded",
        "changes that committed transactions have applied, once for each target",
    )
    CHANGES_SUPERSEDED = (
        "changesSuperseded",
        "changes that committed transactions have dropped for a newer one, once for each target",
    )
    KEYS_OLDER = (
        "keysOlderThanLoaded",
        "keys that committed transactions brought only older changes of, once for each destination",
    )
    RECORDS_UNACCOUNTED = (
        "recordsUnaccountedFor",
        "differences of the balance that committed transactions wrote: never, or a record is lost",
    )
    LOADS_RETRIED = ("loadsRetried", "load attempts that failed or whose outcome was unknown")
    LOCKS_AWAITED = (
        "locksAwaited",
        "looks, once a minute, that found a load waiting for a lock on a table",
    )
    LOADS_NEED_REPAIR = ("loadsNeedRepair", "load attempts that cannot succeed until repaired")


class Gauge(enum.Enum):
    """A gauge of whole numbers: its name, and what its value is."""

    TABLES_NEVER_READ = (
        "tablesNeverRead",
        "declared tables without a record in the bookkeeping tables, which have some of others",
    )
    PENDING_EPOCHS = ("pendingEpochs", "complete epochs that are not in the warehouse yet")
    OLDEST_PENDING = (
        "oldestPendingEpochSeconds",
        "seconds since the oldest of them was complete, or since the job's start; 0 without any",
    )

    def __init__(self, label: str, meaning: str) -> None:
        self.label = label
        self.meaning = meaning


class BalanceMetric(enum.Enum):
    """A term of the balance, counted for each table and destination: its name, and its column."""

    READ = ("tableRecordsRead", "records_read")
    SPLIT = ("tableRecordsSplit", "split")
    LOADED = ("tableChangesLoaded", "loaded")
    SUPERSEDED = ("tableChangesSuperseded", "superseded")
    DEAD_LETTERED = ("tableRecordsDeadLettered", "dead_lettered")
    PASSED_OVER = ("tableRecordsPassedOver", "passed_over")

    def __init__(self, label: str, column: str) -> None:
        self.label = label
        self.column = column


class WatchedSourceMetric(enum.Enum):
    """A metric of the JVM source in `GROUP` itself, where alarms find it; registered there."""

    LAG = (
        "streamLagMilliseconds",
        "gauge",
        (
            "how far the subtask is behind: for its worst shard, the lag that Kinesis last "
            "reported plus the time since, and before the first answer after a start the age of "
            "its reading position; without a shard, how long the stream has not been listed or "
            "read by any subtask"
        ),
    )
    LISTINGS_FAILED = (
        "shardListingsFailed",
        "counter",
        "listings of the stream's shards that failed, and are repeated; counted by subtask 0",
    )
    HASH_RANGE_HOLES = (
        "hashRangeHoles",
        "gauge",
        (
            "ranges of hash keys that no shard of the last listing holds: the listing is "
            "incomplete, and nothing new is read until one is complete; reported by subtask 0"
        ),
    )
    SHARDS_HELD = (
        "shardsHeldAtGaps",
        "gauge",
        "shards that are held at a gap, because `on.gap` is `stop`: nothing more of them is read",
    )

    def __init__(self, label: str, kind: str, meaning: str) -> None:
        self.label = label
        self.kind = kind
        self.meaning = meaning


class SourceMetric(enum.Enum):
    """A metric of the JVM source, below `GROUP` and `SOURCE_GROUP`; registered there by name."""

    CALLS = (
        "getRecordsCalls",
        "counter",
        "calls of GetRecords; with enhanced fan-out, requests for the next event of a subscription",
    )
    EMPTY_ANSWERS = ("emptyAnswers", "counter", "answers without a record")
    THROTTLED = ("throttled", "counter", "calls that Kinesis refused for their rate")
    EXPIRED_ITERATORS = ("expiredIterators", "counter", "iterators that were requested again")
    ERRORS = ("errors", "counter", "calls that failed for another reason, and are repeated")
    GAPS = ("gaps", "counter", "gaps that were accepted; decode counts the same as `streamGaps`")
    SHARDS = ("shards", "gauge", "shards that the subtask reads")
    SHARDS_IN_DOUBT = (
        "shardsInDoubt",
        "gauge",
        (
            "of these, shards that wait for the enumerator to list the stream and decide whether "
            "they have ended"
        ),
    )
    SHARDS_PAUSED = (
        "shardsPaused",
        "gauge",
        "of these, shards that Flink has paused to align watermarks",
    )
    PREFETCHED = (
        "prefetchedBytes",
        "gauge",
        (
            "what is fetched and not emitted, plus what calls in flight may bring; at most "
            "`prefetch.mib`"
        ),
    )
    BEHIND = ("millisBehindLatest", "gauge", "the same as `streamLagMilliseconds`")

    def __init__(self, label: str, kind: str, meaning: str) -> None:
        self.label = label
        self.kind = kind
        self.meaning = meaning


class Metrics:
    """Counters of one operator; made in its `open` from the runtime context."""

    def __init__(self, runtime_context: Any, *used: Metric) -> None:
        group = runtime_context.get_metrics_group().add_group(GROUP)
        self._counters = {metric: group.counter(metric.label) for metric in used}
        self._begun = False

    def begin(self) -> None:
        """Reports 0 of each metric, the first time; called where elements are processed.

        PyFlink drops what is counted in `open`: only a bundle of elements reports, at its end.
        """
        if not self._begun:
            self._begun = True
            for counter in self._counters.values():
                counter.inc(0)

    def add(self, metric: Metric, count: int = 1) -> None:
        """Counts `count` units of a metric that was named at creation.

        A count of 0 as well: Flink registers a counter with its first report, and an alarm on the
        rise of one that begins above 0 would miss the first.
        """
        self._counters[metric].inc(count)


def register(runtime_context: Any, gauge: Gauge, read: Callable[[], int]) -> None:
    """Registers a gauge of one operator, in its `open`.

    `read` is called where elements and timers are processed, in the thread that processes them: a
    value changes in CloudWatch no sooner than the operator has something to do.
    """
    runtime_context.get_metrics_group().add_group(GROUP).gauge(gauge.label, read)

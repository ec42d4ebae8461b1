"""Every metric of the application: name, kind and meaning, in one typed list.

`docs/metrics.md` is made from it. Only metrics of tasks, below the group `kinesisanalytics`, are
sure to reach CloudWatch, and only counters and gauges of whole numbers. A further group becomes a
dimension, so what an alarm watches lies directly in `kinesisanalytics`.
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
    """A counter: its name, and what one unit of it is."""

    RECORDS_READ = ("recordsRead", "records that decode has taken from the stream")
    RECORDS_BY_ROWS = ("recordsByRows", "records that only the record-by-record path could take")
    RECORDS_SPLIT = ("recordsSplit", "updates of a key: each became a delete and an upsert")
    RECORDS_PASSED_OVER = ("recordsPassedOver", "control records, rows of undeclared tables")
    RECORDS_OF_SIMILAR_TABLES = (
        "recordsOfSimilarTables",
        "records passed over whose table is called like a declared one, in another schema or case",
    )
    RECORDS_DEAD_LETTERED = ("recordsDeadLettered", "records that cannot become changes")
    RECORDS_WITHOUT_DETAILS = (
        "recordsWithoutTransactionDetails",
        "changes without stream-position or transaction-record-id",
    )
    RECORDS_COARSELY_ORDERED = (
        "recordsCoarselyOrdered",
        "changes that only a commit timestamp orders",
    )
    BLOCKS_OF_MIXED_POSITIONS = (
        "blocksOfMixedPositions",
        "blocks read by a subtask that has seen positions of two kinds, which cannot be compared",
    )
    UPDATES_WITHOUT_BEFORE_IMAGE = (
        "updatesWithoutBeforeImage",
        "updates that do not say what the key was before",
    )
    RECORDS_WITH_EXPONENTS = (
        "recordsWithExponents",
        "records with a whole number that is written with a fraction or an exponent",
    )
    SAMPLES_WITH_TEXT_BOOLEANS = (
        "samplesWithTextBooleans",
        "sampled records, one a block, with a boolean as text",
    )
    SAMPLES_WITHOUT_NULLS = (
        "samplesWithoutNulls",
        "sampled records that leave a declared column out",
    )
    SAMPLES_LEAVING_OUT = (
        "samplesWithColumnsLeftOut",
        "sampled updates without a value of a column that may just not have changed",
    )
    SAMPLES_WITHOUT_PARTITION_VALUE = (
        "samplesWithoutPartitionValue",
        "sampled records that are partitioned by primary key and do not say by which",
    )
    SAMPLES_WITHOUT_PARTITION_SCHEMA = (
        "samplesWithoutPartitionSchema",
        "sampled records whose partition value is without schema and table",
    )
    SECOND_LOADS = (
        "secondLoads",
        "blocks and tables with a full load of a table that had changes in the same generation",
    )
    SCHEMA_CONTRADICTIONS = (
        "schemaContradictions",
        "what control records and samples show of the source that contradicts the declaration",
    )
    SCHEMA_NOTES = (
        "schemaNotes",
        "new columns, dropped tables and unknown types that were seen for the first time",
    )
    FACTS_JOINED = ("factsJoined", "fact changes joined to their dimensions")
    DIMENSION_CHANGES = (
        "dimensionChanges",
        "changes of broadcast dimensions newer than what was known",
    )
    DIMENSION_CHANGES_SUPERSEDED = (
        "dimensionChangesSuperseded",
        "changes of broadcast dimensions older than what was known, or than another in their block",
    )
    ROWS_STAGED = ("rowsStaged", "wide rows, patches, dimension changes written to staged files")
    BYTES_STAGED = ("bytesStaged", "bytes of staged files")
    UPLOADS_REPEATED = (
        "uploadsRepeated",
        "uploads of staged files that failed for a passing reason and were repeated",
    )
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
    RECORDS_UNACCOUNTED = (
        "recordsUnaccountedFor",
        "differences of the balance that committed transactions wrote: never, or a record is lost",
    )
    LOADS_RETRIED = ("loadsRetried", "load attempts that failed or whose outcome was unknown")
    LOADS_NEED_REPAIR = ("loadsNeedRepair", "load attempts that cannot succeed until repaired")

    def __init__(self, label: str, meaning: str) -> None:
        self.label = label
        self.meaning = meaning


class Gauge(enum.Enum):
    """A gauge of whole numbers: its name, and what its value is."""

    TABLES_NEVER_READ = (
        "tablesNeverRead",
        "declared tables of which the warehouse's books hold no record, though they hold others",
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
            "how far the subtask is behind: of its worst shard what Kinesis answered last and the "
            "time since; without a shard for how long the stream was not listed, or read by nobody"
        ),
    )
    LISTINGS_FAILED = (
        "shardListingsFailed",
        "counter",
        "listings of the stream's shards that failed, and are repeated; counted by subtask 0",
    )

    def __init__(self, label: str, kind: str, meaning: str) -> None:
        self.label = label
        self.kind = kind
        self.meaning = meaning


class SourceMetric(enum.Enum):
    """A metric of the JVM source, below `GROUP` and `SOURCE_GROUP`; registered there by name."""

    CALLS = ("getRecordsCalls", "counter", "calls of GetRecords")
    EMPTY_ANSWERS = ("emptyAnswers", "counter", "answers without a record")
    THROTTLED = ("throttled", "counter", "calls that Kinesis refused for their rate")
    EXPIRED_ITERATORS = ("expiredIterators", "counter", "iterators that were asked for anew")
    ERRORS = ("errors", "counter", "calls that failed for another reason, and are repeated")
    SHARDS = ("shards", "gauge", "shards that the subtask reads")
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


def markdown() -> str:
    """The tables of `docs/metrics.md`."""
    rows = [f"| `{metric.label}` | {metric.meaning} |" for metric in Metric]
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
            "committed transactions wrote to the books, by the balance's columns (operations.md).",
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
            f"All of `{GROUP}` reaches CloudWatch. A group below it becomes a dimension,",
            "so an alarm with the dimension `Application` alone sees what lies directly in it.",
            "Metrics of the source's enumerator, Flink's `unassignedSplits` and our `listErrors`,",
            "are the job manager's, and AWS documents only metrics of tasks: do not count on them.",
            "",
        ]
    )

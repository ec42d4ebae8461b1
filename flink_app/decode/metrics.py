"""The counters of decode."""

from __future__ import annotations

from connectors.metrics import Metric


class DecodeMetric(Metric):
    """What became of the records that were read."""

    RECORDS_READ = ("recordsRead", "records that decode has taken from the stream")
    RECORDS_BY_ROWS = ("recordsByRows", "records that only the record-by-record path could take")
    RECORDS_SPLIT = ("recordsSplit", "updates of a key: each became a delete and an upsert")
    RECORDS_PASSED_OVER = ("recordsPassedOver", "control records, rows of undeclared tables")
    RECORDS_DEAD_LETTERED = ("recordsDeadLettered", "records that cannot become changes")
    STREAM_GAPS = (
        "streamGaps",
        "gaps in the stream: places where records of a shard were lost before they were read",
    )

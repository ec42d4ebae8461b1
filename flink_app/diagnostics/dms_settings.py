"""Which settings of DMS that decode relies on are off, as far as records show it.

Some of it is counted record by record, on both paths alike; what would cost the columnar path time
is looked for in one record of each block. Nothing here changes what a record becomes.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.metrics import Metric
from flink_app.declaration.dms_records import Positions
from flink_app.diagnostics.metrics import SourceCheck
from flink_app.records.arrays import members, to_mask
from flink_app.records.envelope import Scientific
from flink_app.records.parsed import (
    LOAD,
    OPERATIONS,
    UPDATE,
    UPSERTS,
    Outcome,
    ParsedRow,
    RecordColumns,
    SlowRecord,
)
from flink_app.records.plan import DATA, DOCUMENT, METADATA, RecordPlan, TablePlan, old_key
from flink_app.records.rejected import Rejected


class SettingSign(enum.Enum):
    """A sign that a setting is off: its metric, the setting, and what follows. Never a value."""

    NO_DETAILS = (
        SourceCheck.RECORDS_WITHOUT_DETAILS,
        "set IncludeTransactionDetails on the Kinesis endpoint",
        "a change came without stream-position or transaction-record-id, which order changes",
    )
    COARSE = (
        SourceCheck.RECORDS_COARSELY_ORDERED,
        "set IncludeTransactionDetails on the Kinesis endpoint, or coarse_positions: refuse",
        "only a commit timestamp orders a change, and within one instant arrival in the shard",
    )
    UNORDERED = (
        SourceCheck.RECORDS_OF_UNKNOWN_ORDER,
        "set IncludeTransactionDetails on the Kinesis endpoint, or let DMS partition by table",
        "only a commit timestamp orders a change, and another shard may have one of its instant",
    )
    MIXED_KINDS = (
        SourceCheck.BLOCKS_OF_MIXED_POSITIONS,
        "set positions in the stream section of the declaration, so that only one kind is taken",
        "positions of different kinds came, which order nothing between each other",
    )
    NO_BEFORE_IMAGE = (
        SourceCheck.UPDATES_WITHOUT_BEFORE_IMAGE,
        "set EnableBeforeImage in the task's BeforeImageSettings, and declare its FieldName",
        "an update came without before-image: if it changed the key, the old row stays for ever",
    )
    EXPONENT = (
        SourceCheck.RECORDS_WITH_EXPONENTS,
        "set UseLargeIntegerValue on the Kinesis endpoint",
        "a whole number came in scientific notation: it is read slowly, and long ones are refused",
    )
    TEXT_BOOLEAN = (
        SourceCheck.SAMPLES_WITH_TEXT_BOOLEANS,
        "set MapBooleanAsBoolean on the PostgreSQL source endpoint",
        "a boolean came as text: it is read, a little slower",
    )
    NO_NULLS = (
        SourceCheck.SAMPLES_WITHOUT_NULLS,
        (
            "set IncludeNullAndEmpty on the Kinesis endpoint; if it is set, the source has dropped "
            "or renamed the column: take it out of the declaration, or declare its new name with "
            "source"
        ),
        "a declared column was missing in a row: it is taken for null",
    )
    LEFT_OUT = (
        SourceCheck.SAMPLES_LEAVING_OUT,
        "set unchanged: missing, or sent_as_null, on large columns: see docs/operations.md",
        "an update came without a column's value: if it only did not change, it is lost",
    )
    NO_PARTITION_VALUE = (
        SourceCheck.SAMPLES_WITHOUT_PARTITION_VALUE,
        "set IncludePartitionValue on the Kinesis endpoint",
        "a record that is partitioned by primary key does not say by which value",
    )
    NO_PARTITION_SCHEMA = (
        SourceCheck.SAMPLES_WITHOUT_PARTITION_SCHEMA,
        "set PartitionIncludeSchemaTable on the Kinesis endpoint",
        "a partition value is without schema and table: equal keys of all tables share a shard",
    )

    def __init__(self, metric: Metric, remedy: str, consequence: str) -> None:
        self.metric = metric
        self.remedy = remedy
        self.consequence = consequence

    @property
    def warning(self) -> str:
        """The sentence for the log."""
        return f"DMS setting: {self.consequence}; {self.remedy}"


Signs = Counter[SettingSign]


def table_of_outcome(outcome: Outcome, plan: RecordPlan) -> TablePlan | None:
    """The declared table that the record was a row of; None for none."""
    match outcome:
        case ParsedRow(table):
            return table
        case Rejected(table=str() as name):
            return plan.tables[name]
        case _:
            return None


def signs_in_columns(columns: RecordColumns, plan: RecordPlan) -> Signs:
    """The signs in the good records of one table."""
    metadata, good = columns.metadata, columns.good
    needed = [metadata["transaction-record-id"]]
    if plan.positions is not Positions.COMMIT_TIMESTAMP:
        needed.append(metadata["stream-position"])
    unplaced = 0
    if any(column.null_count for column in needed):  # loads have none, and are no changes
        lacking = np.logical_or.reduce([to_mask(pc.is_null(column)) for column in needed])
        unplaced = int((good & lacking & (columns.operations != LOAD)).sum())
    updates = good & (columns.operations == UPDATE)
    without_image = 0
    if updates.any():
        missing = pc.is_null(columns.before)
        if plan.before_among_columns:
            earlier = members(columns.before)
            values = [earlier[name] for name in plan.before_names(columns.table)]
            missing = pc.is_null(pc.coalesce(*[value.cast(pa.string()) for value in values]))
        without_image = int((updates & to_mask(missing)).sum())
    return +Signs(
        {
            SettingSign.NO_DETAILS: unplaced,
            SettingSign.COARSE: int((columns.positioned.coarse & good).sum()),
            SettingSign.UNORDERED: int((columns.unordered & good).sum()),
            SettingSign.NO_BEFORE_IMAGE: without_image,
        }
    )


def signs_in_record(record: SlowRecord, plan: RecordPlan) -> Iterator[SettingSign]:
    """The signs in one record of a declared table, whatever became of it."""
    table = table_of_outcome(record.outcome, plan)
    envelope = record.envelope
    if table is None or not isinstance(envelope, Mapping):
        return
    metadata, data = envelope.get(METADATA), envelope.get(DATA)
    if not isinstance(metadata, Mapping) or not isinstance(data, Mapping):
        return
    is_nested = not plan.reads_documents and data.get(DOCUMENT) is not None
    if metadata.get("operation") not in OPERATIONS or is_nested:
        return
    yield from _signs_in_row(envelope, metadata, data, table, plan)
    if isinstance(record.outcome, ParsedRow) and record.outcome.coarse:
        yield SettingSign.COARSE
        values = record.outcome.values
        if any(values.get(old_key(key)) not in {None, values[key]} for key in table.key):
            yield SettingSign.UNORDERED


def _signs_in_row(
    envelope: Mapping[str, Any],
    metadata: Mapping[str, Any],
    data: Mapping[str, Any],
    table: TablePlan,
    plan: RecordPlan,
) -> Iterator[SettingSign]:
    """The signs in one row."""
    operation = metadata.get("operation")
    if operation != "load":
        unplaced = (
            plan.positions is not Positions.COMMIT_TIMESTAMP
            and metadata.get("stream-position") is None
        )
        if unplaced or metadata.get("transaction-record-id") is None:
            yield SettingSign.NO_DETAILS
    if operation == "update":
        before = envelope.get(plan.before_image)
        if before is None or (
            plan.before_among_columns
            and all(before.get(name) is None for name in plan.before_names(table))
        ):
            yield SettingSign.NO_BEFORE_IMAGE
    for name in table.integers:
        if isinstance(data.get(name), Scientific):
            yield SettingSign.EXPONENT
            break


def signs_in_sample(
    metadata: Mapping[str, Any],
    data: Mapping[str, Any],
    before: Mapping[str, Any],
    table: TablePlan,
    plan: RecordPlan,
) -> Iterator[SettingSign]:
    """The signs that are looked for in few records only."""
    booleans = (c.source for c in table.columns if c.declared.type.name == "boolean")
    if any(isinstance(data.get(name), str) for name in booleans):
        yield SettingSign.TEXT_BOOLEAN
    operation = metadata.get("operation")
    always = [c for c in table.columns if operation != "update" or not c.declared.unchanged]
    is_refused = operation == "update" and plan.refuses_missing  # as a dead letter
    if operation in UPSERTS and not is_refused and any(c.source not in data for c in always):
        yield SettingSign.NO_NULLS
    if operation == "update" and any(
        _may_be_left_out(c.source, data, before, plan)
        for c in always
        if c.name not in table.key and (c.declared.type.is_text or c.declared.type.is_binary)
    ):
        yield SettingSign.LEFT_OUT
    if metadata.get("partition-key-type") == "primary-key":
        value = metadata.get("partition-key-value")
        if not isinstance(value, str):
            yield SettingSign.NO_PARTITION_VALUE
        elif not value.startswith(f"{metadata.get('schema-name')}.{metadata.get('table-name')}."):
            yield SettingSign.NO_PARTITION_SCHEMA


def _may_be_left_out(
    source: str, data: Mapping[str, Any], before: Mapping[str, Any], plan: RecordPlan
) -> bool:
    """Whether there is no value where there was one, or not even the null that others have."""
    if data.get(source) is not None or (source not in data and plan.refuses_missing):
        return False
    if before.get(plan.before_name(source)) is not None:
        return True
    return source not in data and any(value is None for value in data.values())

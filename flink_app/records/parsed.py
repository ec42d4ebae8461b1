"""A parsed block: records as typed values, before keys are taken apart and values are treated.

Both paths of decode make it, and diagnostics look at it. It holds clear personal data: it never
leaves the worker, and nothing prints it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from flink_app.declaration.dms_records import Positions
from flink_app.records.arrays import Mask, Rows
from flink_app.records.plan import TablePlan
from flink_app.records.rejected import Rejected

# The operations of a row; their numbers here are the codes of `RecordColumns.operations`.
UPSERTS: Final = ("load", "insert", "update")  # a row has values after these
OPERATIONS: Final = (*UPSERTS, "delete")
LOAD, INSERT, UPDATE, DELETE = range(len(OPERATIONS))

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ordering:
    """What says in which order the records of one table happened; all columns of one length."""

    streams: pa.Array  # stream-position
    committed: Numbers  # commit-timestamp in microseconds, 0 where there is none
    built: Numbers  # timestamp in microseconds, -1 where there is none
    numbers: Numbers  # transaction-record-id, 0 where there is none
    sequence_numbers: pa.Array  # as Kinesis gave them
    is_load: Mask


@dataclass(frozen=True)
class Positioned:
    """The positions of records.

    Attributes:
        positions: one per record, `UNKNOWN` where there is none to read.
        known: where there is one.
        coarse: where only a commit timestamp gave it.
        disordered: where such a one is not later than that of the record before it in the shard,
            which is of the same instant.
        kinds: of the stream positions that were read.
    """

    positions: pa.Array
    known: Mask
    coarse: Mask
    disordered: Mask
    kinds: frozenset[Positions]


@dataclass(frozen=True)
class RecordColumns:
    """Records of one table that were read by columns.

    Attributes:
        table: whose rows they are.
        rows: their numbers in the block.
        metadata: the members of their metadata, by name.
        operations: what each did, by number in OPERATIONS; -1 for anything else.
        before: their before-images.
        ordering: what orders them.
        positioned: their positions.
        generations: one for all, or one per record.
        unordered: which of them another shard may have changed in the same instant, where only
            commit timestamps order changes.
        good: which of them became changes; the slow path reads the others.
        changes: one row per good record, by `TablePlan.parsed_schema`.
    """

    table: TablePlan
    rows: Rows
    metadata: Mapping[str, pa.Array]
    operations: npt.NDArray[np.int32]
    before: pa.StructArray
    ordering: Ordering
    positioned: Positioned
    generations: int | Numbers
    unordered: Mask
    good: Mask
    changes: pa.RecordBatch


@dataclass(frozen=True)
class SkippedColumns:
    """Records that were read by columns and become no change.

    Attributes:
        rows: their numbers in the block.
        metadata: their metadata.
        control: which are control records; the others are rows of undeclared tables.
    """

    rows: Rows
    metadata: pa.StructArray
    control: Mask


@dataclass(frozen=True)
class ParsedRow:
    """One record that became a change.

    Attributes:
        table: whose row it is.
        values: by the columns of `TablePlan.parsed_schema`.
        sent: by unchanged column, whether this change has its value.
        coarse: whether only a commit timestamp gave its position.
        treated: whether its key is as it is stored: a delete of a repair.
    """

    table: TablePlan
    values: dict[str, Any]
    sent: dict[str, bool] = field(default_factory=dict)
    coarse: bool = False
    treated: bool = False


@dataclass(frozen=True)
class Skipped:
    """A record that becomes no change; `kind` is CONTROL or UNDECLARED of `connectors.accounts`."""

    kind: str


Outcome = ParsedRow | Skipped | Rejected


@dataclass(frozen=True)
class SlowRecord:
    """A record that was read by itself.

    Attributes:
        row: its number in the block.
        envelope: its JSON as `envelope.load` reads it; None if it is not JSON.
        outcome: what it became.
    """

    row: int
    envelope: Any
    outcome: Outcome


@dataclass(frozen=True)
class ParsedBlock:
    """The records of a block; each is in exactly one part: good, skipped, or slow."""

    tables: Sequence[RecordColumns]
    skipped: Sequence[SkippedColumns]
    slow: Sequence[SlowRecord]

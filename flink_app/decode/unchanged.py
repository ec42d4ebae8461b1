"""Unchanged columns: which value an update sends, if any, on both paths.

A change that omits such a column says nothing about its value: the known value stays, which every
later stage derives from the column's own position (`Star.unchanged_columns`). Only updates omit
columns; in a load or an insert null is null.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flink_app.declaration.model import Unchanged
from flink_app.positions.position import UNKNOWN
from flink_app.records.arrays import Mask
from flink_app.records.envelope import Members
from flink_app.records.plan import ReadColumn, RecordPlan, TablePlan


def sent_value(
    data: Members, before: Members, column: ReadColumn, plan: RecordPlan
) -> tuple[Any, bool]:
    """What an update sends for the column as JSON, and whether it sends anything.

    A value that has not changed is first looked for in the before-image. There null says nothing:
    it also stands for what the source's log does not have.
    """
    value = data.read(column.source)
    is_null = column.declared.unchanged is Unchanged.MISSING and column.source in data
    if value is not None or is_null:
        return value, True
    earlier = before.read(plan.before_name(column.source))
    return earlier, earlier is not None


@dataclass(frozen=True)
class SentColumn:
    """A column's values as they are sent; where none is; where only the slow path can tell."""

    values: pa.Array
    unsent: Mask
    odd: Mask


def sent_column(
    values: pa.Array,
    earlier: pa.Array,
    updates: Mask,
    column: ReadColumn,
    sent_as_null: Callable[[Mask], Mask],
) -> SentColumn | None:
    """`sent_value` by columns; None when every update sends a value.

    The JSON reader gives one null for a missing name and for null. `sent_as_null` says of which
    records it knows that they have null; the slow path must look at the others.
    """
    null = updates & values.is_null().to_numpy(zero_copy_only=False)
    if not null.any():
        return None
    nowhere = np.zeros(len(values), np.bool_)
    if column.declared.unchanged is Unchanged.MISSING:
        return SentColumn(values, nowhere, null & ~sent_as_null(null))
    values = pc.if_else(pa.array(null), earlier, values)
    return SentColumn(values, null & values.is_null().to_numpy(zero_copy_only=False), nowhere)


def unchanged_column_positions(
    table: TablePlan, positions: pa.Array, unsent: dict[str, Mask]
) -> list[pa.Array]:
    """For each column that may be left out the changes' positions, `UNKNOWN` where it is."""
    return [
        pc.if_else(pa.array(unsent[column.name]), UNKNOWN, positions)
        if column.name in unsent
        else positions
        for column in table.unchanged_columns
    ]

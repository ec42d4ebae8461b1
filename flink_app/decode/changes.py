"""Parsed changes to changes: key updates taken apart, personal data treated.

This is the last place that sees clear personal data: its inputs are parsed batches in source
values, its outputs are what may be stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flink_app.declaration.star import DELETED, POSITION, Star, unchanged_position_column
from flink_app.privacy.keys import PrivacyKeys
from flink_app.privacy.treatments import treat
from flink_app.records.arrays import concatenate
from flink_app.records.plan import TablePlan, old_key


def to_changes(
    parsed: pa.RecordBatch, table: TablePlan, star: Star, keys: PrivacyKeys
) -> pa.RecordBatch:
    """Changes of one table, by `Star.changes_schema`.

    An update of the key becomes a delete of the old key and an upsert of the new one, both at the
    record's position; so there can be more changes than records.
    """
    schema = star.changes_schema(table.name)
    upserts = _treat_columns(
        parsed, {c.name: parsed.column(c.name) for c in table.columns}, table, keys
    )
    batches = [pa.RecordBatch.from_arrays(upserts, schema=schema)]
    is_moved = find_moved(parsed, table)
    if is_moved.true_count:
        former = parsed.filter(is_moved)
        columns = {
            c.name: _old_value(former, c.name)
            if c.name in table.key
            else pa.nulls(len(former), c.declared.type.arrow)
            for c in table.columns
        }
        deletes = _treat_columns(former, columns, table, keys)
        deletes[-1] = pa.array([True] * len(former))
        for number in range(-2 - len(table.unchanged_columns), -2):
            deletes[number] = former.column(POSITION)  # a delete sets every column, to nothing
        batches.append(pa.RecordBatch.from_arrays(deletes, schema=schema))
    return concatenate(batches)


def deletes_of_treated(
    rows: Sequence[Mapping[str, Any]], table: TablePlan, star: Star
) -> pa.RecordBatch:
    """Deletes whose keys are given as they are stored, by `Star.changes_schema`."""
    return pa.RecordBatch.from_pylist([dict(row) for row in rows], star.changes_schema(table.name))


def _treat_columns(
    parsed: pa.RecordBatch, columns: dict[str, pa.Array], table: TablePlan, keys: PrivacyKeys
) -> list[pa.Array]:
    treated = [treat(columns[c.name], c.declared.treatment, keys.tokens) for c in table.columns]
    positions = [
        parsed.column(unchanged_position_column(column.name)) for column in table.unchanged_columns
    ]
    return [*treated, *positions, parsed.column(POSITION), parsed.column(DELETED)]


def _old_value(parsed: pa.RecordBatch, key: str) -> pa.Array:
    """The key column before the change; what the before-image leaves out has not changed."""
    return pc.coalesce(parsed.column(old_key(key)), parsed.column(key))


def find_moved(parsed: pa.RecordBatch, table: TablePlan) -> pa.Array:
    """Mask of the changes that changed their key."""
    is_moved = pa.array(np.zeros(len(parsed), np.bool_))
    for key in table.key:
        if parsed.column(old_key(key)).null_count == len(parsed):
            continue
        is_moved = pc.or_(is_moved, pc.not_equal(_old_value(parsed, key), parsed.column(key)))
    return is_moved

"""Facts to wide rows, and dimension changes to patches: the join as pure functions over columns.

Both walk the same chain of references, parents before children. An unknown dimension gives NULL
columns and position 0; so does one that is kept in the warehouse, where the load joins it. A
deleted one gives NULL columns and the position of its delete, so that an older replayed patch
cannot revive it. Below either, keys are NULL and positions 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from flink_app.declaration.star import DELETED, POSITION
from flink_app.denormalise.conditions import delete_uncounted
from flink_app.denormalise.keys import Keys
from flink_app.denormalise.mirror import Mirror
from flink_app.denormalise.plan import Lookup, PatchJoin, TargetJoin
from flink_app.positions.position import UNKNOWN
from flink_app.records.arrays import to_mask

Columns = dict[str, pa.Array]


def wide_rows(facts: pa.RecordBatch, join: TargetJoin, mirror: Mirror) -> pa.RecordBatch:
    """Joins changes of a fact table to the dimensions: rows by `Star.wide_schema`."""
    facts = delete_uncounted(facts, join.conditions)
    columns_by_path = _look_up(_columns(facts), join.lookups, mirror)
    columns = [columns_by_path[steps][name] for steps, name in join.sources]
    rows = pa.RecordBatch.from_arrays(columns, schema=join.schema)
    return _only_key_of_deleted(rows, join)


def patches(changes: pa.RecordBatch, join: PatchJoin, mirror: Mirror) -> pa.RecordBatch:
    """Accepted changes of a dimension with everything below it: rows by `Star.patch_schema`.

    Below a deleted row there is nothing, also where its own key, which a delete has, refers on.
    """
    columns = _columns(changes)
    start = columns
    if changes.column(DELETED).true_count:
        gone = to_mask(changes.column(DELETED))
        start = {name: _null_where(gone, column) for name, column in columns.items()}
    columns_by_path = _look_up(start, join.lookups, mirror)
    # The changes' own columns stay as they are: a delete has its key.
    columns_by_path[()] = {**columns, POSITION: _version([columns[name] for name in join.version])}
    rows = [columns_by_path[steps][name] for steps, name in join.sources]
    return pa.RecordBatch.from_arrays(rows, schema=join.schema)


def _look_up(
    start: Columns, lookups: Sequence[Lookup], mirror: Mirror
) -> dict[tuple[str, ...], Columns]:
    """The stored columns and the position of the row at the end of each path, by its steps."""
    columns_by_path: dict[tuple[str, ...], Columns] = {(): start}
    for lookup in lookups:
        table = mirror.tables.get(lookup.table)
        parent = columns_by_path[lookup.parent]
        if table is None:
            columns_by_path[lookup.steps] = _unknown_columns(lookup.stored, len(start[POSITION]))
            continue
        slots = table.find(Keys([parent[name] for name in lookup.key]))
        stored = lookup.stored.names
        *gathered, deleted = table.gather(slots, [*stored, *lookup.version, DELETED])
        values, position = gathered[: len(stored)], _version(gathered[len(stored) :])
        if deleted.true_count:
            gone = to_mask(deleted)
            values = [_null_where(gone, column) for column in values]
        columns = dict(zip(stored, values, strict=True))
        columns[POSITION] = pc.fill_null(position, UNKNOWN) if position.null_count else position
        columns_by_path[lookup.steps] = columns
    return columns_by_path


def _version(positions: list[pa.Array]) -> pa.Array:
    return positions[0] if len(positions) == 1 else pc.binary_join_element_wise(*positions, "")


def _unknown_columns(stored: pa.Schema, count: int) -> Columns:
    """What the stream knows of a dimension that is kept in the warehouse."""
    columns = {field.name: pa.nulls(count, field.type) for field in stored}
    return {**columns, POSITION: pa.repeat(UNKNOWN, count)}


def _columns(batch: pa.RecordBatch) -> Columns:
    return dict(zip(batch.schema.names, batch.columns, strict=True))


def _null_where(mask: npt.NDArray[np.bool_], column: pa.Array) -> pa.Array:
    return pc.if_else(pa.array(mask), pa.scalar(None, column.type), column)


def _only_key_of_deleted(rows: pa.RecordBatch, join: TargetJoin) -> pa.RecordBatch:
    """A delete says which row goes, not what stood in it: NULL columns, positions 0."""
    if not rows.column(DELETED).true_count:
        return rows
    deleted = to_mask(rows.column(DELETED))
    columns = [
        column
        if name in join.kept
        else pc.if_else(pa.array(deleted), UNKNOWN, column)
        if name in join.positions
        else _null_where(deleted, column)
        for name, column in _columns(rows).items()
    ]
    return pa.RecordBatch.from_arrays(columns, schema=rows.schema)

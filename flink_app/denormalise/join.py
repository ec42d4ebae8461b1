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

from flink_app.declaration.star import DELETED, POSITION, Path, Star, set_position
from flink_app.decode.position import UNKNOWN
from flink_app.denormalise.mirror import Mirror, deleted_at, key_values

Columns = dict[str, pa.Array]


def wide_rows(facts: pa.RecordBatch, target: str, star: Star, mirror: Mirror) -> pa.RecordBatch:
    """Joins changes of a fact table to the dimensions: rows by `Star.wide_schema(target)`."""
    found = _walk(_columns(facts), star.target_paths(target), star, mirror)
    schema = star.wide_schema(target)
    columns: Columns = {POSITION: facts.column(POSITION), DELETED: facts.column(DELETED)}
    for wide in star.wide_columns(target):
        columns[wide.name] = found[wide.path][wide.source]
    own = {set_position(wide.name): wide.source for wide in star.sparse_columns(target)}
    for name, source in own.items():
        columns[name] = facts.column(set_position(source))
    for path in star.target_paths(target):
        columns[path.position] = found[path.steps][POSITION]
        for name, source in zip(star.path_key(target, path), path.key, strict=True):
            columns.setdefault(name, found[path.parent][source])
    rows = pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)
    return _only_key_of_deleted(rows, (*star.key_columns(target), POSITION, DELETED, *own))


def patches(changes: pa.RecordBatch, dimension: str, star: Star, mirror: Mirror) -> pa.RecordBatch:
    """Accepted changes of a dimension with everything below it: rows by `Star.patch_schema`.

    Below a deleted row there is nothing, also where its own key, which a delete has, refers on.
    """
    schema = star.patch_schema(dimension)
    columns = _columns(changes)
    gone = changes.column(DELETED).to_numpy(zero_copy_only=False)
    start = {name: _null_where(gone, column) for name, column in columns.items()}
    found = _walk(start if gone.any() else columns, star.patch_paths(dimension), star, mirror)
    columns[POSITION] = _version([columns[name] for name in _positions(dimension, star)])
    for path in star.patch_paths(dimension):
        columns[path.position] = found[path.steps][POSITION]
        for name in star.stored_columns(path.table):
            columns[path.column(name)] = found[path.steps][name]
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _walk(
    start: Columns, paths: Sequence[Path], star: Star, mirror: Mirror
) -> dict[tuple[str, ...], Columns]:
    """The stored columns and the position of the row at the end of each path.

    `paths` come parents first. The empty path is the start itself.
    """
    found: dict[tuple[str, ...], Columns] = {(): start}
    for path in paths:
        table = mirror.tables.get(path.table)
        parent = found[path.parent]
        if table is None:
            found[path.steps] = _nothing(path.table, len(start[POSITION]), star)
            continue
        slots = table.find(key_values([parent[name] for name in path.key]))
        stored = list(star.stored_columns(path.table))
        own = _positions(path.table, star)
        *values, positions = table.gather(slots, [*stored, *own[1:], POSITION])
        if len(own) > 1:
            positions = _version([positions, *values[len(stored) :]])
            values = values[: len(stored)]
        gone = deleted_at(slots, table)
        if gone.any():
            values = [_null_where(gone, column) for column in values]
        positions = pc.fill_null(positions, UNKNOWN)
        found[path.steps] = {**dict(zip(stored, values, strict=True)), POSITION: positions}
    return found


def _positions(table: str, star: Star) -> list[str]:
    """The columns whose texts, one behind the other, are a row's version (`Star.sparse`)."""
    return [POSITION, *(set_position(name) for name in star.sparse(table))]


def _version(positions: list[pa.Array]) -> pa.Array:
    return positions[0] if len(positions) == 1 else pc.binary_join_element_wise(*positions, "")


def _nothing(table: str, count: int, star: Star) -> Columns:
    """What the stream knows of a dimension that is kept in the warehouse."""
    columns = {
        name: pa.nulls(count, column.stored_type.arrow)
        for name, column in star.stored_columns(table).items()
    }
    return {**columns, POSITION: pa.repeat(UNKNOWN, count)}


def _columns(batch: pa.RecordBatch) -> Columns:
    return dict(zip(batch.schema.names, batch.columns, strict=True))


def _null_where(mask: npt.NDArray[np.bool_], column: pa.Array) -> pa.Array:
    return pc.if_else(pa.array(mask), pa.scalar(None, column.type), column)


def _only_key_of_deleted(rows: pa.RecordBatch, kept: tuple[str, ...]) -> pa.RecordBatch:
    """A delete says which row goes, not what stood in it: NULL columns, positions 0."""
    deleted = rows.column(DELETED).to_numpy(zero_copy_only=False)
    if not deleted.any():
        return rows
    positions = {name for name in rows.schema.names if name.startswith(POSITION)}
    columns = [
        column
        if name in kept
        else pc.if_else(pa.array(deleted), UNKNOWN, column)
        if name in positions
        else _null_where(deleted, column)
        for name, column in _columns(rows).items()
    ]
    return pa.RecordBatch.from_arrays(columns, schema=rows.schema)

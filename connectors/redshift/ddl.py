"""The tables that a load needs; tombstones of an earlier form are replaced."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from connectors.redshift.alter import Present
from connectors.redshift.bookkeeping import create_statements as create_bookkeeping
from connectors.redshift.names import Names, list_columns, quote
from connectors.redshift.position_sql import from_digits
from connectors.redshift.spec import (
    ColumnSpec,
    ComputedSpec,
    ConstantSpec,
    DimensionSpec,
    TargetSpec,
    WarehouseSpec,
)

# When a tombstone was written; tables of layout versions before 8 do not have it.
TOMBSTONE_TIME: Final = "_loaded_at"


def create_statements(warehouse: WarehouseSpec, names: Names) -> list[str]:
    """Everything, in a warehouse that has none of it; one statement each, in order."""
    statements = create_beside_targets(warehouse, names)
    for target in warehouse.targets:
        statements += [
            create_tombstones(target, warehouse, names),
            create_base(target, names),
            create_view(target, names, target.declared),
        ]
    return statements


def create_beside_targets(warehouse: WarehouseSpec, names: Names) -> list[str]:
    """Idempotent DDL of all but targets' own tables, which `start` makes one target at a time."""
    statements = create_bookkeeping(names)
    statements += [
        f"CREATE SCHEMA IF NOT EXISTS {quote(target.schema)}" for target in warehouse.targets
    ]
    statements += [
        _dimension_table(dimension, warehouse, names) for dimension in warehouse.dimensions
    ]
    return statements


def column_list(columns: tuple[ColumnSpec, ...], required: tuple[str, ...] = ()) -> str:
    """Column definitions, `required` ones NOT NULL."""
    return ",\n".join(
        f"  {quote(c.name)} {c.sql_type}{' NOT NULL' if c.name in required else ''}"
        for c in columns
    )


def distribution(dist_key: str | None) -> str:
    """The distribution clause; without a key Redshift chooses."""
    return f"DISTKEY ({quote(dist_key)})" if dist_key else "DISTSTYLE AUTO"


def create_base(target: TargetSpec, names: Names) -> str:
    """A target's base table."""
    sort = f" SORTKEY ({list_columns(target.sort_key)})" if target.sort_key else ""
    columns = column_list(target.columns, required=target.key)
    return (
        f"CREATE TABLE {names.base(target)} (\n{columns}\n) {distribution(target.dist_key)}{sort}"
    )


def create_view(target: TargetSpec, names: Names, present: Collection[str]) -> str:
    """A target's view: the declared columns, computed ones, constants.

    What the base table does not have yet is left out, with what is computed of it.

    It is late-binding, so that the base table can be altered, and replaced by a copy, beneath it.
    """
    shown = [quote(column) for column in target.declared if column in present]
    computed = (c for c in target.computed if all(name in present for name, _ in c.columns))
    shown += [*map(_show, computed), *map(_show, target.constants)]
    return (
        f"CREATE VIEW {names.view(target)} AS\nSELECT {', '.join(shown)}\n"
        f"FROM {names.base(target)}\nWITH NO SCHEMA BINDING"
    )


def _show(column: ComputedSpec | ConstantSpec) -> str:
    return f"CAST({column.value} AS {column.sql_type}) AS {quote(column.name)}"


def create_tombstones(target: TargetSpec, warehouse: WarehouseSpec, names: Names) -> str:
    """A target's tombstones; idempotent."""
    definition = _define_tombstones(target, warehouse)
    return f"CREATE TABLE IF NOT EXISTS {names.tombstones(target)} {definition}"


def _define_tombstones(target: TargetSpec, warehouse: WarehouseSpec) -> str:
    """What a CREATE TABLE of tombstones has behind the name: they are looked up by their key."""
    kept = (*target.key, warehouse.position)
    columns = (
        *(column for column in target.columns if column.name in kept),
        ColumnSpec(TOMBSTONE_TIME, "TIMESTAMP"),
    )
    dist_key = target.dist_key if target.dist_key in target.key else None
    return (
        f"(\n{column_list(columns, required=(*kept, TOMBSTONE_TIME))}\n"
        f") {distribution(dist_key)} SORTKEY ({list_columns(target.key)})"
    )


def replace_tombstones(
    target: TargetSpec, warehouse: WarehouseSpec, names: Names, present: Mapping[str, Present]
) -> list[str]:
    """Brings a table of tombstones with the columns `present` to its form.

    Earlier ones lack the time, or have positions as digits. Nobody knows when rows without a time
    were written: it counts from now. A table is copied, since Redshift takes back neither a
    column's default nor, in a transaction, another sort key.
    """
    if not present:
        return []
    position = quote(warehouse.position)
    has_digits = present[warehouse.position].type.is_varchar
    if TOMBSTONE_TIME in present and not has_digits:
        return []
    table, replacement = names.tombstones(target), names.bookkeeping_table("replacement")
    columns = list_columns((*target.key, warehouse.position, TOMBSTONE_TIME))
    values = (
        list_columns(target.key),
        from_digits(position) if has_digits else position,
        quote(TOMBSTONE_TIME) if TOMBSTONE_TIME in present else "GETDATE()",
    )
    return [
        f"CREATE TABLE {replacement} {_define_tombstones(target, warehouse)}",
        f"INSERT INTO {replacement} ({columns})\nSELECT {', '.join(values)} FROM {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE {replacement} RENAME TO {quote(names.tombstone_table(target))}",
    ]


def _dimension_table(dimension: DimensionSpec, warehouse: WarehouseSpec, names: Names) -> str:
    """Sorted by its key: what is joined and replaced are few keys of many."""
    required = (*dimension.key, warehouse.position, warehouse.deleted)
    return (
        f"CREATE TABLE IF NOT EXISTS {names.dimension(dimension)} (\n"
        f"{column_list(dimension.columns, required=required)}\n"
        f") {distribution(dimension.dist_key)} SORTKEY ({list_columns(dimension.key)})"
    )

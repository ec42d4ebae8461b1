"""Tables that are there already: how they differ from what is declared, and how to fix that.

Redshift adds columns and lengthens VARCHAR without a default; no other type can be altered, VARBYTE
neither. A table may be wider than declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names, quote
from connectors.redshift.position_sql import literal
from connectors.redshift.spec import ColumnSpec, DimensionSpec, TargetSpec, WarehouseSpec
from connectors.sql_types import SqlType

# At the end of a type as the server writes it: `binary varying(22)`.
_LENGTH: Final = re.compile(r"\((\d+)\)$")


@dataclass(frozen=True)
class Present:
    """A column of a table in the warehouse."""

    type: SqlType
    has_default: bool  # with which Redshift lengthens no column


@dataclass(frozen=True)
class Difference:
    """A column that cannot take what is declared.

    Attributes:
        table: its quoted name.
        problem: table, column, what is declared and what is there.
        statements: that fix it.
        by_hand: whether it needs a person: rows are rewritten, or no statement is enough.
        consequence: what follows from fixing it; may be empty.
    """

    table: str
    problem: str
    statements: tuple[str, ...]
    by_hand: bool = False
    consequence: str = ""

    def __str__(self) -> str:
        return f"{self.problem}: {'; '.join(self.statements)}" if self.statements else self.problem


def differences(
    cursor: Cursor,
    warehouse: WarehouseSpec,
    names: Names,
    bases: Mapping[str, Mapping[str, Present]],
) -> list[Difference]:
    """Those of base tables, tombstones and dimensions, in the order of the declaration.

    `bases` has the columns of base tables, by target.
    """
    differing: list[Difference] = []
    for target in warehouse.targets:
        positions = [warehouse.position, *(path.position for path in target.paths)]
        defaults = dict.fromkeys(positions, literal(warehouse.unknown))
        table, present = names.base(target), bases[target.table]
        differing += compare(table, target.columns, present, key=target.key, defaults=defaults)
        table = names.tombstones(target)
        present = columns_of(cursor, names.bookkeeping_schema, names.tombstone_table(target))
        columns = _tombstone_columns(target, warehouse)
        differing += compare(table, columns, present, key=target.key, defaults=defaults)
    for dimension in warehouse.dimensions:
        differing += _of_dimension(cursor, dimension, warehouse, names)
    return differing


def _of_dimension(
    cursor: Cursor, dimension: DimensionSpec, warehouse: WarehouseSpec, names: Names
) -> Iterator[Difference]:
    """A column that its table lacks is not added unasked: new facts would show NULL for it too."""
    present = columns_of(cursor, names.bookkeeping_schema, names.dimension_table(dimension))
    table, defaults = names.dimension(dimension), {warehouse.position: literal(warehouse.unknown)}
    for difference in compare(
        table, dimension.columns, present, key=dimension.key, defaults=defaults
    ):
        problem = f"{difference.problem}, which is NULL until the source's table is loaded again"
        if difference.consequence:
            yield replace(difference, problem=problem, by_hand=True)
        else:
            yield difference


def _tombstone_columns(target: TargetSpec, warehouse: WarehouseSpec) -> tuple[ColumnSpec, ...]:
    return tuple(c for c in target.columns if c.name in {*target.key, warehouse.position})


def columns_of(cursor: Cursor, schema: str, table: str) -> dict[str, Present]:
    """The columns of a table; none where there is no such table."""
    cursor.execute(
        "SELECT column_name, data_type, character_maximum_length, numeric_precision, "
        "numeric_scale, column_default IS NOT NULL "
        "FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
        (schema, table),
    )
    present = {
        str(name): Present(SqlType.from_catalogue(*kind), bool(has_default))
        for name, *kind, has_default in cursor.fetchall()
    }
    if any(c.type.name == "VARBYTE" and not c.type.length for c in present.values()):
        lengths = _byte_lengths(cursor, schema, table)
        for name, column in present.items():
            if column.type.name == "VARBYTE":
                known_type = replace(column.type, length=lengths.get(name, 0))
                present[name] = replace(column, type=known_type)
    return present


def _byte_lengths(cursor: Cursor, schema: str, table: str) -> dict[str, int]:
    """Of columns that have one: information_schema gives none for VARBYTE."""
    cursor.execute(
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute AS a "
        "JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped",
        (schema, table),
    )
    lengths = ((str(name), _LENGTH.search(str(kind))) for name, kind in cursor.fetchall())
    return {name: int(length[1]) for name, length in lengths if length}


def compare(
    table: str,
    columns: Sequence[ColumnSpec],
    present: Mapping[str, Present],
    *,
    key: Iterable[str],
    defaults: Mapping[str, str],
) -> Iterator[Difference]:
    """The differences of one table.

    Args:
        table: its quoted name.
        columns: as they are declared.
        present: the columns that it has.
        key: columns that identify a row.
        defaults: of columns that are never NULL, as SQL: an unknown position is less than every
            other.
    """
    for column in columns:
        declared, existing = SqlType.parse(column.sql_type), present.get(column.name)
        present_type = existing.type if existing else None
        name = quote(column.name)
        if present_type is None and column.name in key:
            problem = (
                f"table {table} has no key column {name} {declared}: recreate it and load its "
                "data again"
            )
            yield Difference(table, problem, (), by_hand=True)
        elif present_type is None:
            value = defaults.get(column.name)
            default = f" DEFAULT {value}" if value else ""
            yield Difference(
                table,
                f"table {table} lacks column {name} {declared}",
                (f"ALTER TABLE {table} ADD COLUMN {name} {declared}{default}",),
                consequence=""
                if default
                else "rows that were loaded before have NULL there until they change or a reload",
            )
        elif present_type.holds(declared):
            continue
        elif declared.is_varchar and present_type.is_varchar and existing and existing.has_default:
            yield Difference(
                table,
                f"column {name} of table {table} is {present_type}, too short for {declared}, and "
                "has a default, with which Redshift lengthens no column",
                _repair_statements(table, name, declared, quote(f"{column.name}_new")),
                by_hand=True,
            )
        elif declared.is_varchar and present_type.is_varchar:
            yield Difference(
                table,
                f"column {name} of table {table} is {present_type}, too short for {declared}",
                (f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {declared}",),
            )
        else:
            yield Difference(
                table,
                f"column {name} of table {table} is {present_type}, which cannot hold {declared}",
                _repair_statements(table, name, declared, quote(f"{column.name}_new")),
                by_hand=True,
            )


def _repair_statements(table: str, name: str, declared: SqlType, new: str) -> tuple[str, ...]:
    """A new column in the place of the old one; not for a distribution or sort key."""
    return (
        f"ALTER TABLE {table} ADD COLUMN {new} {declared}",
        f"UPDATE {table} SET {new} = {name}",
        f"ALTER TABLE {table} DROP COLUMN {name}",
        f"ALTER TABLE {table} RENAME COLUMN {new} TO {name}",
    )

"""Positions in tables of before: of a release that had text, and of a declaration without a path.

Releases before 0.2.0 had positions as text, which becomes bytes. A start does this for every column
that is declared as positions and is text: in the transaction of its migrations, and in that which
makes base tables and views. Redshift alters no such type, so each column gives way to one of
another name, which then takes its own: in place, since a target has a sort order, columns of other
people and views on it, which a copy would lose.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from connectors.redshift.alter import Present, columns_of
from connectors.redshift.connection import limit_statements
from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names, quote
from connectors.redshift.position_sql import from_digits, literal
from connectors.redshift.spec import DimensionSpec, TargetSpec, WarehouseSpec
from connectors.redshift.transactions import Transactions
from connectors.staging.shape import position_columns

logger = logging.getLogger(__name__)


def turn_target_into_bytes(  # noqa: PLR0913, PLR0917
    cursor: Cursor,
    target: TargetSpec,
    present: Mapping[str, Present],
    warehouse: WarehouseSpec,
    names: Names,
    transactions: Transactions,
    lock_seconds: int,
    statement_seconds: int,
) -> bool:
    """The columns of a base table; whether there were any to turn.

    Args:
        cursor: of the transaction that holds the load's lock.
        target: whose base table it is.
        present: the columns that this has.
        warehouse: what there is.
        names: the tables' names.
        transactions: whose errors say what the statements are for.
        lock_seconds: how long to wait for a target: whoever queries it queues behind this.
        statement_seconds: how long any other statement may take.
    """
    columns = columns_of_digits(target, present)
    if not columns:
        return False
    table = names.base(target)
    limit_statements(cursor, lock_seconds)
    with transactions.await_lock(table):
        cursor.execute(f"LOCK TABLE {table}")
    limit_statements(cursor, statement_seconds)
    statements = replace_columns(table, columns, warehouse, required=False)
    _execute(cursor, transactions, table, statements)
    return True


def fill_positions(
    cursor: Cursor,
    target: TargetSpec,
    present: Collection[str],
    warehouse: WarehouseSpec,
    names: Names,
) -> None:
    """Gives paths of the base table a position in rows that have none: that of an unknown key.

    A path that has left the declaration and comes back has none in rows of the time between, and no
    change would ever be later than NULL.
    """
    columns = [quote(path.position) for path in target.paths if path.position in present]
    if not columns:
        return
    unknown = literal(warehouse.unknown)
    values = ", ".join(f"{column} = COALESCE({column}, {unknown})" for column in columns)
    missing = " OR ".join(f"{column} IS NULL" for column in columns)
    cursor.execute(f"UPDATE {names.base(target)} SET {values} WHERE {missing}")


def turn_dimensions_into_bytes(
    cursor: Cursor, warehouse: WarehouseSpec, names: Names, transactions: Transactions
) -> None:
    """The columns of dimensions; those of tombstones are `ddl.replace_tombstones`'."""
    for dimension in warehouse.dimensions:
        table = names.dimension(dimension)
        present = columns_of(cursor, names.bookkeeping_schema, names.dimension_table(dimension))
        if columns := columns_of_digits(dimension, present):
            statements = replace_columns(table, columns, warehouse, required=True)
            _execute(cursor, transactions, table, statements)


def _execute(cursor: Cursor, transactions: Transactions, table: str, statements: list[str]) -> None:
    for sql in statements:
        transactions.progress = f", turning positions of {table} from text into bytes"
        cursor.execute(sql)
    transactions.progress = ""
    logger.warning("Positions of table %s were text and are bytes now", table)


def columns_of_digits(
    spec: TargetSpec | DimensionSpec, present: Mapping[str, Present]
) -> dict[str, str]:
    """The columns that are text, with the types that they are to have."""
    positions = position_columns(spec.staged)
    return {
        column.name: column.sql_type
        for column in spec.columns
        if column.name in positions
        and column.name in present
        and present[column.name].type.is_varchar
    }


def replace_columns(
    table: str, columns: Mapping[str, str], warehouse: WarehouseSpec, *, required: bool
) -> list[str]:
    """The statements; a table is written once, however many columns it has.

    Args:
        table: its quoted name.
        columns: those of `columns_of_digits`.
        warehouse: what there is.
        required: whether they are NOT NULL, which takes a default that stays.
    """
    # Of no path and no column: these names would be `_pos_...`, `_set_...` or a declared one.
    new_names = {name: quote(f"_bytes_{number}") for number, name in enumerate(columns)}
    rule = f" DEFAULT {literal(warehouse.unknown)} NOT NULL" if required else ""
    values = (f"{new} = {from_digits(quote(name))}" for name, new in new_names.items())
    return [
        *(
            f"ALTER TABLE {table} ADD COLUMN {new_names[name]} {sql_type}{rule}"
            for name, sql_type in columns.items()
        ),
        f"UPDATE {table} SET {', '.join(values)}",
        *(f"ALTER TABLE {table} DROP COLUMN {quote(name)}" for name in columns),
        *(
            f"ALTER TABLE {table} RENAME COLUMN {new} TO {quote(name)}"
            for name, new in new_names.items()
        ),
    ]

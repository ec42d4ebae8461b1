"""Dimensions that are kept in the warehouse: their tables, and how a load replaces their rows.

The steps are those of `plan`:

2. Changes are staged as they are.
3. The newest change of each key, unless the dimension's table has one that is as new. A deleted key
   keeps a row, with the position of its delete: an older change that is read again must not revive
   it.
4. Those replace the rows of the table.
5. Targets are joined to the table, where their rows have an older position: rows may know more than
   the table when the dimension was in the stream before and an older snapshot has been restored.
"""

from __future__ import annotations

from connectors.redshift.alter import columns_of
from connectors.redshift.errors import NeedsRepairError
from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names, list_columns, match_columns, quote
from connectors.redshift.spec import DimensionSpec, WarehouseSpec
from connectors.redshift.statements import (
    Statement,
    remove,
    select_newest,
    temporary_distribution,
)


def replace_dimension(
    dimension: DimensionSpec, warehouse: WarehouseSpec, names: Names
) -> list[Statement]:
    """Steps 3 and 4."""
    table, newest = names.dimension(dimension), names.newest_changes_table(dimension)
    columns, position = [c.name for c in dimension.columns], quote(warehouse.position)
    staged = select_newest(dimension, columns, warehouse, names)
    create = (
        f"CREATE TEMP TABLE {newest} {temporary_distribution(dimension.dist_key)} AS\n"
        f"SELECT {list_columns(columns, 'n.')}\nFROM {staged} AS n\n"
        f"LEFT JOIN {table} AS d ON {match_columns('n', 'd', dimension.key)}\n"
        f"WHERE d.{quote(dimension.key[0])} IS NULL OR d.{position} < n.{position}"
    )
    listed = list_columns(columns)
    insert = f"INSERT INTO {table} ({listed})\nSELECT {listed} FROM {newest}"
    return [
        Statement(3, dimension.table, create),
        Statement(4, dimension.table, remove(table, newest, dimension.key)),
        Statement(4, dimension.table, insert),
    ]


def refuse_moved(cursor: Cursor, warehouse: WarehouseSpec, names: Names) -> None:
    """Raises NeedsRepairError for a dimension of the stream that has a table in the warehouse."""
    for patch in warehouse.patches:
        if columns_of(cursor, names.bookkeeping_schema, names.dimension_table(patch)):
            message = (
                f"dimension {patch.table} was kept in the warehouse and is declared with "
                "placement stream, where its rows would be unknown: declare placement "
                f"warehouse again; or drop {names.dimension(patch)}, raise the generation and "
                "load the source's tables again"
            )
            raise NeedsRepairError(message)

"""Dimensions that are kept in the warehouse: their tables, and the join in the load's transaction.

The steps are those of `plan`:

2. to 5. Changes are staged as they are. The newest of each key replaces the row of the
   dimension's table, unless that is as new. A deleted key keeps a row, with the position of its
   delete: an older change that is read again must not revive it.
7. When facts and patches are in place: for each target and each path to such a dimension,
   parents before children,

   a. what has changed: rows that hold the key of a change of this batch, with an older position;
   b. what is not known: rows that hold a key of the dimension's table, with position unknown.
      Facts that were just written are such rows, and what a patch or a change further up the path
      has pointed to another key.

   Both set the position, the columns and the keys of the paths directly below; what is further
   below becomes unknown, whatever it was, and is found by the next path's (b).

Of a path only that runs for which something is staged. (b) reads two columns of the whole target;
(a) is guarded by positions, since rows may know more than the dimension's table when the dimension
was in the stream before and an older snapshot has been restored.
"""

from __future__ import annotations

from collections.abc import Container

from connectors.redshift.alter import columns_of
from connectors.redshift.errors import NeedsRepairError
from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names, listed, quoted
from connectors.redshift.spec import DimensionSpec, TargetSpec, WarehouseSpec
from connectors.redshift.statements import (
    Statement,
    drop_not_newer,
    keep_newest,
    remove,
    update_path,
)


def replace_dimension(
    dimension: DimensionSpec, warehouse: WarehouseSpec, names: Names
) -> list[Statement]:
    """Steps 3 to 5."""
    table, every = names.dimension(dimension), listed(c.name for c in dimension.columns)
    insert = f"INSERT INTO {table} ({every})\nSELECT {every} FROM {names.newest(dimension)}"
    return [
        keep_newest(3, dimension, dimension.columns, warehouse, names),
        drop_not_newer(dimension, table, "d", warehouse, names),
        remove(dimension, table, names),
        Statement(5, dimension.table, insert),
    ]


def refuse_moved(cursor: Cursor, warehouse: WarehouseSpec, names: Names) -> None:
    """Raises NeedsRepairError for a dimension of the stream that has a table in the warehouse."""
    for patch in warehouse.patches:
        if columns_of(cursor, names.bookkeeping_schema, names.dimension_table(patch)):
            message = (
                f"dimension {patch.table} was kept in the warehouse and is declared with "
                "placement stream, where nothing knows its rows: declare placement warehouse "
                f"again; or drop {names.dimension(patch)}, raise the generation and load the "
                "source's tables again"
            )
            raise NeedsRepairError(message)


def fill_paths(
    target: TargetSpec,
    warehouse: WarehouseSpec,
    names: Names,
    *,
    written: bool,
    changed: Container[str],
) -> list[Statement]:
    """Step 7 of one target.

    Args:
        target: whose paths are filled.
        warehouse: the dimensions that are kept in it.
        names: the tables' names.
        written: whether rows of the target are staged.
        changed: dimensions of either placement whose changes are staged.
    """
    kept = {dimension.table: dimension for dimension in warehouse.dimensions}
    statements = []
    for path in target.paths:
        dimension = kept.get(path.dimension)
        if dimension is None:
            continue
        if dimension.table in changed:
            older, newest = f"< q.{quoted(warehouse.position)}", names.newest(dimension)
            statements.append(update_path(7, target, path, newest, older, warehouse, names))
        if written or any(above in changed for above in path.above):
            unknown, table = f"= '{warehouse.unknown}'", names.dimension(dimension)
            statements.append(update_path(7, target, path, table, unknown, warehouse, names))
    return statements

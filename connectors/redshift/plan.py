"""The SQL of one load transaction, as data: typed statements in order, none of them run here.

The steps, whose numbers every statement carries:

1. Take the load's lock, before anything fixes a snapshot. Verify that the fence is ours. Find the
   parts that the ledger has already, and the columns of targets that the declaration lacks.
2. COPY what is left into temporary stages, one COPY per table; parts of a release before 0.2.0 by
   way of a stage of their own, which turns their positions into bytes.
3. Of a dimension that is kept in the warehouse the newest staged change of each key, unless the
   dimension's table has one that is as new.
4. Replace: those changes' keys in the dimension's table.
5. For each target one statement makes the next version of every row that the batch touches: of each
   key the newest row, over upserts and deletes, what is there and the key's tombstone together;
   then what its dimensions' changes make of it, parents before children.
6. Replace: delete the rows' keys from the target, insert the next versions that are no deletes.
7. Replace: the tombstones, one for each delete that won, even where there was no row.
8. Count what was staged and what steps 3 and 5 left of it. Sweep what lies below the floor of a
   reload, where that is due.
9. Ledger rows, accounts, outcomes, COMMIT.

A target is read once for keys and positions, once for the rows that the batch touches, and once to
delete them; each of them is written once, however many paths have changed.

Steps 1 and 9 are in `ledger`, 3 and 4 in `dimensions`, 5 in `next_versions`, 6 in `undeclared`, 8
in `batch`, `sweep` and `forgetting`; 2 and 7 here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from connectors.redshift.ddl import TOMBSTONE_TIME
from connectors.redshift.dimensions import replace_dimension
from connectors.redshift.names import Names, list_columns, quote
from connectors.redshift.next_versions import Touching, select_next_versions
from connectors.redshift.spec import ColumnSpec, TargetSpec, WarehouseSpec
from connectors.redshift.statements import (
    StagedTable,
    Statement,
    plan_copy,
    remove,
    temporary_distribution,
)
from connectors.redshift.undeclared import replace_rows


def plan_load(  # noqa: PLR0913
    warehouse: WarehouseSpec,
    names: Names,
    *,
    rows: Mapping[str, StagedTable],
    patches: Mapping[str, StagedTable],
    dimensions: Mapping[str, StagedTable],
    copy_role: str,
    undeclared: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> list[Statement]:
    """Steps 2 to 7 for the tables that have something to load.

    Args:
        warehouse: what there is.
        names: the tables' names.
        rows: what is staged, by target.
        patches: by dimension that the stream joins.
        dimensions: by dimension that is kept in the warehouse.
        copy_role: ARN of the role that COPY reads S3 with, or `default`.
        undeclared: by target the columns that its table has and the declaration does not.
    """
    statements = []
    for target in warehouse.targets:
        if target.table in rows:
            columns = (*target.columns, ColumnSpec(warehouse.deleted, "BOOLEAN"))
            staged_rows = rows[target.table]
            statements += plan_copy(target, columns, target.dist_key, names, staged_rows, copy_role)
    for patch in warehouse.patches:
        if patch.table in patches:
            staged_rows = patches[patch.table]
            statements += plan_copy(patch, patch.columns, None, names, staged_rows, copy_role)
    changed_dimensions = [spec for spec in warehouse.dimensions if spec.table in dimensions]
    for dimension in changed_dimensions:
        staged_rows = dimensions[dimension.table]
        statements += plan_copy(
            dimension, dimension.columns, dimension.dist_key, names, staged_rows, copy_role
        )
    for dimension in changed_dimensions:
        statements += replace_dimension(dimension, warehouse, names)
    changed = {*patches, *dimensions}
    for target in warehouse.targets:
        staged = target.table in rows
        touching = Touching(warehouse, names, target, rows_staged=staged, changed=changed)
        statements += _bring_up_to_date(touching, undeclared.get(target.table, ()))
    return statements


def _bring_up_to_date(touching: Touching, undeclared: Sequence[str]) -> list[Statement]:
    """Steps 5 to 7 of one target."""
    target, warehouse, names = touching.target, touching.warehouse, touching.names
    select = select_next_versions(touching)
    if select is None:
        return []
    create = (
        f"CREATE TEMP TABLE {names.next_rows_table(target)}"
        f" {temporary_distribution(target.dist_key)} AS\n{select}"
    )
    steps = [(5, create)]
    steps += [(6, sql) for sql in replace_rows(target, warehouse, names, undeclared)]
    if touching.rows_staged:
        steps += [(7, sql) for sql in _replace_tombstones(target, warehouse, names)]
    return [Statement(step, target.table, sql) for step, sql in steps]


def _replace_tombstones(target: TargetSpec, warehouse: WarehouseSpec, names: Names) -> list[str]:
    tombstones, following = names.tombstones(target), names.next_rows_table(target)
    columns = list_columns((*target.key, warehouse.position))
    insert = (
        f"INSERT INTO {tombstones} ({columns}, {quote(TOMBSTONE_TIME)})\n"
        f"SELECT {columns}, GETDATE() FROM {following} WHERE {quote(warehouse.deleted)}"
    )
    return [remove(tombstones, following, target.key), insert]

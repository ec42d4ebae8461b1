"""The SQL of one load transaction, as data: typed statements in order, none of them run here.

The steps, whose numbers every statement carries:

1. Take the load's lock, before anything fixes a snapshot. Verify that the fence is ours. Find the
   parts that the ledger has already, and the columns of targets that the declaration lacks.
2. COPY what is left into temporary stages, one COPY per table; parts of a release before 0.2.0 by
   way of a stage of their own, which turns their positions into bytes. Then one query for the range
   of staged keys, of targets that only rows of their own reach: it bounds what steps 5 to 7 read.
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
9. Ledger rows, accounts, outcomes, the cut, COMMIT.

A target is read once for keys and positions, once for the rows that the batch touches, and once to
delete them; each of them is written once, however many paths have changed. Where only rows of its
own are staged it is read twice, and of it the blocks alone that may hold their keys.

Steps 1 and 9 are in `ledger`, 3 and 4 in `dimensions`, 5 in `next_versions`, 6 in `undeclared`, 8
in `batch`, `sweep` and `forgetting`; 2 and 7 here, with the range of keys in `key_ranges`; the cut
in `cuts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from connectors.redshift.ddl import TOMBSTONE_TIME
from connectors.redshift.dimensions import replace_dimension
from connectors.redshift.names import Names, list_columns, quote
from connectors.redshift.next_versions import Touching, select_next_versions
from connectors.redshift.spec import ColumnSpec, WarehouseSpec
from connectors.redshift.statements import (
    KeyRange,
    StagedBatch,
    Statement,
    plan_copy,
    remove,
    temporary_distribution,
)
from connectors.redshift.undeclared import replace_rows


def plan_staging(
    warehouse: WarehouseSpec, names: Names, staged: StagedBatch, copy_role: str
) -> list[Statement]:
    """Step 2 for the tables that have something to load.

    Args:
        warehouse: what there is.
        names: the tables' names.
        staged: what the batch brings.
        copy_role: ARN of the role that COPY reads S3 with, or `default`.
    """
    statements = []
    for target in warehouse.targets:
        if target.table in staged.rows:
            columns = (*target.columns, ColumnSpec(warehouse.deleted, "BOOLEAN"))
            staged_rows = staged.rows[target.table]
            statements += plan_copy(target, columns, target.dist_key, names, staged_rows, copy_role)
    for patch in warehouse.patches:
        if patch.table in staged.patches:
            staged_rows = staged.patches[patch.table]
            statements += plan_copy(patch, patch.columns, None, names, staged_rows, copy_role)
    for dimension in warehouse.dimensions:
        if dimension.table in staged.dimensions:
            staged_rows = staged.dimensions[dimension.table]
            statements += plan_copy(
                dimension, dimension.columns, dimension.dist_key, names, staged_rows, copy_role
            )
    return statements


def plan_load(
    warehouse: WarehouseSpec,
    names: Names,
    staged: StagedBatch,
    *,
    ranges: Mapping[str, KeyRange] = MappingProxyType({}),
    undeclared: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> list[Statement]:
    """Steps 3 to 7 of what step 2 has staged.

    Args:
        warehouse: what there is.
        names: the tables' names.
        staged: what the batch brings.
        ranges: by target that of the staged keys, where nothing else touches rows of it.
        undeclared: by target the columns that its table has and the declaration does not.
    """
    statements = []
    for dimension in warehouse.dimensions:
        if dimension.table in staged.dimensions:
            statements += replace_dimension(dimension, warehouse, names)
    for target in warehouse.targets:
        touching = Touching(
            warehouse,
            names,
            target,
            rows_staged=target.table in staged.rows,
            changed=staged.changed,
            key_range=ranges.get(target.table),
        )
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
    replaced = replace_rows(target, warehouse, names, undeclared, touching.key_range)
    steps += [(6, sql) for sql in replaced]
    if touching.rows_staged:
        steps += [(7, sql) for sql in _replace_tombstones(touching)]
    return [Statement(step, target.table, sql) for step, sql in steps]


def _replace_tombstones(touching: Touching) -> list[str]:
    target, warehouse, names = touching.target, touching.warehouse, touching.names
    tombstones, following = names.tombstones(target), names.next_rows_table(target)
    columns = list_columns((*target.key, warehouse.position))
    insert = (
        f"INSERT INTO {tombstones} ({columns}, {quote(TOMBSTONE_TIME)})\n"
        f"SELECT {columns}, GETDATE() FROM {following} WHERE {quote(warehouse.deleted)}"
    )
    return [remove(tombstones, following, target.key, touching.key_range), insert]

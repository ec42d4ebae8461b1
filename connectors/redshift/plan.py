"""The SQL of one load transaction, as data: typed statements in order, none of them run here.

The steps, whose numbers every statement carries:

1. Lock the ledger, before anything fixes a snapshot. Verify that the fence is ours. Find the
   parts that the ledger has already.
2. COPY what is left into temporary stages, one COPY per table.
3. Keep the newest staged row of each key, over upserts and deletes together. Any row of a tie
   will do, so row_number and not rank. 3a to 3d, unchanged columns: see `unchanged`.
4. Drop those that are not newer than the target's row or the key's tombstone.
5. Replace: delete the rows' keys from the target, insert the upserts; likewise the
   tombstones, one for each delete, even where there was no row.
6. Patches: newest of each key by the patch's own position; then one UPDATE per path, parents
   before children, only rows that hold the key with an older position. What lies below
   the path is overwritten whatever its position: positions of different keys do not compare.
7. Dimensions that are kept in the warehouse: fill what targets show of them.
8. Count what was staged and what steps 3 and 4 left of it. Sweep what lies below the floor of a
   reload, where that is due.
9. Ledger rows, accounts, outcomes, COMMIT.

Steps 1 and 9 are in `ledger`, 8 in `counts` and `sweep`; 2 to 6 of facts and patches here;
`dimensions` has 3 to 5 and 7 of dimensions that are kept in the warehouse, which on every path come
after the stream's.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.redshift.dimensions import fill_paths, replace_dimension
from connectors.redshift.names import Names, listed, quoted
from connectors.redshift.spec import ColumnSpec, PatchSpec, PathSpec, TargetSpec, WarehouseSpec
from connectors.redshift.statements import (
    Statement,
    copied,
    drop_not_newer,
    keep_newest,
    remove,
    update_path,
)
from connectors.redshift.unchanged import keep_unchanged_values


def plan_load(  # noqa: PLR0913
    warehouse: WarehouseSpec,
    names: Names,
    *,
    rows: Mapping[str, str],
    patches: Mapping[str, str],
    dimensions: Mapping[str, str],
    copy_role: str,
) -> list[Statement]:
    """Steps 2 to 7 for the tables that have something to load.

    Args:
        warehouse: what there is.
        names: the tables' names.
        rows: manifest address by target.
        patches: manifest address by dimension that the stream joins.
        dimensions: manifest address by dimension that is kept in the warehouse.
        copy_role: ARN of the role that COPY reads S3 with, or `default`.
    """
    targets = [target for target in warehouse.targets if target.table in rows]
    patched = {patch.table: patch for patch in warehouse.patches if patch.table in patches}
    kept = [spec for spec in warehouse.dimensions if spec.table in dimensions]
    statements = []
    for target in targets:
        columns, address = _staged_columns(target, warehouse), rows[target.table]
        statements += copied(target, columns, target.dist_key, names, address, copy_role)
    for patch in patched.values():
        address = patches[patch.table]
        statements += copied(patch, patch.columns, None, names, address, copy_role)
    for dimension in kept:
        address = dimensions[dimension.table]
        statements += copied(
            dimension, dimension.columns, dimension.dist_key, names, address, copy_role
        )
    for target in targets:
        statements += _replace_facts(target, warehouse, names)
    for dimension in kept:
        statements += replace_dimension(dimension, warehouse, names)
    for patch in patched.values():
        statements.append(keep_newest(6, patch, patch.columns, warehouse, names))
    for target in warehouse.targets:
        statements += [
            _patch_path(target, path, patched[path.dimension], warehouse, names)
            for path in target.paths
            if path.dimension in patched
        ]
    changed = {*patched, *(dimension.table for dimension in kept)}
    for target in warehouse.targets:
        written = target.table in rows
        statements += fill_paths(target, warehouse, names, written=written, changed=changed)
    return statements


def _staged_columns(target: TargetSpec, warehouse: WarehouseSpec) -> tuple[ColumnSpec, ...]:
    return (*target.columns, ColumnSpec(warehouse.deleted, "BOOLEAN"))


def _replace_facts(target: TargetSpec, warehouse: WarehouseSpec, names: Names) -> list[Statement]:
    newest, table = names.newest(target), names.target(target)
    tombstones = names.tombstones(target)
    position, deleted = quoted(warehouse.position), quoted(warehouse.deleted)
    every, key = listed(c.name for c in target.columns), listed(target.key)
    insert = f"INSERT INTO {table} ({every})\nSELECT {every} FROM {newest} WHERE NOT {deleted}"
    insert_tombstones = (
        f"INSERT INTO {tombstones} ({key}, {position})\n"
        f"SELECT {key}, {position} FROM {newest} WHERE {deleted}"
    )
    return [
        keep_newest(3, target, _staged_columns(target, warehouse), warehouse, names),
        *(
            Statement(3, target.table, sql)
            for sql in keep_unchanged_values(target, warehouse.position, names)
        ),
        drop_not_newer(target, table, "t", warehouse, names),
        drop_not_newer(target, tombstones, "b", warehouse, names),
        remove(target, table, names),
        Statement(5, target.table, insert),
        remove(target, tombstones, names),
        Statement(5, target.table, insert_tombstones),
    ]


def _patch_path(
    target: TargetSpec, path: PathSpec, patch: PatchSpec, warehouse: WarehouseSpec, names: Names
) -> Statement:
    older = f"< q.{quoted(warehouse.position)}"
    return update_path(6, target, path, names.newest(patch), older, warehouse, names)

"""The SQL of one load transaction, as data: typed statements in order, none of them run here.

The steps, whose numbers every statement carries:

1. Lock the ledger, before anything fixes a snapshot. Verify that the fence is ours. Find the
   parts that the ledger has already.
2. COPY what is left into temporary stages, one COPY a stream.
3. Keep the newest staged row of each key, over upserts and deletes together. Any row of a tie
   will do, so row_number and not rank.
4. Drop those that are not newer than the target's row or the key's tombstone.
5. Replace: delete the rows' keys from the target, insert the upserts; likewise the
   tombstones, one for each delete, even where there was no row.
6. Patches: newest of each key by the patch's own position; then one UPDATE per path, parents
   before children, only rows that hold the key with an older position. What lies below
   the path is overwritten whatever its position: positions of different keys do not compare.
7. Sweep what lies below the floor of a reload, where that is due.
8. Ledger rows, accounts, COMMIT.

Steps 1 and 8 are in `ledger`, 7 in `sweep`; 2 to 6 here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.redshift.ddl import column_list, distribution
from connectors.redshift.names import Names, equal, listed, quoted
from connectors.redshift.spec import (
    ColumnSpec,
    PatchSpec,
    PathSpec,
    TargetSpec,
    WarehouseSpec,
)


@dataclass(frozen=True)
class Statement:
    """One statement, the step that it belongs to, and the table that it is about."""

    step: int
    about: str
    sql: str


def plan_load(
    warehouse: WarehouseSpec,
    names: Names,
    *,
    rows: Mapping[str, str],
    patches: Mapping[str, str],
    copy_role: str,
) -> list[Statement]:
    """Steps 2 to 6 for the streams that have something to load.

    Args:
        warehouse: what there is.
        names: the tables' names.
        rows: manifest address by target stream.
        patches: manifest address by dimension stream.
        copy_role: ARN of the role that COPY reads S3 with, or `default`.
    """
    targets = [target for target in warehouse.targets if target.stream in rows]
    dimensions = [patch for patch in warehouse.patches if patch.stream in patches]
    statements = []
    for target in targets:
        columns = (*target.columns, ColumnSpec(warehouse.deleted, "BOOLEAN"))
        statements += _copy(target, columns, target.dist_key, names, rows[target.stream], copy_role)
    for patch in dimensions:
        statements += _copy(patch, patch.columns, None, names, patches[patch.stream], copy_role)
    for target in targets:
        statements += _replace_facts(target, warehouse, names)
    for patch in dimensions:
        statements.append(_keep_newest(6, patch, patch.columns, warehouse, names))
    staged = {patch.stream: patch for patch in dimensions}
    for target in warehouse.targets:
        statements += [
            _patch_path(target, path, staged[path.dimension], warehouse, names)
            for path in target.paths
            if path.dimension in staged
        ]
    return statements


def _copy(  # noqa: PLR0913, PLR0917
    spec: TargetSpec | PatchSpec,
    columns: tuple[ColumnSpec, ...],
    dist_key: str | None,
    names: Names,
    manifest: str,
    copy_role: str,
) -> list[Statement]:
    role = "default" if copy_role == "default" else f"'{copy_role}'"
    clause = distribution(dist_key) if dist_key else "DISTSTYLE EVEN"
    created = [
        f"CREATE TEMP TABLE {table} (\n{column_list(columns)}\n) {clause}"
        for table in (names.stage(spec), names.newest(spec))
    ]
    copied = (
        f"COPY {names.stage(spec)} FROM '{manifest}' IAM_ROLE {role} FORMAT AS PARQUET MANIFEST"
    )
    return [Statement(2, spec.stream, sql) for sql in (*created, copied)]


def _keep_newest(
    step: int,
    spec: TargetSpec | PatchSpec,
    columns: tuple[ColumnSpec, ...],
    warehouse: WarehouseSpec,
    names: Names,
) -> Statement:
    every = listed(c.name for c in columns)
    order = f"PARTITION BY {listed(spec.key)} ORDER BY {quoted(warehouse.position)} DESC"
    return Statement(
        step,
        spec.stream,
        f"INSERT INTO {names.newest(spec)} ({every})\n"
        f"SELECT {every} FROM (\n"
        f"  SELECT {every}, ROW_NUMBER() OVER ({order}) AS _rank FROM {names.stage(spec)}\n"
        f") AS ranked WHERE _rank = 1",
    )


def _replace_facts(target: TargetSpec, warehouse: WarehouseSpec, names: Names) -> list[Statement]:
    newest, table = names.newest(target), names.target(target)
    tombstones = names.tombstones(target)
    position, deleted = quoted(warehouse.position), quoted(warehouse.deleted)
    columns = (*target.columns, ColumnSpec(warehouse.deleted, "BOOLEAN"))
    every, key = listed(c.name for c in target.columns), listed(target.key)

    def not_newer(other: str, alias: str) -> Statement:
        return Statement(
            4,
            target.stream,
            f"DELETE FROM {newest} USING {other} AS {alias}\n"
            f"WHERE {equal(newest, alias, target.key)}"
            f" AND {alias}.{position} >= {newest}.{position}",
        )

    def remove(other: str) -> Statement:
        return Statement(
            5,
            target.stream,
            f"DELETE FROM {other} USING {newest} AS n\nWHERE {equal(other, 'n', target.key)}",
        )

    insert = f"INSERT INTO {table} ({every})\nSELECT {every} FROM {newest} WHERE NOT {deleted}"
    bury = (
        f"INSERT INTO {tombstones} ({key}, {position})\n"
        f"SELECT {key}, {position} FROM {newest} WHERE {deleted}"
    )
    return [
        _keep_newest(3, target, columns, warehouse, names),
        not_newer(table, "t"),
        not_newer(tombstones, "b"),
        remove(table),
        Statement(5, target.stream, insert),
        remove(tombstones),
        Statement(5, target.stream, bury),
    ]


def _patch_path(
    target: TargetSpec, path: PathSpec, patch: PatchSpec, warehouse: WarehouseSpec, names: Names
) -> Statement:
    table, newest = names.target(target), names.newest(patch)
    keys = {theirs for _, theirs in path.key}

    def value(column: str) -> str:
        # A delete's patch has its key, to find its rows by; what they show is nothing.
        if column in keys:
            return f"CASE WHEN NOT q.{quoted(warehouse.deleted)} THEN q.{quoted(column)} END"
        return f"q.{quoted(column)}"

    assigned = ",\n  ".join(f"{quoted(own)} = {value(theirs)}" for own, theirs in path.assigned)
    matched = " AND ".join(
        f"{table}.{quoted(own)} = q.{quoted(theirs)}" for own, theirs in path.key
    )
    return Statement(
        6,
        target.stream,
        f"UPDATE {table} SET\n  {assigned}\nFROM {newest} AS q\n"
        f"WHERE {matched} AND {table}.{quoted(path.position)} < q.{quoted(warehouse.position)}",
    )

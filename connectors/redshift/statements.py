"""The statements that facts, patches and dimensions of a load have in common, as data.

None of them is run here. `plan` puts them in order and says what the steps are.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.redshift.ddl import column_list, distribution
from connectors.redshift.names import Names, equal, listed, quoted
from connectors.redshift.spec import ColumnSpec, PathSpec, StagedSpec, TargetSpec, WarehouseSpec


@dataclass(frozen=True)
class Statement:
    """One statement, the step that it belongs to, and the table that it is about."""

    step: int
    about: str
    sql: str


def copied(  # noqa: PLR0913, PLR0917
    spec: StagedSpec,
    columns: tuple[ColumnSpec, ...],
    dist_key: str | None,
    names: Names,
    manifest: str,
    copy_role: str,
) -> list[Statement]:
    """Step 2: the staged rows of one table, and an empty table for the newest of them."""
    role = "default" if copy_role == "default" else f"'{copy_role}'"
    clause = distribution(dist_key) if dist_key else "DISTSTYLE EVEN"
    created = [
        f"CREATE TEMP TABLE {table} (\n{column_list(columns)}\n) {clause}"
        for table in (names.stage(spec), names.newest(spec))
    ]
    copy = f"COPY {names.stage(spec)} FROM '{manifest}' IAM_ROLE {role} FORMAT AS PARQUET MANIFEST"
    return [Statement(2, spec.table, sql) for sql in (*created, copy)]


def keep_newest(
    step: int,
    spec: StagedSpec,
    columns: tuple[ColumnSpec, ...],
    warehouse: WarehouseSpec,
    names: Names,
) -> Statement:
    """The newest staged row of each key."""
    every = listed(c.name for c in columns)
    order = f"PARTITION BY {listed(spec.key)} ORDER BY {quoted(warehouse.position)} DESC"
    return Statement(
        step,
        spec.table,
        f"INSERT INTO {names.newest(spec)} ({every})\n"
        f"SELECT {every} FROM (\n"
        f"  SELECT {every}, ROW_NUMBER() OVER ({order}) AS _rank FROM {names.stage(spec)}\n"
        f") AS ranked WHERE _rank = 1",
    )


def drop_not_newer(
    spec: StagedSpec, other: str, alias: str, warehouse: WarehouseSpec, names: Names
) -> Statement:
    """Step 4: delete staged rows whose key is in `other` with the same or a later position."""
    newest, position = names.newest(spec), quoted(warehouse.position)
    return Statement(
        4,
        spec.table,
        f"DELETE FROM {newest} USING {other} AS {alias}\n"
        f"WHERE {equal(newest, alias, spec.key)}"
        f" AND {alias}.{position} >= {newest}.{position}",
    )


def remove(spec: StagedSpec, other: str, names: Names) -> Statement:
    """Step 5: delete rows of `other` whose key is staged."""
    return Statement(
        5,
        spec.table,
        f"DELETE FROM {other} USING {names.newest(spec)} AS n\nWHERE {equal(other, 'n', spec.key)}",
    )


def update_path(  # noqa: PLR0913, PLR0917
    step: int,
    target: TargetSpec,
    path: PathSpec,
    source: str,
    condition: str,
    warehouse: WarehouseSpec,
    names: Names,
) -> Statement:
    """Rows of `target` that hold a key of `source` get what `path` assigns.

    Args:
        step: that the statement belongs to.
        target: whose rows are updated.
        path: the dimension's place in the target.
        source: a table with one row per key, called `q` in what follows.
        condition: on the target's position of the dimension: what stands behind its name.
        warehouse: names of columns, the unknown position.
        names: of tables.
    """
    table = names.target(target)
    keys = {theirs for _, theirs in path.key}

    def value(column: str) -> str:
        # A deleted row has its key, to find the target's rows by; what they show is nothing.
        if column in keys:
            return f"CASE WHEN NOT q.{quoted(warehouse.deleted)} THEN q.{quoted(column)} END"
        return f"q.{quoted(column)}"

    values = [f"{quoted(own)} = {value(theirs)}" for own, theirs in path.assigned]
    values += [f"{quoted(own)} = NULL" for own in path.cleared]
    values += [f"{quoted(own)} = '{warehouse.unknown}'" for own in path.unknown]
    matched = " AND ".join(
        f"{table}.{quoted(own)} = q.{quoted(theirs)}" for own, theirs in path.key
    )
    assigned = ",\n  ".join(values)
    return Statement(
        step,
        target.table,
        f"UPDATE {table} SET\n  {assigned}\nFROM {source} AS q\n"
        f"WHERE {matched} AND {table}.{quoted(path.position)} {condition}",
    )

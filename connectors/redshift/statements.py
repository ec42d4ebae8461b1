"""The statements and table expressions that facts, patches and dimensions of a load share, as data.

None of them is run here. `plan` puts them in order and says what the steps are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connectors.redshift.ddl import column_list, distribution
from connectors.redshift.names import Names, list_columns, match_columns, quote
from connectors.redshift.spec import ColumnSpec, StagedSpec, WarehouseSpec


@dataclass(frozen=True)
class Statement:
    """One statement, the step that it belongs to, and the table that it is about."""

    step: int
    about: str
    sql: str


def temporary_distribution(dist_key: str | None) -> str:
    """The distribution clause of a temporary table: Redshift is not left to choose."""
    return distribution(dist_key) if dist_key else "DISTSTYLE EVEN"


def plan_copy(  # noqa: PLR0913, PLR0917
    spec: StagedSpec,
    columns: tuple[ColumnSpec, ...],
    dist_key: str | None,
    names: Names,
    manifest: str,
    copy_role: str,
) -> list[Statement]:
    """Step 2: the staged rows of one table.

    Without statistics: COPY analyses a table that was empty, which takes longer than the few
    queries on a stage would gain.
    """
    role = "default" if copy_role == "default" else f"'{copy_role}'"
    stage = names.stage(spec)
    create = (
        f"CREATE TEMP TABLE {stage} (\n{column_list(columns)}\n) {temporary_distribution(dist_key)}"
    )
    copy = (
        f"COPY {stage} FROM '{manifest}' IAM_ROLE {role} FORMAT AS PARQUET MANIFEST STATUPDATE OFF"
    )
    return [Statement(2, spec.table, sql) for sql in (create, copy)]


def select_newest(
    spec: StagedSpec, columns: Iterable[str], warehouse: WarehouseSpec, names: Names
) -> str:
    """The newest staged row of each key, as a table expression; any row of a tie will do."""
    every = list_columns(columns)
    order = f"PARTITION BY {list_columns(spec.key)} ORDER BY {quote(warehouse.position)} DESC"
    return (
        f"(\n  SELECT {every} FROM (\n"
        f"    SELECT {every}, ROW_NUMBER() OVER ({order}) AS _rank FROM {names.stage(spec)}\n"
        f"  ) AS numbered WHERE _rank = 1\n)"
    )


def remove(table: str, replacing: str, key: tuple[str, ...]) -> str:
    """Deletes the rows of `table` whose key is in the table `replacing`."""
    return f"DELETE FROM {table} USING {replacing} AS n\nWHERE {match_columns(table, 'n', key)}"


def indent(sql: str, times: int = 1) -> str:
    """The lines of `sql`, moved to the right."""
    return "\n".join("  " * times + line for line in sql.split("\n"))

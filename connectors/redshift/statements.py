"""The statements and table expressions that facts, patches and dimensions of a load share, as data.

None of them is run here. `plan` puts them in order and says what the steps are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from connectors.redshift.ddl import column_list, distribution
from connectors.redshift.names import Names, list_columns, match_columns, quote
from connectors.redshift.position_sql import digits_type, from_digits
from connectors.redshift.spec import ColumnSpec, StagedSpec, WarehouseSpec
from connectors.staging.shape import position_columns


@dataclass(frozen=True)
class Statement:
    """One statement, the step that it belongs to, and the table that it is about."""

    step: int
    about: str
    sql: str


@dataclass(frozen=True)
class StagedTable:
    """The manifests of one table's parts; an address is empty where there are no such parts.

    Attributes:
        manifest: of parts as this release stages them.
        of_digits: of parts that a release before 0.2.0 has staged, with positions as digits.
    """

    manifest: str = ""
    of_digits: str = ""


@dataclass(frozen=True)
class StagedBatch:
    """What a batch stages, by table.

    Attributes:
        rows: of targets.
        patches: of dimensions that the stream joins.
        dimensions: changes of dimensions that are kept in the warehouse.
    """

    rows: Mapping[str, StagedTable] = field(default_factory=dict)
    patches: Mapping[str, StagedTable] = field(default_factory=dict)
    dimensions: Mapping[str, StagedTable] = field(default_factory=dict)

    @property
    def changed(self) -> frozenset[str]:
        """Dimensions of either placement."""
        return frozenset((*self.patches, *self.dimensions))


@dataclass(frozen=True)
class KeyRange:
    """Between which numbers all keys lie that a batch touches in a target.

    Attributes:
        column: of the key, an integer.
        least, greatest: of what is staged.
    """

    column: str
    least: int
    greatest: int


def bound(row: str, key_range: KeyRange | None) -> str:
    """A further condition for `row`, which an equality of its key implies; may be empty.

    It has literals, since Redshift leaves out blocks of a table by those alone.
    """
    if key_range is None:
        return ""
    column = f"{row}.{quote(key_range.column)}"
    return f" AND {column} BETWEEN {key_range.least} AND {key_range.greatest}"


def temporary_distribution(dist_key: str | None) -> str:
    """The distribution clause of a temporary table: Redshift is not left to choose."""
    return distribution(dist_key) if dist_key else "DISTSTYLE EVEN"


def plan_copy(  # noqa: PLR0913, PLR0917
    spec: StagedSpec,
    columns: tuple[ColumnSpec, ...],
    dist_key: str | None,
    names: Names,
    staged: StagedTable,
    copy_role: str,
) -> list[Statement]:
    """Step 2: the staged rows of one table."""
    stage = names.stage(spec)
    statements = [_create_stage(stage, columns, dist_key)]
    if staged.manifest:
        statements.append(_copy(stage, staged.manifest, copy_role))
    if staged.of_digits:
        statements += _copy_digits(spec, columns, dist_key, names, staged.of_digits, copy_role)
    return [Statement(2, spec.table, sql) for sql in statements]


def _create_stage(stage: str, columns: Iterable[ColumnSpec], dist_key: str | None) -> str:
    listed = column_list(tuple(columns))
    return f"CREATE TEMP TABLE {stage} (\n{listed}\n) {temporary_distribution(dist_key)}"


def _copy(stage: str, manifest: str, copy_role: str) -> str:
    """Without statistics.

    COPY analyses a table that was empty, which takes longer than the few queries on a stage would
    gain.
    """
    role = "default" if copy_role == "default" else f"'{copy_role}'"
    return (
        f"COPY {stage} FROM '{manifest}' IAM_ROLE {role} FORMAT AS PARQUET MANIFEST STATUPDATE OFF"
    )


def _copy_digits(  # noqa: PLR0913, PLR0917
    spec: StagedSpec,
    columns: tuple[ColumnSpec, ...],
    dist_key: str | None,
    names: Names,
    manifest: str,
    copy_role: str,
) -> list[str]:
    """By way of a stage whose positions are text."""
    digits, positions = names.digits_stage(spec), position_columns(spec.staged)
    values = [from_digits(quote(c.name)) if c.name in positions else quote(c.name) for c in columns]
    listed = list_columns(c.name for c in columns)
    in_digits = (
        replace(c, sql_type=digits_type(c.sql_type)) if c.name in positions else c for c in columns
    )
    return [
        _create_stage(digits, in_digits, dist_key),
        _copy(digits, manifest, copy_role),
        f"INSERT INTO {names.stage(spec)} ({listed})\nSELECT {', '.join(values)}\nFROM {digits}",
    ]


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


def remove(
    table: str, replacing: str, key: tuple[str, ...], key_range: KeyRange | None = None
) -> str:
    """Deletes the rows of `table` whose key is in the table `replacing`."""
    matched = f"{match_columns(table, 'n', key)}{bound(table, key_range)}"
    return f"DELETE FROM {table} USING {replacing} AS n\nWHERE {matched}"


def indent(sql: str, times: int = 1) -> str:
    """The lines of `sql`, moved to the right."""
    return "\n".join("  " * times + line for line in sql.split("\n"))

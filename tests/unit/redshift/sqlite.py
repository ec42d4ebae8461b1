"""The load plan on SQLite: a warehouse for tests of what the statements do, in memory.

COPY inserts given batches, CREATE SCHEMA attaches a database, `infra.simulation.sqlite_dialect`
rewrites the rest. Redshift itself is imitated elsewhere, see the contract suite.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self, cast

import pyarrow as pa

from connectors.positions import with_position_bytes
from connectors.redshift.ddl import create_statements
from connectors.redshift.key_ranges import read_key_ranges
from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names
from connectors.redshift.plan import plan_load, plan_staging
from connectors.redshift.spec import DimensionSpec, TargetSpec, WarehouseSpec
from connectors.redshift.statements import StagedBatch, StagedTable
from connectors.staging.shape import position_columns
from infra.simulation.database import list_shown
from infra.simulation.sqlite_dialect import as_sqlite, connect, drop_temporary

NAMES: Final = Names("starjoin")
_SCHEMA: Final = re.compile(r'CREATE SCHEMA IF NOT EXISTS "(\w+)"')
_COPY: Final = re.compile(r"COPY (\S+) FROM '(\S+)' ")


def plain(value: Any) -> Any:
    """A value as SQLite keeps it; decimals as text that stays text in a numeric column."""
    if isinstance(value, Decimal):
        return f"decimal {value}"
    if isinstance(value, dt.date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value


def batch_of(
    rows: Iterable[str], patches: Iterable[str] = (), dimensions: Iterable[str] = ()
) -> StagedBatch:
    """A batch of these tables."""
    return StagedBatch(
        rows={table: StagedTable(f"rows:{table}") for table in rows},
        patches={table: StagedTable(f"patches:{table}") for table in patches},
        dimensions={table: StagedTable(f"dimensions:{table}") for table in dimensions},
    )


def planned(spec: WarehouseSpec, rows: Iterable[str]) -> list[str]:
    """The statements of one transaction, for rows of these targets."""
    staged = batch_of(rows)
    statements = plan_staging(spec, NAMES, staged, "default") + plan_load(spec, NAMES, staged)
    return [statement.sql for statement in statements]


def _list_shown(spec: TargetSpec | DimensionSpec) -> str:
    columns = [column.name for column in spec.columns]
    return list_shown(columns, position_columns(spec.staged))


class SqliteWarehouse:
    """Targets and bookkeeping in memory; `load` runs one transaction's plan.

    Attributes:
        spec: what there is.
        undeclared: by target the columns that were added to it by hand.
    """

    def __init__(self, spec: WarehouseSpec) -> None:
        self.spec = spec
        self.undeclared: Mapping[str, Sequence[str]] = {}
        self._connection = connect()
        for statement in create_statements(spec, NAMES):
            self._run(statement, {})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def load(
        self,
        rows: Mapping[str, Sequence[pa.RecordBatch]],
        patches: Mapping[str, Sequence[pa.RecordBatch]],
        dimensions: Mapping[str, Sequence[pa.RecordBatch]] = MappingProxyType({}),
        *,
        change: Callable[[str], str] = lambda sql: sql,
    ) -> None:
        """One transaction; of the statements that `change` makes of the plan's."""
        batch = batch_of(rows, patches, dimensions)
        staged = {f"rows:{stream}": found for stream, found in rows.items()}
        staged |= {f"patches:{stream}": found for stream, found in patches.items()}
        staged |= {f"dimensions:{stream}": found for stream, found in dimensions.items()}
        for statement in plan_staging(self.spec, NAMES, batch, "default"):
            self._run(change(statement.sql), staged)
        cursor = cast("Cursor", self._connection.cursor())
        ranges = read_key_ranges(cursor, self.spec, NAMES, batch)
        planned = plan_load(self.spec, NAMES, batch, ranges=ranges, undeclared=self.undeclared)
        for statement in planned:
            self._run(change(statement.sql), staged)
        drop_temporary(self._connection)

    def rows(self, target: TargetSpec) -> list[tuple[Any, ...]]:
        """Every column of the target, in order of declaration."""
        columns = _list_shown(target)
        return sorted(
            self._connection.execute(f"SELECT {columns} FROM {NAMES.base(target)}"), key=repr
        )

    def dimension(self, dimension: DimensionSpec) -> list[tuple[Any, ...]]:
        """A dimension that is kept in the warehouse, deleted keys among its rows."""
        sql = f"SELECT {_list_shown(dimension)} FROM {NAMES.dimension(dimension)}"
        return sorted(self._connection.execute(sql), key=repr)

    def tombstones(self, target: TargetSpec) -> list[tuple[Any, ...]]:
        columns = list_shown((*target.key, self.spec.position), [self.spec.position])
        return sorted(self._connection.execute(f"SELECT {columns} FROM {NAMES.tombstones(target)}"))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """One query beside the loads."""
        return self._connection.execute(sql).fetchall()

    def execute(self, sql: str) -> None:
        """One statement beside the loads."""
        self._run(sql, {})

    def prune(self, target: TargetSpec) -> None:
        """Forgets the deleted keys."""
        self._connection.execute(f"DELETE FROM {NAMES.tombstones(target)}")

    def _run(self, sql: str, staged: Mapping[str, Sequence[pa.RecordBatch]]) -> None:
        if schema := _SCHEMA.fullmatch(sql):
            attached = {row[1] for row in self._connection.execute("PRAGMA database_list")}
            if schema[1] not in attached:
                self._connection.execute(f"ATTACH ':memory:' AS \"{schema[1]}\"")
            return
        if copied := _COPY.match(sql):
            for batch in staged[copied[2]]:
                marks = ", ".join("?" * batch.num_columns)
                rows = with_position_bytes(pa.Table.from_batches([batch])).to_pylist()
                values = [[plain(v) for v in row.values()] for row in rows]
                self._connection.executemany(f"INSERT INTO {copied[1]} VALUES ({marks})", values)
            return
        self._connection.execute(as_sqlite(sql))

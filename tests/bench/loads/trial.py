"""One load under one plan: what it took, what it read and wrote, and what the target is after it.

The connection that the Loader is given takes notes. Where the Loader commits, it reads PostgreSQL's
counters of the transaction, sums up the target, and rolls back, so that the next trial begins where
this one began; or it commits, to measure that as well.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.redshift.names import list_columns, quote
from connectors.staging.part import Part
from tests.bench.loads.plans import Plan
from tests.bench.loads.warehouse import BenchWarehouse


@dataclass(frozen=True)
class Usage:
    """Seconds: of the clock, and of CPU time by who used it."""

    clock: float
    database: float
    emulator: float
    loader: float

    def __sub__(self, other: Usage) -> Usage:
        return Usage(
            self.clock - other.clock,
            self.database - other.database,
            self.emulator - other.emulator,
            self.loader - other.loader,
        )


@dataclass(frozen=True)
class Sums:
    """What a target is: its rows, their keys, and all of those that the transaction has written.

    The others are those of before, since PostgreSQL never changes a row in its place. Tombstones
    are summed up by key and position.
    """

    rows: int
    keys: int
    written: int
    tombstones: int


@dataclass
class Trial:
    """The notes of one load.

    Attributes:
        used: from before the Loader connects until it commits.
        statements: that it sent, COMMIT included.
        copying: seconds that COPY took.
        scans: of the whole target.
        read: rows of the target that statements have read.
        written: rows that they put into it; an UPDATE writes a row and removes one.
        removed: rows that they took out of it.
        aside: rows that they wrote to temporary tables, what COPY brought included.
        sums: what the target is after it.
        commit: seconds that COMMIT took, where there was one.
    """

    used: Usage = Usage(0, 0, 0, 0)
    statements: int = 0
    copying: float = 0.0
    scans: int = 0
    read: int = 0
    written: int = 0
    removed: int = 0
    aside: int = 0
    sums: Sums = Sums(0, 0, 0, 0)
    commit: float | None = None

    @property
    def planned(self) -> float:
        """Seconds of everything but COPY, which both plans do alike."""
        return self.used.clock - self.copying


def run_trial(
    warehouse: BenchWarehouse, plan: Plan, parts: Sequence[Part], *, keep: bool = False
) -> Trial:
    """Loads `parts`; they are gone again afterwards unless `keep`."""
    trial = Trial()
    begun = _read_usage(warehouse)
    with plan.use():
        warehouse.load(
            parts, lambda connection: _Watched(connection, warehouse, trial, begun, keep=keep)
        )
    warehouse.clean()
    return trial


def _read_usage(warehouse: BenchWarehouse) -> Usage:
    return Usage(
        time.perf_counter(),
        warehouse.database_seconds(),
        warehouse.emulator_seconds(),
        time.process_time(),
    )


@dataclass
class _Watched:
    """A connection of the driver that takes notes in `trial`."""

    connection: Any
    warehouse: BenchWarehouse
    trial: Trial
    begun: Usage
    keep: bool
    _cursor: Any = field(init=False)

    @property
    def autocommit(self) -> bool:
        return bool(self.connection.autocommit)

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        self.connection.autocommit = value

    def cursor(self) -> _Watched:
        self._cursor = self.connection.cursor()
        return self

    def execute(self, operation: str, args: Any = None) -> None:
        started = time.perf_counter()
        self._cursor.execute(operation, args)
        if operation.startswith("COPY "):
            self.trial.copying += time.perf_counter() - started
        self.trial.statements += 1

    def fetchall(self) -> Any:
        return self._cursor.fetchall()

    def commit(self) -> None:
        self.trial.used = _read_usage(self.warehouse) - self.begun
        self.trial.statements += 1
        self._count()
        self._sum_up()
        if not self.keep:
            self.connection.rollback()
            return
        started = time.perf_counter()
        self.connection.commit()
        self.trial.commit = time.perf_counter() - started

    def rollback(self) -> None:
        self.connection.rollback()

    def close(self) -> None:
        self.connection.close()

    def _count(self) -> None:
        target = self.warehouse.target.schema, self.warehouse.table_name
        self._cursor.execute(
            "SELECT schemaname, relname, seq_scan, seq_tup_read + COALESCE(idx_tup_fetch, 0), "
            "n_tup_ins + n_tup_upd, n_tup_del + n_tup_upd FROM pg_stat_xact_user_tables"
        )
        for schema, table, scans, read, written, removed in self._cursor.fetchall():
            if (schema, table) == target:
                self.trial.scans, self.trial.read = int(scans), int(read)
                self.trial.written, self.trial.removed = int(written), int(removed)
            elif str(schema).startswith("pg_temp"):
                self.trial.aside += int(written)

    def _sum_up(self) -> None:
        warehouse = self.warehouse
        (number,) = warehouse.target.key
        key = f"hashint8extended(t.{quote(number)}, 0)"
        buried = f"ROW({list_columns((number, warehouse.spec.position), 't.')})"
        mine = "t.xmin = CAST(pg_current_xact_id() AS xid)"
        self._cursor.execute(
            f"SELECT COUNT(*), SUM({key}), "
            f"SUM(CASE WHEN {mine} THEN hashtextextended(CAST(t AS text), 0) END), "
            f"(SELECT SUM(hashtextextended(CAST({buried} AS text), 0)) "
            f"FROM {warehouse.tombstones} AS t) "
            f"FROM {warehouse.table} AS t"
        )
        ((rows, *sums),) = self._cursor.fetchall()
        self.trial.sums = Sums(int(rows), *(int(value or 0) for value in sums))

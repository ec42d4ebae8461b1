"""What a reconciliation of many rows takes: time, memory, and bytes moved beside bytes held.

The stack of the local runs, and the job for its full load. Then source and warehouse are given the
same further rows, each within its own database: the stream would take hours for so many.

1. Nothing differs.
2. Some rows are damaged, spread over all; they are found, and nothing else.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql
from rich.console import Console

from infra.reconcile.protocol import Reconciliation, Result, Settings
from infra.reconcile.services import Waiting, open_sides
from tests.support.running import Running, running

TARGET: Final = "sport_event_activity"
_BUYERS: Final = 500
_PATTERN_KEYS: Final = 20_000_000  # of rows that go through the job
_FURTHER_KEYS: Final = 30_000_000
_WAITING: Final = Waiting(slot="", lag_seconds=1.5, wait_seconds=240, every=1.0)
_MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True)
class Measured:
    """One reconciliation.

    Attributes:
        seconds: of the clock, both databases on this machine.
        peak_megabytes: of this process, in all its life.
        moved: bytes received from both sides.
        held: bytes of the target's table in the warehouse.
        differences: how many keys differ.
    """

    seconds: float
    peak_megabytes: float
    moved: int
    held: int
    differences: int


def measure_reconcile(console: Console, rows: int, damaged: int) -> list[Measured]:
    """Prints what a reconciliation takes: equal, and with `damaged` of the rows changed."""
    with tempfile.TemporaryDirectory(prefix="starjoin-bench-") as name, running(Path(name)) as run:
        os.environ.update(run.stack.environment())
        _load(run)
        _add_rows(run, rows)
        found = [_reconcile(console, run, "equal")]
        _damage(run, rows, damaged)
        found.append(_reconcile(console, run, f"{damaged} rows damaged"))
    return found


def _load(run: Running) -> None:
    run.full_load()
    with run.minicluster():
        run.changes(
            f"INSERT INTO ticket_activity SELECT {_PATTERN_KEYS} + n, 1000 + n, now(), now() "
            f"FROM generate_series(0, {_BUYERS - 1}) n"
        )
        run.wait_until_all_loaded()


def _add_rows(run: Running, rows: int) -> None:
    """The rows that the job has joined, again and again under other keys."""
    times = rows // _BUYERS
    key = f"{_FURTHER_KEYS} + n * {_BUYERS} + ticket_id - {_PATTERN_KEYS}"
    pattern = f"ticket_id BETWEEN {_PATTERN_KEYS} AND {_PATTERN_KEYS + _BUYERS - 1}"
    with psycopg.connect(run.stack.source.dsn(), autocommit=True) as source:
        # What is added does not pass the stream, so nobody may wait for it there.
        source.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active"
        )
        _multiply(source, "ticket_seller", "ticket_activity", key, pattern, times)
    with _warehouse(run) as warehouse:
        _multiply(warehouse, "public", f"{TARGET}_base", key, pattern, times)


def _multiply(  # noqa: PLR0917
    connection: Any, schema: str, name: str, key: str, pattern: str, times: int
) -> None:
    table = sql.Identifier(schema, name)
    cursor = connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(table))
    columns = [column.name for column in cursor.description]
    others = sql.SQL(", ").join(sql.Identifier(name) for name in columns if name != "ticket_id")
    connection.execute(
        sql.SQL(
            "INSERT INTO {table} (ticket_id, {others}) SELECT {key}, {others} "
            "FROM {table} CROSS JOIN generate_series(0, {last}) n WHERE {pattern}"
        ).format(
            table=table,
            others=others,
            key=sql.SQL(key),
            last=sql.Literal(times - 1),
            pattern=sql.SQL(pattern),
        )
    )
    connection.execute(sql.SQL("ANALYZE {}").format(table))


def _warehouse(run: Running) -> Any:
    """The emulator's own database: the emulator takes what Redshift would, which has no series."""
    return psycopg.connect(run.stack.redshift.postgres.dsn("dev"), autocommit=True)


def _damage(run: Running, rows: int, damaged: int) -> None:
    step = rows // damaged
    with _warehouse(run) as warehouse:
        warehouse.execute(
            f"UPDATE {TARGET}_base SET created_at = '2020-01-01' WHERE ticket_id IN "
            f"(SELECT {_FURTHER_KEYS} + n * {step} FROM generate_series(0, {damaged - 1}) n)"
        )


def _reconcile(console: Console, run: Running, what: str) -> Measured:
    started = time.monotonic()
    with open_sides(run.stack.settings, run.stack.source.dsn(), _WAITING, has_key=True) as sides:
        settings = Settings(limit=1_000, gap=1.0, sample=None, orders_by_log=sides.orders_by_log)
        reconciliation = Reconciliation(
            sides.source,
            sides.warehouse,
            sides.completeness,
            sides.clock,
            settings,
            lambda line: console.print(f"  {line}"),
        )
        result = reconciliation.run(sides.comparisons)
    measured = Measured(
        time.monotonic() - started,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        _count_moved(result),
        _count_held(run),
        sum(len(outcome.differences) for outcome in result.outcomes),
    )
    console.print(
        f"{what}: {measured.seconds:.0f} s, {measured.moved / _MEGABYTE:.1f} MB moved of "
        f"{measured.held / _MEGABYTE:,.0f} MB ({measured.moved / measured.held:.2%}), "
        f"{measured.differences} keys differ, at most {measured.peak_megabytes:.0f} MB in memory"
    )
    return measured


def _count_moved(result: Result) -> int:
    return sum(source + warehouse for look in result.looks for source, warehouse in [look.received])


def _count_held(run: Running) -> int:
    with _warehouse(run) as warehouse:
        (size,) = warehouse.execute(f"SELECT pg_table_size('{TARGET}_base')").fetchone()
    return int(size)

"""`starjoin reconcile` after a local run, beside the comparison with the generator's own truth.

The generator puts records and has no database, so its tables are written into one: as the source
database would have them, had the changes been made there. Two ways to judge the same warehouse
that share no code: the one joins in Python and compares rows, the other joins in the source's SQL
and compares digests.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg import sql

from flink_app.declaration import load_declaration
from infra.local.stack import LocalStack
from infra.local.toolchain import ROOT
from infra.reconcile.protocol import Reconciliation, Result, Settings
from infra.reconcile.report import find_verdict
from infra.reconcile.services import Waiting, open_sides
from tests.load.changes import SourceTables
from tests.load.figures import Reconciled

# Everything has been loaded, and nothing changes any more.
_WAITING: Final = Waiting(slot="", lag_seconds=0.0, wait_seconds=60.0, every=1.0)
_GAP_SECONDS: Final = 0.0


def reconcile(stack: LocalStack, tables: SourceTables) -> Reconciled:
    """Writes the tables into the stack's source database, and compares the warehouse with it.

    Args:
        stack: it runs, and its source database is empty.
        tables: by their declared names, rows with the declared columns in order.

    Raises NotComparableError.
    """
    _fill(stack, tables)
    started = time.monotonic()
    with (
        _environment(stack.environment()),
        open_sides(stack.settings, stack.source.dsn(), _WAITING, has_key=True) as sides,
    ):
        # The generator's positions are not those of this database's log.
        settings = Settings(gap=_GAP_SECONDS, orders_by_log=False)
        reconciliation = Reconciliation(
            sides.source,
            sides.warehouse,
            sides.completeness,
            sides.clock,
            settings,
            lambda _: None,
        )
        result = reconciliation.run(sides.comparisons)
    return _sum_up(result, time.monotonic() - started)


def _fill(stack: LocalStack, tables: SourceTables) -> None:
    declaration = load_declaration(ROOT / stack.settings.application.declaration)
    with psycopg.connect(stack.source.dsn()) as connection, connection.cursor() as cursor:
        for name, rows in tables.items():
            schema, source = declaration.source_of(name)
            declared = declaration.tables[name].columns
            columns = [
                sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(str(given.type)))
                for column, given in declared.items()
            ]
            table = sql.Identifier(schema, source)
            cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
            listed = sql.SQL(", ").join(columns)
            cursor.execute(sql.SQL("CREATE TABLE {} ({})").format(table, listed))
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
                for row in rows:
                    copy.write_row(row)


def _sum_up(result: Result, seconds: float) -> Reconciled:
    return Reconciled(
        verdict=find_verdict(result).name.lower().replace("_", " "),
        rows=sum(outcome.narrowed.rows for outcome in result.outcomes),
        ranges=sum(outcome.narrowed.ranges for outcome in result.outcomes),
        different_keys=sum(len(outcome.differences) for outcome in result.outcomes),
        bytes_moved=sum(sum(look.received) for look in result.looks),
        seconds=seconds,
    )


@contextmanager
def _environment(added: Mapping[str, str]) -> Iterator[None]:
    """The stack's credentials, for the clients that a user's shell would give them to."""
    before = {name: os.environ.get(name) for name in added}
    os.environ.update(added)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

"""PostgreSQL as the source: snapshots between two positions of its log, and the key of tokens.

Two sessions: one holds the snapshot, the other reads the log's position before and after it
begins. The key of tokens is kept from the server's log: literals, parameters and settings appear
in it, what COPY carries does not, unless it fails. So it goes by COPY into a temporary table of
two columns without any constraint, before the first snapshot; the snapshots themselves are read
only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg

from flink_app.privacy.treatments import hmac_blocks
from infra.catalogue.connection import (
    CONNECT_SECONDS,
    OLDEST_VERSION,
    explain_refusal,
    read_address,
)
from infra.reconcile import queries
from infra.reconcile.canonical import KEY_TABLE, Side
from infra.reconcile.comparison import Comparison, SourceTable
from infra.reconcile.errors import NotComparableError
from infra.reconcile.log_positions import read_log_position
from infra.reconcile.looks import Values
from infra.reconcile.source_look import SourceSession

_FETCHED: Final = 2_000  # rows at a time, from a cursor of the server
_LOCK_SECONDS: Final = 10
_SAVEPOINT: Final = "starjoin_reconcile"
_SESSION: Final = (
    "SET search_path = pg_catalog",
    "SET TimeZone = 'UTC'",
    "SET DateStyle = 'ISO'",
    "SET standard_conforming_strings = on",
    "SET extra_float_digits = 3",  # all digits, before PostgreSQL 12 as well
    "SET statement_timeout = 0",
    # The snapshot is held while the warehouse catches up.
    "SET idle_in_transaction_session_timeout = 0",
    f"SET lock_timeout = '{_LOCK_SECONDS}s'",
    # Expressions are long, and compiling them takes longer than most queries.
    "SET jit = off",
)


class PostgresSource:
    """Snapshots of one database. To be closed.

    Args:
        address: of libpq, as a URL or as `host=... dbname=...`.
        token_key: for the columns that are tokenised; None where there are none, or none of them
            are compared.

    Raises:
        NotComparableError: where it cannot serve as a source.
        CatalogueError: where there is no session.
    """

    def __init__(self, address: str, token_key: bytes | None = None) -> None:
        self._parameters = read_address(address)
        self._reader = self._connect()
        try:
            self._control = self._connect()
        except BaseException:
            self._reader.close()
            raise
        try:
            self._prepare(token_key)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends both sessions; the key's table goes with them."""
        self._reader.close()
        self._control.close()

    @contextmanager
    def look(self) -> Iterator[PostgresLook]:
        """One snapshot, with the positions of the log before and after it began."""
        start = self.log_position()
        self._reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            self._reader.execute("SELECT 1")  # the first query fixes the snapshot
            self._reader.execute(f"SAVEPOINT {_SAVEPOINT}")
            yield PostgresLook(self._reader, start, self.log_position())
        finally:
            if not self._reader.closed:
                self._reader.rollback()

    def log_position(self) -> int:
        """Where the log is now; on a standby, up to where it was replayed."""
        function = "pg_last_wal_replay_lsn" if self._is_standby else "pg_current_wal_insert_lsn"
        (text,) = self._ask(f"SELECT {function}()::text")
        return read_log_position(str(text))

    def slots(self) -> dict[str, int]:
        """The replication slots that decode this database's log: up to where each is confirmed."""
        rows = self._control.execute(
            "SELECT slot_name, confirmed_flush_lsn::text FROM pg_replication_slots "
            "WHERE slot_type = 'logical' AND NOT temporary AND database = current_database() "
            "AND confirmed_flush_lsn IS NOT NULL"
        ).fetchall()
        return {str(name): read_log_position(str(position)) for name, position in rows}

    def _connect(self) -> psycopg.Connection[Any]:
        defaults: dict[str, Any] = {
            "application_name": "starjoin reconcile",
            "connect_timeout": CONNECT_SECONDS,
            "client_encoding": "UTF8",
        }
        try:
            return psycopg.Connection.connect(
                **{**defaults, **self._parameters}, autocommit=True, prepare_threshold=None
            )
        except psycopg.OperationalError as error:
            raise NotComparableError(explain_refusal(error, self._parameters)) from None

    def _prepare(self, token_key: bytes | None) -> None:
        version = self._reader.info.server_version
        if version < OLDEST_VERSION:
            message = (
                f"the source is PostgreSQL {version // 10_000}, and reconcile compares 11 and later"
            )
            raise NotComparableError(message)
        encoding = self._reader.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            message = (
                f"the source's encoding is {encoding}, and only UTF8 counts bytes as Redshift does"
            )
            raise NotComparableError(message)
        for connection in (self._reader, self._control):
            for statement in _SESSION:
                connection.execute(statement.encode())
        (standby,) = self._ask("SELECT pg_is_in_recovery()")
        self._is_standby = bool(standby)
        if token_key is not None:
            self._put_key(token_key)

    def _put_key(self, token_key: bytes) -> None:
        if self._is_standby:
            message = (
                "the source is a standby, which takes no temporary table, so it cannot make "
                "tokens: give the address of the primary, or leave tokens out (--tokens leave-out)"
            )
            raise NotComparableError(message)
        inner, outer = hmac_blocks(token_key)
        try:
            self._reader.execute(
                f"CREATE TEMPORARY TABLE {KEY_TABLE} "
                "(inner_block bytea, outer_block bytea)".encode()
            )
            with (
                self._reader.cursor() as cursor,
                cursor.copy(f"COPY {KEY_TABLE} FROM STDIN".encode()) as copy,
            ):
                copy.write_row((inner, outer))
        except psycopg.errors.InsufficientPrivilege:
            message = (
                "the source's user may not make temporary tables, which tokens need: GRANT "
                "TEMPORARY ON DATABASE ... to it, or leave tokens out (--tokens leave-out)"
            )
            raise NotComparableError(message) from None

    def _ask(self, sql: str) -> tuple[Any, ...]:
        row: tuple[Any, ...] | None = self._control.execute(sql.encode()).fetchone()
        if row is None:  # a SELECT without FROM has one row
            message = "the source has answered a question without a row: give another address"
            raise NotComparableError(message)
        return row


class PostgresLook(SourceSession):
    """A `SourceLook`: what one snapshot has."""

    side = Side.SOURCE

    def __init__(self, connection: psycopg.Connection[Any], start: int, end: int) -> None:
        super().__init__(start, end)
        self._connection = connection

    def read_values(self, table: SourceTable, keys: Sequence[str]) -> Mapping[str, Values]:
        """Rows of a table by the text of their key: values that nothing has treated."""
        sql = queries.read_values(table)
        names = [column.source for column in table.columns]
        return {
            str(key): dict(zip(names, values, strict=True))
            for key, *values in self._of_keys(sql, keys, table)
        }

    def _ask(
        self, sql: str, parameters: Mapping[str, list[str]], asked: Comparison | SourceTable
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, a few at a time. Raises NotComparableError."""
        try:
            with self._connection.cursor(name="starjoin_reconcile") as cursor:
                cursor.itersize = _FETCHED
                cursor.execute(sql.encode(), parameters)
                yield from cursor
        except psycopg.Error as error:
            if not self._connection.closed:
                # Else the transaction would refuse every other query too. The snapshot stays.
                self._connection.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
            raise NotComparableError(_explain(error, asked)) from None


def _explain(error: psycopg.Error, comparison: Comparison | SourceTable) -> str:
    """Why the source refuses a query, without its words where these could quote a value."""
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        reason = (
            "the source's user lacks a right: GRANT SELECT on its tables, and USAGE on their schema"
        )
    elif isinstance(error, psycopg.errors.LockNotAvailable):
        reason = f"a table was locked for {_LOCK_SECONDS} s, as by an ALTER: run it again later"
    elif isinstance(error, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
        reason = (
            "the source lacks a table or column of the declaration: "
            f"{error.diag.message_primary or 'it does not say which'}"
        )
    elif isinstance(error, psycopg.OperationalError):
        reason = f"the session of the source ended ({type(error).__name__}): run it again"
    else:
        reason = (
            f"the source refuses the query (SQLSTATE {error.sqlstate}): see that the columns' "
            "types there fit the declaration"
        )
    return f"{comparison.name}: {reason}"

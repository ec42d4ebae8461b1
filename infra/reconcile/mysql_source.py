"""A MySQL or MariaDB as the source: snapshots between two positions of its binary log.

Two sessions: one holds the snapshot, the other reads the log's position before and after it
begins. The source is not given the key of tokens: a statement with it would be in the server's
logs, and what keeps it out (`LOAD DATA LOCAL`) is switched off in most servers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import pymysql
from pymysql.constants import ER
from pymysql.cursors import Cursor, DictCursor

from infra.catalogue.mysql_connection import (
    FORBIDDEN,
    LOCKED,
    Server,
    code_of,
    connect,
    read_address,
    read_version,
)
from infra.reconcile.canonical import Side
from infra.reconcile.comparison import Comparison, SourceTable
from infra.reconcile.errors import NotComparableError
from infra.reconcile.log_positions import read_binary_log_position
from infra.reconcile.looks import Values
from infra.reconcile.source_look import SourceSession

_LOCK_SECONDS: Final = 10
_IDLE_SECONDS: Final = 28_800  # the snapshot is held while the warehouse catches up
_MODES: Final = "ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES"
_SESSION: Final = (
    f"SET SESSION sql_mode = '{_MODES}'",
    "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
    "SET SESSION time_zone = '+00:00'",
    f"SET SESSION lock_wait_timeout = {_LOCK_SECONDS}",
    f"SET SESSION wait_timeout = {_IDLE_SECONDS}",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
)
# The former is MySQL's from 8.2 on, where the latter has become an error; MariaDB has the latter.
_LOG_QUERIES: Final = ("SHOW BINARY LOG STATUS", "SHOW MASTER STATUS")
_MISSING: Final = frozenset({ER.NO_SUCH_TABLE, ER.BAD_FIELD_ERROR, ER.BAD_DB_ERROR})
_NO_RIGHT_TO_LOG: Final = 1227


class MySqlSource:
    """Snapshots of one server. To be closed.

    Args:
        address: a URL, as `mysql://USER@HOST:3306/DATABASE`.

    Raises:
        NotComparableError: where it cannot serve as a source.
        CatalogueError: where there is no session.
    """

    def __init__(self, address: str) -> None:
        self._address = read_address(address)
        self._reader = connect(self._address, "starjoin reconcile")
        try:
            self._control = connect(self._address, "starjoin reconcile")
        except BaseException:
            self._reader.close()
            raise
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends both sessions."""
        for connection in (self._reader, self._control):
            if connection.open:
                connection.close()

    @contextmanager
    def look(self) -> Iterator[MySqlLook]:
        """One snapshot, with the positions of the log before and after it began."""
        start = self.log_position()
        with self._reader.cursor() as cursor:
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        try:
            yield MySqlLook(self._reader, start, self.log_position())
        finally:
            if self._reader.open:
                self._reader.rollback()

    def log_position(self) -> int:
        """Where the binary log is now. Raises NotComparableError where there is none."""
        with self._control.cursor() as cursor:
            cursor.execute(self._log_query)
            row = cursor.fetchone()
        position = row and read_binary_log_position(str(row["File"]), int(row["Position"]))
        if not position:
            message = (
                f"{self._address.server_name}: the server keeps no binary log whose files are "
                "numbered, so nothing says what a snapshot has: give the address of the writer"
            )
            raise NotComparableError(message)
        return position

    def slots(self) -> dict[str, int]:
        """None: a MySQL does not know how far a reader of its log has come."""
        return {}

    def _prepare(self) -> None:
        server = self._read_server()
        if server.is_too_old:
            message = (
                f"the source is {server.name}, and reconcile compares MySQL 8.0, MariaDB 10.5 and "
                "later"
            )
            raise NotComparableError(message)
        for connection in (self._reader, self._control):
            with connection.cursor() as cursor:
                for statement in _SESSION:
                    cursor.execute(statement)
                cursor.execute(server.limit(0))
        self._log_query = self._choose_log_query()

    def _read_server(self) -> Server:
        with self._control.cursor() as cursor:
            cursor.execute("SELECT @@version AS version")
            return read_version(str((cursor.fetchone() or {})["version"]))

    def _choose_log_query(self) -> str:
        """The query of the log's position that the server knows."""
        for query in _LOG_QUERIES:
            try:
                with self._control.cursor() as cursor:
                    cursor.execute(query)
            except pymysql.MySQLError as error:
                if code_of(error) == _NO_RIGHT_TO_LOG:
                    message = (
                        f"user {self._address.user} may not read the position of the binary log: "
                        "GRANT REPLICATION CLIENT ON *.* (MariaDB: BINLOG MONITOR) to it"
                    )
                    raise NotComparableError(message) from None
                if code_of(error) != ER.PARSE_ERROR:
                    raise
            else:
                return query
        message = "the source does not say where its binary log is: is it a MySQL or a MariaDB?"
        raise NotComparableError(message)


class MySqlLook(SourceSession):
    """A `SourceLook`: what one snapshot has."""

    side = Side.MYSQL

    def __init__(self, connection: pymysql.Connection[DictCursor], start: int, end: int) -> None:
        super().__init__(start, end)
        self._connection = connection

    def read_values(self, table: SourceTable, keys: Sequence[str]) -> Mapping[str, Values]:  # noqa: ARG002 - the interface's
        """Refused: rows of a MySQL are not repaired."""
        message = f"{table.name}: repair reads the rows of a PostgreSQL alone"
        raise NotComparableError(message)

    def _ask(
        self, sql: str, parameters: Mapping[str, list[str]], asked: Comparison | SourceTable
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of a query. Raises NotComparableError."""
        try:
            with self._connection.cursor(Cursor) as cursor:
                cursor.execute(sql, dict(parameters))
                rows = cursor.fetchall()
        except pymysql.MySQLError as error:
            raise NotComparableError(_explain(error, asked, self._connection.open)) from None
        yield from rows


def _explain(error: pymysql.MySQLError, comparison: Comparison | SourceTable, is_open: bool) -> str:  # noqa: FBT001 - of the session
    """Why the source refuses a query, without its words where these could quote a value."""
    code = code_of(error)
    if code in FORBIDDEN:
        reason = "the source's user lacks a right: GRANT SELECT on its tables"
    elif code in LOCKED:
        reason = f"a table was locked for {_LOCK_SECONDS} s, as by an ALTER: run it again later"
    elif code in _MISSING:
        reason = f"the source lacks a table or column of the declaration: {error.args[1]}"
    elif code == ER.TABLE_DEF_CHANGED:
        reason = "a table was altered since the snapshot began: run it again"
    elif not is_open:
        reason = "the session of the source ended: run it again"
    else:
        reason = (
            f"the source refuses the query (error {code}): see that the columns' types there fit "
            "the declaration"
        )
    return f"{comparison.name}: {reason}"

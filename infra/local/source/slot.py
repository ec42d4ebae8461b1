"""The sessions, the publication and the replication slot of a task.

The log is read by PostgreSQL's SQL functions: what is read stays there until it is confirmed, so
whatever is not confirmed is read again. The slot belongs to the session that reads it, one of the
replication protocol, which alone can make a slot together with a snapshot of its start.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from connectors.failures import StarjoinError
from infra.catalogue.connection import CONNECT_SECONDS, read_address
from infra.catalogue.model import CatalogueError, TableName
from infra.local.source import refusals
from infra.local.source.pgoutput import Message, read_message
from infra.local.source.refusals import SourceRefusedError, explain_errors
from infra.local.source.tables import Session

_NAME: Final = re.compile(r"[a-z0-9_]{1,63}")
# A slot begins once all transactions that are open have ended; one that nobody ends would be waited
# for without a word.
_LOCK_SECONDS: Final = 60
# Values come in the text form of their types, which these determine. A full load may take hours.
_SESSION: Final = """
    SET client_encoding = 'UTF8'; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres';
    SET TimeZone = 'UTC'; SET extra_float_digits = 1; SET bytea_output = 'hex';
    SET lc_monetary = 'C'; SET search_path = pg_catalog; SET row_security = off;
    SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
    SET default_transaction_isolation = 'read committed'
"""
_STATE: Final = """
    SELECT s.plugin, s.database = current_database() AS is_here, s.active_pid,
        (SELECT obj_description(p.oid, 'pg_publication') FROM pg_publication p
            WHERE p.pubname = s.slot_name) AS comment
    FROM pg_replication_slots s WHERE s.slot_name = %s
"""
_PUBLISHED: Final = """
    SELECT n.nspname AS schema, c.relname AS name
    FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid
        JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE p.pubname = %s
"""
_CHANGES: Final = """
    SELECT data FROM pg_catalog.pg_logical_slot_peek_binary_changes(
        %s, %s::pg_lsn, %s, 'proto_version', '1', 'publication_names', %s)
"""
# The comment of the publication says how far its task is.
_LOADING: Final = "starjoin: full load is not finished"
_LOADED: Final = "starjoin: full load is finished"


class SlotNameError(StarjoinError, ValueError):
    """The name cannot be that of a slot."""


class Slot:
    """What a task has in its source.

    Args:
        address: of the database, as libpq takes it.
        name: of slot and publication.
        is_temporary: whether the slot ends with its session, however that ends.
    """

    def __init__(self, address: str, name: str, *, is_temporary: bool) -> None:
        if not _NAME.fullmatch(name):
            message = (
                f"{name!r} cannot be the name of a replication slot: write up to 63 of a-z, 0-9, _"
            )
            raise SlotNameError(message)
        self.name = name
        self._is_temporary = is_temporary
        try:
            self._parameters = read_address(address)
        except CatalogueError as error:
            message = str(error).replace("--dsn", "the address of the source")
            raise SourceRefusedError(message) from None
        self._session: Session | None = None
        self._log: Session | None = None
        self._load: Session | None = None

    @property
    def session(self) -> Session:
        """The session for everything but the log."""
        if self._session is None:
            self._session = self._connect({})
        return self._session

    def check_server(self) -> None:
        """Whether the server's log can be followed at all. Raises SourceRefusedError."""
        with self.explain():
            row = self.session.execute(
                "SELECT current_setting('wal_level') AS level, pg_is_in_recovery() AS recovers"
            ).fetchone()
        if row is not None and row["recovers"]:
            raise SourceRefusedError(refusals.IN_RECOVERY)
        if row is None or row["level"] != "logical":
            level = "unknown" if row is None else row["level"]
            raise SourceRefusedError(refusals.WAL_LEVEL.format(level=level))

    def claim(self) -> None:
        """Keeps others from following by the same name. Raises SourceRefusedError.

        The slot itself is only held while it is read.
        """
        with self.explain():
            row = self.session.execute(
                "SELECT pg_try_advisory_lock(hashtext('starjoin'), hashtext(%s)) AS is_free",
                (self.name,),
            ).fetchone()
        if row is None or not row["is_free"]:
            raise SourceRefusedError(refusals.SLOT_IN_USE.format(slot=self.name))

    def is_loaded(self, tables: Sequence[TableName]) -> bool:
        """Whether a task with these tables has loaded them before. Raises SourceRefusedError.

        A slot whose task has other tables, or has not finished its load, is dropped.
        """
        with self.explain():
            state = self.session.execute(_STATE.encode(), (self.name,)).fetchone()
            if state is None:
                return False
            if (
                state["plugin"] != "pgoutput"
                or not state["is_here"]
                or state["comment"] not in {_LOADING, _LOADED}
            ):
                raise SourceRefusedError(refusals.NOT_OURS.format(slot=self.name))
            if state["active_pid"] is not None:
                raise SourceRefusedError(refusals.SLOT_IN_USE.format(slot=self.name))
            if state["comment"] == _LOADED and self._list_published() == {*tables}:
                return True
            self.session.execute("SELECT pg_drop_replication_slot(%s)", (self.name,))
        return False

    def create(self, tables: Mapping[TableName, bool]) -> None:
        """Publishes tables, and makes the slot; `snapshot` sees what was there at its start.

        Args:
            tables: by name whether they are partitioned.

        Raises SourceRefusedError.
        """
        name = sql.Identifier(self.name)
        # Without ONLY, tables that inherit from a table would be published with it.
        listed = sql.SQL(", ").join(
            sql.SQL("" if is_partitioned else "ONLY ") + sql.Identifier(*table)
            for table, is_partitioned in tables.items()
        )
        with self.explain():
            # The session that reads is the first to show a missing right, before anything is made.
            self._open_log()
            with self.session.transaction():
                self.session.execute(sql.SQL("DROP PUBLICATION IF EXISTS {}").format(name))
                self.session.execute(
                    sql.SQL("CREATE PUBLICATION {} FOR TABLE {}").format(name, listed)
                )
                self._comment(_LOADING)
            try:
                self._create_slot()
            except psycopg.Error:
                self.session.execute(sql.SQL("DROP PUBLICATION IF EXISTS {}").format(name))
                raise

    def _create_slot(self) -> None:
        (made,) = self._open_log().execute(
            sql.SQL("CREATE_REPLICATION_SLOT {} {} LOGICAL pgoutput EXPORT_SNAPSHOT").format(
                sql.Identifier(self.name), sql.SQL("TEMPORARY" if self._is_temporary else "")
            )
        )
        # Until the next statement of that session the snapshot can be taken over.
        self._load = self._connect({})
        self._load.autocommit = False
        self._load.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        self._load.read_only = True
        self._load.execute(
            sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(made["snapshot_name"]))
        )

    @property
    def snapshot(self) -> Session:
        """A session that sees the database as it was when the slot began."""
        if self._load is None:
            message = "there is a snapshot only until the full load is finished"
            raise SourceRefusedError(message)
        return self._load

    def finish_load(self) -> None:
        """Gives the snapshot up; a later start goes on from the slot."""
        with self.explain():
            if self._load is not None:
                self._load.close()
                self._load = None
            self._comment(_LOADED)

    @contextmanager
    def take_snapshot(self) -> Iterator[Session]:
        """A session that sees the database as it is now."""
        with self.explain():
            session = self._connect({})
        try:
            session.autocommit = False
            session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            session.read_only = True
            yield session
        finally:
            session.close()

    def find_end(self) -> int:
        """How far the log is written."""
        with self.explain():
            row = self.session.execute(
                "SELECT pg_current_wal_flush_lsn() - '0/0'::pg_lsn AS position"
            ).fetchone()
        return int(row["position"]) if row is not None else 0

    def read(self, end: int, limit: int) -> list[Message]:
        """Messages of whole transactions up to a log position, not confirmed yet.

        After the transaction with which there are `limit` of them, no further one is read.
        Raises SourceRefusedError.
        """
        with self.explain():
            rows = self._open_log().execute(
                _CHANGES.encode(), (self.name, _position(end), limit, f'"{self.name}"')
            )
            return [read_message(row["data"]) for row in rows]

    def confirm(self, position: int) -> None:
        """What was committed before a position of the log is not read again."""
        with self.explain():
            self._open_log().execute(
                "SELECT pg_catalog.pg_replication_slot_advance(%s, %s::pg_lsn)",
                (self.name, _position(position)),
            )

    def remove(self) -> None:
        """Takes slot and publication out of the source."""
        if self._is_temporary:
            self._close_log()
        with self.explain():
            self.session.execute(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
                "WHERE slot_name = %s AND NOT temporary",
                (self.name,),
            )
            self.session.execute(
                sql.SQL("DROP PUBLICATION IF EXISTS {}").format(sql.Identifier(self.name))
            )

    def close(self) -> None:
        """Ends all sessions. May be repeated."""
        self._close_log()
        for session in (self._load, self._session):
            if session is not None:
                session.close()
        self._load = self._session = None

    def explain(self) -> Any:
        """Makes sentences of what the driver raises."""
        return explain_errors(self._parameters, self.name)

    def _list_published(self) -> set[TableName]:
        rows = self.session.execute(_PUBLISHED.encode(), (self.name,))
        return {(row["schema"], row["name"]) for row in rows}

    def _comment(self, text: str) -> None:
        self.session.execute(
            sql.SQL("COMMENT ON PUBLICATION {} IS {}").format(
                sql.Identifier(self.name), sql.Literal(text)
            )
        )

    def _open_log(self) -> Session:
        if self._log is None:
            self._log = self._connect({"replication": "database"})
        return self._log

    def _close_log(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None

    def _connect(self, further: Mapping[str, str]) -> Session:
        defaults: dict[str, Any] = {
            "application_name": "starjoin",
            "connect_timeout": CONNECT_SECONDS,
        }
        session: Session = psycopg.Connection.connect(
            **{**defaults, **self._parameters, **further},
            autocommit=True,
            row_factory=dict_row,
            # The replication protocol knows statements only, no parameters beside them.
            cursor_factory=psycopg.ClientCursor,
            prepare_threshold=None,
        )
        session.execute(_SESSION.encode())
        session.execute(f"SET lock_timeout = '{_LOCK_SECONDS}s'".encode())
        return session


def _position(log_position: int) -> str:
    return f"{log_position >> 32:X}/{log_position & 0xFFFFFFFF:X}"

"""The loader's transactions: a connection for each, and what is to be said where one fails.

Owns what lies between the driver and the steps: opening and closing, and the sentence of an error,
with what the warehouse itself can add to it: who holds the lock, at what row COPY failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from redshift_connector.error import Error

from connectors.failures import describe_error
from connectors.redshift import ledger
from connectors.redshift.connection import disconnect, limit_statements
from connectors.redshift.errors import (
    CONNECTION_LOST,
    LoadError,
    NeedsRepairError,
    RetryLoadError,
    Step,
    classify,
    server_fields,
)
from connectors.redshift.ledger import Cursor
from connectors.redshift.load_errors import read_details
from connectors.redshift.locks import RELEASE, say_holders
from connectors.redshift.names import Names
from connectors.staging.errors import StagingRefusedError, StagingUnavailableError
from connectors.staging.part import Part

_CLIENT_ERRORS: Final = (Error, *CONNECTION_LOST)


class Transactions:
    """Opens one transaction at a time.

    Attributes:
        progress: how far the transaction is, for its errors; begins with a comma, or is empty.
        copied: parts that the present statement copies.
        awaited: the quoted name of the table whose lock the present statement takes, or empty.
        remedy: what to do if the warehouse refuses the present statement for good; may be empty.

    Args:
        connect: opens a connection without autocommit.
        known: names of tables and columns that errors may repeat.
    """

    def __init__(self, connect: Callable[[], Any], known: frozenset[str]) -> None:
        self._connect = connect
        self._known = known
        self.progress = ""
        self.copied: Sequence[Part] = ()
        self.awaited = ""
        self.remedy = ""

    @contextmanager
    def open(
        self, doing: str, *, autocommit: bool = False, limit: int | None = None
    ) -> Iterator[Cursor]:
        """A connection of its own, committed at the end, gone afterwards either way.

        `limit` is how long each statement may take, in seconds; None for the connection's own.
        Raises LoadError.
        """
        self.progress, self.copied, self.awaited, self.remedy = "", (), "", ""
        try:
            connection = self._connect()
        except _CLIENT_ERRORS as error:
            raise classify(error, f"{doing}: connecting", Step.CONNECT, self._known) from None
        except (BotoCoreError, ClientError) as error:
            message = (
                f"{doing}: reading the warehouse's credentials failed: {describe_error(error)}"
            )
            raise RetryLoadError(message) from None
        step = Step.STATEMENT
        try:
            connection.autocommit = autocommit
            cursor = connection.cursor()
            if limit is not None:
                limit_statements(cursor, limit)
            yield cursor
            step = Step.COMMIT
            if not autocommit:
                connection.commit()
        except _CLIENT_ERRORS as error:
            raise self._explain(error, doing, step, connection) from None
        except StagingRefusedError as error:
            message = f"{doing}: the manifest: {error}"
            raise NeedsRepairError(message) from None
        except StagingUnavailableError as error:
            message = f"{doing}: the manifest: {error}"
            raise RetryLoadError(message) from None
        finally:
            disconnect(connection)

    @contextmanager
    def await_lock(self, table: str) -> Iterator[None]:
        """Around the statement that takes the exclusive lock on a table, given by quoted name."""
        self.progress, self.awaited = f", waiting for the lock on {table}", table
        yield
        self.progress = self.awaited = ""

    def lock_load(self, cursor: Cursor, names: Names) -> None:
        """Queues behind any other load and start; the transaction's first statement."""
        with self.await_lock(names.load_lock):
            ledger.lock(cursor, names)

    def _explain(self, error: Exception, doing: str, step: Step, connection: Any) -> LoadError:
        """The error, with what its own session can still find out."""
        added = ""
        if server_fields(error) is not None and self.copied:
            added = self._ask(connection, "why COPY failed", self._read_details)
        failed = classify(error, doing + self.progress, step, self._known, added)
        if isinstance(failed, RetryLoadError) and self.awaited:
            holders = self._ask(connection, "who holds the lock", self._say_holders)
            return RetryLoadError(f"{failed}. {holders}")
        if isinstance(failed, NeedsRepairError) and self.remedy:
            return NeedsRepairError(f"{failed}. {self.remedy}")
        return failed

    def _read_details(self, cursor: Cursor) -> str:
        return read_details(cursor, self.copied, self._known)

    def _say_holders(self, cursor: Cursor) -> str:
        return f"It waited for a lock: {say_holders(cursor, self.awaited)}. {RELEASE}"

    def _ask(self, connection: Any, question: str, ask: Callable[[Cursor], str]) -> str:
        """An answer of the session, whose transaction has failed; else why there is none."""
        try:
            connection.rollback()
            return ask(connection.cursor())
        except _CLIENT_ERRORS as error:
            failure = classify(error, "asking Redshift", known=self._known)
            return f"Could not find out {question}: {failure}"

"""Connections that break: one transaction's fault, around any warehouse's connection.

What the loader sees are redshift_connector's own exceptions. After a commit the check of the world
runs before the client learns of it, so a lost reply is checked like any other commit.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from redshift_connector.error import InterfaceError, OperationalError


class Fault(enum.Enum):
    """What happens to one transaction."""

    OUTAGE = "nobody can connect"
    CUT = "the connection is lost in a statement, the transaction rolled back"
    CUT_IN_COMMIT = "the connection is lost, the transaction rolled back"
    REPLY_LOST = "the transaction is committed, and the client never learns it"


@dataclass(frozen=True)
class Planned:
    """The fault of a transaction; CUT strikes after so many statements."""

    fault: Fault
    statements: int = 0

    def __str__(self) -> str:
        return f"{self.fault.name} {self.statements}"


class Warehouse(Protocol):
    """A warehouse and a bucket, as a world uses them.

    Attributes:
        planned: the fault of the next transaction.
        committed: called after each commit with the number of the attempt that it is of.
    """

    planned: Planned | None
    committed: Callable[[int], None]

    def connect(self, owner: int) -> Any:
        """A connection of the attempt `owner`."""

    def put(self, key: str, body: bytes) -> str:
        """Writes an object; the store of parts and of manifests."""

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Asks what is committed."""

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Changes something behind the loader's back."""

    def close(self) -> None:
        """Nobody needs it any more."""


class Breaking:
    """A connection of one attempt, its only cursor, and its fault."""

    def __init__(self, warehouse: Warehouse, owner: int, connect: Callable[[], Any]) -> None:
        planned, warehouse.planned = warehouse.planned, None
        if planned is not None and planned.fault is Fault.OUTAGE:
            message = "connection refused"
            raise OperationalError(message)
        self._warehouse = warehouse
        self._owner = owner
        self._fault = None if planned is None else planned.fault
        self._statements_left = planned.statements if planned and planned.fault is Fault.CUT else -1
        self._connection = connect()
        self._cursor = self._connection.cursor()
        self._lost = False

    def cursor(self) -> Breaking:
        return self

    def execute(self, operation: str, args: Sequence[Any] | None = None) -> None:
        if self._statements_left == 0:
            self._lose()
        self._statements_left -= 1
        self._cursor.execute(operation, args)

    def fetchall(self) -> Sequence[Sequence[Any]]:
        rows: Sequence[Sequence[Any]] = self._cursor.fetchall()
        return rows

    def commit(self) -> None:
        if self._fault is Fault.CUT_IN_COMMIT:
            self._lose()
        self._connection.commit()
        self._warehouse.committed(self._owner)
        if self._fault is not None:
            self._lose()

    def close(self) -> None:
        if self._lost:
            message = "connection is closed"
            raise InterfaceError(message)
        self._connection.close()

    def _lose(self) -> None:
        self._connection.close()
        self._lost = True
        message = "server closed the connection"
        raise InterfaceError(message)

"""The warehouse and S3 of a history: the loader's own SQL on SQLite, in memory.

What is translated, all else runs as it is written:

- `CREATE SCHEMA`: the schemas are attached databases, made beforehand;
- `LOCK TABLE`: nothing. One transaction runs from its first statement to its end, which is the
  order that the lock enforces; that the lock does so is for the contract suite;
- `DISTSTYLE`, `DISTKEY`, `SORTKEY`: left out;
- `COPY ... MANIFEST`: the manifest's objects, Parquet by the place of the columns;
- `DELETE FROM a USING b WHERE c`: `DELETE FROM a WHERE EXISTS (SELECT 1 FROM b WHERE c)`;
- `information_schema.columns`: `pragma_table_info`; `%s`: `?`.

Temporary tables go when their connection closes. Faults are redshift_connector's own exceptions.
"""

from __future__ import annotations

import datetime as dt
import enum
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from redshift_connector.error import InterfaceError, OperationalError

from connectors.redshift.spec import WarehouseSpec

BOOKS: Final = "starjoin"
_CLAUSES: Final = re.compile(r"\) (DISTSTYLE|DISTKEY)[^)]*(\)( SORTKEY \(.*\))?)?$")
_DELETE: Final = re.compile(r"DELETE FROM (\S+) USING (.+?)\s+WHERE (.*)", re.DOTALL)
_COPY: Final = re.compile(r"COPY (\S+) FROM '(\S+)' IAM_ROLE \S+ FORMAT AS PARQUET MANIFEST")


class Fault(enum.Enum):
    """What happens to one transaction."""

    OUTAGE = "nobody can connect"
    CUT = "the connection is lost in a statement, the transaction rolled back"
    CUT_IN_COMMIT = "the connection is lost, the transaction rolled back"
    REPLY_LOST = "the transaction is committed, and the client never learns it"


@dataclass
class Planned:
    """The fault of the next transaction, and the statement that it may strike in."""

    fault: Fault
    statement: int = 0


@cache
def translated(sql: str) -> str:
    """The statement as SQLite takes it; empty where there is nothing to do."""
    if sql.startswith(("CREATE SCHEMA", "LOCK TABLE")):
        return ""
    if "information_schema.columns" in sql:
        return "SELECT name FROM pragma_table_info(?2, ?1)"
    if deleted := _DELETE.fullmatch(sql):
        table, others, condition = deleted.groups()
        sql = f"DELETE FROM {table} WHERE EXISTS (SELECT 1 FROM {others} WHERE {condition})"
    return _CLAUSES.sub(")", sql).replace("%s", "?")


class Database:
    """One warehouse and one bucket.

    Attributes:
        objects: what lies in S3, by address.
        planned: the fault of the next transaction.
        committed: called after each commit, before the client learns of it.
        touched: rows that UPDATE statements wrote.
    """

    def __init__(self, spec: WarehouseSpec) -> None:
        self.objects: dict[str, bytes] = {}
        self.planned: Planned | None = None
        self.committed: Callable[[int], None] = lambda _: None
        self.touched = 0
        self._sqlite = sqlite3.connect(":memory:", isolation_level=None)
        for schema in dict.fromkeys([BOOKS, *(target.schema for target in spec.targets)]):
            self._sqlite.execute(f"ATTACH ':memory:' AS \"{schema}\"")

    def close(self) -> None:
        self._sqlite.close()

    def put(self, key: str, body: bytes) -> str:
        """Writes an object; the store of parts and of manifests."""
        address = f"s3://staging/{key}"
        assert address not in self.objects, f"{address} is written twice"
        self.objects[address] = body
        return address

    def connect(self, owner: int) -> Connection:
        """A connection of the attempt `owner`."""
        planned, self.planned = self.planned, None
        if planned is not None and planned.fault is Fault.OUTAGE:
            message = "connection refused"
            raise OperationalError(message)
        return Connection(self, self._sqlite, owner, planned)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Asks what is committed."""
        return self._sqlite.execute(sql).fetchall()

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Changes something behind the loader's back."""
        self._sqlite.execute(sql, values)

    def manifest(self, address: str) -> Iterable[pa.Table]:
        """The tables that a manifest names, each as long as the manifest says."""
        for entry in json.loads(self.objects[address])["entries"]:
            body = self.objects[entry["url"]]
            assert entry["mandatory"]
            assert entry["meta"]["content_length"] == len(body)
            yield pq.ParquetFile(pa.BufferReader(body)).read(use_threads=False)


class Connection:
    """A connection without autocommit, and its only cursor."""

    def __init__(
        self, database: Database, sqlite: sqlite3.Connection, owner: int, planned: Planned | None
    ) -> None:
        self._database = database
        self._sqlite = sqlite
        self._owner = owner
        self._planned = planned
        self._statements = 0
        self._answer: list[tuple[Any, ...]] = []
        self._lost = False
        sqlite.execute("BEGIN")

    def cursor(self) -> Connection:
        return self

    def execute(self, operation: str, args: Sequence[Any] | None = None) -> None:
        self._statements += 1
        planned = self._planned
        if planned and planned.fault is Fault.CUT and planned.statement < self._statements:
            self._lose()
        if copied := _COPY.fullmatch(operation):
            self._copy(copied[1], copied[2])
            return
        if sql := translated(operation):
            values = [v.isoformat() if isinstance(v, dt.datetime) else v for v in args or ()]
            done = self._sqlite.execute(sql, values)
            self._answer = done.fetchall()
            if sql.startswith("UPDATE"):
                self._database.touched += done.rowcount

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._answer

    def commit(self) -> None:
        fault = None if self._planned is None else self._planned.fault
        if fault is Fault.CUT_IN_COMMIT:
            self._lose()
        self._sqlite.execute("COMMIT")
        self._database.committed(self._owner)
        if fault is not None:
            self._lose()

    def close(self) -> None:
        if self._lost:
            message = "connection is closed"
            raise InterfaceError(message)
        self._end()

    def _lose(self) -> None:
        self._end()
        self._lost = True
        message = "server closed the connection"
        raise InterfaceError(message)

    def _end(self) -> None:
        if self._sqlite.in_transaction:
            self._sqlite.execute("ROLLBACK")
        temporary = "SELECT name FROM sqlite_temp_master WHERE type = 'table'"
        for (name,) in self._sqlite.execute(temporary).fetchall():
            self._sqlite.execute(f'DROP TABLE temp."{name}"')

    def _copy(self, table: str, address: str) -> None:
        for found in self._database.manifest(address):
            marks = ", ".join("?" * found.num_columns)
            columns = [column.to_pylist() for column in found.columns]
            self._sqlite.executemany(
                f"INSERT INTO {table} VALUES ({marks})", list(zip(*columns, strict=True))
            )

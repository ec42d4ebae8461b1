"""The warehouse and S3 of a history: the loader's own SQL on SQLite, in memory.

What is translated, all else runs as it is written:

- `CREATE SCHEMA`: the schemas are attached databases, made beforehand;
- `SET statement_timeout`: nothing;
- `LOCK TABLE`: nothing. One transaction runs from its first statement to its end, which is the
  order that the lock enforces; that the lock does so is for the contract suite;
- `svv_transactions`: none, for the same reason; ending sessions is for the fault tests;
- `COPY ... MANIFEST`: the manifest's objects, Parquet by the order of the columns;
- `GETDATE()`, `LPAD`: functions of the connection (`infra.simulation.sqlite_dialect`);
- `svv_user_info`: a user whose idle sessions end;
- `has_schema_privilege`: everybody may create tables;
- `pg_class`: the tables and views of one schema, without rights;
- `db_collation()`: SQLite compares text as a case-sensitive database does;
- `information_schema.columns`: `pragma_table_info`, of one table with its types in the catalogue's
  words; of one's own table, for whether an INSERT can fill them, with their defaults;
- `%s`: `?`; as a time, which loads write in another form, with a `T` in its middle;
- what `infra.simulation.sqlite_dialect` rewrites.

Temporary tables go when their connection closes.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.redshift.names import quote
from connectors.redshift.position_sql import to_digits
from connectors.redshift.spec import WarehouseSpec
from infra.simulation.faults import Breaking, Planned
from infra.simulation.sqlite_dialect import as_sqlite, connect, drop_temporary
from infra.simulation.sqlite_values import encode, read
from infra.simulation.sqlite_views import LATE_BINDING, recall_view

BOOKKEEPING: Final = "starjoin"
MOST_SCHEMAS: Final = 9  # SQLite attaches ten databases; one holds the bookkeeping tables
_COPY: Final = re.compile(
    r"COPY (\S+) FROM '(\S+)' IAM_ROLE \S+ FORMAT AS PARQUET MANIFEST STATUPDATE OFF"
)

_COLUMNS: Final = """
SELECT name,
  CASE substr(type, 1, 7) WHEN 'VARCHAR' THEN 'character varying' WHEN 'DECIMAL' THEN 'numeric'
    WHEN 'VARBYTE' THEN 'binary varying' WHEN 'TIMESTA' THEN
    CASE type WHEN 'TIMESTAMPTZ' THEN 'timestamp with time zone'
      ELSE 'timestamp without time zone' END
    ELSE lower(type) END,
  CAST(substr(type, 9) AS INTEGER), CAST(substr(type, 9) AS INTEGER),
  CAST(substr(type, instr(type, ',') + 1) AS INTEGER), dflt_value IS NOT NULL
FROM (SELECT ? AS schema_name, ? AS table_name) AS wanted
  JOIN pragma_table_info(wanted.table_name, wanted.schema_name)"""

_FILLABLE: Final = """
SELECT name, CASE "notnull" WHEN 1 THEN 'NO' ELSE 'YES' END, dflt_value
FROM (SELECT ? AS schema_name, ? AS table_name) AS wanted
  JOIN pragma_table_info(wanted.table_name, wanted.schema_name)
ORDER BY cid"""

_COLUMNS_OF_TABLES: Final = """(
  SELECT listed.schema AS table_schema, listed.name AS table_name, present.name AS column_name,
    present.cid AS ordinal_position
  FROM pragma_table_list AS listed
    JOIN pragma_table_info(listed.name, listed.schema) AS present)"""

_ANSWERS: Final = {
    "array_to_string(c.relacl": "SELECT NULL, NULL WHERE ? IS NOT NULL AND ? IS NOT NULL",
    "db_collation()": "SELECT 'case_sensitive'",
    "svv_user_info": "SELECT 'loader', 1800",
    "JOIN pg_tables": _FILLABLE,
}


def list_shown(columns: Iterable[str], positions: Collection[str]) -> str:
    """What a SELECT shows of columns: positions by their digits."""
    return ", ".join(to_digits(quote(c)) if c in positions else quote(c) for c in columns)


@cache
def translate(sql: str) -> str:
    """The statement as SQLite takes it; empty where there is nothing to do."""
    if sql.startswith(("CREATE SCHEMA", "LOCK TABLE", "SET statement_timeout")):
        return ""
    if "svv_transactions" in sql or "has_schema_privilege" in sql:
        return " AND ".join(["SELECT 0 WHERE 1 = 0", *["? IS NULL"] * sql.count("%s")])
    for part, answer in _ANSWERS.items():
        if part in sql:
            return answer
    if "information_schema.columns" in sql and "table_name IN" not in sql:
        return _COLUMNS
    sql = sql.replace("information_schema.columns", _COLUMNS_OF_TABLES)
    sql = as_sqlite(sql).replace("CAST(%s AS TIMESTAMP)", "REPLACE(%s, ' ', 'T')")
    return sql.replace("%s", "?")


class Database:
    """One warehouse and one bucket.

    Attributes:
        objects: what lies in S3, by address.
        planned: see `Warehouse`.
        committed: see `Warehouse`.
    """

    def __init__(self, spec: WarehouseSpec) -> None:
        self.objects: dict[str, bytes] = {}
        self.planned: Planned | None = None
        self.committed: Callable[[int], None] = lambda _: None
        self._sqlite = connect()
        for schema in dict.fromkeys([BOOKKEEPING, *(target.schema for target in spec.targets)]):
            self._sqlite.execute(f"ATTACH ':memory:' AS \"{schema}\"")

    def close(self) -> None:
        self._sqlite.close()

    def put(self, key: str, body: bytes) -> str:
        address = f"s3://staging/{key}"
        assert address not in self.objects, f"{address} is written twice"
        self.objects[address] = body
        return address

    def connect(self, owner: int) -> Breaking:
        return Breaking(self, owner, lambda: _Connection(self._sqlite, self._manifest))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(map(read, row)) for row in self._sqlite.execute(sql)]

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        self._sqlite.execute(sql, list(map(encode, values)))

    def _manifest(self, address: str) -> Iterable[pa.Table]:
        """The tables that a manifest names, each as long as the manifest says."""
        for entry in json.loads(self.objects[address])["entries"]:
            body = self.objects[entry["url"]]
            assert entry["mandatory"]
            assert entry["meta"]["content_length"] == len(body)
            yield pq.ParquetFile(pa.BufferReader(body)).read(use_threads=False)


class _Connection:
    """A connection without autocommit, and its only cursor."""

    def __init__(
        self, sqlite: sqlite3.Connection, manifest: Callable[[str], Iterable[pa.Table]]
    ) -> None:
        self._sqlite = sqlite
        self._manifest = manifest
        self._answer: list[tuple[Any, ...]] = []
        sqlite.execute("BEGIN")

    def cursor(self) -> _Connection:
        return self

    def execute(self, operation: str, args: Sequence[Any] | None = None) -> None:
        if copied := _COPY.fullmatch(operation):
            self._copy(copied[1], copied[2])
        elif "pg_get_viewdef" in operation:
            self._answer = self._relations(*(args or ()))
        elif sql := translate(operation):
            values = [v.isoformat() if isinstance(v, dt.datetime) else v for v in args or ()]
            self._answer = self._sqlite.execute(sql, values).fetchall()

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._answer

    def _relations(self, schema: str, *wanted: str) -> list[tuple[Any, ...]]:
        """Name, kind, no comment and definition of those that there are, as Redshift gives it."""
        relations = self._sqlite.execute(
            "SELECT name, CASE type WHEN 'view' THEN 'v' ELSE 'r' END, NULL, "
            f"sql || CASE type WHEN 'view' THEN '{LATE_BINDING}' ELSE '' END "
            f'FROM "{schema}".sqlite_master'
        ).fetchall()
        return [
            (name, *rest, recall_view(definition))
            for name, *rest, definition in relations
            if name in wanted
        ]

    def commit(self) -> None:
        self._sqlite.execute("COMMIT")

    def close(self) -> None:
        if self._sqlite.in_transaction:
            self._sqlite.execute("ROLLBACK")
        drop_temporary(self._sqlite)

    def _copy(self, table: str, address: str) -> None:
        for staged in self._manifest(address):
            marks = ", ".join("?" * staged.num_columns)
            columns = [list(map(encode, column.to_pylist())) for column in staged.columns]
            self._sqlite.executemany(
                f"INSERT INTO {table} VALUES ({marks})", list(zip(*columns, strict=True))
            )

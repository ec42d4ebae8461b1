"""The source database: real PostgreSQL with a schema of its own, and what changed in it.

Owns loading the example's SQL, capturing changes by triggers, and reading full loads and changes as
rows. What these rows look like on the stream is `dms`'s business.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads

_CAPTURE: Final = Path(__file__).with_name("capture.sql")
_TREATMENTS: Final = Path(__file__).with_name("treatments.sql")


@dataclass(frozen=True)
class RowChange:
    """One change of one row. Rows are as PostgreSQL's `to_jsonb` gives them, fractions as Decimal.

    `operation` is load, insert, update or delete; a load has no transaction.
    """

    table: str
    operation: str
    old: dict[str, Any] | None
    new: dict[str, Any] | None
    transaction: int = 0
    number_in_transaction: int = 0
    log_position: str = ""
    committed_at: str = ""


class SourceDatabase:
    """One schema of the source database.

    Args:
        dsn: of a PostgreSQL that this may fill.
        schema: the schema that holds the tables, and that change records name.
    """

    def __init__(self, dsn: str, schema: str) -> None:
        self.schema = schema
        self._connection = psycopg.connect(dsn, autocommit=True, row_factory=dict_row)
        # A float would round what a numeric holds.
        set_json_loads(partial(json.loads, parse_float=Decimal), self._connection)
        self._taken = 0

    def create(self, script: Path) -> None:
        """Runs the SQL that makes and fills the tables; captures every change from then on."""
        self.run(script.read_text())
        self._connection.execute(_CAPTURE.read_text())
        self._connection.execute(_TREATMENTS.read_text())
        for table in self.tables():
            self._connection.execute(
                sql.SQL(
                    "CREATE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON {} "
                    "FOR EACH ROW EXECUTE FUNCTION capture.take()"
                ).format(sql.Identifier(self.schema, table))
            )

    def run(self, script: str) -> None:
        """Runs statements in the schema, in one transaction unless the script says otherwise."""
        self._connection.execute(
            sql.SQL("SET search_path = {}").format(sql.Identifier(self.schema))
        )
        self._connection.execute(script.encode())

    def query(self, script: str) -> list[dict[str, Any]]:
        """The rows of one query."""
        return self._connection.execute(script.encode()).fetchall()

    def tables(self) -> list[str]:
        """The schema's tables by name."""
        rows = self._connection.execute(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = %s AND table_type = 'BASE TABLE' ORDER BY table_name",
            (self.schema,),
        )
        return [row["table_name"] for row in rows]

    def key(self, table: str) -> list[str]:
        """The columns of a table's primary key."""
        rows = self._connection.execute(
            "SELECT a.attname FROM pg_index i "
            "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) "
            "WHERE i.indrelid = format('%%I.%%I', %s::text, %s::text)::regclass AND i.indisprimary "
            "ORDER BY array_position(i.indkey, a.attnum)",
            (self.schema, table),
        )
        return [row["attname"] for row in rows]

    def columns(self, table: str) -> dict[str, str]:
        """A table's columns with the names of their types."""
        rows = self._connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
            (self.schema, table),
        )
        return {row["column_name"]: row["data_type"] for row in rows}

    def full_load(self) -> Iterator[RowChange]:
        """Every row as a load."""
        for table in self.tables():
            query = sql.SQL("SELECT to_jsonb(t) AS row, clock_timestamp()::text AS at FROM {} t")
            for row in self._connection.execute(query.format(sql.Identifier(self.schema, table))):
                yield RowChange(table, "load", None, row["row"], committed_at=row["at"])

    def changes(self) -> list[RowChange]:
        """The changes committed since the last call, in order."""
        rows = self._connection.execute(
            "SELECT *, log_position::text AS position, changed_at::text AS at, "
            "row_number() OVER (PARTITION BY transaction_id ORDER BY number) AS in_transaction "
            "FROM capture.changes WHERE number > %s ORDER BY number",
            (self._taken,),
        ).fetchall()
        if rows:
            self._taken = rows[-1]["number"]
        return [
            RowChange(
                row["table_name"],
                row["operation"],
                row["old_row"],
                row["new_row"],
                row["transaction_id"],
                row["in_transaction"],
                row["position"],
                row["at"],
            )
            for row in rows
        ]

    def close(self) -> None:
        """Closes the connection; the database is its server's to remove."""
        self._connection.close()

"""The load's SQL as SQLite takes it, for both warehouses in memory: the simulation's, the units'.

- `DISTSTYLE`, `DISTKEY`, `SORTKEY`: left out, those of CREATE TABLE AS among them;
- `WITH NO SCHEMA BINDING`: left out;
- `DELETE FROM a USING b WHERE c`: `DELETE FROM a WHERE EXISTS (SELECT 1 FROM b WHERE c)`.

`connect` adds the functions that SQLite lacks: GETDATE, whose times are text, and LPAD.

COPY, schemas and locks are the business of each.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Final

from connectors.redshift.ledger import now

_CLAUSES: Final = re.compile(r"\) (DISTSTYLE|DISTKEY)[^)]*(\)( SORTKEY \(.*\))?)?$")
_CREATE_AS: Final = re.compile(r"(CREATE TEMP TABLE \S+) (?:DISTSTYLE EVEN|DISTKEY \(\S+\)) AS\n")
_DELETE: Final = re.compile(r"DELETE FROM (\S+) USING (.+?)\s+WHERE (.*)", re.DOTALL)


def connect() -> sqlite3.Connection:
    """A database in memory, without autocommit of Python's own."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.create_function("GETDATE", 0, lambda: now().isoformat())
    connection.create_function("LPAD", 3, lambda text, size, fill: text.rjust(size, fill))
    return connection


def as_sqlite(sql: str) -> str:
    """The statement in SQLite's words."""
    if deleted := _DELETE.fullmatch(sql):
        table, others, condition = deleted.groups()
        sql = f"DELETE FROM {table} WHERE EXISTS (SELECT 1 FROM {others} WHERE {condition})"
    sql = sql.removesuffix("\nWITH NO SCHEMA BINDING")
    return _CLAUSES.sub(")", _CREATE_AS.sub(r"\1 AS\n", sql))


def drop_temporary(connection: sqlite3.Connection) -> None:
    """What the end of a session does with temporary tables."""
    temporary = "SELECT name FROM sqlite_temp_master WHERE type = 'table'"
    for (name,) in connection.execute(temporary).fetchall():
        connection.execute(f'DROP TABLE temp."{name}"')

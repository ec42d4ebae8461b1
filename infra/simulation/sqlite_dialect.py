"""The load's SQL as SQLite takes it, for both warehouses in memory: the simulation's, the units'.

- `DISTSTYLE`, `DISTKEY`, `SORTKEY`: left out, those of CREATE TABLE AS among them;
- `WITH NO SCHEMA BINDING` (`LATE_BINDING`): left out;
- `CREATE OR REPLACE VIEW`: the view is created where it is missing;
- `DELETE FROM a USING b WHERE c`: `DELETE FROM a WHERE EXISTS (SELECT 1 FROM b WHERE c)`;
- views that compute columns: `sqlite_views`;
- `CAST(FROM_HEX('00') AS VARBYTE(1))`: `X'00'`. SQLite compares bytes as Redshift does.

`connect` adds the functions that SQLite lacks: GETDATE, whose times are text, LPAD, and those of
bytes: CONCAT, TO_HEX, TO_VARBYTE.

COPY, schemas and locks are the business of each.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Final

from connectors.redshift.ledger import now
from infra.simulation.sqlite_values import add_functions
from infra.simulation.sqlite_views import LATE_BINDING, translate_view

_CLAUSES: Final = re.compile(r"\) (DISTSTYLE|DISTKEY)[^)]*(\)( SORTKEY \(.*\))?)?$")
_CREATE_AS: Final = re.compile(r"(CREATE TEMP TABLE \S+) (?:DISTSTYLE EVEN|DISTKEY \(\S+\)) AS\n")
_BYTES: Final = re.compile(r"CAST\(FROM_HEX\('([0-9a-f]*)'\) AS VARBYTE\(\d+\)\)")
_DELETE: Final = re.compile(r"DELETE FROM (\S+) USING (.+?)\s+WHERE (.*)", re.DOTALL)


def connect() -> sqlite3.Connection:
    """A database in memory, without autocommit of Python's own."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    add_functions(connection)
    connection.create_function("GETDATE", 0, lambda: now().isoformat())
    connection.create_function("LPAD", 3, lambda text, size, fill: text.rjust(size, fill))
    connection.create_function("CONCAT", 2, lambda first, second: first + second)
    connection.create_function("TO_HEX", 1, lambda value: value if value is None else value.hex())
    connection.create_function("TO_VARBYTE", 2, lambda digits, _: digits and bytes.fromhex(digits))
    return connection


def as_sqlite(sql: str) -> str:
    """The statement in SQLite's words."""
    if deleted := _DELETE.fullmatch(sql):
        table, others, condition = deleted.groups()
        sql = f"DELETE FROM {table} WHERE EXISTS (SELECT 1 FROM {others} WHERE {condition})"
    sql = sql.removesuffix(LATE_BINDING)
    sql = sql.replace("CREATE OR REPLACE VIEW", "CREATE VIEW IF NOT EXISTS", 1)
    sql = _CLAUSES.sub(")", _CREATE_AS.sub(r"\1 AS\n", _BYTES.sub(r"X'\1'", sql)))
    return translate_view(sql)


def drop_temporary(connection: sqlite3.Connection) -> None:
    """What the end of a session does with temporary tables."""
    temporary = "SELECT name FROM sqlite_temp_master WHERE type = 'table'"
    for (name,) in connection.execute(temporary).fetchall():
        connection.execute(f'DROP TABLE temp."{name}"')

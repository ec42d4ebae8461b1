"""What Redshift keeps of a COPY that failed: the file, its row, and the column with its type.

`SYS_LOAD_ERROR_DETAIL` shows a user what its own sessions failed at, on clusters and Serverless
alike. Of its row only this passes: a file that is among the staged ones, numbers, a column of
ours, a type from a list, and a code, whose meaning is that of `known_errors`. The message is not
read: it can quote a value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from connectors.redshift.ledger import Cursor
from connectors.redshift.said import meaning_of
from connectors.staging.part import Part

# The newest row of the session: numbers of processes are used again.
_QUERY: Final = """SELECT TRIM(file_name), line_number, TRIM(column_name), TRIM(column_type),
  TRIM(column_length), error_code
FROM sys_load_error_detail WHERE session_id = %s ORDER BY start_time DESC, query_id DESC LIMIT 1"""
# The view has ten characters for it.
_TYPES: Final = {
    name[:10]: name
    for name in (
        "boolean", "bool", "smallint", "int2", "integer", "int", "int4", "bigint", "int8", "real",
        "float4", "float", "float8", "double precision", "numeric", "decimal", "varchar", "char",
        "bpchar", "character", "character varying", "date", "timestamp", "timestamptz", "varbyte",
        "super",
    )
}  # fmt: skip
_LENGTH: Final = re.compile(r"\d+(?: ?, ?\d+)?")
REMEDY: Final = (
    "A part keeps the types of the declaration that it was staged under: declare the column with "
    "a type that holds its values, or deploy that declaration again until the part is loaded"
)


def read_details(cursor: Cursor, parts: Sequence[Part], known: frozenset[str]) -> str:
    """Where the session's last COPY failed, as a sentence; empty if Redshift does not say.

    Args:
        cursor: of the session, outside of the transaction that has failed.
        parts: that were being loaded.
        known: names of tables and columns that may be repeated.
    """
    cursor.execute("SELECT pg_backend_pid()")
    ((process,),) = cursor.fetchall()
    cursor.execute(_QUERY, (process,))
    rows = cursor.fetchall()
    return _sentence(rows[0], parts, known) if rows else ""


def _sentence(row: Sequence[Any], parts: Sequence[Part], known: frozenset[str]) -> str:
    file_name, line, column, kind, length, code = row
    # By the part's name, which is used once: a long address is cut, and may be written another way.
    staged = next((part for part in parts if part.name in str(file_name)), None)
    if staged is None:
        return ""
    subject = f"file {staged.url}"
    if int(line or 0) > 0:
        subject += f", row {int(line)}"
    if column and str(column) in known:
        subject += f', column "{column}"'
        if sql_type := _TYPES.get(str(kind).lower()):
            subject += f" of type {sql_type}"
            subject += f"({length})" if _LENGTH.fullmatch(str(length)) else ""
    return f"SYS_LOAD_ERROR_DETAIL: {subject}: {meaning_of(str(code))} (code {int(code)}). {REMEDY}"

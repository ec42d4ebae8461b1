"""How far the warehouse is, read from its own bookkeeping."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import localcontext
from typing import Any, Final

from redshift_connector.core import Connection
from redshift_connector.error import ProgrammingError

_TOTALS = """
SELECT COALESCE(SUM(records_read), 0), COALESCE(SUM(dead_lettered), 0),
    COALESCE(SUM(passed_over), 0), MAX(last_arrival_ms)
FROM starjoin.account
"""
_BATCHES = """
SELECT batch, MIN(loaded_at) AS loaded_at, COUNT(*) AS parts,
    COALESCE(SUM(CASE WHEN kind = 'rows' THEN row_count END), 0) AS fact_rows,
    COALESCE(SUM(CASE WHEN kind = 'patches' THEN row_count END), 0) AS patches,
    COALESCE(SUM(CASE WHEN kind = 'dead_letters' THEN row_count END), 0) AS dead_letters,
    MIN(epoch) AS first_epoch, MAX(epoch) AS last_epoch, SUM(byte_count) AS bytes
FROM {schema}.ledger GROUP BY batch ORDER BY 2
"""
_DECIMAL_DIGITS: Final = 38  # Redshift has no more
_UNDEFINED_TABLE = "42P01"
_UNDEFINED_SCHEMA = "3F000"


@dataclass(frozen=True)
class Progress:
    """The totals of all committed loads."""

    records: int = 0
    dead_lettered: int = 0
    passed_over: int = 0
    batches: int = 0
    last_arrival_ms: int | None = None


def progress(connection: Connection) -> Progress:
    """The totals; zeros before the job has made its tables."""
    try:
        totals = rows(connection, _TOTALS)[0]
        (batches,) = rows(connection, "SELECT COUNT(DISTINCT batch) FROM starjoin.ledger")[0]
    except ProgrammingError as error:
        if not is_undefined(error):
            raise
        return Progress()
    read, dead, passed, arrival = totals
    return Progress(
        int(read), int(dead), int(passed), int(batches), None if arrival is None else int(arrival)
    )


def is_undefined(error: ProgrammingError) -> bool:
    """Whether a table was not there, as before the job has made it."""
    fields = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    return fields.get("C") in {_UNDEFINED_TABLE, _UNDEFINED_SCHEMA}


def batches(connection: Connection, schema: str = "starjoin") -> list[dict[str, Any]]:
    """The committed batches in order."""
    cursor = connection.cursor()
    cursor.execute(_BATCHES.format(schema=f'"{schema}"'))
    names = [str(column[0]) for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    """The rows of one query."""
    cursor = connection.cursor()
    # The driver rounds decimals to the context's precision, by default 28 digits.
    with localcontext(prec=_DECIMAL_DIGITS):
        cursor.execute(query)
        return [tuple(row) for row in cursor.fetchall()]

"""How many of a table's values look like what: counted in the database, which keeps the values.

One query a table, over a bounded number of its rows and for a bounded time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from psycopg import sql

from infra.catalogue.looks import (
    LONGEST_LOOKED_AT,
    LOOKED_AT_WITHIN,
    PATTERNS,
    WITHIN,
    Look,
)
from infra.catalogue.model import Sample

ROWS: Final = 500
TABLE_MILLISECONDS: Final = 2_000
TOTAL_SECONDS: Final = 60.0
_NO_LENGTH: Final = sql.SQL("0")
_NO_TEXT: Final = sql.SQL("NULL")
_ROWS_ALONE: Final = 0  # the number under which the rows themselves are counted


@dataclass
class Budget:
    """How much time all tables together may take."""

    ends: float = field(default_factory=lambda: time.monotonic() + TOTAL_SECONDS)

    @property
    def is_spent(self) -> bool:
        """Whether no further table is to be looked at."""
        return time.monotonic() >= self.ends

    @property
    def reason(self) -> str:
        """Why none is, once it is spent."""
        return f"the {TOTAL_SECONDS:.0f} seconds for all tables were over"


@dataclass(frozen=True)
class TableSample:
    """What was counted of a table.

    Attributes:
        rows: how many rows it has, if they were all looked at; else None.
        columns: by name, of those that were asked for.
        reason: why nothing was counted; empty where something was.
    """

    rows: int | None = None
    columns: dict[str, Sample] = field(default_factory=dict)
    reason: str = ""


def sample_table(
    connection: psycopg.Connection[dict[str, Any]],
    table: sql.Composable,
    columns: Sequence[tuple[str, bool]],
    budget: Budget,
) -> TableSample:
    """Counts what values of some columns look like.

    Args:
        connection: within a transaction, which a failure leaves as it was.
        table: as a query names it.
        columns: name, and whether values are bytes, of which only the length counts.
        budget: of all tables.
    """
    if budget.is_spent:
        return TableSample(reason=budget.reason)
    try:
        with connection.transaction():
            connection.execute(f"SET LOCAL statement_timeout = {TABLE_MILLISECONDS}")
            rows = connection.execute(_query(table, columns), _parameters()).fetchall()
    except psycopg.errors.InsufficientPrivilege:
        return TableSample(reason="this user may not read it")
    except psycopg.errors.QueryCanceled:
        return TableSample(reason=f"reading {ROWS} rows took more than {TABLE_MILLISECONDS} ms")
    except psycopg.errors.LockNotAvailable:
        return TableSample(reason="somebody has locked it")
    except psycopg.Error as error:
        # Its text may hold a value, as that of a function in a view or of a broken page.
        return TableSample(reason=f"the database refused it ({error.sqlstate or 'no code'})")
    counted = {row["number"]: row for row in rows}
    total = counted[_ROWS_ALONE]["looked_at"] if _ROWS_ALONE in counted else 0
    samples = {
        name: _sample(counted[number])
        for number, (name, _) in enumerate(columns, _ROWS_ALONE + 1)
        if number in counted
    }
    return TableSample(total if total < ROWS else None, samples)


def _sample(row: dict[str, Any]) -> Sample:
    alike = {look: row[look.name.lower()] for look in Look}
    return Sample.from_counts(row["looked_at"], row["longest"] or 0, alike)


def _parameters() -> list[str]:
    return [*PATTERNS.values(), WITHIN]


def _query(table: sql.Composable, columns: Sequence[tuple[str, bool]]) -> sql.Composed:
    """Counts by column: values, the bytes of the longest, and those of each look."""
    read: list[sql.Composable] = [sql.SQL("1 AS rows_alone")]
    values = [_values(_ROWS_ALONE)]
    for number, (name, is_bytes) in enumerate(columns, _ROWS_ALONE + 1):
        cast = sql.SQL("octet_length({})" if is_bytes else "{}::text").format(sql.Identifier(name))
        alias = sql.Identifier(f"c{number}")
        read.append(sql.SQL("{} AS {}").format(cast, alias))
        if is_bytes:
            values.append(_values(number, length=alias))
            continue
        length = sql.SQL("octet_length({})").format(alias)
        text = sql.SQL("left({}, {})").format(alias, sql.Literal(LOOKED_AT_WITHIN))
        values.append(_values(number, length=length, text=text))
    whole = sql.SQL("length(value) <= {} AND value ~ %s").format(sql.Literal(LONGEST_LOOKED_AT))
    counts = [
        sql.SQL("count(*) FILTER (WHERE {}) AS {}").format(
            whole if look in PATTERNS else sql.SQL("value ~ %s"), sql.Identifier(look.name.lower())
        )
        for look in [*PATTERNS, Look.WITH_PERSON]
    ]
    return sql.SQL(
        "SELECT number, count(length) AS looked_at, max(length) AS longest, {} "
        "FROM (SELECT {} FROM {} LIMIT {}) AS sample, "
        "LATERAL (VALUES {}) AS each (number, length, value) GROUP BY number"
    ).format(
        sql.SQL(", ").join(counts),
        sql.SQL(", ").join(read),
        table,
        sql.Literal(ROWS),
        sql.SQL(", ").join(values),
    )


def _values(
    number: int, *, length: sql.Composable = _NO_LENGTH, text: sql.Composable = _NO_TEXT
) -> sql.Composed:
    return sql.SQL("({}, {}, {}::text)").format(sql.Literal(number), length, text)

"""How many of a table's values look like what: counted in a MySQL, which keeps the values.

Over a bounded number of a table's rows and for a bounded time, as `samples` does in a PostgreSQL.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pymysql

from infra.catalogue.looks import LONGEST_LOOKED_AT, LOOKED_AT_WITHIN, PATTERNS, WITHIN, Look
from infra.catalogue.model import Sample
from infra.catalogue.mysql_connection import (
    FORBIDDEN,
    LOCKED,
    STATEMENT_SECONDS,
    TIMED_OUT,
    Row,
    Server,
    Session,
    code_of,
    quote,
)
from infra.catalogue.samples import ROWS, TABLE_MILLISECONDS, Budget, TableSample

# A statement may have 4,096 columns, and there are ten of each that is looked at.
_COLUMNS_AT_ONCE: Final = 200
# Letters count in patterns, whatever the column's collation ignores.
_AS_TEXT: Final = "CONVERT({} USING utf8mb4) COLLATE utf8mb4_bin"


class Form(enum.Enum):
    """What is counted of a column's values."""

    TEXT = "length and looks"
    BYTES = "length"
    TRUTH = "numbers besides 0 and 1"
    TIME = "zero dates"


@dataclass(frozen=True)
class Counted:
    """What was counted of a table.

    Attributes:
        sample: of its text and bytes.
        not_truths: columns with numbers besides 0 and 1.
        zero_dates: columns with dates whose month or day is zero.
    """

    sample: TableSample
    not_truths: frozenset[str] = frozenset()
    zero_dates: frozenset[str] = frozenset()


def count_values(
    session: Session,
    server: Server,
    table: tuple[str, str],
    columns: Sequence[tuple[str, Form]],
    budget: Budget,
) -> Counted:
    """Counts what values of some columns look like.

    Raises pymysql.MySQLError where the session has ended.
    """
    if budget.is_spent:
        return Counted(TableSample(reason=budget.reason))
    seen: dict[str, Sample] = {}
    odd: dict[Form, set[str]] = {Form.TRUTH: set(), Form.TIME: set()}
    total = 0
    try:
        with session.cursor() as cursor:
            cursor.execute(server.limit(TABLE_MILLISECONDS / 1_000))
            # Without any column the rows themselves are counted.
            for start in range(0, max(len(columns), 1), _COLUMNS_AT_ONCE):
                part = columns[start : start + _COLUMNS_AT_ONCE]
                cursor.execute(_query(table, part), [*_parameters(part)])
                row: Row = cursor.fetchone() or {}
                total = int(row["total"])
                for number, (name, form) in enumerate(part):
                    if form in odd:
                        odd[form] |= {name} if row[f"odd_{number}"] else set()
                    else:
                        seen[name] = _sample(row, number)
            cursor.execute(server.limit(STATEMENT_SECONDS))
    except pymysql.MySQLError as error:
        if not session.open:
            raise
        return Counted(TableSample(reason=_explain(code_of(error))))
    known = total if total < ROWS else None
    return Counted(TableSample(known, seen), frozenset(odd[Form.TRUTH]), frozenset(odd[Form.TIME]))


def _explain(code: int) -> str:
    if code in FORBIDDEN:
        return "this user may not read it"
    if code in TIMED_OUT:
        return f"reading {ROWS} rows took more than {TABLE_MILLISECONDS} ms"
    if code in LOCKED:
        return "somebody has locked it"
    # Its text may hold a value, as that of a function in a generated column.
    return f"the database refused it ({code or 'no code'})"


def _sample(row: Row, number: int) -> Sample:
    alike = {look: int(row.get(f"{look.name.lower()}_{number}") or 0) for look in Look}
    return Sample.from_counts(int(row[f"values_{number}"]), row[f"longest_{number}"] or 0, alike)


def _parameters(columns: Sequence[tuple[str, Form]]) -> Iterator[str]:
    for _, form in columns:
        if form is Form.TEXT:
            yield from (*PATTERNS.values(), WITHIN)


def _query(table: tuple[str, str], columns: Sequence[tuple[str, Form]]) -> str:
    """Counts by column, one row of all."""
    read, counts = ["1 AS row_itself"], ["COUNT(*) AS total"]
    for number, (name, form) in enumerate(columns):
        column, read_as = quote(name).replace("%", "%%"), f"c{number}"
        read.append(f"{_AS_TEXT.format(column) if form is Form.TEXT else column} AS {read_as}")
        counts += _counts(form, read_as, number)
    of = quote(*table).replace("%", "%%")
    return (
        f"SELECT {', '.join(counts)} FROM (SELECT {', '.join(read)} FROM {of} LIMIT {ROWS}) "  # noqa: S608 - quoted names
        "AS sample"
    )


def _counts(form: Form, value: str, number: int) -> Iterator[str]:
    if form is Form.TRUTH:
        yield f"SUM({value} NOT IN (0, 1)) AS odd_{number}"
        return
    if form is Form.TIME:
        yield f"SUM(MONTH({value}) = 0 OR DAYOFMONTH({value}) = 0) AS odd_{number}"
        return
    yield f"COUNT({value}) AS values_{number}"
    yield f"MAX(OCTET_LENGTH({value})) AS longest_{number}"
    if form is Form.TEXT:
        whole = f"CHAR_LENGTH({value}) <= {LONGEST_LOOKED_AT} AND {value}"
        for look in PATTERNS:
            yield f"SUM({whole} REGEXP %s) AS {look.name.lower()}_{number}"
        yield (
            f"SUM(LEFT({value}, {LOOKED_AT_WITHIN}) REGEXP %s) "
            f"AS {Look.WITH_PERSON.name.lower()}_{number}"
        )

"""Records of the order book: two facts, three targets, keys of several columns, references deep."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from flink_app.declaration import ColumnType, Star, Table, load_declaration
from infra.local.toolchain import ROOT
from tests.bench import data

STAR_FILE: Final = "flink_app/stars/order_book.yaml"
# Of each dimension, so that there are about as many in all as the ticket seller has.
_ROWS: Final = {
    "department": 20,
    "product_category": 100,
    "supplier": 200,
    "product": 1_500,
    "sales_region": 20,
    "outlet": 100,
    "postal_address": 1_500,
    "customer": 1_000,
    "customer_order": 1_600,
}
_FACTS: Final = ("order_line", "order_line", "order_line", "shipment")
_FIRST_DAY: Final = dt.date(2024, 1, 1)
_MAKE: Final[dict[str, Callable[[int], Any]]] = {
    "boolean": lambda n: n % 2 == 0,
    "date": lambda n: (_FIRST_DAY + dt.timedelta(days=n % 700)).isoformat(),
    "timestamp": lambda n: f"2026-03-11T09:45:{n % 60:02}.517000Z",
    "double precision": lambda n: n % 1_000 / 8,
    "smallint": lambda n: n % 30_000,
    "integer": lambda n: n,
    "bigint": lambda n: n,
}


def dimensions() -> list[bytes]:
    """The full load of the dimensions."""
    star = Star(load_declaration(ROOT / STAR_FILE))
    chance = random.Random(0)  # noqa: S311 - repeatable, not secret
    return [
        _record(star, "load", table, number, number, chance=chance)
        for table, rows in _ROWS.items()
        for number in range(rows)
    ]


def facts(count: int, seed: int) -> list[bytes]:
    """Lines of known orders, and for every third of them a shipment."""
    star = Star(load_declaration(ROOT / STAR_FILE))
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    return [
        _record(star, "insert", _FACTS[n % len(_FACTS)], n, seed * count + n, chance=chance)
        for n in range(count)
    ]


def _record(
    star: Star, operation: str, name: str, row: int, number: int, *, chance: random.Random
) -> bytes:
    table = star.tables[name]
    values = {column: _make_value(c.type, row) for column, c in table.columns.items()}
    for reference in table.references.values():
        referred = star.tables[reference.table]
        row_there = chance.randrange(_ROWS[reference.table])
        for column, key in zip(reference.columns, referred.key, strict=True):
            values[column] = _make_value(referred.columns[key].type, row_there)
    return data.record(
        operation,
        table.source or name,
        {_source(table, column): value for column, value in values.items()},
        number,
        schema=star.declaration.source_schema or "",
    )


def _source(table: Table, column: str) -> str:
    return table.columns[column].source or column


def _make_value(kind: ColumnType, number: int) -> Any:
    if kind.is_text:
        return f"{number:07}"[-(kind.length or 0) :]
    if kind.name == "decimal":
        # In plain digits, as sources write amounts: records with exponents are read row by row.
        digits = min(4, kind.precision or 0)
        return float(Decimal(number % 10**digits).scaleb(-min(2, kind.scale or 0)))
    return _MAKE[kind.name](number)

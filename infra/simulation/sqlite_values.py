"""Decimals, days and times in SQLite, which has none: tagged text, and the functions that read it.

The tag keeps every column's affinity from making numbers of them.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

_TAG: Final = "\x01"
_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "Decimal": Decimal,
    "date": dt.date.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
}
_EXACT: Final = Context(prec=100, rounding=ROUND_HALF_UP)
_STEPS: Final = {"+": _EXACT.add, "-": _EXACT.subtract, "*": _EXACT.multiply}


def encode(value: Any) -> Any:
    """A value as SQLite holds it."""
    kind = type(value).__name__
    return f"{_TAG}{kind} {value}" if kind in _READERS else value


def read(value: Any) -> Any:
    """A value that SQLite has held."""
    if isinstance(value, str) and value.startswith(_TAG):
        kind, _, text = value[1:].partition(" ")
        return _READERS[kind](text)
    return value


def add_functions(connection: sqlite3.Connection) -> None:
    """What `sqlite_views` writes in the place of operators and casts."""
    functions: tuple[tuple[str, int, Callable[..., Any]], ...] = (
        ("CAST_DECIMAL", 2, _cast_decimal),
        ("CALCULATE", 3, _calculate),
        ("TAKE_PART", 2, _take_part),
        ("IS_AT_LEAST", 2, lambda value, bound: value >= bound),
        ("IS_BELOW", 2, lambda value, bound: value < bound),
    )
    for name, count, function in functions:
        connection.create_function(name, count, _on_values(function), deterministic=True)


def _on_values(function: Callable[..., Any]) -> Callable[..., Any]:
    """NULL for NULL, and values instead of tagged text."""

    def answer(*arguments: Any) -> Any:
        values = [read(argument) for argument in arguments]
        return None if None in values else encode(function(*values))

    return answer


def _cast_decimal(value: Any, scale: int) -> Decimal:
    return Decimal(value).quantize(Decimal(1).scaleb(-scale), context=_EXACT)


def _calculate(operator: str, left: Any, right: Any) -> Any:
    result = _STEPS[operator](Decimal(left), Decimal(right))
    is_whole = isinstance(left, int) and isinstance(right, int)
    return int(result) if is_whole else result


def _take_part(part: str, value: Any) -> int:
    """Of a time with a zone in UTC."""
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        value = value.astimezone(dt.UTC)
    if part == "quarter":
        return int((value.month + 2) // 3)
    return int(getattr(value, part))

"""Computed columns as Python computes them, for what a view shows: a second implementation.

Values are those that the warehouse stores: Python's text, int, Decimal, bool, date and datetime.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import reduce
from typing import Any, Final

from flink_app.declaration.expressions import (
    Arithmetic,
    Cases,
    Coalescing,
    ColumnValue,
    Concatenation,
    DatePart,
    Expression,
    Value,
)
from flink_app.declaration.formula import Comparison, Part
from flink_app.declaration.types import ColumnType

_EXACT: Final = Context(prec=100, rounding=ROUND_HALF_UP)
_MONTHS_OF_A_QUARTER: Final = 3


def compute(expression: Expression, row: Mapping[str, Any]) -> Any:
    """The value in a row of the target, whose columns `row` has by name."""
    match expression:
        case Concatenation():
            return _concatenate(expression, row)
        case Coalescing(values, kind):
            operands = (_read(value, row) for value in values)
            return _convert(next((each for each in operands if each is not None), None), kind)
        case DatePart(part, column):
            return _take(part, row[column.name])
        case Arithmetic():
            return _calculate(expression, row)
        case Cases(branches, otherwise, kind):
            for branch in branches:
                if all(_holds(row[c.name], comparison) for c, comparison in branch.comparisons):
                    return _convert(_read(branch.then, row), kind)
            return None if otherwise is None else _convert(_read(otherwise, row), kind)


def _read(value: Value, row: Mapping[str, Any]) -> Any:
    return row[value.name] if isinstance(value, ColumnValue) else value.value


def _convert(value: Any, kind: ColumnType) -> Any:
    """The same value, with as many digits behind the point as its type has."""
    if value is None or kind.name != "decimal":
        return value
    return Decimal(value).quantize(Decimal(1).scaleb(-(kind.scale or 0)), context=_EXACT)


def _concatenate(expression: Concatenation, row: Mapping[str, Any]) -> str | None:
    columns = [row[part.name] for part in expression.parts if isinstance(part, ColumnValue)]
    values = [_read(part, row) for part in expression.parts]
    if all(value is None for value in columns):
        return None
    if None in values and not expression.skips_nulls:
        return None
    return expression.separator.join(str(value) for value in values if value is not None)


def _take(part: Part, value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        value = value.astimezone(dt.UTC)
    if part is Part.QUARTER:
        return int((value.month - 1) // _MONTHS_OF_A_QUARTER + 1)
    return int(getattr(value, part))


def _calculate(expression: Arithmetic, row: Mapping[str, Any]) -> Any:
    values = [_read(value, row) for value in expression.operands]
    if None in values:
        return None
    steps = {"+": _EXACT.add, "-": _EXACT.subtract, "*": _EXACT.multiply}
    result = reduce(steps[expression.operator], map(Decimal, values))
    return int(result) if expression.type.is_integer else _convert(result, expression.type)


def _holds(value: Any, comparison: Comparison) -> bool:
    """As Redshift compares: blanks at the end of text do not count, and NULL is like nothing."""
    if comparison.is_null is not None:
        return (value is None) == comparison.is_null
    if value is None:
        return False
    value = value.rstrip(" ") if isinstance(value, str) else value
    if comparison.one_of is not None:
        return value in comparison.one_of
    if comparison.none_of is not None:
        return value not in comparison.none_of
    least, below = comparison.at_least, comparison.below
    return (least is None or value >= least) and (below is None or value < below)

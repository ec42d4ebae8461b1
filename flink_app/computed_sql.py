"""Computed columns as Redshift's SQL: one expression each, which fails for no row.

Columns are cast to what is declared, since a base table may hold longer text than that. Of other
types it holds the declared one exactly, which a start looks at (`connectors.redshift.targets`).
"""

from __future__ import annotations

from typing import Final

from connectors.redshift.names import quote
from flink_app.declaration.expressions import (
    WHOLE_LENGTH,
    Arithmetic,
    Cases,
    Coalescing,
    ColumnValue,
    Concatenation,
    DatePart,
    Expression,
    Literal,
    Value,
)
from flink_app.declaration.formula import Comparison
from flink_app.declaration.literals import Constant
from flink_app.declaration.types import MAX_VARCHAR_BYTES, ColumnType

_ZONED: Final = "timestamptz"


def write_expression(expression: Expression) -> str:
    """The expression in SQL, not yet cast to its type."""
    match expression:
        case Concatenation():
            return _concatenation(expression)
        case Coalescing(values, kind):
            return f"COALESCE({', '.join(_cast(value, kind) for value in values)})"
        case DatePart(part, column):
            zone = " AT TIME ZONE 'UTC'" if column.type.name == _ZONED else ""
            return f"EXTRACT({part.upper()} FROM {quote(column.name)}{zone})"
        case Arithmetic(operator, operands, types):
            written = map(_cast, operands, types)
            return f" {operator} ".join(written)
        case Cases():
            return _cases(expression)


def columns_of(expression: Expression) -> dict[str, ColumnType]:
    """The columns of the target that an expression reads, in order, with their types."""
    values: list[Value | None]
    match expression:
        case Concatenation(parts):
            values = [*parts]
        case Coalescing(coalesced):
            values = [*coalesced]
        case DatePart(column=column):
            values = [column]
        case Arithmetic(operands=operands):
            values = [*operands]
        case Cases(branches, otherwise):
            values = [column for branch in branches for column, _ in branch.comparisons]
            values += [*(branch.then for branch in branches), otherwise]
    return {value.name: value.type for value in values if isinstance(value, ColumnValue)}


def write_literal(value: Constant) -> str:
    """A value as SQL that no driver or catalogue reads in another way."""
    if isinstance(value, str):
        text = value.replace("'", "''")
        return f"'{text}'"
    return str(value).upper()


def _concatenation(expression: Concatenation) -> str:
    """Where NULL is left out, each part brings its separator, and the first is taken off."""
    parts = [_as_text(part) for part in expression.parts]
    separator = expression.separator and _text(expression.separator)
    if not expression.skips_nulls:
        return f" || {separator} || ".join(parts) if separator else " || ".join(parts)
    begun = [f"{separator} || {part}" if separator else part for part in parts]
    joined = " || ".join(f"COALESCE({part}, '')" for part in begun)
    if separator:
        first = len(expression.separator) + 1
        joined = f"SUBSTRING({joined}, {first}, {MAX_VARCHAR_BYTES})"
    columns = [part for part in expression.parts if isinstance(part, ColumnValue)]
    nothing = " AND ".join(f"{quote(column.name)} IS NULL" for column in columns)
    return f"CASE WHEN {nothing} THEN NULL ELSE {joined} END"


def _as_text(value: Value) -> str:
    if isinstance(value, Literal):
        return _text(str(value.value))
    length = value.type.length if value.type.is_text else WHOLE_LENGTH
    return f"CAST({quote(value.name)} AS VARCHAR({length}))"


def _text(text: str) -> str:
    return f"CAST({write_literal(text)} AS VARCHAR({max(len(text.encode()), 1)}))"


def _cases(expression: Cases) -> str:
    written = []
    for branch in expression.branches:
        holds = " AND ".join(_comparison(*comparison) for comparison in branch.comparisons)
        written.append(f"WHEN {holds} THEN {_cast(branch.then, expression.type)}")
    if expression.otherwise is not None:
        written.append(f"ELSE {_cast(expression.otherwise, expression.type)}")
    return f"CASE {' '.join(written)} END"


def _comparison(column: ColumnValue, comparison: Comparison) -> str:
    name = quote(column.name)
    if comparison.is_null is not None:
        return f"{name} IS NULL" if comparison.is_null else f"{name} IS NOT NULL"
    if comparison.values:
        listed = ", ".join(map(write_literal, comparison.values))
        return f"{name} {'IN' if comparison.one_of else 'NOT IN'} ({listed})"
    bounds = ((">=", comparison.at_least), ("<", comparison.below))
    return " AND ".join(
        f"{name} {sign} CAST({bound} AS {column.type.sql})"
        for sign, bound in bounds
        if bound is not None
    )


def _cast(value: Value, kind: ColumnType) -> str:
    written = quote(value.name) if isinstance(value, ColumnValue) else write_literal(value.value)
    return f"CAST({written} AS {kind.sql})"

"""The rules of `where`: every change of the fact says whether its row counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flink_app.declaration.collation import canonical_form
from flink_app.declaration.literals import Constant
from flink_app.declaration.model import (
    Column,
    Condition,
    DeclarationParts,
    Table,
    Target,
    Treatment,
)
from flink_app.declaration.types import ColumnType
from flink_app.validation.fault import Fault, KeyPath
from flink_app.validation.words import find_meant, list_words

_BITS: Final = {"smallint": 15, "integer": 31, "bigint": 63}  # without the sign
_VIEW: Final = "filter in a view on the target"


def condition_faults(declaration: DeclarationParts, name: str, target: Target) -> Iterator[Fault]:
    """Every fault of one target's conditions; its fact is declared."""
    fact = declaration.tables[target.fact]
    for column, condition in target.row_conditions.items():
        key_path: KeyPath = ("targets", name, "where", column)
        subject = f"target {name}, where {column}"
        declared = fact.columns.get(column)
        if declared is None:
            yield _fault_of_undeclared(target, fact, (subject, key_path), column)
            continue
        of_column = (("tables", target.fact, "columns", column),)
        problem, remedy = _find_misfit(declared, condition)
        if problem:
            yield Fault(key_path, f"column {column} {problem}", remedy, subject, needs=of_column)
            continue
        for value in condition.values:
            if problem := find_misfit_of_value(fact, column, value):
                remedy = "write what the column is stored as, or leave the value out"
                yield Fault(key_path, problem, remedy, subject, needs=of_column)
    if target.row_conditions:
        yield from _left_out_faults(name, target, fact)


def _fault_of_undeclared(
    target: Target, fact: Table, subject_and_path: tuple[str, KeyPath], column: str
) -> Fault:
    subject, key_path = subject_and_path
    meant = find_meant(column, fact.columns)
    listed = f"it has {list_words([*fact.columns])}"
    return Fault(
        key_path,
        f"the fact {target.fact} has no column {column!r}, and only its own can be used",
        f"did you mean {meant}?" if meant else listed,
        subject,
        of_key=True,
        needs=(("tables", target.fact, "columns", column),),
        meant=meant,
    )


def _find_misfit(declared: Column, condition: Condition) -> tuple[str, str]:
    """Why a column cannot have the condition, and what to do; or nothing."""
    if declared.treatment.drops:
        return "has treatment drop, so nobody knows its values", "choose another treatment"
    if condition.is_null is not None:
        return "", ""
    if declared.treatment is not Treatment.KEEP:
        return (
            f"has treatment {declared.treatment}, so it is not stored as it is written here",
            "compare a column with treatment keep, or use is_null",
        )
    if not is_comparable(declared.type):
        return (
            f"has type {declared.type}, and values are compared of text, whole numbers and boolean",
            f"use is_null, or {_VIEW}",
        )
    return "", ""


def is_comparable(kind: ColumnType) -> bool:
    """Whether Arrow and Redshift compare its values exactly as they are declared."""
    return kind.is_text or kind.is_integer or kind.name == "boolean"


def find_misfit_of_value(table: Table, column: str, value: Constant) -> str:
    """Why no row has the value; empty where one may have it."""
    kind = table.columns[column].type
    if kind.is_text:
        return _find_misfit_of_text(table, column, value)
    if kind.name == "boolean":
        return "" if isinstance(value, bool) else f"{value!r} is neither true nor false"
    if isinstance(value, str | bool):
        return f"{value!r} is no whole number, and column {column} is {kind}"
    limit = 1 << _BITS[kind.name]
    return "" if -limit <= value < limit else f"{value} does not fit {kind}"


def _find_misfit_of_text(table: Table, column: str, value: Constant) -> str:
    declared = table.columns[column]
    if not isinstance(value, str):
        return f"{value!r} is no text, and column {column} is {declared.type}: write it in quotes"
    if len(value.encode(errors="surrogatepass")) > (declared.type.length or 0):
        return f"{value!r} does not fit {declared.type}"
    if table.trailing_blanks(column) is not None and value.endswith(" "):
        return f"{value!r} ends in a blank, which stored values do not"
    form = canonical_form(value, declared.ignored)
    return "" if form == value else f"{value!r} is stored as {form!r}, by the column's collation"


def _left_out_faults(name: str, target: Target, fact: Table) -> Iterator[Fault]:
    """A row that counts again has all its columns from one change: nothing may be left out."""
    shown = {dotted for dotted in target.columns.values() if "." not in dotted}
    followed = {dotted.split(".")[0] for dotted in target.columns.values() if "." in dotted}
    leading = {
        column
        for reference in followed & fact.references.keys()
        for column in fact.references[reference].columns
    }
    for column in fact.columns:
        if column in {*shown, *leading, *target.row_conditions} and fact.columns[column].unchanged:
            yield Fault(
                ("targets", name, "where"),
                f"column {column} of {target.fact} has `unchanged`: a change that leaves it out "
                "does not say what a row has that counts again",
                "have the source send whole rows and remove `unchanged`; or remove `where`, and "
                f"{_VIEW}",
                f"target {name}, where",
                of_key=True,
                needs=(("tables", target.fact, "columns", column),),
            )

"""The rules of references: they lead somewhere, and are stored as the key is.

They may lead back to where they began: a target follows them as far as its columns say.
"""

from __future__ import annotations

from collections.abc import Iterator

from flink_app.declaration.collation import Collation
from flink_app.declaration.model import (
    DeclarationParts,
    Reference,
    Table,
    TrailingBlanks,
    Treatment,
)
from flink_app.validation.fault import Fault, KeyPath
from flink_app.validation.words import find_meant, list_words


def reference_faults(declaration: DeclarationParts) -> Iterator[Fault]:
    """Every fault of every reference."""
    for name, table in declaration.tables.items():
        for reference_name in table.references:
            yield from _faults_of_one(declaration, name, reference_name)


def _faults_of_one(
    declaration: DeclarationParts, name: str, reference_name: str
) -> Iterator[Fault]:
    table = declaration.tables[name]
    reference = table.references[reference_name]
    subject = f"table {name}, reference {reference_name}"
    key_path: KeyPath = ("tables", name, "references", reference_name)
    yield from _left_out_apart(subject, key_path, table, reference)
    for index, column in enumerate(reference.columns):
        if column not in table.columns:
            meant = find_meant(column, table.columns)
            remedy = f"did you mean {meant}? Otherwise declare it" if meant else "declare it"
            yield Fault(
                (*key_path, "columns", index),
                f"column {column!r} is not declared",
                f"{remedy} under columns of {name}",
                subject,
                needs=(("tables", name, "columns", column),),
                meant=meant,
            )
    referenced = declaration.tables.get(reference.table)
    if referenced is None:
        meant = find_meant(reference.table, declaration.tables)
        remedy = f"did you mean {meant}? Otherwise declare it" if meant else "declare it"
        yield Fault(
            (*key_path, "table"),
            f"table {reference.table!r} is not declared",
            f"{remedy} under tables, where there are {list_words([*declaration.tables])}",
            subject,
            needs=(("tables", reference.table),),
            meant=meant,
        )
        return
    if len(reference.columns) != len(referenced.key):
        yield Fault(
            (*key_path, "columns"),
            f"columns must list as many columns as the key of {reference.table} "
            f"({', '.join(referenced.key)}), in its order",
            f"list {len(referenced.key)}, not {len(reference.columns)}",
            subject,
            needs=(("tables", reference.table, "key"),),
        )
        return
    for column, key_column in zip(reference.columns, referenced.key, strict=True):
        if column in table.columns and key_column in referenced.columns:
            problem, remedy = _difference(
                (reference.table, referenced, key_column), (table, column)
            )
            if problem:
                own_column = ("tables", name, "columns", column)
                needs = (
                    own_column,
                    ("tables", reference.table, "key"),
                    ("tables", reference.table, "columns", key_column),
                )
                yield Fault(own_column, problem, remedy, subject, of_key=True, needs=needs)


def _difference(key: tuple[str, Table, str], reference: tuple[Table, str]) -> tuple[str, str]:
    """How what refers to a key is stored otherwise than the key, and what to do; or nothing."""
    referenced_name, referenced, key_column = key
    table, column = reference
    sides = (table.columns[column], referenced.columns[key_column])
    columns = f"{column} and {referenced_name}.{key_column}"
    are_tokens = sides[0].treatment is not Treatment.KEEP
    for_both = "declare the same for both"
    if len({(side.treatment, side.stored_type.arrow) for side in sides}) > 1:
        declared = ", and ".join(f"{side.type}, {side.treatment}" for side in sides)
        return f"{columns} differ in type or treatment ({declared})", for_both
    if are_tokens and len({side.type.text_form for side in sides}) > 1:
        types = ", and ".join(str(side.type) for side in sides)
        problem = f"{columns} differ in type ({types}), so equal values have different tokens"
        return problem, for_both
    if len({side.ignored for side in sides}) > 1:
        declared = ", and ".join(
            " and ".join(sorted(side.ignored)) or Collation.BINARY for side in sides
        )
        return f"{columns} differ in their collation ({declared})", for_both
    blanks = {table.trailing_blanks(column), referenced.trailing_blanks(key_column)}
    if blanks == {TrailingBlanks.TRIM, None}:
        trimmed = column if table.trailing_blanks(column) else f"{referenced_name}.{key_column}"
        return (
            f"trailing blanks are taken off {trimmed} alone, so {columns} have different tokens",
            "declare trailing_blanks: trim for both",
        )
    return "", ""


def _left_out_apart(
    subject: str, key_path: KeyPath, table: Table, reference: Reference
) -> Iterator[Fault]:
    """Only whole references are known; a part of the key is in every change."""
    others = [name for name in reference.columns if name not in table.key and name in table.columns]
    left_out = [name for name in others if table.columns[name].unchanged]
    always = [name for name in others if name not in left_out]
    if left_out and always:
        yield Fault(
            (*key_path, "columns"),
            f"column {left_out[0]!r} has `unchanged` and column {always[0]!r} has not",
            "changes have a reference whole or not at all: declare both alike",
            subject,
        )

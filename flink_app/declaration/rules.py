"""The rules that the parts of a declaration keep between each other, once each is well formed.

Here are those of tables and their columns; `reference_rules` and `target_rules` have the others.
Each rule yields every fault, and passes over what another rule has found wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from flink_app.declaration.dms_records import DmsRecords, RoundedNumbers, ZeroDates
from flink_app.declaration.model import DeclarationParts, Table
from flink_app.declaration.reference_rules import reference_faults
from flink_app.declaration.target_rules import target_faults
from flink_app.validation.fault import Fault, KeyPath
from flink_app.validation.words import find_meant, list_words


def find_faults(declaration: DeclarationParts) -> list[Fault]:
    """Every rule that is broken, with its place."""
    return [
        *_source_faults(declaration),
        *_partition_faults(declaration),
        *(fault for name in declaration.tables for fault in _table_faults(declaration, name)),
        *reference_faults(declaration),
        *target_faults(declaration),
    ]


def _source_faults(declaration: DeclarationParts) -> Iterator[Fault]:
    """A record belongs to one table; a table that plays two parts has two references."""
    holders: dict[tuple[str, str], str] = {}
    for name, table in declaration.tables.items():
        schema, source = declaration.source_of(name)
        if not schema:
            yield Fault(
                ("tables", name),
                "the source's schema is unknown",
                "set source_schema, here or for the whole file",
                f"table {name}",
                of_key=True,
                needs=(("source_schema",), ("tables", name, "source_schema")),
            )
        holder = holders.setdefault((schema, source), name)
        if holder != name:
            yield Fault(
                ("tables", name, *(("source",) if table.source else ())),
                f"both read {source!r}",
                "declare it once, and refer to it by several references. If these are tables of "
                "two databases: records do not name the database, so let the DMS task of one "
                "rename the schema (rule action rename), and declare the new name",
                f"tables {holder} and {name}",
                needs=(("source_schema",), ("tables", holder, "source_schema")),
            )


def _partition_faults(declaration: DeclarationParts) -> Iterator[Fault]:
    """A record belongs to one table, whatever a name that fits two patterns would mean."""
    for name in declaration.tables:
        for other in declaration.tables:
            schema, source = declaration.source_of(other)
            if other != name and declaration.is_partition(name, schema, source):
                yield Fault(
                    ("tables", name, "partitions"),
                    f"a pattern fits {source!r}, which is table {other}",
                    "write a narrower one, or a list",
                    f"table {name}, partitions",
                    needs=(("tables", other, "source"),),
                )
    patterns = [
        (name, partitions.source_schema or declaration.schema_of(name), partitions)
        for name, table in declaration.tables.items()
        for partitions in table.partitions
    ]
    for first, second in combinations(patterns, 2):
        (name, schema, pattern), (other, other_schema, other_pattern) = first, second
        if name != other and schema == other_schema and pattern.overlaps(other_pattern):
            yield Fault(
                ("tables", other, "partitions"),
                f"a name can fit both {pattern.source!r} and {other_pattern.source!r}",
                "write narrower ones, or lists",
                f"tables {name} and {other}, partitions",
            )


def _table_faults(declaration: DeclarationParts, name: str) -> Iterator[Fault]:
    table = declaration.tables[name]
    yield from _column_faults(name, table)
    yield from _key_faults(name, table)
    yield from _compared_faults(name, table)
    if declaration.stream.before_image_among_columns:
        yield from _before_image_faults(name, table, declaration.stream)


def _column(table: str, column: str) -> KeyPath:
    return ("tables", table, "columns", column)


def _column_faults(name: str, table: Table) -> Iterator[Fault]:
    readers: dict[str, str] = {}
    for column, declared in table.columns.items():
        source = declared.source or column
        reader = readers.setdefault(source, column)
        if table.columns[reader].type.arrow != declared.type.arrow:
            yield Fault(
                _column(name, column),
                f"columns {reader} and {column} read {source!r} as different types",
                "declare one type for both",
                f"table {name}",
                of_key=True,
            )


def _key_faults(name: str, table: Table) -> Iterator[Fault]:
    subject = f"table {name}, key"
    for index, column in enumerate(table.key):
        key_path = ("tables", name, "key", index)
        if column in table.key[:index]:
            yield Fault(key_path, f"column {column!r} is named twice", "name it once", subject)
        if column not in table.columns:
            yield fault_of_undeclared(key_path, column, name, table, subject)
            continue
        declared, of_column = table.columns[column], _column(name, column)
        needs: tuple[KeyPath, ...] = (("tables", name, "key"),)
        if declared.unchanged:
            yield Fault(
                (*of_column, "unchanged"),
                f"column {column!r} must be in every change",
                "remove its `unchanged`",
                subject,
                of_key=True,
                needs=needs,
            )
        elif not declared.treatment.keeps_identity:
            yield Fault(
                (*of_column, "treatment"),
                f"treatment {declared.treatment} does not keep the values of column {column!r} "
                "distinct",
                "use keep, tokenise or sha256",
                subject,
                needs=needs,
            )
        elif declared.zero_dates is ZeroDates.AS_NULL:
            yield Fault(
                (*of_column, "zero_dates"),
                f"column {column!r} cannot be NULL",
                "remove its `zero_dates`",
                subject,
                of_key=True,
                needs=needs,
            )


def fault_of_undeclared(
    key_path: KeyPath, column: str, name: str, table: Table, subject: str
) -> Fault:
    """A column that a table does not have."""
    problem = f"column {column!r} is not declared"
    meant = find_meant(column, table.columns)
    remedy = f"did you mean {meant}? Otherwise declare it under columns"
    if not meant:
        remedy = f"declare it under columns, where there are {list_words([*table.columns])}"
    return Fault(key_path, problem, remedy, subject, needs=(_column(name, column),), meant=meant)


def _compared_faults(name: str, table: Table) -> Iterator[Fault]:
    """Numbers that may have lost digits cannot tell rows apart.

    A column whose values are shown and not compared keeps them as they are written.
    """
    for column, declared in table.columns.items():
        is_compared = column in table.compared_columns
        if is_compared and declared.rounded_numbers is RoundedNumbers.AS_SENT:
            yield Fault(
                (*_column(name, column), "rounded_numbers"),
                f"column {column!r} tells rows apart, so its digits count",
                "remove its `rounded_numbers`",
                f"table {name}",
                of_key=True,
                needs=(("tables", name, "key"),),
            )
        if declared.collation and not is_compared:
            yield Fault(
                (*_column(name, column), "collation"),
                f"column {column!r} is no key and refers to none, so it is not compared",
                "remove its `collation`",
                f"table {name}",
                of_key=True,
                needs=(("tables", name, "key"), ("tables", name, "references")),
            )


def _before_image_faults(name: str, table: Table, stream: DmsRecords) -> Iterator[Fault]:
    sources = {declared.source or column: column for column, declared in table.columns.items()}
    left_out = (column for column, declared in table.columns.items() if declared.unchanged)
    for column in dict.fromkeys([*table.key, *left_out]):
        if column not in table.columns:
            continue
        before = stream.before_name(table.columns[column].source or column)
        if before in sources:
            yield Fault(
                _column(name, sources[before]),
                f"{before!r} is both the before-image of {column} and a column",
                "in the task and under stream, choose another prefix or suffix",
                f"table {name}",
                of_key=True,
            )

"""What records show of the source's tables: where these are not what the declaration says.

No past is remembered: the declaration is the reference. A control record may hold a whole
definition of its table; a row shows names and, if DMS sends nulls, which columns are gone. Nothing
here changes what a record becomes, and no finding holds a value.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from flink_app.declaration.collation import Collation
from flink_app.diagnostics.source_collations import contradicts, ignores_trailing_blanks
from flink_app.diagnostics.source_names import SourceName, printable, quote
from flink_app.diagnostics.source_types import SourceType
from flink_app.records.parsed import UPSERTS
from flink_app.records.plan import DOCUMENT, ReadColumn, TablePlan


class FindingKind(enum.Enum):
    """What was found, as a sentence about table and column, and what to do."""

    COLUMN_GONE = (
        (
            "the source no longer has it: it was dropped or renamed; loaded values stay until a "
            "full load brings their rows without it"
        ),
        (
            "if dropped, take it out of the declaration, before a full load if its values are to "
            "stay; if renamed, declare its new name with source"
        ),
    )
    COLUMN_LEFT_OUT = (
        "updates lack it: the source has logged only a part of the row, or dropped or renamed it",
        (
            "have the source log whole rows, or declare unchanged: missing, which keeps the loaded "
            "value; if dropped, take it out of the declaration; if renamed, declare its new name "
            "with source"
        ),
    )
    KEY_GONE = (
        "the source no longer has this part of the key",
        "declare the new key, and load the table again in a new generation",
    )
    TYPE = (
        "the declared type cannot hold every value of the source's",
        "declare a wider type",
    )
    COLLATION = (
        "the source compares its values in another way",
        (
            "declare what the source ignores (collation: case_insensitive, accent_insensitive, or "
            "both in a list) on it and on what refers to it, and load the tables again in a new "
            "generation; or declare collation: binary if its values are to be told apart as "
            "they are written"
        ),
    )
    TRAILING_BLANKS = (
        "the source ignores blanks at the end of its values, and their tokens do not",
        (
            "declare trailing_blanks: trim on it and on what refers to it, and load the tables "
            "again in a new generation; or trailing_blanks: refuse, if no value should end in one"
        ),
    )
    KEY = (
        "the source has another primary key",
        "declare it, and load the table again in a new generation",
    )
    TABLE_RENAMED = (
        "it is the old or the new name of a table that was renamed",
        "look which tables the source has, and declare the new name with source",
    )
    ALTERED = (
        "it was altered, and the record does not say how",
        "compare it with the declaration; IncludeControlDetails on the endpoint may say more",
    )
    TWO_TASKS = (
        "two DMS tasks send it in turn, and of equal keys the row of either may stay",
        (
            "stop one of them if they read the same database; else rename the schema in one (rule "
            "action rename) and declare the new name, or give it a stream of its own, and reload"
        ),
    )
    # From here on: of no consequence for what is declared.
    NEW_COLUMN = ("the declaration does not know it", "declare it if it is wanted")
    UNKNOWN_TYPE = ("its announced type is not known here", "values are judged one by one")
    TABLE_DROPPED = (
        "it was dropped, maybe only by a task that prepares its target",
        "nothing, if loads follow",
    )
    PARTITION_DROPPED = (
        "it was dropped, and no record says that its rows are gone: they stay in the warehouse",
        "nothing, if loads follow or the rows are to stay; else run a reload",
    )
    PARTITION_RENAMED = (
        "it is the old or the new name of a partition that was renamed",
        (
            "nothing, if the table's partitions match its new name; else declare it as well, since "
            "records under it are passed over"
        ),
    )
    TRUNCATED = (
        "it was truncated, and no record says that its rows are gone: they stay in the warehouse",
        "nothing, if loads follow or the rows are to stay; else run a reload",
    )
    OTHER_TASK = (
        "another DMS task has announced it",
        (
            "nothing, if one task has replaced the other; if both send it, stop one, or rename the "
            "schema in one that reads another database"
        ),
    )

    def __init__(self, consequence: str, remedy: str) -> None:
        self.consequence = consequence
        self.remedy = remedy


NOTES: Final = frozenset(
    {
        FindingKind.NEW_COLUMN,
        FindingKind.UNKNOWN_TYPE,
        FindingKind.TABLE_DROPPED,
        FindingKind.PARTITION_DROPPED,
        FindingKind.PARTITION_RENAMED,
        FindingKind.TRUNCATED,
        FindingKind.OTHER_TASK,
    }
)
# What a finding about a table is about one of its partitions.
_OF_PARTITION: Final = {
    FindingKind.TABLE_DROPPED: FindingKind.PARTITION_DROPPED,
    FindingKind.TABLE_RENAMED: FindingKind.PARTITION_RENAMED,
}


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        kind: what is wrong.
        table: as it is declared.
        column: its name in the source; empty where it is about the table.
        declared: what the declaration says, a type or a key; may be empty.
        observed: what the source has, a type, a key or an operation.
        shard: where it was seen.
        sequence_number: of the record.
        partition: of the table, where the record names one.
    """

    kind: FindingKind
    table: str
    column: str = ""
    declared: str = ""
    observed: str = ""
    shard: str = ""
    sequence_number: str = ""
    partition: SourceName | None = None

    def __str__(self) -> str:
        partition = f", partition {quote(self.partition)}" if self.partition else ""
        column = f", column {self.column}" if self.column else ""
        sides = [("declared", self.declared), ("source", self.observed)]
        details = ", ".join(f"{side} {said}" for side, said in sides if said)
        shown = f" ({details})" if details else ""
        return (
            f"table {self.table}{partition}{column}: {self.kind.consequence}{shown}; "
            f"seen in shard {self.shard}, sequence number {self.sequence_number}"
        )


def findings_in_control(
    operation: Any,
    control: Any,
    table: TablePlan,
    known: Collection[str],
    partition: SourceName | None = None,
) -> Iterator[Finding]:
    """What a control record of `table` shows.

    Bodies are not documented but for create-table's; another one's counts as a whole definition
    only if it names the primary key as well.

    Args:
        operation: of the metadata.
        control: the body, of any form.
        table: that the record is about.
        known: names of the source's columns that the declaration has in any way.
        partition: of the table, where the record is about one.
    """
    for finding in _findings_in_control(operation, control, table, known):
        kind = _OF_PARTITION.get(finding.kind, finding.kind) if partition else finding.kind
        yield replace(finding, kind=kind, partition=partition)


def _findings_in_control(
    operation: Any, control: Any, table: TablePlan, known: Collection[str]
) -> Iterator[Finding]:
    if operation == "drop-table":
        yield Finding(FindingKind.TABLE_DROPPED, table.name)
        return
    if operation == "rename-table":
        yield Finding(FindingKind.TABLE_RENAMED, table.name)
        return
    if isinstance(operation, str) and operation.startswith("truncate"):
        yield Finding(FindingKind.TRUNCATED, table.name)
        return
    definition = control.get("table-def") if isinstance(control, Mapping) else None
    columns = columns_in_control(control)
    key = _names(definition.get("primary-key")) if isinstance(definition, Mapping) else None
    whole = operation == "create-table" or key is not None
    if not columns or not whole:
        if operation != "create-table":
            name = printable(operation) if isinstance(operation, str) else ""
            yield Finding(FindingKind.ALTERED, table.name, observed=name)
        return
    yield from _in_definition(columns, table)
    if key is not None and set(key) != set(table.key_sources):
        declared, key_in_source = ", ".join(table.key_sources), ", ".join(map(printable, key))
        yield Finding(FindingKind.KEY, table.name, declared=declared, observed=key_in_source)
    yield from _report_new(columns, table, known)


def columns_in_control(control: Any) -> Mapping[str, Any]:
    """The columns that the body of a control record defines; none where it has no definition."""
    definition = control.get("table-def") if isinstance(control, Mapping) else None
    columns = definition.get("columns") if isinstance(definition, Mapping) else None
    return columns if isinstance(columns, Mapping) else {}


def _in_definition(columns: Mapping[str, Any], table: TablePlan) -> Iterator[Finding]:
    for column in table.columns:
        if column.source not in columns:
            yield _report_gone(column, table)
            continue
        announced = columns[column.source]
        source_type = SourceType.read(announced) if isinstance(announced, Mapping) else None
        if source_type is None or not source_type.is_known:
            name = "" if source_type is None else printable(source_type.name)
            yield Finding(FindingKind.UNKNOWN_TYPE, table.name, column.source, observed=name)
        elif not source_type.fits(column.declared.type):
            declared = str(column.declared.type)
            yield Finding(FindingKind.TYPE, table.name, column.source, declared, str(source_type))
        if isinstance(announced, Mapping):
            yield from _in_collation(announced.get("collation-name"), column, table)


def _in_collation(name: Any, column: ReadColumn, table: TablePlan) -> Iterator[Finding]:
    if not column.is_compared or not column.declared.type.is_text or not isinstance(name, str):
        return
    is_meant = Collation.BINARY in (column.declared.collation or ())
    if not is_meant and contradicts(name, column):
        declared = " and ".join(sorted(column.ignored)) or "none"
        yield Finding(FindingKind.COLLATION, table.name, column.source, declared, printable(name))
    # Of values that are kept, those that end in a blank are refused or trimmed.
    if column.trailing_blanks is None and ignores_trailing_blanks(name):
        kind = FindingKind.TRAILING_BLANKS
        yield Finding(kind, table.name, column.source, observed=printable(name))


def findings_in_row(
    operation: Any, data: Mapping[str, Any], table: TablePlan, known: Collection[str]
) -> Iterator[Finding]:
    """What one row of `table` shows.

    A column that is missing where others are null, so that nulls are sent, is gone; in an update it
    may also just not have been logged. A missing key is left to the dead letters: one broken record
    must not pass for a changed table.
    """
    if operation not in UPSERTS or DOCUMENT in data:
        return
    if any(value is None for value in data.values()):
        for column in table.columns:
            if column.source in data or column.name in table.key:
                continue
            if operation != "update":
                yield _report_gone(column, table)
            elif column.declared.unchanged is None:
                declared = str(column.declared.type)
                yield Finding(FindingKind.COLUMN_LEFT_OUT, table.name, column.source, declared)
    yield from _report_new(data, table, known)


def _report_gone(column: ReadColumn, table: TablePlan) -> Finding:
    kind = FindingKind.KEY_GONE if column.name in table.key else FindingKind.COLUMN_GONE
    return Finding(kind, table.name, column.source, declared=str(column.declared.type))


def _report_new(
    names: Mapping[str, Any], table: TablePlan, known: Collection[str]
) -> Iterator[Finding]:
    for name in names:
        if name not in known:
            yield Finding(FindingKind.NEW_COLUMN, table.name, printable(name))


def _names(key: Any) -> list[str] | None:
    """The names of a primary key; None where there is none to read."""
    is_key = isinstance(key, list) and all(isinstance(name, str) for name in key)
    return key if is_key else None

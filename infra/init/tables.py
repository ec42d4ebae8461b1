"""Which tables can be declared, with their keys, columns and partitions."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from typing import Any, Final

from flink_app.declaration.partitions import WILDCARDS, Partitions
from infra.catalogue.model import Catalogue, SourceColumn, SourceTable, TableName, UniqueKey
from infra.init.draft import Draft, DraftColumn, DraftTable, full_name
from infra.init.names import column_identifier, make_unique, to_identifier

# Such values lie outside of their row, and updates that do not touch them may lack them.
_LARGE_VALUE: Final = 1_024
_LONGEST_MARK: Final = 3  # of partitions, between the table's name and a number, as in `sale_p2022`


def add_tables(draft: Draft, catalogue: Catalogue) -> None:
    """Every table that has a key, under a name that no other has."""
    usable = [(table, key) for table in catalogue.tables if (key := _choose_key(draft, table))]
    names = _table_names([table for table, _ in usable])
    for table, key in usable:
        columns = _columns(draft, table)
        drafted = DraftTable(names[table.full_name], table, [], columns)
        drafted.key = [column.name for name in key.columns if (column := drafted.column_of(name))]
        drafted.partitions = _partitions(table, catalogue.names)
        drafted.remarks = [*table.remarks, *_key_remarks(table, key), *_partition_remarks(drafted)]
        draft.tables[table.full_name] = drafted


def _choose_key(draft: Draft, table: SourceTable) -> UniqueKey | None:
    """The primary key, or else the key by which the log names rows, or else any."""
    cannot = {c.name: c.proposal.reason for c in table.columns if c.proposal.type is None}
    fitting = [key for key in table.keys if not {*key.columns} & {*cannot}]
    if not fitting:
        reason = "it has no primary key, and no unique key of columns that are never null"
        for key in table.keys[:1]:
            column = next(name for name in key.columns if name in cannot)
            reason = f"column {column} of its key {key.name}: {cannot[column]}"
        draft.leave_out(full_name(table.full_name), reason)
        return None
    return max(fitting, key=lambda key: (key.is_primary, key.identifies_changes))


def _key_remarks(table: SourceTable, key: UniqueKey) -> list[str]:
    remarks = []
    if not key.is_primary:
        remarks.append(f"it has no primary key: the unique key {key.name} stands for it")
    if not key.identifies_changes:
        remarks.append(
            "its log does not name changed rows by this key, so DMS sends no updates and deletes "
            f'until: ALTER TABLE "{table.schema}"."{table.name}" REPLICA IDENTITY USING INDEX '
            f'"{key.name}"'
        )
    return remarks


def _table_names(tables: list[SourceTable]) -> dict[TableName, str]:
    """A name for each table; of equal ones in several schemas, each has its schema before it."""
    plain = {t.full_name: to_identifier(t.name, "table") for t in tables}
    names: dict[TableName, str] = {}
    for table in tables:
        name = plain[table.full_name]
        others = {t.schema for t in tables if plain[t.full_name] == name}
        if len(others) > 1:
            name = to_identifier(f"{table.schema}_{name}", "table")
        names[table.full_name] = make_unique(name, names.values())
    return names


def _columns(draft: Draft, table: SourceTable) -> dict[str, DraftColumn]:
    """The columns whose types can be declared, by their names there."""
    columns: dict[str, DraftColumn] = {}
    # Who has a good name already keeps it, whatever stands before it.
    order = sorted(
        enumerate(table.columns, 1), key=lambda c: c[1].name != column_identifier(c[1].name, c[0])
    )
    names: dict[str, str] = {}
    for number, source in order:
        written = column_identifier(source.name, number)
        names[source.name] = make_unique(written, names.values())
    for source in table.columns:
        proposal = source.proposal
        if proposal.type is None:
            called = f"{full_name(table.full_name)}, column {source.name}"
            draft.leave_out(called, proposal.reason)
            continue
        column = DraftColumn(names[source.name], source, proposal.type, [*proposal.lengths[1:]])
        if proposal.remark:
            column.remarks.append(f"`{source.source_type}` {proposal.remark}")
        if proposal.is_endless:
            column.brief.append(_describe_length(source))
        columns[column.name] = column
    return columns


def _describe_length(source: SourceColumn) -> str:
    """How the length of a type without one was guessed."""
    if source.sample is None or not source.sample.values:
        return f"{source.source_type}: a guess"
    return f"{source.source_type}: up to {source.sample.longest:,} bytes were seen"


def declare_large_values(draft: Draft) -> None:
    """Columns that updates may lack keep their value, where the declaration can say so."""
    for table in draft.tables.values():
        for column in table.columns.values():
            source = column.source
            if not source.may_be_left_out or column.is_dropped or column.name in table.compared:
                continue
            if source.sample is not None and source.sample.longest < _LARGE_VALUE:
                continue
            column.options["unchanged"] = "missing" if source.is_nullable else "sent_as_null"
            column.remarks.append(
                "PostgreSQL leaves a large value out of updates that do not touch it; it stays as "
                "it was"
            )


def declare_zero_dates(draft: Draft) -> None:
    """Columns with dates that no calendar has are NULL there, instead of dead letters."""
    for table in draft.tables.values():
        for column in table.columns.values():
            if not column.source.has_zero_dates or column.is_dropped:
                continue
            if column.name in table.compared:
                column.remarks.append(
                    "dates with a zero month or day were seen: such records are dead letters"
                )
            else:
                column.options["zero_dates"] = "as_null"
                column.remarks.append("dates with a zero month or day were seen: they become NULL")


def _partitions(table: SourceTable, names: Mapping[str, frozenset[str]]) -> list[Any]:
    """A pattern for the partitions of each schema, or else all of their names."""
    parts: dict[str, list[str]] = {}
    for schema, name in table.partitions:
        parts.setdefault(schema, []).append(name)
    written: list[Any] = []
    for schema, members in parts.items():
        others = names.get(schema, frozenset()) - {*members, table.name}
        pattern = _pattern(table.name, members, others)
        for source in [pattern] if pattern else sorted(members):
            elsewhere = schema != table.schema
            written.append({"source": source, "source_schema": schema} if elsewhere else source)
    return written


def _pattern(table: str, members: list[str], others: frozenset[str]) -> str:
    """A pattern that fits every partition, also later ones, and nothing else; or nothing."""
    common = _common_beginning(members)
    letters = common.rstrip("0123456789_-")
    is_short = len(table) < len(letters) <= len(table) + _LONGEST_MARK
    candidates = [f"{letters}%"] if is_short and letters.startswith(table) else []
    candidates += [f"{table}_%"] if common.startswith(f"{table}_") else []
    # With a number before the wildcard, it would fit none of the partitions that come later.
    is_plain = not any(map(str.isdigit, common.removeprefix(table)))
    candidates += [f"{common}%"] if common.startswith(f"{table}_") and is_plain else []
    candidates += [f"{letters}%"] if letters and not common.startswith(table) else []
    for candidate in candidates:
        matches = Partitions(source=candidate).matches
        has_others = any(wildcard in candidate[:-1] for wildcard in WILDCARDS)
        if not has_others and all(map(matches, members)) and not any(map(matches, others)):
            return candidate
    return ""


def _common_beginning(names: list[str]) -> str:
    same = takewhile(lambda pair: pair[0] == pair[1], zip(min(names), max(names), strict=False))
    return "".join(letter for letter, _ in same)


def _partition_remarks(table: DraftTable) -> list[str]:
    written = table.partitions
    sources = [each["source"] if isinstance(each, dict) else each for each in written]
    if not all(source.endswith("%") for source in sources):
        return ["no pattern fits its partitions and nothing else: add the names of new ones"]
    return []

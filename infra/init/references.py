"""What leads where: foreign keys that a declaration can follow, and columns that agree by them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from flink_app.declaration.model import Treatment
from flink_app.declaration.types import MAX_DECIMAL_DIGITS, ColumnType
from infra.catalogue.model import Catalogue, ForeignKey, SourceTable, TableName
from infra.init.draft import Draft, DraftColumn, DraftReference, DraftTable, full_name
from infra.init.names import make_unique, reference_name, shorten, to_identifier
from infra.init.personal import find_personal

# Names of references are joined on a path, and Redshift's longest name has 127 bytes.
_LONGEST_REFERENCE: Final = 24
_LONGEST_KEY: Final = 4_096  # bytes; PostgreSQL's indexes take 2,704, and more if compressed
_GENERIC: Final = frozenset({"id", "code", "name", "key", "uuid", "number", "no", "type"})
_WHOLE: Final = ("smallint", "integer", "bigint")
_DIGITS: Final = {"smallint": 5, "integer": 10, "bigint": 19}
_FLOATS: Final = ("real", "double precision")
_TIMES: Final = ("date", "timestamp", "timestamptz")


def add_references(draft: Draft, catalogue: Catalogue) -> None:
    """Every foreign key that can be followed; the others are left out with their reason."""
    guesses: dict[TableName, list[ForeignKey]] = {}
    if not any(table.foreign_keys for table in catalogue.tables):
        guesses = {id_: [*_guess(draft, table)] for id_, table in draft.tables.items()}
        if any(guesses.values()):
            draft.notes.append(
                "the source declares no foreign keys: the references are guessed by names of "
                "columns; look at each"
            )
    for table in draft.tables.values():
        for key in [*table.source.foreign_keys, *guesses.get(table.id, [])]:
            called = f"{full_name(table.id)}, reference by {', '.join(key.columns)}"
            if reason := _reason_against(draft, table, key):
                draft.leave_out(called, reason)
            else:
                _add(draft, table, key)
    _break_cycles(draft)


def _reason_against(draft: Draft, table: DraftTable, key: ForeignKey) -> str:
    """Why a foreign key cannot be followed; empty where it can."""
    other = draft.tables.get(key.referenced)
    if other is None:
        is_read = key.schema in {table.source.schema for table in draft.tables.values()}
        remedy = "" if is_read else f": --schema {key.schema} reads it"
        return f"{full_name(key.referenced)} is not declared{remedy}"
    if None in [table.column_of(name) for name in key.columns]:
        return "one of its columns is left out"
    key_sources = [other.columns[name].source.name for name in other.key]
    if sorted(key_sources) != sorted(key.referenced_columns):
        return (
            f"it leads to a unique key of {other.name}, and references lead to the key that is "
            f"declared ({', '.join(key_sources)})"
        )
    pairs = zip(key.columns, key.referenced_columns, strict=True)
    for name, referenced in pairs:
        column, key_column = table.column_of(name), other.column_of(referenced)
        if column and key_column and _widen([column.type, key_column.type]) is None:
            return f"{name} has type {column.type}, and {other.name}.{referenced} {key_column.type}"
    return ""


def _add(draft: Draft, table: DraftTable, key: ForeignKey) -> None:
    other = draft.tables[key.referenced]
    by_key = dict(zip(key.referenced_columns, key.columns, strict=True))
    sources = tuple(by_key[other.columns[name].source.name] for name in other.key)
    columns = tuple(column.name for name in sources if (column := table.column_of(name)))
    if any(r.to == other.id and r.columns == columns for r in table.references.values()):
        return  # declared twice in the source
    telling = _telling_columns(table, key, columns)
    written = shorten(reference_name(telling, other.name, tuple(other.key)), _LONGEST_REFERENCE)
    name = make_unique(written, table.references, _LONGEST_REFERENCE)
    is_nullable = any(table.columns[column].source.is_nullable for column in columns)
    table.references[name] = DraftReference(
        name, other.id, columns, sources, is_nullable, key.is_guessed
    )


def _telling_columns(
    table: DraftTable, key: ForeignKey, columns: tuple[str, ...]
) -> tuple[str, ...]:
    """The columns by which a reference differs from others of its table to the same one."""
    siblings = [k for k in table.source.foreign_keys if k.referenced == key.referenced]
    shared = set.intersection(*({*k.columns} for k in siblings)) if siblings else set()
    named = {c.name: c.source.name for c in table.columns.values()}
    telling = tuple(name for name in columns if named[name] not in shared)
    return telling or columns


def _guess(draft: Draft, table: DraftTable) -> Iterator[ForeignKey]:
    """Columns that are called as the key of another table is."""
    for other in draft.tables.values():
        if other is table or len(other.key) != 1:
            continue
        (key,) = other.key
        called = {key} - _GENERIC
        singular = other.name.removesuffix("s")
        called |= {f"{other.name}_{key}", f"{singular}_{key}"}
        for column in table.columns.values():
            if column.name not in called or [column.name] == table.key:
                continue
            referenced = (other.columns[key].source.name,)
            yield ForeignKey("", (column.source.name,), *other.id, referenced, is_guessed=True)


def _break_cycles(draft: Draft) -> None:
    """Makes references comments until none leads back by way of other tables.

    So some table is left to which no other refers.
    """
    while circle := _find_circle(draft):
        steps = [(draft.tables[table], name) for table, name in circle]
        # What may be null, and what is not called after the table it leads to, matters least.
        table, name = max(steps, key=lambda step: _dispensability(draft, *step))
        reference = table.unused[name] = table.references.pop(name)
        way = [*(each.name for each, _ in steps), steps[0][0].name]
        draft.leave_out(
            f"{full_name(table.id)}, reference by {', '.join(reference.source_columns)}",
            f"it closes the circle {' -> '.join(way)}; the columns are kept, and the reference is "
            "a comment: a target may follow it as far as you want",
        )


def _dispensability(draft: Draft, table: DraftTable, name: str) -> tuple[bool, bool, int, str]:
    reference = table.references[name]
    referring = sum(r.to == table.id for t in draft.tables.values() for r in t.references.values())
    is_plain = name == to_identifier(draft.tables[reference.to].name, "")
    return reference.is_nullable, not is_plain, referring, f"{table.name}.{name}"


def _find_circle(draft: Draft) -> list[tuple[TableName, str]]:
    """References that lead back to where they began, as table and name; none if there is none."""
    done: set[TableName] = set()
    for start in draft.tables:
        way: list[tuple[TableName, str]] = []
        waiting: list[tuple[TableName, Iterator[DraftReference]]] = []
        if start not in done:
            waiting.append((start, iter([*draft.tables[start].references.values()])))
        while waiting:
            table, references = waiting[-1]
            reference = next(references, None)
            if reference is None:
                done.add(table)
                waiting.pop()
                del way[-1:]
                continue
            if reference.to == table:
                continue  # it is followed one step
            on_way = [each for each, _ in waiting]
            if reference.to in on_way:
                begin = on_way.index(reference.to)
                return [*way[begin:], (table, reference.name)]
            if reference.to not in done:
                way.append((table, reference.name))
                waiting.append(
                    (reference.to, iter([*draft.tables[reference.to].references.values()]))
                )
    return []


@dataclass
class _Group:
    """Columns that hold the same values: a key's, and whatever refers to it."""

    members: list[tuple[DraftTable, DraftColumn]]


def agree_on_columns(draft: Draft) -> None:
    """What refers to a key is declared as the key is: type, treatment, collation, blanks.

    Columns that look personal get their treatment here as well.
    """
    compared: set[int] = set()
    for group in _groups(draft):
        compared |= {id(column) for _, column in group.members}
        _agree(group)
    for table in draft.tables.values():
        for column in table.columns.values():
            if id(column) not in compared:
                _treat([(table, column)], is_compared=False)


def _groups(draft: Draft) -> list[_Group]:
    """Compared columns, those together that references connect."""
    parent: dict[tuple[TableName, str], tuple[TableName, str]] = {}

    def root(node: tuple[TableName, str]) -> tuple[TableName, str]:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    for table in draft.tables.values():
        for name in table.key:
            root((table.id, name))
        for reference in table.references.values():
            for name, key in zip(reference.columns, draft.tables[reference.to].key, strict=True):
                parent[root((table.id, name))] = root((reference.to, key))
    groups: dict[tuple[TableName, str], _Group] = {}
    for node in [*parent]:
        table = draft.tables[node[0]]
        group = groups.setdefault(root(node), _Group([]))
        group.members.append((table, table.columns[node[1]]))
    return [*groups.values()]


def _agree(group: _Group) -> None:
    members = [column for _, column in group.members]
    for column in members:
        _limit_length(column)
    widest = _widen([column.type for column in members])
    if widest is not None and not widest.is_text:
        for column in members:
            if column.type != widest:
                column.remarks.append(f"as wide as what it is compared with: {widest}")
            column.type = widest
    _compare_alike([column for column in members if column.type.is_text])
    _treat(group.members, is_compared=True)
    are_tokens = any(column.treatment is not None for column in members)
    if are_tokens and any(column.type.name == "char" for column in members):
        for column in members:
            column.options["trailing_blanks"] = "trim"


def _compare_alike(members: list[DraftColumn]) -> None:
    """Text is compared as the source does it: without what it ignores."""
    ignored = sorted({word for column in members for word in column.source.collation})
    ignores_blanks = any(column.source.ignores_trailing_blanks for column in members)
    for column in members:
        if ignored:
            column.options["collation"] = ignored[0] if len(ignored) == 1 else ignored
        if ignores_blanks:
            column.options["trailing_blanks"] = "trim"
        if column.source.collation_remark:
            column.remarks.append(column.source.collation_remark)


def _limit_length(column: DraftColumn) -> None:
    """Text of a key is no longer than an index takes, whatever its type allows."""
    if column.type.is_text and (column.type.length or 0) > _LONGEST_KEY:
        column.type = ColumnType(column.type.name, length=_LONGEST_KEY)
        column.shorter = [length for length in column.shorter if length < _LONGEST_KEY]


def _treat(members: list[tuple[DraftTable, DraftColumn]], *, is_compared: bool) -> None:
    """The treatment of columns that hold the same values, if one of them looks personal."""
    for holder, column in members:
        finding = find_personal(
            holder.name, column.name, column.source, column.type, is_compared=is_compared
        )
        treatment, because = (finding.treatment, finding.because) if finding else (None, "")
        if treatment is None and is_compared and column.type.is_binary:
            treatment = Treatment.TOKENISE
            because = "Redshift takes no binary values as a key, and tokens are text"
        if treatment is None:
            continue
        for _, other in members:
            other.treatment = treatment
            is_first = other is column
            other.because = because if is_first else f"as {holder.name}.{column.name} is"
        return


def _widen(types: list[ColumnType]) -> ColumnType | None:
    """A type that holds every value of all of these; None where there is none."""
    names = {each.name for each in types}
    if len({*types}) == 1 or all(each.is_text for each in types):
        return types[0]
    for family in (_WHOLE, _FLOATS, _TIMES):
        if names <= {*family}:
            return ColumnType(max(names, key=family.index))
    if names == {"varbyte"}:
        return max(types, key=lambda each: each.length or 0)
    return _widen_decimals(types) if names <= {*_WHOLE, "decimal"} else None


def _widen_decimals(types: list[ColumnType]) -> ColumnType | None:
    scale = max(each.scale or 0 for each in types)
    whole = max(_DIGITS.get(each.name, (each.precision or 0) - (each.scale or 0)) for each in types)
    if whole + scale > MAX_DECIMAL_DIGITS:
        return None
    return ColumnType("decimal", precision=whole + scale, scale=scale)


def describe_rows(table: SourceTable) -> str:
    """How many rows a table has, as people say it."""
    if table.rows is None:
        return "nobody knows how many rows"
    if table.rows == 0:
        return "no rows"
    digits = max(len(str(table.rows)) - 2, 0)
    rounded = round(table.rows, -digits)
    about = "about " if digits else ""
    return f"{about}{rounded:,} row{'' if rounded == 1 else 's'}"

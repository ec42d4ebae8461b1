"""Targets: a base table that loads write, and under the target's name a view that people query.

Owns what may stand under both names and how it becomes what is declared: made new; a table of a
release before there were views renamed, with a view in its place; a view of other columns replaced.
What the base table has beside declared and hidden columns stays, and the view does not show it.

Each target is brought up to date in one transaction, under the load's lock and fence, so nobody
finds its name without a relation. It is looked up at every start: the catalogue is the only record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from connectors.redshift.alter import Present, columns_of
from connectors.redshift.ddl import create_base, create_view
from connectors.redshift.errors import NeedsRepairError
from connectors.redshift.grants import Grants, read_grants
from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names, quote
from connectors.redshift.spec import TargetSpec, WarehouseSpec
from connectors.sql_limits import BASE_SUFFIX
from connectors.sql_types import SqlType

_TABLE: Final = "r"
_VIEW: Final = "v"
_LOOK: Final = """SELECT c.relname, c.relkind, obj_description(c.oid, 'pg_class'),
  CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname IN (%s, %s) AND c.relkind IN ('r', 'v', 'm')"""
_QUOTED: Final = re.compile(r'"([\w$]+)"')
_TEXT: Final = re.compile(r"'(?:[^']|'')*'")
_WORD: Final = re.compile(r'"(?:[^"]|"")*"|[\w$]+|[^\w\s]')


@dataclass(frozen=True)
class Relation:
    """What a name stands for.

    Attributes:
        kind: of the catalogue.
        comment: that somebody made; may be empty.
        definition: of a view.
        columns: of a table, in order.
    """

    kind: str
    comment: str = ""
    definition: str = ""
    columns: Mapping[str, Present] = field(default_factory=dict)

    @property
    def is_hidden(self) -> bool:
        """Whether it is a table on which this user has no right: he is shown no columns of it."""
        return self.kind == _TABLE and not self.columns


@dataclass(frozen=True)
class Change:
    """What brings one target up to date.

    Attributes:
        statements: in order, all in one transaction.
        locked: the quoted name of what the first of them takes an exclusive lock on; may be empty.
        message: what is different for people afterwards; may be empty.
        may_lack_positions: whether rows may have been loaded while a path that is declared now was
            not.
        remedies: by statement, what to do if the warehouse refuses it.
    """

    statements: tuple[str, ...]
    locked: str = ""
    message: str = ""
    may_lack_positions: bool = False
    remedies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What there is of a target.

    Attributes:
        change: what brings it up to date; None where its view and base table are as declared.
        columns: of the table that is its base table then; empty where there is none yet.
    """

    change: Change | None
    columns: Mapping[str, Present]


def find_change(
    cursor: Cursor, target: TargetSpec, warehouse: WarehouseSpec, names: Names
) -> Found:
    """What the target has and lacks.

    Raises NeedsRepairError when one of the names stands for something else.
    """
    under_name, base = _look(cursor, target, names)
    _refuse_strangers(target, warehouse, names, under_name, base)
    change = _find_change(cursor, target, names, under_name, base)
    table = base or under_name
    if table is not None:
        _refuse_wider(target, names, table)
    return Found(change, table.columns if table is not None else {})


def _find_change(
    cursor: Cursor,
    target: TargetSpec,
    names: Names,
    under_name: Relation | None,
    base: Relation | None,
) -> Change | None:
    if base is None:
        if under_name is None:
            declared = create_base(target, names), create_view(target, names, target.declared)
            return Change(declared)
        _refuse_base_of_another(cursor, target, names)
        return _upgrade(target, names, under_name, _grants_on(cursor, target))
    view = create_view(target, names, base.columns)
    if under_name is None:
        return Change((view,), message=_say_recreated(target, names))
    if _matches(view, under_name.definition):
        return None
    return _replace(target, names, under_name, _grants_on(cursor, target), view)


def _grants_on(cursor: Cursor, target: TargetSpec) -> Grants:
    return read_grants(cursor, target.schema, target.table)


def _look(
    cursor: Cursor, target: TargetSpec, names: Names
) -> tuple[Relation | None, Relation | None]:
    """What stands under the target's name and under its base table's."""
    base = names.base_table(target)
    cursor.execute(_LOOK, (target.schema, target.table, base))
    described = {str(name): rest for name, *rest in cursor.fetchall()}

    def describe(name: str) -> Relation | None:
        if name not in described:
            return None
        kind, comment, definition = (str(value or "") for value in described[name])
        columns = columns_of(cursor, target.schema, name) if kind == _TABLE else {}
        return Relation(kind, comment, definition, columns)

    return describe(target.table), describe(base)


def _refuse_strangers(
    target: TargetSpec,
    warehouse: WarehouseSpec,
    names: Names,
    under_name: Relation | None,
    base: Relation | None,
) -> None:
    """Raises NeedsRepairError unless what is there was made by Starjoin, of this form or before."""
    view, table = names.view(target), names.base(target)
    made, fault = warehouse.position, ""
    relations = ((view, under_name), (table, base))
    hidden = [name for name, relation in relations if relation and relation.is_hidden]
    if hidden:
        fault = (
            f"the loader's user has no right on table {hidden[0]}: transfer it with ALTER TABLE "
            "... OWNER TO if it is the target's, else rename it, or give the target another name "
            "in the declaration"
        )
    elif base is not None and not (base.kind == _TABLE and made in base.columns):
        fault = (
            f"{table} is to be the base table of the target {view}, and there is a "
            f"{_say_stranger(base, made)} of that name already: rename it, or give the target "
            "another name in the declaration"
        )
    elif under_name is None:
        return
    elif under_name.kind == _TABLE and base is not None:
        fault = (
            f"the target {view} is to be a view of its base table {table}, and there are tables of "
            "both names: rename or drop the one whose rows are not wanted"
        )
    elif under_name.kind == _TABLE and made not in under_name.columns:
        fault = (
            f"the target {view} is to be a view, and there is a {_say_stranger(under_name, made)} "
            "of that name already: rename it, or give the target another name in the declaration"
        )
    elif under_name.kind != _TABLE and not _mentions(under_name.definition, table):
        fault = (
            f"the target {view} is to be a view of its base table {table}, and there is a view of "
            "that name already that does not read this table: rename it, or give the target "
            "another name in the declaration"
        )
    elif under_name.kind != _TABLE and base is None:
        fault = (
            f"the view {view} reads the base table {table}, which is not there: restore the table "
            "under that name, or drop the view, and the next start makes both without any rows"
        )
    if fault:
        raise NeedsRepairError(fault)


def refuse_table_of_another(
    cursor: Cursor, target: TargetSpec, warehouse: WarehouseSpec, names: Names
) -> None:
    """Raises NeedsRepairError if a table that would count as the target's is another's.

    To be asked where this application has no tombstones of the target yet, which it makes with the
    base table: it has not made that table then, and whoever has, and loads it, has tombstones, a
    ledger and a fence of its own.
    """
    for name, relation in zip(
        (names.view(target), names.base(target)), _look(cursor, target, names), strict=True
    ):
        if relation is not None and (relation.is_hidden or warehouse.position in relation.columns):
            message = (
                f"{name} is there already, and this application has no tombstones of the target "
                f"{names.view(target)} ({names.tombstones(target)}), so it has not made that "
                "table. Another application may load it: give this target another name or schema "
                "in the declaration. If nobody loads it, rename or drop it, and load the source's "
                "tables again; if this application's bookkeeping tables were lost, restore them"
            )
            raise NeedsRepairError(message)


def _refuse_wider(target: TargetSpec, names: Names, table: Relation) -> None:
    """Raises NeedsRepairError if a column may hold what a computed one has not counted on.

    A table may be wider than declared; its numbers would then leave a type that the view computes
    in, and one such row makes the view unreadable. Longer text is cut by the view's casts.
    """
    for computed in target.computed:
        for name, sql_type in computed.columns:
            declared, present = SqlType.parse(sql_type), table.columns.get(name)
            is_harmless = declared.is_varchar or declared.name == "VARBYTE"
            if present is None or is_harmless or declared == present.type:
                continue
            message = (
                f"column {quote(name)} of table {names.base(target)} is {present.type}, declared "
                f"as {declared}, and the computed column {quote(computed.name)} of the target "
                f"{names.view(target)} reads it: its values may be too large for what is computed "
                f"of them. Declare the column as {str(present.type).lower()}, or leave the "
                "computed column out"
            )
            raise NeedsRepairError(message)


def _refuse_base_of_another(cursor: Cursor, target: TargetSpec, names: Names) -> None:
    """Raises NeedsRepairError if the table to be renamed is the base table of another's view."""
    other = target.table.removesuffix(BASE_SUFFIX)
    if other == target.table:
        return
    cursor.execute(_LOOK, (target.schema, other, other))
    for _, kind, _, definition in cursor.fetchall():
        if kind == _VIEW and _mentions(str(definition), names.view(target)):
            message = (
                f"{names.view(target)} is the base table of the view "
                f"{quote(target.schema)}.{quote(other)}, a target of another declaration: give "
                "this target another name or schema"
            )
            raise NeedsRepairError(message)


def _say_stranger(relation: Relation, made: str) -> str:
    if relation.kind != _TABLE:
        return "view"
    return f"table that Starjoin has not made (it has no column {quote(made)})"


def _upgrade(target: TargetSpec, names: Names, table: Relation, grants: Grants) -> Change:
    """The table keeps its rows, columns and rights under the base table's name."""
    rename = f"ALTER TABLE {names.view(target)} RENAME TO {quote(names.base_table(target))}"
    view = create_view(target, names, table.columns)
    message = (
        f"{names.view(target)} is a view of the declared columns now, and the table that stood "
        f"there is its base table {names.base(target)}. {_say_carried(names.view(target), grants)}"
    )
    known = {column.name for column in target.columns}
    if others := [quote(name) for name in table.columns if name not in known]:
        message += (
            f" The view does not show columns that are not declared ({', '.join(others)}); the "
            "base table keeps them and what stands in them"
        )
    statements = (rename, view, *_carry(names.view(target), table, grants))
    remedies = grants.remedies(names.view(target))
    return Change(
        statements, names.view(target), message, may_lack_positions=True, remedies=remedies
    )


def _replace(
    target: TargetSpec, names: Names, former: Relation, grants: Grants, view: str
) -> Change:
    """OR REPLACE would keep the columns as they are, so the view is made again in its place."""
    name = names.view(target)
    message = f"view {name} shows the declared columns now. {_say_carried(name, grants)}"
    shown, before = _flatten(view), _flatten(former.definition)
    if more := [quote(c) for c in target.declared if f" {c} " in shown and f" {c} " not in before]:
        message += (
            f" Columns {', '.join(more)} are new in it: rows that were loaded before have there "
            "NULL, or what stood there when they were declared last, until they change or a reload"
        )
    statements = (f"DROP VIEW {name}", view, *_carry(name, former, grants))
    remedies = grants.remedies(name)
    return Change(statements, name, message, may_lack_positions=bool(more), remedies=remedies)


def _carry(view: str, former: Relation, grants: Grants) -> Iterator[str]:
    """Rights to read, and the comment."""
    yield from grants.statements(view)
    if former.comment:
        text = former.comment.replace("\\", "\\\\").replace("'", "''")
        yield f"COMMENT ON VIEW {view} IS '{text}'"


def _say_carried(view: str, grants: Grants) -> str:
    """Counts alone: a user's name may be a person's."""
    said = f"SELECT on it was granted to those who had it ({grants.count})."
    if grants.unread:
        said += (
            f" {grants.unread} entries of the former rights could not be read: compare SHOW "
            f"GRANTS ON TABLE {view} with what should be there, and grant what is missing."
        )
    if grants.shares:
        said += (
            f" {grants.shares} data shares had the relation: add the view to each, with ALTER "
            f"DATASHARE ... ADD TABLE {view}."
        )
    return said


def _say_recreated(target: TargetSpec, names: Names) -> str:
    return (
        f"the view {names.view(target)} was missing beside its base table and was made again: "
        "grant SELECT on it to those who are to read it"
    )


def _matches(statement: str, definition: str) -> bool:
    """Whether a view is what this CREATE VIEW makes, whoever has formatted it since.

    Of text in it every blank and capital counts.
    """
    query = statement.partition(" AS\n")[2]
    is_same = _flatten(query) in _flatten(definition)
    return is_same and _TEXT.findall(query) == _TEXT.findall(definition)


def _mentions(definition: str, table: str) -> bool:
    return _flatten(table) in _flatten(definition)


def _flatten(sql: str) -> str:
    """SQL without what a catalogue may write in another way: blanks, quotes and case.

    Names stay whole words, so none is taken for one that begins or ends with it.
    """
    words = _WORD.findall(_QUOTED.sub(r"\1", sql))
    return f" {' '.join(words)} ".lower()

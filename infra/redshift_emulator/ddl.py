"""Redshift's CREATE TABLE and ALTER TABLE, translated for PostgreSQL.

Owns the two grammars; `placement` owns what they say of distribution, sort order and encoding.
Declared keys have no counterpart: they are checked and dropped. A type or clause that Redshift does
not have is refused, because accepting it would hide the mistake until the first run on a cluster.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from infra.redshift_emulator.data_types import data_type
from infra.redshift_emulator.errors import (
    DUPLICATE_COLUMN,
    NOT_SUPPORTED,
    RedshiftError,
    emulation_error,
)
from infra.redshift_emulator.lexer import Cursor
from infra.redshift_emulator.placement import (
    Placement,
    encoding_constraint,
    fold,
    read_encoding,
    read_placement,
)
from infra.redshift_emulator.queries import check_query

# Names that a column cannot have, see "CREATE TABLE".
_SYSTEM_COLUMNS = {
    "oid", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", "insertxid", "deletexid",
}  # fmt: skip
_CONSTRAINTS = ("PRIMARY", "UNIQUE", "FOREIGN", "CONSTRAINT", "CHECK")
# What ends a column's DEFAULT expression.
_ATTRIBUTES = {
    "DEFAULT", "IDENTITY", "GENERATED", "ENCODE", "DISTKEY", "SORTKEY", "COLLATE", "NOT", "NULL",
    "UNIQUE", "PRIMARY", "REFERENCES",
}  # fmt: skip


def create_table(cursor: Cursor) -> str:
    """Translates the statement; the cursor is behind CREATE."""
    cursor.accept("LOCAL")
    temporary = "TEMP " if cursor.accept("TEMP") or cursor.accept("TEMPORARY") else ""
    cursor.expect("TABLE")
    absent = "IF NOT EXISTS " if cursor.accept("IF", "NOT", "EXISTS") else ""
    head = f"CREATE {temporary}TABLE {absent}{cursor.name()}"
    columns = None
    if cursor.peek().text == "(":
        start = cursor.index
        columns = cursor.items()
        written = cursor.text(start)
    placement = read_placement(cursor)
    if cursor.accept("AS"):
        query = cursor.rest()
        check_query(query, into_table=True)
        return f"{head} {written if columns else ''} AS {query}"
    if columns is None or not cursor.done:
        raise cursor.fail()
    items = _table_items(columns, placement)
    return f"{head} ({', '.join([*items, *placement.constraints()])})"


def _table_items(items: list[Cursor], placement: Placement) -> list[str]:
    keys = {name for item in items for name in _primary_key(item)}
    texts: list[str] = []
    types: dict[str, str] = {}
    inherits = False
    for item in items:
        item.index = 0
        if item.accept("LIKE"):
            texts.append(_like(item))
            inherits = True
        elif item.peek().word in _CONSTRAINTS:
            _skip_constraint(item)
        else:
            column = _column(item, keys)
            texts.append(column.sql)
            types[column.name] = column.type
            placement.keys += [(kind, column.name) for kind in column.keys]
            if column.encoding:
                placement.encodings[column.name] = column.encoding
    if not inherits:  # the parent's columns are not known here
        placement.check(types)
    return texts


def _primary_key(item: Cursor) -> list[str]:
    """The columns of a PRIMARY KEY of the table, which only makes them NOT NULL."""
    if item.accept("CONSTRAINT"):
        item.name()
    if not item.accept("PRIMARY", "KEY"):
        return []
    return [fold(column.name()) for column in item.items()]


def _like(item: Cursor) -> str:
    """Distribution, sort keys and encodings are the parent's, and PostgreSQL's constraints."""
    like = f"LIKE {item.name()} INCLUDING CONSTRAINTS"
    if item.accept("INCLUDING", "DEFAULTS"):
        return f"{like} INCLUDING DEFAULTS"
    item.accept("EXCLUDING", "DEFAULTS")
    if not item.done:
        raise item.fail()
    return like


def _skip_constraint(item: Cursor) -> None:
    if item.accept("CONSTRAINT"):
        item.name()
    if item.is_ahead("CHECK"):
        raise item.fail()
    if item.accept("FOREIGN", "KEY"):
        item.group()
        item.expect("REFERENCES")
        _skip_reference(item)
    elif item.accept("UNIQUE") or item.accept("PRIMARY", "KEY"):
        item.group()
    if not item.done:
        raise item.fail()


def _skip_reference(item: Cursor) -> None:
    item.name()
    if item.peek().text == "(":
        item.group()


@dataclass
class _Column:
    """A column of CREATE TABLE or ADD COLUMN; `sql` defines it in PostgreSQL."""

    name: str
    type: str
    sql: str = ""
    keys: list[str] = field(default_factory=list)
    encoding: str = ""


def _column(item: Cursor, keys: set[str]) -> _Column:
    name = item.name()
    if fold(name) in _SYSTEM_COLUMNS:
        text = f'column name "{fold(name)}" conflicts with a system column name'
        raise RedshiftError(text, sqlstate=DUPLICATE_COLUMN)
    column = _Column(fold(name), data_type(item))
    parts = [name, column.type]
    not_null = column.name in keys
    while not item.done:
        if item.accept("NOT", "NULL") or item.accept("PRIMARY", "KEY"):
            not_null = True
        elif item.peek().word in {"DISTKEY", "SORTKEY"}:
            column.keys.append(item.take().word)
        elif item.accept("ENCODE"):
            column.encoding = read_encoding(item, column.name, column.type)
        elif text := _column_attribute(item):
            parts.append(text)
    column.sql = " ".join([*parts, "NOT NULL"] if not_null else parts)
    return column


def _column_attribute(item: Cursor) -> str:
    if item.accept("DEFAULT"):
        return f"DEFAULT {_expression(item)}"
    if item.accept("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"):
        return f"GENERATED BY DEFAULT AS IDENTITY {_identity(item)}"
    if item.accept("IDENTITY"):
        return f"GENERATED ALWAYS AS IDENTITY {_identity(item)}"
    if item.accept("REFERENCES"):
        _skip_reference(item)
    elif item.accept("COLLATE"):
        if not (item.accept("CASE_SENSITIVE") or item.accept("CS")):
            text = "COLLATE CASE_INSENSITIVE"
            raise emulation_error(text)
    elif not any(item.accept(word) for word in ("NULL", "UNIQUE")):
        raise item.fail()
    return ""


def _expression(item: Cursor) -> str:
    start = item.index
    while not item.done and (item.index == start or item.peek().word not in _ATTRIBUTES):
        if item.peek().text == "(":
            item.group()
        else:
            item.take()
    return item.text(start)


def _identity(item: Cursor) -> str:
    seed, step = (part.rest() for part in item.items())
    return f"(START WITH {seed} INCREMENT BY {step})"


@dataclass(frozen=True)
class TableColumn:
    """A column of a table, both as written in the statement."""

    table: str
    column: str


def alter_table(cursor: Cursor) -> tuple[str, TableColumn | None]:
    """Translates the statement; also returns the column whose type it changes.

    The cursor is behind ALTER TABLE.
    """
    name = cursor.name()
    # Checks that the table exists and takes its lock, but changes nothing.
    nothing = f"COMMENT ON TABLE {name} IS NULL"
    if cursor.is_ahead("APPEND"):
        text = "ALTER TABLE APPEND"
        raise emulation_error(text)
    if cursor.accept("ADD"):
        if cursor.peek().word in _CONSTRAINTS:
            _skip_constraint(cursor)
            return nothing, None
        cursor.accept("COLUMN")
        return f"ALTER TABLE {name} ADD COLUMN {_added_column(cursor)}", None
    if cursor.accept("ALTER"):
        return _alter(cursor, name, nothing)
    if cursor.is_ahead("DROP", "CONSTRAINT"):
        return nothing, None
    if cursor.is_ahead("DROP"):
        _check_one_column_dropped(cursor)
    return f"ALTER TABLE {name} {cursor.rest()}", None


def _check_one_column_dropped(cursor: Cursor) -> None:
    start = cursor.index
    while not cursor.done:
        if cursor.take().text == ",":
            cursor.index -= 1
            raise cursor.fail()
    cursor.index = start


def _added_column(cursor: Cursor) -> str:
    if cursor.is_ahead("IF") or any(cursor.peek(n).text == "," for n in range(2, 4)):
        raise cursor.fail()
    column = _column(cursor, set())
    if column.sql.endswith("NOT NULL") and " DEFAULT " not in column.sql:
        text = "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression"
        raise RedshiftError(text, sqlstate=NOT_SUPPORTED)
    if column.encoding:
        return f"{column.sql} {encoding_constraint(column.name, column.encoding)}"
    return column.sql


def _alter(cursor: Cursor, name: str, nothing: str) -> tuple[str, TableColumn | None]:
    if cursor.peek().word in {"DISTKEY", "DISTSTYLE", "SORTKEY", "COMPOUND", "ENCODE"}:
        return nothing, None
    cursor.accept("COLUMN")
    column = cursor.name()
    if cursor.is_ahead("ENCODE"):
        return nothing, None
    cursor.expect("TYPE")
    new = data_type(cursor)
    if not new.startswith("varchar"):
        text = f'target data type "{new}" is not supported'
        raise RedshiftError(text, sqlstate=NOT_SUPPORTED)
    if not cursor.done:
        raise cursor.fail()
    return f"ALTER TABLE {name} ALTER COLUMN {column} TYPE {new}", TableColumn(name, column)

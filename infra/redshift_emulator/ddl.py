"""Redshift's CREATE TABLE and ALTER TABLE, translated for PostgreSQL.

Owns the two grammars. Distribution, sort order, encoding and declared keys have no counterpart:
they are checked and dropped. A type or clause that Redshift does not have is refused, because
accepting it would hide the mistake until the first run on a cluster.
"""

from __future__ import annotations

from dataclasses import dataclass

from infra.redshift_emulator.data_types import data_type
from infra.redshift_emulator.errors import (
    DUPLICATE_COLUMN,
    INVALID_TABLE,
    INVALID_VALUE,
    NOT_SUPPORTED,
    UNDEFINED_COLUMN,
    RedshiftError,
    not_emulated,
)
from infra.redshift_emulator.lexer import Cursor

# Names that a column cannot have, see "CREATE TABLE".
_SYSTEM_COLUMNS = {
    "oid", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", "insertxid", "deletexid",
}  # fmt: skip
# As PostgreSQL calls VARBYTE and SUPER.
_WITHOUT_ORDER = ("varbyte", "jsonb")
# See "Compression encodings".
_ENCODINGS = {
    "AUTO", "AZ64", "BYTEDICT", "DELTA", "DELTA32K", "LZO", "MOSTLY8", "MOSTLY16", "MOSTLY32",
    "RAW", "RUNLENGTH", "TEXT255", "TEXT32K", "ZSTD",
}  # fmt: skip
_MOST_INTERLEAVED = 8
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
        start = cursor.at
        columns = cursor.items()
        written = cursor.text(start)
    placed = _placement_keys(cursor)
    if cursor.accept("AS"):
        return f"{head} {written if columns else ''} AS {cursor.rest()}"
    if columns is None or not cursor.done:
        raise cursor.fail()
    items = _table_items(columns)
    _check_placement_keys(placed, columns)
    return f"{head} ({', '.join(items)})"


def _check_placement_keys(placed: list[tuple[str, str]], items: list[Cursor]) -> None:
    """Distribution and sort keys are columns, each once, of a type that has an order."""
    types: dict[str, str] = {}
    for item in items:
        item.at = 0
        if item.ahead("LIKE"):
            return  # the parent's columns are not known here
        if item.peek().word in _CONSTRAINTS:
            continue
        name = folded(item.name())
        types[name] = data_type(item)
        placed = [*placed, *((kind, name) for kind in _own_keys(item))]
    for kind, name in placed:
        if name not in types:
            text = f'column "{name}" named in {kind} does not exist'
            raise RedshiftError(text, sqlstate=UNDEFINED_COLUMN)
        if types[name].startswith(_WITHOUT_ORDER):
            text = f'column "{name}" cannot be a {kind}: its type is not supported as one'
            raise RedshiftError(text, sqlstate=NOT_SUPPORTED)
        if placed.count((kind, name)) > 1:
            text = f'column "{name}" appears more than once in {kind}'
            raise RedshiftError(text, sqlstate=DUPLICATE_COLUMN)
    if sum(kind == "DISTKEY" for kind, _ in placed) > 1:
        text = "cannot specify more than one DISTKEY"
        raise RedshiftError(text, sqlstate=INVALID_TABLE)


def _own_keys(item: Cursor) -> list[str]:
    """Which of DISTKEY and SORTKEY a column has; takes its attributes."""
    found: list[str] = []
    while not item.done:
        word = item.take().word
        if word in {"DISTKEY", "SORTKEY"}:
            found.append(word)
    return found


def folded(name: str) -> str:
    """A column's name as the catalogue has it; quoted names are folded as well."""
    return name.strip('"').lower()


def _table_items(items: list[Cursor]) -> list[str]:
    keys = {name for item in items for name in _primary_key(item)}
    texts: list[str] = []
    for item in items:
        item.at = 0
        if item.accept("LIKE"):
            texts.append(_like(item))
        elif item.peek().word in _CONSTRAINTS:
            _skip_constraint(item)
        else:
            texts.append(_column(item, keys))
    return texts


def _primary_key(item: Cursor) -> list[str]:
    """The columns of a PRIMARY KEY of the table, which only makes them NOT NULL."""
    if item.accept("CONSTRAINT"):
        item.name()
    if not item.accept("PRIMARY", "KEY"):
        return []
    return [folded(column.name()) for column in item.items()]


def _like(item: Cursor) -> str:
    parent = item.name()
    if item.accept("INCLUDING", "DEFAULTS"):
        return f"LIKE {parent} INCLUDING DEFAULTS"
    item.accept("EXCLUDING", "DEFAULTS")
    if not item.done:
        raise item.fail()
    return f"LIKE {parent}"


def _skip_constraint(item: Cursor) -> None:
    if item.accept("CONSTRAINT"):
        item.name()
    if item.ahead("CHECK"):
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


def _column(item: Cursor, keys: set[str]) -> str:
    name = item.name()
    if folded(name) in _SYSTEM_COLUMNS:
        text = f'column name "{folded(name)}" conflicts with a system column name'
        raise RedshiftError(text, sqlstate=DUPLICATE_COLUMN)
    parts = [name, data_type(item)]
    not_null = folded(name) in keys
    while not item.done:
        if item.accept("NOT", "NULL") or item.accept("PRIMARY", "KEY"):
            not_null = True
        elif text := _column_attribute(item):
            parts.append(text)
    return " ".join([*parts, "NOT NULL"] if not_null else parts)


def _column_attribute(item: Cursor) -> str:
    if item.accept("DEFAULT"):
        return f"DEFAULT {_expression(item)}"
    if item.accept("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"):
        return f"GENERATED BY DEFAULT AS IDENTITY {_identity(item)}"
    if item.accept("IDENTITY"):
        return f"GENERATED ALWAYS AS IDENTITY {_identity(item)}"
    if item.accept("REFERENCES"):
        _skip_reference(item)
    elif item.accept("ENCODE"):
        _skip_encoding(item)
    elif item.accept("COLLATE"):
        if not (item.accept("CASE_SENSITIVE") or item.accept("CS")):
            text = "COLLATE CASE_INSENSITIVE"
            raise not_emulated(text)
    elif not any(item.accept(word) for word in ("NULL", "DISTKEY", "SORTKEY", "UNIQUE")):
        raise item.fail()
    return ""


def _skip_encoding(item: Cursor) -> None:
    name = item.take().word
    if name not in _ENCODINGS:
        text = f'encoding type "{name.lower()}" not recognized'
        raise RedshiftError(text, sqlstate=INVALID_VALUE)


def _expression(item: Cursor) -> str:
    start = item.at
    while not item.done and (item.at == start or item.peek().word not in _ATTRIBUTES):
        if item.peek().text == "(":
            item.group()
        else:
            item.take()
    return item.text(start)


def _identity(item: Cursor) -> str:
    seed, step = (part.rest() for part in item.items())
    return f"(START WITH {seed} INCREMENT BY {step})"


def _placement_keys(cursor: Cursor) -> list[tuple[str, str]]:
    """Reads the attributes behind the columns; returns (DISTKEY or SORTKEY, column) pairs."""
    found: list[tuple[str, str]] = []
    style = "KEY"
    while not cursor.done:
        if cursor.accept("DISTSTYLE"):
            style = cursor.take().word
        elif cursor.accept("BACKUP") or cursor.accept("ENCODE"):
            cursor.take()
        elif cursor.accept("DISTKEY"):
            found += [("DISTKEY", name) for name in _key_names(cursor)]
        elif cursor.accept("SORTKEY", "AUTO"):
            continue
        elif cursor.ahead("SORTKEY") or cursor.peek(1).word == "SORTKEY":
            found += [("SORTKEY", name) for name in _sort_key(cursor)]
        else:
            break
    if style != "KEY" and any(kind == "DISTKEY" for kind, _ in found):
        text = f"DISTKEY cannot be specified with DISTSTYLE {style}"
        raise RedshiftError(text, sqlstate=INVALID_TABLE)
    return found


def _sort_key(cursor: Cursor) -> list[str]:
    interleaved = not cursor.accept("COMPOUND") and cursor.accept("INTERLEAVED")
    cursor.expect("SORTKEY")
    names = _key_names(cursor)
    if interleaved and len(names) > _MOST_INTERLEAVED:
        text = f"Interleaved sort key cannot have more than {_MOST_INTERLEAVED} columns"
        raise RedshiftError(text, sqlstate=INVALID_TABLE)
    return names


def _key_names(cursor: Cursor) -> list[str]:
    if cursor.peek().text == "(":
        return [folded(item.name()) for item in cursor.items()]
    return [folded(cursor.name())]


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
    if cursor.ahead("APPEND"):
        text = "ALTER TABLE APPEND"
        raise not_emulated(text)
    if cursor.accept("ADD"):
        if cursor.peek().word in _CONSTRAINTS:
            _skip_constraint(cursor)
            return nothing, None
        cursor.accept("COLUMN")
        return f"ALTER TABLE {name} ADD COLUMN {_added_column(cursor)}", None
    if cursor.accept("ALTER"):
        return _alter(cursor, name, nothing)
    if cursor.ahead("DROP", "CONSTRAINT"):
        return nothing, None
    if cursor.ahead("DROP"):
        _check_one_column_dropped(cursor)
    return f"ALTER TABLE {name} {cursor.rest()}", None


def _check_one_column_dropped(cursor: Cursor) -> None:
    start = cursor.at
    while not cursor.done:
        if cursor.take().text == ",":
            cursor.at -= 1
            raise cursor.fail()
    cursor.at = start


def _added_column(cursor: Cursor) -> str:
    if cursor.ahead("IF") or any(cursor.peek(n).text == "," for n in range(2, 4)):
        raise cursor.fail()
    column = _column(cursor, set())
    if column.endswith("NOT NULL") and " DEFAULT " not in column:
        text = "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression"
        raise RedshiftError(text, sqlstate=NOT_SUPPORTED)
    return column


def _alter(cursor: Cursor, name: str, nothing: str) -> tuple[str, TableColumn | None]:
    if cursor.peek().word in {"DISTKEY", "DISTSTYLE", "SORTKEY", "COMPOUND", "ENCODE"}:
        return nothing, None
    cursor.accept("COLUMN")
    column = cursor.name()
    if cursor.ahead("ENCODE"):
        return nothing, None
    cursor.expect("TYPE")
    new = data_type(cursor)
    if not new.startswith("varchar"):
        text = f'target data type "{new}" is not supported'
        raise RedshiftError(text, sqlstate=NOT_SUPPORTED)
    if not cursor.done:
        raise cursor.fail()
    return f"ALTER TABLE {name} ALTER COLUMN {column} TYPE {new}", TableColumn(name, column)

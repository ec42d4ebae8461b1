"""Distribution, sort order and encoding of a table: their rules, and how PostgreSQL keeps them.

Owns the clauses of CREATE TABLE about them. PostgreSQL has no counterpart, so each is kept as a
constraint that is never enforced: it is created, renamed and dropped with its column, and the
views of `objects.sql` (`pg_table_def`, `svv_table_info`) read it back.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from infra.redshift_emulator.errors import (
    DUPLICATE_COLUMN,
    INVALID_TABLE,
    INVALID_VALUE,
    NOT_SUPPORTED,
    UNDEFINED_COLUMN,
    RedshiftError,
)
from infra.redshift_emulator.lexer import Cursor

# As PostgreSQL calls VARBYTE and SUPER.
_WITHOUT_ORDER = ("varbyte", "jsonb")
_MOST_INTERLEAVED = 8
_WHOLE = ("smallint", "integer", "bigint", "numeric")
_TIMES = ("date", "timestamp")
_TEXT = ("char", "varchar")
# See the table of "Compression encodings"; a type by what PostgreSQL's name for it starts with,
# None for every type. For TIME and VARBYTE, of which the table says less, it is what clusters do.
_ENCODINGS: dict[str, tuple[str, ...] | None] = {
    "AUTO": None, "RAW": None, "ZSTD": None,
    "AZ64": (*_WHOLE, *_TIMES, "time"),
    "BYTEDICT": (*_WHOLE, *_TIMES, *_TEXT, "real", "double", "time", "varbyte"),
    "DELTA": (*_WHOLE, *_TIMES, "time"),
    "DELTA32K": ("integer", "bigint", "numeric", *_TIMES, "time"),
    "LZO": (*_WHOLE, *_TIMES, *_TEXT, "time", "jsonb", "varbyte"),
    "MOSTLY8": _WHOLE, "MOSTLY16": _WHOLE[1:], "MOSTLY32": _WHOLE[2:],
    "RUNLENGTH": (*_WHOLE, *_TIMES, *_TEXT, "real", "double", "boolean", "time", "varbyte"),
    "TEXT255": ("varchar",), "TEXT32K": ("varchar",),
}  # fmt: skip


def fold(name: str) -> str:
    """A column's name as the catalogue has it; quoted names are folded as well."""
    return name.strip('"').lower()


@dataclass
class Placement:
    """How a CREATE TABLE distributes and sorts rows; `keys` are (DISTKEY or SORTKEY, column)."""

    keys: list[tuple[str, str]] = field(default_factory=list)
    style: str = ""
    encodings: dict[str, str] = field(default_factory=dict)

    def check(self, types: dict[str, str]) -> None:
        """Distribution and sort keys are columns, each once, of a type that has an order.

        `types` are the columns' types in PostgreSQL by folded name. Raises RedshiftError.
        """
        for kind, name in self.keys:
            if name not in types:
                text = f'column "{name}" named in {kind} does not exist'
                raise RedshiftError(text, sqlstate=UNDEFINED_COLUMN)
            if types[name].startswith(_WITHOUT_ORDER):
                text = f'column "{name}" cannot be a {kind}: its type is not supported as one'
                raise RedshiftError(text, sqlstate=NOT_SUPPORTED)
            if self.keys.count((kind, name)) > 1:
                text = f'column "{name}" appears more than once in {kind}'
                raise RedshiftError(text, sqlstate=DUPLICATE_COLUMN)
        if sum(kind == "DISTKEY" for kind, _ in self.keys) > 1:
            text = "cannot specify more than one DISTKEY"
            raise RedshiftError(text, sqlstate=INVALID_TABLE)

    def constraints(self) -> list[str]:
        """What PostgreSQL keeps of it, as constraints of the table."""
        constraints = [encoding_constraint(name, kind) for name, kind in self.encodings.items()]
        sorted_by = [name for kind, name in self.keys if kind == "SORTKEY"]
        for kind, name in self.keys:
            suffix = "" if kind == "DISTKEY" else f"_{sorted_by.index(name) + 1}"
            constraints.append(
                _constraint(f"redshift_{kind.lower()}{suffix}", f'"{name}" IS NOT NULL')
            )
        if self.style in {"ALL", "EVEN"}:
            constraints.append(_constraint(f"redshift_diststyle_{self.style.lower()}", "TRUE"))
        return constraints


def encoding_constraint(column: str, encoding: str) -> str:
    """The constraint that keeps a column's encoding."""
    number = hashlib.sha256(column.encode()).hexdigest()[:8]
    return _constraint(f"redshift_encode_{encoding.lower()}_{number}", f'"{column}" IS NOT NULL')


def _constraint(name: str, condition: str) -> str:
    return f"CONSTRAINT {name} CHECK ({condition}) NOT ENFORCED"


def read_encoding(item: Cursor, column: str, data_type: str) -> str:
    """Reads what follows ENCODE; `data_type` is PostgreSQL's. Raises RedshiftError."""
    name = item.take().word
    if name not in _ENCODINGS:
        text = f'encoding type "{name.lower()}" not recognized'
        raise RedshiftError(text, sqlstate=INVALID_VALUE)
    types = _ENCODINGS[name]
    if types is not None and not data_type.startswith(types):
        text = f'encoding type "{name.lower()}" is not supported for column "{column}" {data_type}'
        raise RedshiftError(text, sqlstate=INVALID_VALUE)
    return name


def read_placement(cursor: Cursor) -> Placement:
    """Reads the attributes of a table that follow its columns. Raises RedshiftError."""
    placement = Placement()
    while not cursor.done:
        if cursor.accept("DISTSTYLE"):
            placement.style = cursor.take().word
        elif cursor.accept("BACKUP") or cursor.accept("ENCODE"):
            cursor.take()
        elif cursor.accept("DISTKEY"):
            placement.keys += [("DISTKEY", name) for name in _key_names(cursor)]
        elif cursor.accept("SORTKEY", "AUTO"):
            continue
        elif cursor.is_ahead("SORTKEY") or cursor.peek(1).word == "SORTKEY":
            placement.keys += [("SORTKEY", name) for name in _sort_key(cursor)]
        else:
            break
    if placement.style not in {"", "KEY"} and any(kind == "DISTKEY" for kind, _ in placement.keys):
        text = f"DISTKEY cannot be specified with DISTSTYLE {placement.style}"
        raise RedshiftError(text, sqlstate=INVALID_TABLE)
    return placement


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
        return [fold(item.name()) for item in cursor.items()]
    return [fold(cursor.name())]

"""Redshift's data types as PostgreSQL's.

Owns the types, their limits and default lengths. A type that only PostgreSQL has is refused.
"""

from __future__ import annotations

from infra.redshift_emulator.errors import (
    INVALID_VALUE,
    UNDEFINED_OBJECT,
    RedshiftError,
    emulation_error,
)
from infra.redshift_emulator.lexer import Cursor

LONGEST_VARCHAR = 65535
LONGEST_CHAR = 4096
LONGEST_VARBYTE = 1_024_000  # clusters of the current track allow 16 MiB; this holds on all
MOST_DIGITS = 38

_PLAIN_TYPES = {
    "SMALLINT": "smallint", "INT2": "smallint", "INTEGER": "integer", "INT": "integer",
    "INT4": "integer", "BIGINT": "bigint", "INT8": "bigint", "REAL": "real", "FLOAT4": "real",
    "FLOAT8": "double precision", "FLOAT": "double precision", "BOOLEAN": "boolean",
    "BOOL": "boolean", "DATE": "date", "DATETIME": "timestamp", "TIMESTAMPTZ": "timestamptz",
    "TIMETZ": "timetz", "SUPER": "jsonb",
}  # fmt: skip
_DECIMAL = {"DECIMAL", "NUMERIC"}
_VARCHAR = {"VARCHAR", "NVARCHAR", "TEXT"}
_VARBYTE = {"VARBYTE", "VARBINARY"}
_CHAR = {"CHAR", "CHARACTER", "NCHAR", "BPCHAR"}
_NOT_EMULATED = {"GEOMETRY", "GEOGRAPHY", "HLLSKETCH", "INTERVAL"}


def data_type(item: Cursor) -> str:
    """Reads a type; returns PostgreSQL's name for it. Raises RedshiftError."""
    word = item.take().word
    if word == "DOUBLE":
        item.expect("PRECISION")
        return "double precision"
    if word in {"TIMESTAMP", "TIME"}:
        zoned = item.accept("WITH", "TIME", "ZONE")
        if not zoned:
            item.accept("WITHOUT", "TIME", "ZONE")
        return f"{word.lower()}{'tz' if zoned else ''}"
    if word in _PLAIN_TYPES:
        return _PLAIN_TYPES[word]
    if word in _DECIMAL:
        return _decimal(item)
    if word in _VARCHAR or (word in _CHAR and item.accept("VARYING")):
        return f"varchar({_length(item, 256, LONGEST_VARCHAR, 'character varying')})"
    if word in _CHAR | _VARBYTE:
        return _char_or_bytes(word, item)
    if word in _NOT_EMULATED:
        text = f"the type {word}"
        raise emulation_error(text)
    item.index -= 1
    text = f'type "{item.peek().text.lower()}" does not exist'
    raise RedshiftError(text, sqlstate=UNDEFINED_OBJECT)


def _char_or_bytes(word: str, item: Cursor) -> str:
    if word in _VARBYTE:
        return f"varbyte({_length(item, 64_000, LONGEST_VARBYTE, 'binary varying')})"
    default = 256 if word == "BPCHAR" else 1
    return f"char({_length(item, default, LONGEST_CHAR, 'character')})"


def _decimal(item: Cursor) -> str:
    digits, scale = 18, 0
    if item.peek().text == "(":
        numbers = [int(part.rest()) for part in item.items()]
        digits, scale = numbers[0], numbers[1] if len(numbers) > 1 else 0
    if not 1 <= digits <= MOST_DIGITS or not 0 <= scale <= digits:
        text = f"NUMERIC precision {digits} must be between 1 and {MOST_DIGITS}"
        raise RedshiftError(text, sqlstate=INVALID_VALUE)
    return f"numeric({digits},{scale})"


def _length(item: Cursor, default: int, most: int, name: str) -> int:
    if item.peek().text != "(":
        return default
    (part,) = item.items()
    length = most if part.accept("MAX") else int(part.take().text)
    if not 1 <= length <= most:
        text = f"length for type {name} cannot exceed {most}"
        raise RedshiftError(text, sqlstate=INVALID_VALUE)
    return length

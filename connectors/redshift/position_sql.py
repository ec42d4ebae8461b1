"""How positions are written in SQL: bytes, of which Redshift compares the first that differ.

Redshift has no literal of bytes. Every function here is one that its guide lists for VARBYTE
(docs/decisions/0002-positions.md); a name in quotes is the caller's.
"""

from __future__ import annotations

from connectors.positions import POSITION_BYTES, POSITION_TYPE
from connectors.sql_types import SqlType


def literal(position: str) -> str:
    """A position, from its digits.

    It has the type of a column: what a CREATE TABLE AS makes of it would otherwise be as wide as a
    VARBYTE can be.
    """
    return f"CAST(FROM_HEX('{position}') AS {POSITION_TYPE})"


def from_digits(value: str) -> str:
    """The bytes of an SQL value that is text, as releases before 0.2.0 had positions."""
    return f"TO_VARBYTE({value}, 'hex')"


def to_digits(value: str) -> str:
    """The digits of an SQL value, to be shown: drivers differ in what they make of bytes."""
    return f"TO_HEX({value})"


def digits_type(sql_type: str) -> str:
    """The type that a column of positions had then, which is `sql_type` today."""
    return f"VARCHAR({2 * SqlType.parse(sql_type).length})"


def part_of(version: str, number: int) -> str:
    """One of the positions that stand one after the other in an SQL value."""
    return f"SUBSTRING({version}, {1 + number * POSITION_BYTES}, {POSITION_BYTES})"


def join_parts(parts: list[str]) -> str:
    """A version of the positions that are its parts, in order."""
    first, *others = parts
    for other in others:
        first = f"CONCAT({first}, {other})"
    return first

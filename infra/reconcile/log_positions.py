"""Positions of a source's log as numbers that compare, in words, and as parts of positions.

PostgreSQL's have 64 bits. MySQL's have the number of the binary log's file above these, which
begins with 1, and below it the offset in the file. So a number says which it is.
"""

from __future__ import annotations

import re
from typing import Final

_BITS: Final = 64
_COMMIT_SHIFT: Final = 32  # of PostgreSQL's within a position
_FILE: Final = re.compile(r"[^:]*\.(?P<number>[0-9]{1,9})")


def read_log_position(text: str) -> int:
    """`16/B374D848` as a number."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def read_binary_log_position(file: str, offset: int) -> int | None:
    """`mysql-bin.000024` and an offset as a number; None where the file is called otherwise."""
    match = _FILE.fullmatch(file)
    return (int(match["number"]) << _BITS) + offset if match else None


def show_log_position(position: int) -> str:
    """A number as PostgreSQL writes it, or as a file's number and an offset."""
    if file := position >> _BITS:
        return f"{file:06}:{position & ((1 << _BITS) - 1)}"
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


def to_commit(position: int) -> int:
    """The same as the commit in a position of a record."""
    return position if position >> _BITS else position << _COMMIT_SHIFT

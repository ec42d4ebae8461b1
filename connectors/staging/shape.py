"""The shape of a staged file: its columns in order, and what their values are.

COPY takes Parquet by position and knows nothing of names. A part that waits for its load may meet a
start whose tables have other columns by then, so its reference says what it holds.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Final

import pyarrow as pa

from connectors.blocks import MADE
from connectors.positions import is_position
from connectors.sql_types import SqlType

Shape = tuple[tuple[str, str], ...]  # of each column its name, and `MADE` or the Arrow type
_DIGITS: Final = "string"  # what releases before 0.2.0 had positions as, and nothing else


def shape_of(schema: pa.Schema) -> Shape:
    """The shape of the files of a schema."""
    return tuple(
        (field.name, (field.metadata or {}).get(MADE, str(field.type).encode()).decode())
        for field in schema
    )


def position_columns(shape: Shape) -> list[str]:
    """The columns that hold positions."""
    return [name for name, made in shape if is_position(made)]


def has_digits(staged: Shape) -> bool:
    """Whether a file of rows has its positions as digits, as releases before 0.2.0 staged them.

    A file without a shape is of an even earlier release.
    """
    return not position_columns(staged)


def find_misfit(staged: Shape, today: Shape) -> str | None:
    """The first column of a staged file that today's tables cannot take; None when there is none.

    Text and bytes may be longer today: their files are the same. Positions may be digits.
    """
    for number, (was, now) in enumerate(zip_longest(staged, today), 1):
        if was is None or now is None or was[0] != now[0]:
            names = ("missing" if column is None else column[0] for column in (was, now))
            return "column {} of the files is {}, and of the tables {}".format(number, *names)
        if was[1] != now[1] and not _takes(was[1], now[1]):
            return f"column {was[0]} was made as {was[1]}, and is {now[1]} today"
    return None


def _takes(was: str, now: str) -> bool:
    if is_position(now) and was == _DIGITS:
        return True
    (made, _, old), (makes, _, new) = was.partition(" "), now.partition(" ")
    if made != makes or not all(text.startswith(("VARCHAR", "VARBYTE")) for text in (old, new)):
        return False
    return SqlType.parse(new).holds(SqlType.parse(old))

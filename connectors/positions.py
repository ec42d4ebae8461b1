"""Positions as they are kept: hexadecimal digits in blocks and state, bytes in files and tables.

The digits are in lower case and come in pairs, so their bytes are in the same order, and half as
many. A version, which is several positions one after the other, is in the same order too. Staging
turns digits into bytes.
"""

from __future__ import annotations

import binascii
from typing import Final

import numpy as np
import pyarrow as pa

from connectors.blocks import MADE
from connectors.failures import StarjoinError

POSITION_BYTES: Final = 22
_WORD: Final = "position"


class DigitsError(StarjoinError, ValueError):
    """A column of positions holds something else; the message names the column."""


def position_type(count: int = 1) -> str:
    """The type in Redshift of `count` positions one after the other."""
    return f"VARBYTE({count * POSITION_BYTES})"


POSITION_TYPE: Final = position_type()


def position_field(name: str, count: int = 1) -> pa.Field:
    """The field of a column with `count` positions in each value, as blocks have it."""
    return pa.field(name, pa.string(), metadata={MADE: f"{_WORD} {position_type(count)}"})


def is_position(made: str) -> bool:
    """Whether `MADE` of a column says that it holds positions."""
    return made.partition(" ")[0] == _WORD


def with_position_bytes(table: pa.Table) -> pa.Table:
    """The same rows, with bytes in the columns that hold positions. Raises DigitsError."""
    for number, field in enumerate(table.schema):
        if is_position((field.metadata or {}).get(MADE, b"").decode()):
            chunks = [_to_bytes(chunk, field.name) for chunk in table.column(number).chunks]
            in_bytes = pa.chunked_array(chunks, pa.binary())
            table = table.set_column(number, field.with_type(pa.binary()), in_bytes)
    return table


def _to_bytes(digits: pa.StringArray, column: str) -> pa.BinaryArray:
    """All values at once: their characters lie one after the other."""
    # What stands behind a NULL may be anything.
    filled = digits.fill_null("") if digits.null_count else digits
    _, offsets, characters = filled.buffers()
    ends = np.frombuffer(offsets, np.int32)[filled.offset : filled.offset + len(filled) + 1]
    try:
        octets = binascii.unhexlify(memoryview(characters or b"")[ends[0] : ends[-1]])
    except binascii.Error:
        raise _refuse(column) from None
    if ((ends - ends[0]) & 1).any():
        raise _refuse(column)
    halves = (ends - ends[0]) // 2
    known = digits.is_valid().buffers()[1] if digits.null_count else None
    return pa.BinaryArray.from_buffers(
        pa.binary(), len(digits), [known, pa.py_buffer(halves), pa.py_buffer(octets)]
    )


def _refuse(column: str) -> DigitsError:
    message = (
        f"column {column} of a block holds something else than positions, which are pairs of "
        "hexadecimal digits: this is a bug in Starjoin. Nothing of the block was staged; report it"
    )
    return DigitsError(message)

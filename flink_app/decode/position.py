"""Positions: the one comparable value that orders the changes of a key.

A position is (generation, commit position, record number in the transaction) as text of a fixed
width in hexadecimal digits, so that Arrow, Python and SQL with a binary collation compare it alike:

    gggg cccccccccccccccccccccccc rrrrrrrrrrrrrrrr
    4    24                       16

`UNKNOWN`, all zeros, is below every position and stands for "never seen"; it is never NULL.
A full-load record is (generation, 0, time the record was built): below every change of its
generation, later loads of one generation above earlier ones. The time of a CDC record's building is
never used, since a re-sent record gets a newer one than the change that truly followed it.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

GENERATION_DIGITS: Final = 4
COMMIT_DIGITS: Final = 24
RECORD_DIGITS: Final = 16
WIDTH: Final = GENERATION_DIGITS + COMMIT_DIGITS + RECORD_DIGITS
UNKNOWN: Final = "0" * WIDTH
# Generation 0 is left for UNKNOWN.
MAX_GENERATION: Final = 16**GENERATION_DIGITS - 1

# PostgreSQL's log position as DMS writes it: HHHHHHHH/HHHHHHHH.n.HHHHHHHH/HHHHHHHH.
_POSTGRESQL: Final = r"^[0-9A-Fa-f]{8}/[0-9A-Fa-f]{8}\."
_POSTGRESQL_ZERO: Final = "00000000/00000000."
# MySQL's: a binary log file's name and number, the offset in it, as in mysql-bin.000024:373.
_MYSQL: Final = re.compile(r"^[^:]*\.(\d{1,9}):(\d{1,15})(?:$|[^\d])")

_ByteMatrix = npt.NDArray[np.uint8]


def position(generation: int, commit: int, record: int) -> str:
    """One position; ValueError when a part does not fit its digits."""
    parts = (
        (generation, GENERATION_DIGITS),
        (commit, COMMIT_DIGITS),
        (record, RECORD_DIGITS),
    )
    for part, digits in parts:
        if not 0 <= part < 16**digits:
            message = f"position part {part} does not fit {digits} hexadecimal digits"
            raise ValueError(message)
    return "".join(f"{part:0{digits}x}" for part, digits in parts)


def commit_position(stream_position: str | None, commit_micros: int | None) -> int | None:
    """The commit position of one CDC record, or None when it has nothing to order it by.

    `stream_position` in PostgreSQL's or MySQL's form is preferred; else the commit timestamp in
    microseconds since the epoch, which does not order two transactions of one instant. 0 is what
    full-load records have, so no change can have it.
    """
    if stream_position is not None:
        if re.match(_POSTGRESQL, stream_position):
            return (int(stream_position[:8] + stream_position[9:17], 16) << 32) or None
        if match := _MYSQL.match(stream_position):
            return (int(match[1]) << 64) + int(match[2]) or None
    return None if commit_micros is None else (commit_micros << 32) or None


def load_positions(generation: int, built_micros: npt.NDArray[np.int64]) -> pa.Array:
    """Positions of full-load records from the times they were built, in microseconds."""
    count = len(built_micros)
    return _text(_header(generation, count), _zeros(count, COMMIT_DIGITS), _hex64(built_micros))


def postgresql_positions(
    generation: int, stream_positions: pa.Array, records: npt.NDArray[np.int64]
) -> pa.Array:
    """Positions of CDC records whose stream positions all pass `is_postgresql`."""
    count = len(stream_positions)
    high = _characters(pc.utf8_slice_codeunits(stream_positions, 0, 8), 8)
    low = _characters(pc.utf8_slice_codeunits(stream_positions, 9, 17), 8)
    return _text(_header(generation, count), high, low, _zeros(count, 8), _hex64(records))


def is_postgresql(stream_positions: pa.Array) -> pa.Array:
    """Where a stream position has PostgreSQL's form and is not zero; NULL counts as no."""
    formed = pc.match_substring_regex(stream_positions, _POSTGRESQL)
    zero = pc.starts_with(stream_positions, _POSTGRESQL_ZERO)
    return pc.fill_null(pc.and_not(formed, zero), fill_value=False)


def _header(generation: int, count: int) -> _ByteMatrix:
    digits = np.frombuffer(f"{generation:0{GENERATION_DIGITS}x}".encode(), np.uint8)
    return np.broadcast_to(digits, (count, GENERATION_DIGITS))


def _zeros(count: int, digits: int) -> _ByteMatrix:
    return np.full((count, digits), ord("0"), np.uint8)


def _hex64(numbers: npt.NDArray[np.int64]) -> _ByteMatrix:
    octets = numbers.astype(">u8").view(np.uint8).reshape(-1, 8)
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    text = np.empty((len(numbers), RECORD_DIGITS), np.uint8)
    text[:, 0::2] = digits[octets >> 4]
    text[:, 1::2] = digits[octets & 15]
    return text


def _characters(texts: pa.Array, width: int) -> _ByteMatrix:
    """The characters of ASCII texts that all have the same width, in lower case."""
    values = pc.ascii_lower(pa.concat_arrays([texts]))  # a fresh array: its offset is zero
    return np.frombuffer(values.buffers()[2], np.uint8, len(values) * width).reshape(-1, width)


def _text(*parts: _ByteMatrix) -> pa.Array:
    text = np.ascontiguousarray(np.hstack(parts))
    offsets = np.arange(0, text.size + 1, WIDTH, dtype=np.int32)
    return pa.StringArray.from_buffers(len(text), pa.py_buffer(offsets), pa.py_buffer(text))

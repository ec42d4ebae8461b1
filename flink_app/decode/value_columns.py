"""Columns of values, as the JSON reader gives them, to columns of the declared types.

The fast half of `values`: what does not fit is marked, and the slow path says what is wrong.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flink_app.declaration.dms_records import RoundedNumbers, ZeroDates
from flink_app.declaration.model import TrailingBlanks
from flink_app.decode.collated_columns import canonical_column
from flink_app.records.arrays import Mask, to_mask
from flink_app.records.plan import ReadColumn
from flink_app.records.values import BLANK, DOUBLE_DIGITS, NUL, ZERO_DAY

_ALL: Final = None  # in the place of a mask: every value fits
_DAY: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DATE: Final = _DAY + "$"
# Oracle's DATE has a time, so it comes like this.
_DATE_AT_MIDNIGHT: Final = _DAY + r"([T ]00:00:00(\.0{1,9})?Z?)?$"
_DAY_LENGTH: Final = 10
# Arrow knows a year 0 and years of five digits; Python, and so the slow path, does not.
_FIRST: Final = pa.scalar(dt.datetime.min, pa.timestamp("us"))  # noqa: DTZ901 - without zone
_LAST: Final = pa.scalar(dt.datetime.max, pa.timestamp("us"))  # noqa: DTZ901 - without zone
_TIMES: Final = (_FIRST.value, _LAST.value)
# What a column can hold of the numbers, or microseconds, that the JSON reader gives it.
_RANGES: Final = {
    "smallint": (-(2**15), 2**15 - 1),
    "integer": (-(2**31), 2**31 - 1),
    "timestamp": _TIMES,
    "timestamptz": _TIMES,
}
# `0x` stands before the digits unless NoHexPrefix is set.
_HEX: Final = r"^(?:0[xX])?(?:[0-9A-Fa-f]{2})*$"
_PREFIX: Final = r"^0[xX]"
_NIBBLES: Final = np.zeros(256, np.uint8)
for _value, _digits in enumerate(zip("0123456789abcdef", "0123456789ABCDEF", strict=True)):
    for _digit in _digits:
        _NIBBLES[ord(_digit)] = _value


def check_values(values: pa.Array, column: ReadColumn, good: Mask) -> pa.Array:
    """The column in its declared type; clears `good` where a value does not fit."""
    kind = column.declared.type
    if values.null_count == len(values):
        return pa.nulls(len(values), kind.arrow)
    if kind.name in _RANGES:
        low, high = _RANGES[kind.name]
        numbers = values.view(pa.int64())
        fits = _ALL
        if not _lie_between(numbers, low, high):
            fits = pc.and_(pc.greater_equal(numbers, low), pc.less_equal(numbers, high))
    elif kind.is_text:
        values, fits = _read_texts(values, column)
    elif kind.is_binary:
        values, formed = _from_hex(values)
        fits = pc.and_kleene(formed, _no_longer(values, column))
    elif kind.name == "date":
        return _dates(values, column, good)
    elif kind.name in {"real", "double precision"}:
        fits = pc.is_finite(values.cast(kind.arrow))
    else:
        return values
    if fits is _ALL or pc.all(fits).as_py() is not False:  # NULL fits
        return values if values.type == kind.arrow else values.cast(kind.arrow)
    fits = pc.fill_null(fits, fill_value=True)
    good &= to_mask(fits)
    return pc.if_else(fits, values, pa.scalar(None, values.type)).cast(kind.arrow)


def may_be_rounded(values: pa.Array, column: ReadColumn) -> Mask:
    """Where a decimal, if it was written in scientific notation, may have lost its last digits."""
    kind = column.declared.type
    least = DOUBLE_DIGITS - (kind.scale or 0)  # the shortest such number has more digits than that
    if column.rounded_numbers is RoundedNumbers.AS_SENT or (kind.precision or 0) <= DOUBLE_DIGITS:
        return np.zeros(len(values), np.bool_)
    return to_mask(pc.greater_equal(pc.abs(values), pa.scalar(Decimal(10) ** least, kind.arrow)))


def _read_texts(values: pa.Array, column: ReadColumn) -> tuple[pa.Array, pa.Array]:
    """Texts as they are stored, and where they fit."""
    values = _trim(values, column)
    fits = _ALL if _all_text_fits(values, column) else _text_fits(values, column)
    if column.ignored:
        values = canonical_column(values, column.ignored)
        if column.is_kept and not _all_short(values, column):
            short = _no_longer(values, column)
            fits = short if fits is _ALL else pc.and_(fits, short)
    return values, fits


def _lie_between(numbers: pa.Array, low: int, high: int) -> bool:
    """Whether all numbers do; a quick look, before each is judged by itself."""
    ends = pc.min_max(numbers)
    return bool(low <= ends["min"].as_py() and ends["max"].as_py() <= high)


def _all_text_fits(values: pa.Array, column: ReadColumn) -> bool:
    """Whether all texts do; a quick look, before each is judged by itself."""
    if column.trailing_blanks is TrailingBlanks.REFUSE or _holds_nul(values):
        return False
    return _all_short(values, column)


def _all_short(values: pa.Array, column: ReadColumn) -> bool:
    longest = pc.max(pc.binary_length(values)).as_py()
    return bool(longest <= column.declared.type.length)


def _trim(values: pa.Array, column: ReadColumn) -> pa.Array:
    if (
        column.trailing_blanks is TrailingBlanks.TRIM
        and pc.any(pc.ends_with(values, BLANK)).as_py()
    ):
        return pc.ascii_rtrim(values, BLANK)
    return values


def _text_fits(values: pa.Array, column: ReadColumn) -> pa.Array:
    fits = _no_longer(values, column)
    if _holds_nul(values):
        fits = pc.and_not(fits, pc.match_substring(values, NUL))
    if column.trailing_blanks is TrailingBlanks.REFUSE:
        fits = pc.and_not(fits, pc.ends_with(values, BLANK))
    return fits


def _no_longer(values: pa.Array, column: ReadColumn) -> pa.Array:
    """Where a value has no more bytes than the column; NULL for NULL."""
    return pc.less_equal(pc.binary_length(values), column.declared.type.length)


def _holds_nul(values: pa.Array) -> bool:
    """Whether a NUL stands in any of the texts, or beside them in their buffer."""
    data = values.buffers()[2]
    return data is not None and data.size > 0 and not np.frombuffer(data, np.uint8).min()


def _dates(values: pa.Array, column: ReadColumn, good: Mask) -> pa.Array:
    """Dates from text; those of another form, and all when there is no such day, are not good."""
    zero = _zero_days(values)
    if zero is not None:
        values = pc.if_else(zero, pa.scalar(None, pa.string()), values)
        if column.zero_dates is not ZeroDates.AS_NULL:
            good &= ~to_mask(zero)
    formed = pc.fill_null(pc.match_substring_regex(values, _DATE), fill_value=True)
    if pc.all(formed).as_py() is False:
        formed = pc.fill_null(pc.match_substring_regex(values, _DATE_AT_MIDNIGHT), fill_value=True)
        values = pc.utf8_slice_codeunits(values, 0, _DAY_LENGTH)
    try:
        dates = pc.if_else(formed, values, pa.scalar(None, pa.string())).cast(pa.date32())
    except pa.ArrowInvalid:
        good[:] = False
        return pa.nulls(len(values), pa.date32())
    known = pc.fill_null(pc.greater_equal(dates, dt.date.min), fill_value=True)
    good &= to_mask(formed) & to_mask(known)
    return pc.if_else(known, dates, pa.scalar(None, pa.date32()))


def _zero_days(values: pa.Array) -> pa.Array | None:
    """Where a day has a zero month or day; None if none has."""
    zero = pc.match_substring_regex(values, ZERO_DAY)
    return pc.fill_null(zero, fill_value=False) if pc.any(zero).as_py() else None


def _from_hex(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The bytes, and where a text was well formed, as a NULL is; both of the length of `texts`.

    NULL stands for NULL, and for what is not pairs of digits.
    """
    formed = pc.fill_null(pc.match_substring_regex(texts, _HEX), fill_value=True)
    texts = pc.if_else(formed, texts, pa.scalar(None, pa.string()))
    # Fresh arrays: their offsets start at zero, and all lengths are even, those of NULLs too.
    digits = pa.concat_arrays([pc.fill_null(pc.replace_substring_regex(texts, _PREFIX, ""), "")])
    _, offsets, data = digits.buffers()
    ends = np.frombuffer(offsets, np.int32, len(digits) + 1)
    nibbles = _NIBBLES[np.frombuffer(data, np.uint8, int(ends[-1]))] if ends[-1] else _NIBBLES[:0]
    octets = (nibbles[0::2] << 4) | nibbles[1::2]
    values = pa.Array.from_buffers(
        pa.binary(), len(digits), [None, pa.py_buffer(ends // 2), pa.py_buffer(octets)]
    )
    return pc.if_else(pc.is_valid(texts), values, pa.scalar(None, pa.binary())), formed

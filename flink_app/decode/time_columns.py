"""Times from text by columns, in the forms that the JSON reader refuses.

It takes no digits below a microsecond and no blank before an offset, which Oracle and SQL Server
write. What is of none of the forms here either does not fit: the slow path sees it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from flink_app.records.arrays import Mask

_Integers = npt.NDArray[np.int64]
_Octets = npt.NDArray[np.uint8]

_DAY, _MINUTE, _SECOND = len("2026-03-11"), len("2026-03-11T09:45"), len("2026-03-11T09:45:02")
_LATER: Final = {_DAY: b"T00:00:00", _MINUTE: b":00"}  # what a shorter form leaves out
_FRACTION: Final = 9  # digits
_MICROSECONDS: Final = 6  # of them
_LONGEST: Final = _SECOND + len(".123456789 +02:00")
_ZONE: Final = len(" +02:00")
_ROOM: Final = _LONGEST + _ZONE  # what is looked at beyond the end is 0
_TENS: Final = np.array([10**n for n in reversed(range(_MICROSECONDS))], np.int64)
# Days of the year before each month, of which February is the last.
_DAYS_BEFORE: Final = np.array([0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337], np.int64)
_DAYS_IN: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)
_EPOCH_DAY: Final = 719_468  # 1970-01-01, counted from the 1st of March of year 0


class TimeForm(NamedTuple):
    """What becomes of a column's times that no timestamp in microseconds can be.

    Attributes:
        is_cut: digits below a microsecond are cut; else a text with any but 0 does not fit.
        zero_is_null: a zero month or day gives NULL; else it does not fit.
    """

    is_cut: bool = True
    zero_is_null: bool = False


def times_from_text(texts: pa.StringArray, form: TimeForm) -> tuple[pa.Array, Mask]:
    """Timestamps in microseconds and UTC, and where the text is one, as NULL is."""
    characters, lengths = _characters(texts)
    digits = characters - np.uint8(ord("0"))
    year = _number(digits, 0, 4)
    month, day, hour, minute, second = (_number(digits, start, 2) for start in (5, 8, 11, 14, 17))
    fits = _is_formed(characters, digits) & (lengths <= _LONGEST)
    is_zero = fits & ((month == 0) | (day == 0))
    fits &= (year > 0) & (month > 0) & (month <= 12) & (day > 0)
    month = np.where(fits, month, 1)
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    fits &= day <= _DAYS_IN[month] + (is_leap & (month == 2))
    fits &= (hour < 24) & (minute < 60) & (second < 60)
    micros, below, end = _fraction(characters, digits)
    if not form.is_cut:
        fits &= ~below
    offset, is_zone = _offset(characters, digits, end, lengths)
    fits &= is_zone
    seconds = ((_days(year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second
    is_null = texts.is_null().to_numpy(zero_copy_only=False)
    if form.zero_is_null and is_zero.any():
        is_null |= is_zero & _is_plain(characters, end, lengths)
    times = pa.array(seconds * 1_000_000 + micros, mask=is_null | ~fits).cast(pa.timestamp("us"))
    return times, fits | is_null


def _characters(texts: pa.StringArray) -> tuple[_Octets, _Integers]:
    """The octets of each text, 0 behind its end, and how many; shorter forms are filled up."""
    texts = pa.concat_arrays([texts])  # a fresh array: its offset is zero
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32, len(texts) + 1).astype(np.int64)
    octets = np.frombuffer(data, np.uint8) if data is not None and data.size else _octets(b"\0")
    lengths = np.diff(ends)
    columns = np.arange(_ROOM)
    places = np.minimum(ends[:-1, None] + columns, len(octets) - 1)
    characters = np.where(columns < lengths[:, None], octets[places], np.uint8(0))
    for length, filling in _LATER.items():
        shorter = np.flatnonzero(lengths == length)
        characters[shorter, length:_SECOND] = _octets(filling)
        lengths[shorter] = _SECOND
    return characters, lengths


def _octets(text: bytes) -> _Octets:
    return np.frombuffer(text, np.uint8)


def _number(digits: _Octets, start: int, count: int) -> _Integers:
    number = np.zeros(len(digits), np.int64)
    for column in range(start, start + count):
        number = number * 10 + digits[:, column]
    return number


def _is_formed(characters: _Octets, digits: _Octets) -> Mask:
    """Whether the first characters are `YYYY-MM-DDTHH:MM:SS`, or with a blank for the T."""
    formed: Mask = np.isin(characters[:, _DAY], _octets(b"T "))
    for column, mark in enumerate("dddd-dd-dd.dd:dd:dd"):
        if mark == "d":
            formed &= digits[:, column] <= 9
        elif mark != ".":
            formed &= characters[:, column] == ord(mark)
    return formed


def _fraction(characters: _Octets, digits: _Octets) -> tuple[_Integers, Mask, _Integers]:
    """The microseconds, where digits other than 0 are below them, and where the fraction ends."""
    end = np.full(len(characters), _SECOND, np.int64)
    begins = characters[:, _SECOND] == ord(".")
    if not begins.any():
        return np.zeros_like(end), np.zeros(len(end), np.bool_), end
    fraction = digits[:, _SECOND + 1 : _SECOND + 1 + _FRACTION]
    is_digit = np.logical_and.accumulate((fraction <= 9) & begins[:, None], axis=1)
    fraction = np.where(is_digit, fraction, np.uint8(0))
    micros = fraction[:, :_MICROSECONDS] @ _TENS
    count = is_digit.sum(axis=1)
    # A point without digits ends where it stands, which is the beginning of no zone.
    return micros, fraction[:, _MICROSECONDS:].any(axis=1), end + np.where(count, 1 + count, 0)


def _is_plain(characters: _Octets, end: _Integers, lengths: _Integers) -> Mask:
    """Where nothing or `Z` stands from `end` on."""
    is_utc = characters[np.arange(len(end)), end] == ord("Z")
    plain: Mask = lengths == end + is_utc
    return plain


def _offset(
    characters: _Octets, digits: _Octets, end: _Integers, lengths: _Integers
) -> tuple[_Integers, Mask]:
    """The minutes that the zone is ahead of UTC, and where what stands from `end` on is one.

    There may be none, `Z`, `+hh`, `+hhmm` or `+hh:mm`, each but none with a blank before it.
    """
    rows = np.arange(len(end))
    is_zone = lengths == end
    offset = np.zeros(len(end), np.int64)
    end = end + (characters[rows, end] == ord(" "))
    sign = characters[rows, end]
    is_zone |= (sign == ord("Z")) & (lengths == end + 1)
    signed = np.flatnonzero((sign == ord("+")) | (sign == ord("-")))
    if not len(signed):
        return offset, is_zone
    begin, length = end[signed] + 1, (lengths - end)[signed]
    has_colon = characters[signed, begin + 2] == ord(":")
    digit_places = np.stack(
        [begin, begin + 1, begin + 2 + has_colon, begin + 3 + has_colon], axis=1
    )
    written = digits[signed[:, None], digit_places].astype(np.int64)
    has_minutes = length > len("+hh")
    written[~has_minutes, 2:] = 0
    formed = np.isin(length, [3, 5]) & ~has_colon | (length == len("+hh:mm")) & has_colon
    hours, minutes = written[:, 0] * 10 + written[:, 1], written[:, 2] * 10 + written[:, 3]
    formed &= (written <= 9).all(axis=1) & (hours < 24) & (minutes < 60)
    is_zone[signed] = formed
    offset[signed] = np.where(sign[signed] == ord("-"), -1, 1) * (hours * 60 + minutes)
    return offset, is_zone


def _days(year: _Integers, month: _Integers, day: _Integers) -> _Integers:
    """Days since 1970-01-01; years begin in March, so that a leap day is their last."""
    year = year - (month < 3)
    leap_days = year // 4 - year // 100 + year // 400
    days: _Integers = year * 365 + leap_days + _DAYS_BEFORE[(month + 9) % 12] + day - 1
    return days - _EPOCH_DAY

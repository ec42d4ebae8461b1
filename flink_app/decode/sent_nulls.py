"""Which of the columns that are null were sent as null: the JSON reader has one null for both.

Looked for in the bytes, so that only records that lack a column leave the columnar path. A record
is understood if it is as DMS writes it: its members are objects, whose own members are none. Of any
other nothing is said, and the slow path reads it.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from flink_app.decode.lines import Lines
from flink_app.records.arrays import Mask, Rows
from flink_app.records.plan import DATA

_Octets = npt.NDArray[np.uint8]
_Places = npt.NDArray[np.int64]

_NULL: Final = b":null"
_TEXT: Final = b':"'
_ZERO_DAY: Final = len(':"0000-00-00')
_OBJECT: Final = b'":{'
_FIRST_ROW: Final = f'{{"{DATA}":{{'.encode()
_LATER_ROW: Final = f'}},"{DATA}":{{'.encode()
_END: Final = b'},"'
_BACKSLASH: Final = ord("\\")
_BEFORE_NAME: Final = (ord("{"), ord(","))
# White space that no text of JSON holds as it is, and what stands behind a colon or a comma.
_LINES: Final = np.frombuffer(b"\t\n\r", np.uint8)
_MARKS: Final = np.frombuffer(b":,", np.uint8)
_IS_SPREAD: Final = re.compile(rb'\s*\{\s|[^\\]":\s')
_HEAD: Final = 100


class SentNulls:
    """The nulls in the rows of records.

    Args:
        lines: records that the JSON reader takes; their row numbers ascend.
        zero_is_null: whether days with a zero month or day are nulls as well.
    """

    def __init__(self, lines: Lines, *, zero_is_null: bool = False) -> None:
        self._lines = lines
        self._zero_is_null = zero_is_null

    def find(self, rows: Rows, name: str) -> Mask:
        """In which of the rows, by their numbers in the block, `name` is sent as null."""
        octets, places, records = self._nulls
        written = json.dumps(name, ensure_ascii=False).encode()
        start = np.maximum(places - len(written), 1)
        has_name = np.isin(octets[start - 1], _BEFORE_NAME)
        for ahead, character in enumerate(written):
            has_name = has_name & (octets[start + ahead] == character)
        numbers = self._lines.rows[records[has_name]]
        return np.isin(rows, numbers)

    @cached_property
    def _nulls(self) -> tuple[_Octets, _Places, Rows]:
        """Bytes, where a null stands in a row in them, and in the how manieth record."""
        octets, starts = self._compact
        places = _find(octets, _NULL)
        if self._zero_is_null:
            places = np.union1d(places, _find_zero_days(octets))
        ends = np.append(starts[1:], len(octets))
        objects, closed = _find(octets, _OBJECT), _find(octets, _END)
        objects = objects[octets[objects - 1] != _BACKSLASH]
        begin = _find_rows(octets, starts, ends, objects, closed)
        end = np.minimum(_find_next(objects, begin, ends), _find_next(closed, begin, ends))
        records = np.searchsorted(starts, places, side="right") - 1
        inside = (places > begin[records]) & (places < end[records])
        return octets, places[inside], records[inside]

    @cached_property
    def _compact(self) -> tuple[_Octets, _Places]:
        """The records without white space between their parts, and where each starts."""
        offsets = self._lines.offsets.astype(np.int64)
        octets = np.frombuffer(self._lines.text, np.uint8)[offsets[0] : offsets[-1]]
        offsets = offsets - offsets[0]
        if not _IS_SPREAD.search(octets[:_HEAD].tobytes()):
            return octets, offsets[:-1]
        kept = ~np.isin(octets, _LINES)
        octets, offsets = octets[kept], np.append(0, np.cumsum(kept))[offsets]
        kept = octets != ord(" ")
        kept[1:] |= ~np.isin(octets[:-1], _MARKS)
        return octets[kept], np.append(0, np.cumsum(kept))[offsets[:-1]]


def _find_rows(
    octets: _Octets, starts: _Places, ends: _Places, objects: _Places, closed: _Places
) -> _Places:
    """Behind the brace of each record's row; the record's end if it is not understood.

    Each object before the row must be closed, or what looks like the row is inside of one.
    """
    has_row = np.ones(len(starts), np.bool_)
    for ahead, character in enumerate(_FIRST_ROW):
        has_row &= octets[np.minimum(starts + ahead, len(octets) - 1)] == character
    begin = np.where(has_row, starts + len(_FIRST_ROW), ends)
    others = np.flatnonzero(~has_row)
    if not len(others):
        return begin
    start, end = starts[others], ends[others]
    row = _find_next(_find(octets, _LATER_ROW), start, end)
    opened = np.searchsorted(objects, row) - np.searchsorted(objects, start)
    ended = np.searchsorted(closed, row, side="right") - np.searchsorted(closed, start)
    begin[others] = np.where((row < end) & (opened == ended), row + len(_LATER_ROW), end)
    return begin


def _find_zero_days(octets: _Octets) -> _Places:
    """The colons before days with a zero month or day."""
    places = _find(octets, _TEXT)
    places = places[places + _ZERO_DAY < len(octets)]
    for dash in (6, 9):
        places = places[octets[places + dash] == ord("-")]
    zeros = [octets[places + digit] == ord("0") for digit in (7, 8, 10, 11)]
    has_zero: Mask = (zeros[0] & zeros[1]) | (zeros[2] & zeros[3])
    return places[has_zero]


def _find(octets: _Octets, text: bytes) -> _Places:
    """Where the text stands."""
    last = len(octets) - len(text) + 1
    if last <= 0:
        return np.zeros(0, np.int64)
    places = np.flatnonzero((octets[:last] == text[0]) & (octets[1 : last + 1] == text[1]))
    for ahead, character in enumerate(text[2:], 2):
        places = places[octets[places + ahead] == character]
    return places


def _find_next(places: _Places, begin: _Places, end: _Places) -> _Places:
    """The first of the places from `begin` on, but `end` where there is none before it."""
    padded = np.append(places, np.iinfo(np.int64).max)
    return np.minimum(padded[np.searchsorted(places, begin)], end)

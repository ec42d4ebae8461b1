"""Which table each record seems to be of, from its bytes: what decides only how it is read.

A record's table stands in its metadata, which are read with its row. To read rows of different
tables each with a schema of its own, records are sorted before anything is read. So the name is
looked for as DMS writes it: the records of a table mostly have it at one of a few distances from
their end, and these are tried on all records at once. Nothing here is relied on. Whoever reads a
record compares the table that its metadata name, and reads it once more where that is another.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from flink_app.decode.lines import Lines
from flink_app.records.parsed import Numbers
from flink_app.records.plan import TablePlan

UNCERTAIN: Final = -1

_Places = npt.NDArray[np.int64]
_Words = npt.NDArray[np.uint64]

_MEMBER: Final = b'"table-name"'
# What stands between it and the name; a record may be spread over many lines.
_COLON: Final = re.compile(rb'[ \t\r\n]{0,9}:[ \t\r\n]{0,9}"')
_CLOSING: Final = b'"'
_QUOTE: Final = ord(_CLOSING)
_AT_ZERO: Final = np.zeros(1, np.int64)
# Octets are compared in words of eight.
_WORD: Final = 8
# So many distances are tried.
_TRIES: Final = 24
# Below about this many records a loop over them costs less than what is tried on all at once.
_FEW: Final = 128
_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)


class TableNames:
    """The names of declared tables, as records have them.

    Args:
        tables: in the order of their numbers.
    """

    def __init__(self, tables: Sequence[TablePlan]) -> None:
        written = [json.dumps(table.source, ensure_ascii=False)[1:-1].encode() for table in tables]
        # A name that several schemas have says too little.
        counts = Counter(written)
        self._numbers = {name: n for n, name in enumerate(written) if counts[name] == 1}
        # By length of the name: what its octets sum up to, ascending, and the numbers of these.
        self._by_length: dict[int, tuple[_Words, _Places]] = {}
        for length in sorted({len(name) for name in self._numbers}):
            names = [name for name in self._numbers if len(name) == length]
            sums = np.array([_sum(_words_of(name + bytes(_WORD)), length)[0] for name in names])
            order = np.argsort(sums)
            numbers = np.array([self._numbers[name] for name in names], np.int64)
            self._by_length[length] = sums[order], numbers[order]

    def presume(self, lines: Lines) -> Numbers:
        """The number of the table that each record seems to be of, `UNCERTAIN` where none shows."""
        if len(lines) <= _FEW:
            return np.array([self._presume_one(record) for record in _records(lines)], np.int64)
        presumed = np.full(len(lines), UNCERTAIN)
        octets = np.frombuffer(lines.text, np.uint8)
        words = _words_of(lines.text)
        places = _find_names(lines, words)
        open_rows = np.flatnonzero(places >= 0)
        for length, (sums, numbers) in self._by_length.items():
            ends = np.minimum(places[open_rows] + length, len(octets) - 1)
            is_long = octets[ends] == _QUOTE
            rows = open_rows[is_long]
            open_rows = open_rows[~is_long]
            if len(rows):
                # Only a short name at the very end has no word of its own.
                last = len(words) - 1 - max(length - _WORD, 0)
                found_sums = _sum(words, length, np.minimum(places[rows], last))
                nearest = np.minimum(np.searchsorted(sums, found_sums), len(sums) - 1)
                is_known = sums[nearest] == found_sums
                presumed[rows[is_known]] = numbers[nearest[is_known]]
        return presumed

    def _presume_one(self, record: bytes) -> int:
        _, start = _find_name(record)
        if start < 0:
            return UNCERTAIN
        return self._numbers.get(record[start : record.find(_CLOSING, start)], UNCERTAIN)


def _find_name(record: bytes) -> tuple[int, int]:
    """Where the member with the table's name begins, and where the name; -1 for none."""
    member = record.rfind(_MEMBER)
    colon = _COLON.match(record, member + len(_MEMBER)) if member >= 0 else None
    return (member, colon.end()) if colon else (-1, -1)


def _records(lines: Lines) -> Iterator[bytes]:
    text = memoryview(lines.text)
    for start, end in pairwise(lines.offsets.tolist()):
        yield text[start:end].tobytes()


def _words_of(text: bytes | pa.Buffer) -> _Words:
    """The eight octets from each place on, as one number."""
    size = len(memoryview(text))
    return np.ndarray((max(size - _WORD + 1, 0),), "<u8", text, strides=(1,))


def _sum(words: _Words, length: int, places: _Places = _AT_ZERO) -> _Words:
    """A number for the octets of so many texts of one length, equal for equal ones."""
    if length < _WORD:
        return words[places] & np.uint64((1 << 8 * length) - 1)
    total = np.zeros(len(places), np.uint64)
    for offset in _offsets(length):
        total = total * _FACTOR + words[places + offset]
    return total


def _find_names(lines: Lines, words: _Words) -> _Places:
    """Where the name of each record's table begins; -1 where it is at no usual distance."""
    names = np.full(len(lines), -1)
    starts, ends = lines.offsets[:-1].astype(np.int64), lines.offsets[1:].astype(np.int64)
    open_rows = np.arange(len(lines))
    for _ in range(_TRIES):
        if not len(open_rows):
            break
        start, end = int(starts[open_rows[0]]), int(ends[open_rows[0]])
        record = lines.text[start:end].to_pybytes()
        member, name = _find_name(record)
        if name < 0:
            open_rows = open_rows[1:]
            continue
        places = ends[open_rows] - (end - start - member)
        is_there = places >= starts[open_rows]
        for offset in _offsets(name - member):
            word = np.uint64(int.from_bytes(record[member + offset :][:_WORD], "little"))
            is_there &= words[np.maximum(places, 0) + offset] == word
        names[open_rows[is_there]] = places[is_there] + (name - member)
        open_rows = open_rows[~is_there]
    return names


def _offsets(length: int) -> tuple[int, ...]:
    """Where words begin that cover so many octets, at least a word."""
    return (*range(0, length - _WORD, _WORD), length - _WORD)

"""Positions by columns, for every kind of commit position: the same texts as `position` gives.

The digits of all records of a table are one matrix of characters; each kind fills in its rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from flink_app.declaration.dms_records import CoarsePositions, Positions
from flink_app.decode.arrival_columns import find_arrivals
from flink_app.decode.hexadecimal import Characters, hex_digits
from flink_app.positions.generations import UNKNOWN_GENERATION
from flink_app.positions.position import (
    ARRIVAL_DIGITS,
    COMMIT_DIGITS,
    GENERATION_DIGITS,
    MYSQL,
    ORACLE,
    POSTGRESQL,
    SQL_SERVER,
    TIME_DIGITS,
    WIDTH,
)
from flink_app.records.arrays import Mask, Rows, to_mask
from flink_app.records.parsed import Numbers, Ordering, Positioned

_COMMIT: Final = GENERATION_DIGITS
_RECORD: Final = GENERATION_DIGITS + COMMIT_DIGITS
_ARRIVAL: Final = GENERATION_DIGITS + TIME_DIGITS  # of a coarse position


def ordering_of(
    metadata: Mapping[str, pa.Array], sequence_numbers: pa.Array, is_load: Mask
) -> Ordering:
    """What orders the records with this metadata."""
    return Ordering(
        metadata["stream-position"],
        _numbers(metadata["commit-timestamp"], 0),
        _numbers(metadata["timestamp"], -1),
        _numbers(metadata["transaction-record-id"], 0),
        sequence_numbers,
        is_load,
    )


def find_positions(
    ordering: Ordering,
    generation: int | Numbers,
    kind: Positions,
    coarse_positions: CoarsePositions,
) -> Positioned:
    """The positions of records; rows that are not `known` may still have one on the slow path.

    `generation` is one for all records, or one per record: `UNKNOWN_GENERATION` if undetermined.
    """
    count = len(ordering.is_load)
    text = np.full((count, WIDTH), ord("0"), np.uint8)
    known = ordering.is_load & (ordering.built >= 0)
    if known.any():
        loads = np.flatnonzero(known)
        text[loads, _RECORD:] = _hex(ordering.built[loads])
    unplaced = ~ordering.is_load & (ordering.numbers >= 0)
    kinds: set[Positions] = set()
    for form, fill in ((_P, _postgresql), (_M, _mysql), (_O, _oracle)):
        if kind in {Positions.AUTO, form} and unplaced.any():
            formed, good = fill(ordering.streams, unplaced, text)
            known |= good
            unplaced &= ~formed
            kinds |= {form} if good.any() else set()
    coarse = np.zeros(count, np.bool_)
    if kind in {Positions.AUTO, Positions.COMMIT_TIMESTAMP} and (
        coarse_positions is not CoarsePositions.REFUSE
    ):
        coarse = unplaced & (ordering.committed > 0)
        if kind is Positions.AUTO and coarse.any():
            coarse &= ~to_mask(pc.match_substring_regex(ordering.streams, SQL_SERVER))
    changes = _rows(known & ~ordering.is_load)
    text[changes, _RECORD:] = _hex(ordering.numbers[changes])
    disordered = np.zeros(count, np.bool_)
    if coarse.any():
        disordered[coarse] = _coarse(ordering, np.flatnonzero(coarse), text)
        known |= coarse
        kinds.add(Positions.COMMIT_TIMESTAMP)
    if isinstance(generation, int):
        header: Characters = _hex(np.array([generation], np.int64))[0, -GENERATION_DIGITS:]
    else:
        known &= generation != UNKNOWN_GENERATION
        header = _hex(generation[known])[:, -GENERATION_DIGITS:]
    if known.all():
        text[:, :GENERATION_DIGITS] = header
    else:
        text[np.flatnonzero(known), :GENERATION_DIGITS] = header
        text[~known] = ord("0")
    offsets = np.arange(0, text.size + 1, WIDTH, dtype=np.int32)
    array = pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(text))
    return Positioned(array, known, coarse, disordered, frozenset(kinds))


_P, _M, _O = Positions.POSTGRESQL, Positions.MYSQL, Positions.ORACLE


def _postgresql(streams: pa.Array, unplaced: Mask, text: Characters) -> tuple[Mask, Mask]:
    """Fills in the commit of rows of this form; gives where it stands and where it is not 0."""
    formed = unplaced & to_mask(pc.match_substring_regex(streams, POSTGRESQL))
    rows = _rows(formed)
    digits = streams if isinstance(rows, slice) else streams.take(pa.array(rows))
    text[rows, _COMMIT : _COMMIT + 8] = _characters(pc.utf8_slice_codeunits(digits, 0, 8), 8)
    text[rows, _COMMIT + 8 : _COMMIT + 16] = _characters(pc.utf8_slice_codeunits(digits, 9, 17), 8)
    good = formed.copy()
    good[rows] = (text[rows, _COMMIT : _COMMIT + 16] != ord("0")).any(axis=1)
    return formed, good


def _mysql(streams: pa.Array, unplaced: Mask, text: Characters) -> tuple[Mask, Mask]:
    parts = pc.extract_regex(streams, MYSQL)
    formed = unplaced & to_mask(pc.is_valid(parts))
    rows = np.flatnonzero(formed)
    file, offset = (
        pc.struct_field(parts.take(pa.array(rows)), name).cast(pa.int64()).to_numpy()
        for name in ("file", "offset")
    )
    text[rows, _COMMIT : _COMMIT + 8] = _hex(file)[:, 8:]
    text[rows, _COMMIT + 8 : _COMMIT + 24] = _hex(offset)
    good = formed.copy()
    good[rows] = (file > 0) | (offset > 0)
    return formed, good


def _oracle(streams: pa.Array, unplaced: Mask, text: Characters) -> tuple[Mask, Mask]:
    formed = unplaced & to_mask(pc.match_substring_regex(streams, ORACLE))
    rows = np.flatnonzero(formed)
    scn = streams.take(pa.array(rows)).cast(pa.int64()).to_numpy()
    text[rows, _COMMIT : _COMMIT + 16] = _hex(scn)
    good = formed.copy()
    good[rows] = scn > 0
    return formed, good


def _coarse(ordering: Ordering, rows: Rows, text: Characters) -> Mask:
    """Fills in times of commits and arrival; gives where neither orders two neighbours."""
    text[rows, _COMMIT:_ARRIVAL] = _hex(ordering.committed[rows])
    digits = find_arrivals(ordering.sequence_numbers.take(pa.array(rows)))
    text[rows, _ARRIVAL:] = digits
    arrivals = np.ascontiguousarray(digits).view(f"S{ARRIVAL_DIGITS}")[:, 0]
    disordered = np.zeros(len(rows), np.bool_)
    committed = ordering.committed[rows]
    is_later = np.greater(arrivals[1:], arrivals[:-1])
    disordered[1:] = ~is_later & (committed[1:] == committed[:-1])
    return disordered


def _rows(mask: Mask) -> slice | npt.NDArray[np.int64]:
    """Where the mask holds, as an index: all rows at once are assigned much faster."""
    return slice(None) if mask.all() else np.flatnonzero(mask)


def _numbers(values: pa.Array, missing: int) -> Numbers:
    numbers = values.cast(pa.int64())
    if numbers.null_count:
        numbers = pc.fill_null(numbers, missing)
    filled: Numbers = numbers.to_numpy()
    return filled


def _hex(numbers: Numbers) -> Characters:
    """Sixteen digits of each number."""
    return hex_digits(numbers.astype(">u8").view(np.uint8).reshape(-1, 8))


def _characters(texts: pa.Array, width: int) -> Characters:
    """The characters of hexadecimal texts that all have the same width, in lower case."""
    values = pa.concat_arrays([texts])  # a fresh array: its offset is zero
    octets = np.frombuffer(values.buffers()[2], np.uint8, len(values) * width)
    return np.bitwise_or(octets, np.uint8(0x20)).reshape(-1, width)

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
    SQL_SERVER,
    TIME_DIGITS,
    WIDTH,
)
from flink_app.records.arrays import Mask, Rows, to_mask
from flink_app.records.parsed import Numbers, Ordering, Positioned

_COMMIT: Final = GENERATION_DIGITS
_RECORD: Final = GENERATION_DIGITS + COMMIT_DIGITS
_LOG_POSITION: Final = len("0000000D/51A3C8E0.")
_IS_HEX: Final = np.zeros(256, np.bool_)
_IS_HEX[np.frombuffer(b"0123456789abcdefABCDEF", np.uint8)] = True
_LOWER: Final = np.uint8(0x20)  # makes a letter lower case, and leaves a digit
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
    formed = unplaced.copy()
    characters = _first_characters(streams, _LOG_POSITION)
    if characters is None:
        return np.zeros_like(formed), np.zeros_like(formed)
    # As the pattern of `position.POSTGRESQL` has it.
    formed &= (characters[:, 8] == ord("/")) & (characters[:, 17] == ord("."))
    formed &= _IS_HEX[characters[:, :8]].all(axis=1) & _IS_HEX[characters[:, 9:17]].all(axis=1)
    rows = _rows(formed)
    digits = characters[rows] | _LOWER
    text[rows, _COMMIT : _COMMIT + 8] = digits[:, :8]
    text[rows, _COMMIT + 8 : _COMMIT + 16] = digits[:, 9:17]
    good = formed.copy()
    good[rows] = (text[rows, _COMMIT : _COMMIT + 16] != ord("0")).any(axis=1)
    return formed, good


def _first_characters(texts: pa.StringArray, count: int) -> Characters | None:
    """The first octets of each text, 0 for one that is shorter; None where all are."""
    _, offsets, data = texts.buffers()
    if data is None or data.size < count:
        return None
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    # All stretches of so many octets, each from the next octet on.
    stretches: Characters = np.ndarray(
        (data.size - count + 1, count), np.uint8, data, strides=(1, 1)
    )
    is_long = np.diff(bounds) >= count
    if texts.null_count:
        is_long &= to_mask(texts.is_valid())
    characters: Characters = stretches[np.minimum(bounds[:-1], data.size - count)]
    if not is_long.all():
        characters[~is_long] = 0
    return characters


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

"""A block of records by columns: the fast path.

pyarrow's JSON reader is strict in types and blind to record boundaries. So records are screened
first: one that does not start with `{` and end with `}` goes to the slow path. Of the rest no
value can reach over a boundary (a `}` followed by a `{` is valid nowhere inside a value, and a raw
line feed nowhere inside text), so as many rows as records means one row each. What the reader
refuses, or what a check refuses afterwards, is *odd*: its row numbers are handed back for the slow
path.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from flink_app.decode.plan import (
    BEFORE_IMAGE,
    METADATA_TYPE,
    DecodePlan,
    Group,
    ReadColumn,
    TablePlan,
)
from flink_app.decode.position import (
    UNKNOWN,
    is_postgresql,
    load_positions,
    postgresql_positions,
)

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# A refused stretch is cut into this many: with two, a block with one odd record in a thousand was
# parsed nine times over, with sixteen three times.
_PIECES: Final = 16
# Below this many records a refused stretch is not cut again: a parse of its own costs more.
_SMALL: Final = 32
_OPERATIONS: Final = pa.array(["load", "insert", "update", "delete"])
_INTEGER_RANGE: Final = {"smallint": (-(2**15), 2**15 - 1), "integer": (-(2**31), 2**31 - 1)}
_DATE: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
# Arrow knows a year 0 and years of five digits; Python, and so the slow path, does not.
_FIRST: Final = pa.scalar(dt.datetime.min, pa.timestamp("us"))  # noqa: DTZ901 - without zone
_LAST: Final = pa.scalar(dt.datetime.max, pa.timestamp("us"))  # noqa: DTZ901 - without zone
_METADATA_SCHEMA: Final = pa.schema([("metadata", METADATA_TYPE)])


@dataclass(frozen=True)
class Lines:
    """Records back to back, each followed by a line feed, and their numbers in the block."""

    text: pa.Buffer
    offsets: npt.NDArray[np.int32]
    rows: Rows

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, indices: Rows) -> Lines:
        """The records at `indices`, in that order."""
        if len(indices) == len(self):
            return self
        offsets = pa.py_buffer(self.offsets)
        records = pa.BinaryArray.from_buffers(pa.binary(), len(self), [None, offsets, self.text])
        taken = records.take(pa.array(indices))
        _, new_offsets, data = taken.buffers()
        return Lines(
            data if data is not None else pa.py_buffer(b""),
            np.frombuffer(new_offsets, np.int32, len(indices) + 1),
            self.rows[indices],
        )

    def pieces(self) -> Iterator[Lines]:
        """Up to `_PIECES` stretches of about the same length."""
        length = -(-len(self) // _PIECES)
        for start in range(0, len(self), length):
            end = min(start + length, len(self))
            yield Lines(self.text, self.offsets[start : end + 1], self.rows[start:end])


@dataclass
class ColumnarResult:
    """What the fast path made of a block."""

    parsed: list[tuple[TablePlan, pa.RecordBatch]] = field(default_factory=list)
    passed_over: int = 0
    odd: list[Rows] = field(default_factory=list)


def parse_columns(lines: Lines, plan: DecodePlan) -> ColumnarResult:
    """Parses what can be parsed by columns; every record is in exactly one part of the result."""
    result = ColumnarResult()
    whole = _screen(lines)
    if plan.has_decimals:
        whole &= ~_negative_exponents(lines)
    result.odd.append(lines.rows[~whole])
    lines = lines.take(np.flatnonzero(whole))
    if len(plan.groups) == 1:
        for part, table in _read(lines, plan.groups[0].record_schema, result):
            _take_group(part, table, plan.groups[0], plan, result)
        return result
    for part, table in _read(lines, _METADATA_SCHEMA, result):
        metadata = _struct(table, "metadata")
        left = np.ones(len(part), np.bool_)
        for group in plan.groups:
            mine = _any_of([_is_of(metadata, member, plan) for member in group.tables])
            left &= ~mine
            for lines_of, own in _read(
                part.take(np.flatnonzero(mine)), group.record_schema, result
            ):
                _take_group(lines_of, own, group, plan, result)
        rest = table.filter(pa.array(left))
        _pass_over(part.rows[left], _struct(rest, "metadata"), plan, result)
    return result


def _screen(lines: Lines) -> Mask:
    """Where a record starts with `{` and ends with `}`, one line feed of its own allowed."""
    if not len(lines):
        return np.zeros(0, np.bool_)
    octets = np.frombuffer(lines.text, np.uint8)
    start, end = lines.offsets[:-1], lines.offsets[1:] - 1  # without the frame's line feed
    last = octets[np.maximum(end - 1, 0)]
    before_last = octets[np.maximum(end - 2, 0)]
    closed = (last == ord("}")) | ((last == ord("\n")) & (before_last == ord("}")))
    whole: Mask = (end - start >= 2) & (octets[start] == ord("{")) & closed
    return whole


def _negative_exponents(lines: Lines) -> Mask:
    """Where something like `1e-5` stands, be it in text.

    For such a decimal pyarrow 16 may read beyond its table of powers: 1e-999999999 kills the
    process, others might be bent. Nobody writes decimals like that, so the slow path can have them.
    """
    octets = np.frombuffer(lines.text, np.uint8)
    minus = np.flatnonzero(octets[1:-1] == ord("-")) + 1
    is_exponent = (octets[minus - 1] | 0x20) == ord("e")
    is_exponent &= (octets[minus + 1] >= ord("0")) & (octets[minus + 1] <= ord("9"))
    marked = np.zeros(len(lines), np.bool_)
    marked[np.searchsorted(lines.offsets, minus[is_exponent], side="right") - 1] = True
    return marked


def _read(
    lines: Lines, schema: pa.Schema, result: ColumnarResult
) -> Iterator[tuple[Lines, pa.Table]]:
    """Reads records by columns, in pieces where the reader refuses; what is left over is odd."""
    if not len(lines):
        return
    start, end = int(lines.offsets[0]), int(lines.offsets[-1])
    try:
        table = pj.read_json(
            pa.BufferReader(lines.text.slice(start, end - start)),
            read_options=pj.ReadOptions(use_threads=False, block_size=end - start + 1),
            parse_options=pj.ParseOptions(
                explicit_schema=schema, unexpected_field_behavior="ignore"
            ),
        )
        table.validate(full=True)  # the reader lets decimals pass that have too many digits
        _check_encoding(lines)
        aligned = table.num_rows == len(lines)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        aligned = False
    if aligned:
        yield lines, table
    elif len(lines) <= _SMALL:
        result.odd.append(lines.rows)
    else:
        for piece in lines.pieces():
            yield from _read(piece, schema, result)


def _check_encoding(lines: Lines) -> None:
    """Raises ArrowInvalid unless all text is UTF-8, which the reader does not look at."""
    offsets = pa.py_buffer(lines.offsets)
    pa.StringArray.from_buffers(len(lines), offsets, lines.text).validate(full=True)


def _struct(table: pa.Table, name: str) -> pa.StructArray:
    return (
        table[name].combine_chunks()
        if table.num_rows
        else pa.array([], table.schema.field(name).type)
    )


def _true(condition: pa.Array) -> Mask:
    """A condition as numpy, NULL as no."""
    found: Mask = pc.fill_null(condition, fill_value=False).to_numpy(zero_copy_only=False)
    return found


def _any_of(masks: list[Mask]) -> Mask:
    found: Mask = np.logical_or.reduce(masks)
    return found


def _is_of(metadata: pa.StructArray, table: TablePlan, plan: DecodePlan) -> Mask:
    """Where a record is a row of `table`."""
    return (
        _true(pc.equal(pc.struct_field(metadata, "table-name"), table.source))
        & _true(pc.equal(pc.struct_field(metadata, "schema-name"), plan.source_schema))
        & _true(pc.equal(pc.struct_field(metadata, "record-type"), "data"))
    )


def _take_group(
    lines: Lines, table: pa.Table, group: Group, plan: DecodePlan, result: ColumnarResult
) -> None:
    metadata = _struct(table, "metadata")
    left = np.ones(len(lines), np.bool_)
    for member in group.tables:
        mine = _is_of(metadata, member, plan)
        if mine.any():
            left &= ~mine
            own = table if mine.all() else table.filter(pa.array(mine))
            _take_table(lines.rows[mine], own, member, plan, result)
    if left.any():
        _pass_over(lines.rows[left], metadata.filter(pa.array(left)), plan, result)


def _pass_over(
    rows: Rows, metadata: pa.StructArray, plan: DecodePlan, result: ColumnarResult
) -> None:
    """Counts control records and rows of undeclared tables; anything else is odd."""
    kind = pc.struct_field(metadata, "record-type")
    other = _true(pc.equal(kind, "data")) & ~_any_of(
        [_is_of(metadata, table, plan) for table in plan.tables.values()]
    )
    passed = _true(pc.equal(kind, "control")) | other
    result.passed_over += int(passed.sum())
    result.odd.append(rows[~passed])


def _take_table(
    rows: Rows, records: pa.Table, table: TablePlan, plan: DecodePlan, result: ColumnarResult
) -> None:
    """Turns the records of one table into parsed changes."""
    metadata, data = _struct(records, "metadata"), _struct(records, "data")
    before = _struct(records, BEFORE_IMAGE)
    operation = pc.struct_field(metadata, "operation")
    good = _true(pc.is_in(operation, _OPERATIONS)) & _true(pc.is_valid(data))
    deleted = pc.fill_null(pc.equal(operation, "delete"), fill_value=False)
    is_update = pc.equal(operation, "update")
    arrays: list[pa.Array] = []
    old: list[pa.Array] = []
    for column in table.columns:
        values = pc.struct_field(data, column.source)
        if column.name in table.key:
            good &= _true(pc.is_valid(values))
            earlier = pc.struct_field(before, column.source)
            earlier = pc.if_else(is_update, earlier, pa.scalar(None, earlier.type))
            old.append(_checked(earlier, column, good))
        else:
            values = pc.if_else(deleted, pa.scalar(None, values.type), values)
        arrays.append(_checked(values, column, good))
    positions = _positions(metadata, operation, plan, good)
    batch = pa.RecordBatch.from_arrays(
        [*arrays, *old, positions, deleted], schema=table.parsed_schema
    )
    if not good.all():
        result.odd.append(rows[~good])
        batch = batch.filter(pa.array(good))
    if len(batch):
        result.parsed.append((table, batch))


def _checked(values: pa.Array, column: ReadColumn, good: Mask) -> pa.Array:
    """The column in its declared type; clears `good` where a value does not fit."""
    kind = column.declared.type
    if kind.name in _INTEGER_RANGE:
        low, high = _INTEGER_RANGE[kind.name]
        fits = pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high))
    elif kind.name == "varchar":
        fits = pc.less_equal(pc.binary_length(values), kind.length)
    elif kind.name == "date":
        return _dates(values, good)
    elif kind.name == "double precision":
        fits = pc.is_finite(values)
    elif kind.name == "timestamp":
        fits = pc.and_(pc.greater_equal(values, _FIRST), pc.less_equal(values, _LAST))
    else:
        return values
    fits = pc.fill_null(fits, fill_value=True)
    if pc.all(fits).as_py() is not False:
        return values.cast(kind.arrow)
    good &= _true(fits)
    return pc.if_else(fits, values, pa.scalar(None, values.type)).cast(kind.arrow)


def _dates(values: pa.Array, good: Mask) -> pa.Array:
    """Dates from text; those of another form, and all when there is no such day, are not good."""
    formed = pc.fill_null(pc.match_substring_regex(values, _DATE), fill_value=True)
    try:
        dates = pc.if_else(formed, values, pa.scalar(None, pa.string())).cast(pa.date32())
    except pa.ArrowInvalid:
        good[:] = False
        return pa.nulls(len(values), pa.date32())
    known = pc.fill_null(pc.greater_equal(dates, dt.date.min), fill_value=True)
    good &= _true(formed) & _true(known)
    return pc.if_else(known, dates, pa.scalar(None, pa.date32()))


def _positions(
    metadata: pa.StructArray, operation: pa.Array, plan: DecodePlan, good: Mask
) -> pa.Array:
    """Positions by columns for loads and PostgreSQL; clears `good` where another form stands."""
    streams = pc.struct_field(metadata, "stream-position")
    built = pc.cast(pc.struct_field(metadata, "timestamp"), pa.int64())
    number = pc.fill_null(pc.struct_field(metadata, "transaction-record-id"), 0)
    is_load = _true(pc.equal(operation, "load"))
    loads = is_load & _true(pc.greater_equal(built, 0))
    changes = ~is_load & _true(is_postgresql(streams)) & _true(pc.greater_equal(number, 0))
    good &= loads | changes
    load_rows, change_rows = np.flatnonzero(loads), np.flatnonzero(changes)
    parts = [
        load_positions(plan.generation, built.take(pa.array(load_rows)).to_numpy()),
        postgresql_positions(
            plan.generation,
            streams.take(pa.array(change_rows)),
            number.take(pa.array(change_rows)).to_numpy(),
        ),
        pa.array([UNKNOWN]),
    ]
    places = np.full(len(good), len(load_rows) + len(change_rows), np.int64)
    places[load_rows] = np.arange(len(load_rows))
    places[change_rows] = len(load_rows) + np.arange(len(change_rows))
    return pa.concat_arrays(parts).take(pa.array(places))

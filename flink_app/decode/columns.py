"""A block of records by columns: the fast path.

What the JSON reader refuses (see `reading`), or what a check refuses afterwards, is *odd*: its row
numbers are handed back for the slow path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flink_app.decode.changes import find_moved
from flink_app.decode.exponents import find_exponents
from flink_app.decode.lines import Lines
from flink_app.decode.plan import CONTROL, ENVELOPE_FIELDS, UNDECLARED, DecodePlan
from flink_app.decode.position_columns import find_positions, ordering_of
from flink_app.decode.read_schema import ReadSchema
from flink_app.decode.reading import Reading, read, screen
from flink_app.decode.sent_nulls import SentNulls
from flink_app.decode.unchanged import sent_column, unchanged_column_positions
from flink_app.decode.value_columns import check_values, may_be_rounded
from flink_app.positions.generations import UNKNOWN_GENERATION
from flink_app.records.arrays import Mask, Rows, find_indices, members, to_mask
from flink_app.records.parsed import (
    DELETE,
    LOAD,
    OPERATIONS,
    UPDATE,
    Numbers,
    RecordColumns,
    SkippedColumns,
)
from flink_app.records.plan import DATA, METADATA, TablePlan

_OPERATIONS: Final = pa.array(OPERATIONS)
_METADATA_SCHEMA: Final = ReadSchema(pa.schema(ENVELOPE_FIELDS))


@dataclass
class ColumnarResult:
    """What the fast path made of a block; `odd` are row numbers for the slow path."""

    tables: list[RecordColumns] = field(default_factory=list)
    skipped: list[SkippedColumns] = field(default_factory=list)
    odd: list[Rows] = field(default_factory=list)
    # By arrival alone: one for all, or by row number.
    generations: int | Numbers = UNKNOWN_GENERATION
    scientific: Mask | None = None  # by row number: where a number has an exponent; None: nowhere
    # By row number.
    sequence_numbers: pa.StringArray = field(default_factory=lambda: pa.array([], pa.string()))
    nulls: SentNulls | None = None  # of the records that the reader takes

    def generation(self, rows: Rows) -> int | Numbers:
        """The generation of records, by arrival alone."""
        return self.generations if isinstance(self.generations, int) else self.generations[rows]


def parse_columns(
    lines: Lines,
    plan: DecodePlan,
    arrival: pa.TimestampArray,
    sequence_numbers: pa.StringArray,
) -> ColumnarResult:
    """Parses what can be parsed by columns; every record is in exactly one part of the result.

    `arrival` and `sequence_numbers` are those of the block's rows, by their numbers.
    """
    generations = plan.generations.generations_at(arrival)
    result = ColumnarResult(generations=generations, sequence_numbers=sequence_numbers)
    is_whole = screen(lines)
    if plan.has_decimals:
        exponents = find_exponents(lines, plan.float_names)
        is_whole &= ~exponents.negative
        result.scientific = exponents.positive if exponents.positive.any() else None
    result.odd.append(lines.rows[~is_whole])
    lines = lines.take(np.flatnonzero(is_whole))
    result.nulls = SentNulls(lines, zero_is_null=plan.zero_is_null)
    if len(lines) and plan.sorts(len(lines)):
        lines = _take_sorted(lines, plan, result)
    if len(lines):
        _take_unsorted(lines, plan, result)
    return result


def _take_sorted(lines: Lines, plan: DecodePlan, result: ColumnarResult) -> Lines:
    """Reads records by the tables that they seem to be of; gives those that are still to be read.

    A table whose records lack many of its group's columns is read with a schema of its own.
    """
    presumed = plan.table_names.presume(lines)
    counts = np.bincount(presumed + 1, minlength=len(plan.tables_by_number) + 1)[1:]
    readings: list[tuple[tuple[int, ...], ReadSchema]] = []
    for group in plan.groups:
        counted = {n: int(counts[n]) for n in group.numbers if counts[n]}
        with_others = len(plan.groups) == 1 and sum(counted.values()) < len(lines)
        alone = group.choose_alone(counted, with_others=with_others)
        readings += [((number,), group.own_schemas[number]) for number in alone]
        others = tuple(number for number in counted if number not in alone)
        if others and len(plan.groups) > 1:
            readings.append((others, group.record_schema))
    is_left = np.ones(len(lines), np.bool_)
    for numbers, schema in readings:
        seems = np.isin(presumed, numbers)
        reading = _read(lines.take(np.flatnonzero(seems)), schema, result)
        is_left &= ~seems
        strangers = _take_records(reading, numbers, plan, result)
        is_left |= np.isin(lines.rows, strangers)
    return lines.take(np.flatnonzero(is_left))


def _take_unsorted(lines: Lines, plan: DecodePlan, result: ColumnarResult) -> None:
    """Reads records of any table: of several groups once for their metadata, then by group."""
    if len(plan.groups) == 1:
        (group,) = plan.groups
        _take_records(_read(lines, group.record_schema, result), group.numbers, plan, result)
        return
    reading = _read(lines, _METADATA_SCHEMA, result)
    metadata = _struct(reading.table, METADATA)
    tables = plan.tables_of(members(metadata))
    for group in plan.groups:
        group_rows = np.flatnonzero(np.isin(tables, group.numbers))
        if len(group_rows):
            group_reading = _read(reading.lines.take(group_rows), group.record_schema, result)
            _take_records(group_reading, group.numbers, plan, result)
    _skip(reading.lines.rows, metadata, tables, result)


def _read(lines: Lines, schema: ReadSchema, result: ColumnarResult) -> Reading:
    reading = read(lines, schema)
    result.odd.append(reading.odd)
    return reading


def _struct(table: pa.Table, name: str) -> pa.StructArray:
    column = table.column(name)
    if column.num_chunks == 1:
        return column.chunk(0)  # which `combine_chunks` would copy
    return column.combine_chunks() if table.num_rows else pa.array([], column.type)


def _take_records(
    reading: Reading, numbers: Sequence[int], plan: DecodePlan, result: ColumnarResult
) -> Rows:
    """Hands the records of each of some tables on, and skips those of none; gives all others."""
    rows = reading.lines.rows
    metadata = _struct(reading.table, METADATA)
    tables = plan.tables_of(members(metadata))
    strangers = rows[:0]
    for number in np.unique(tables[tables >= 0]).tolist():
        mask = tables == number
        if number in numbers:
            table = reading.table if mask.all() else reading.table.filter(pa.array(mask))
            _take_table(rows[mask], table, plan.tables_by_number[number], plan, result)
        else:
            strangers = np.concatenate([strangers, rows[mask]])
    _skip(rows, metadata, tables, result)
    return strangers


def _skip(rows: Rows, metadata: pa.StructArray, tables: Numbers, result: ColumnarResult) -> None:
    """Takes out control records and rows of undeclared tables; what is no row either is odd."""
    if (tables >= 0).all():
        return
    skipped = (tables == CONTROL) | (tables == UNDECLARED)
    if skipped.any():
        result.skipped.append(
            SkippedColumns(
                rows[skipped], metadata.filter(pa.array(skipped)), tables[skipped] == CONTROL
            )
        )
    result.odd.append(rows[(tables < 0) & ~skipped])


def _keep_where(mask: pa.Array | None, values: pa.Array) -> pa.Array:
    """The values where the mask holds, NULL elsewhere; without a mask all values."""
    if mask is None or values.null_count == len(values):
        return values
    return pc.if_else(mask, values, pa.scalar(None, values.type))


def _take_table(
    rows: Rows, records: pa.Table, table: TablePlan, plan: DecodePlan, result: ColumnarResult
) -> None:
    """Turns the records of one table into parsed changes."""
    metadata = members(_struct(records, METADATA))
    data, before = _struct(records, DATA), _struct(records, plan.before_image)
    operations = find_indices(metadata["operation"], _OPERATIONS)
    good = operations >= 0
    if data.null_count:
        good &= to_mask(data.is_valid())
    deletes, updates = operations == DELETE, operations == UPDATE
    null_finder = _NullFinder(result.nulls, rows, updates)
    values, unsent = _values(
        table, plan, (members(data), members(before)), deletes, null_finder, good
    )
    if result.scientific is not None:
        _leave_rounded(values, table, np.flatnonzero(result.scientific[rows]), good)
    sequence_numbers = result.sequence_numbers.take(pa.array(rows))
    ordering = ordering_of(metadata, sequence_numbers, operations == LOAD)
    generation = plan.generations.generations_of(
        table.name, result.generation(rows), ordering.built, ordering.is_load
    )
    positioned = find_positions(ordering, generation, plan.positions, plan.coarse_positions)
    good &= positioned.known
    changes = pa.RecordBatch.from_arrays(
        [
            *values,
            *unchanged_column_positions(table, positioned.positions, unsent),
            positioned.positions,
            pa.array(deletes),
        ],
        schema=table.parsed_schema,
    )
    if unsent:  # the slow path says what is lost
        good &= ~(np.logical_or.reduce([*unsent.values()]) & to_mask(find_moved(changes, table)))
        _leave_partly_sent(table, unsent, good)
    unordered = positioned.disordered
    if positioned.coarse.any():  # the old key's other changes may be on another shard
        unordered = unordered | positioned.coarse & to_mask(find_moved(changes, table))
    if not good.all():
        result.odd.append(rows[~good])
        changes = changes.filter(pa.array(good))
    result.tables.append(
        RecordColumns(
            table=table,
            rows=rows,
            metadata=metadata,
            operations=operations,
            before=before,
            ordering=ordering,
            positioned=positioned,
            generations=generation,
            unordered=unordered,
            good=good,
            changes=changes,
        )
    )


def _leave_rounded(values: list[pa.Array], table: TablePlan, places: Rows, good: Mask) -> None:
    """Clears `good` where a long number may be in scientific notation: the slow path sees it."""
    if not len(places):
        return
    keys = [column for column in table.columns if column.name in table.key]
    for column, array in zip([*table.columns, *keys], values, strict=True):
        if column.declared.type.name == "decimal":
            good[places] &= ~may_be_rounded(array.take(pa.array(places)), column)


@dataclass(frozen=True)
class _NullFinder:
    """Where updates of one table are known to send null."""

    nulls: SentNulls | None
    rows: Rows
    updates: Mask

    def find_sent(self, name: str, among: Mask) -> Mask:
        """Among the rows of a mask, those whose data is known to have the name, with null."""
        known = np.zeros(len(among), np.bool_)
        if self.nulls is not None:
            known[among] = self.nulls.find(self.rows[among], name)
        return known


def _leave_partly_sent(table: TablePlan, unsent: dict[str, Mask], good: Mask) -> None:
    """Clears `good` where only a part of a reference is sent."""
    for columns in table.references:
        masks = [unsent.get(name) for name in columns]
        known = [mask for mask in masks if mask is not None]
        if known:
            every = np.logical_and.reduce(known) if len(known) == len(masks) else False
            good &= ~np.logical_or.reduce(known) | every


def _values(  # noqa: PLR0913, PLR0917 - the records' parts, and the masks over them
    table: TablePlan,
    plan: DecodePlan,
    parts: tuple[Mapping[str, pa.Array], Mapping[str, pa.Array]],
    deletes: Mask,
    nulls: _NullFinder,
    good: Mask,
) -> tuple[list[pa.Array], dict[str, Mask]]:
    """The columns' values, then the key's values before the change; clears `good` where unfit.

    Also gives, by unchanged column, where an update does not send its value.
    """
    data, before = parts
    has_row = pa.array(~deletes) if deletes.any() else None
    is_update = pa.array(nulls.updates)
    current: list[pa.Array] = []
    old: list[pa.Array] = []
    unsent: dict[str, Mask] = {}
    for column in table.columns:
        values = data[column.source]
        if column.name in table.key:
            if values.null_count:
                good &= to_mask(values.is_valid())
            earlier = _keep_where(is_update, before[plan.before_name(column.source)])
            old.append(check_values(earlier, column, good))
        else:
            values = _keep_where(has_row, values)
            if column.declared.unchanged:
                earlier = before[plan.before_name(column.source)]
                find = partial(nulls.find_sent, column.source)
                if sent := sent_column(values, earlier, nulls.updates, column, find):
                    values, unsent[column.name] = sent.values, sent.unsent
                    good &= ~sent.odd
            elif plan.refuses_missing and values.null_count:
                missing = nulls.updates & values.is_null().to_numpy(zero_copy_only=False)
                if missing.any():  # maybe: the slow path says which
                    good &= ~missing | nulls.find_sent(column.source, missing)
        current.append(check_values(values, column, good))
    return [*current, *old], unsent

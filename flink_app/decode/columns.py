"""A block of records by columns: the fast path.

What the JSON reader refuses (see `reading`), or what a check refuses afterwards, is *odd*: its row
numbers are handed back for the slow path.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.accounts import CONTROL, UNDECLARED
from flink_app.declaration.model import Positions
from flink_app.decode.changes import moved
from flink_app.decode.plan import METADATA_TYPE, DecodePlan, Group
from flink_app.decode.position_columns import Ordering, positions
from flink_app.decode.read_schema import ReadSchema
from flink_app.decode.reading import Lines, Reading, negative_exponents, read, screen
from flink_app.decode.unchanged import sent_column, unchanged_column_positions
from flink_app.decode.value_columns import checked
from flink_app.diagnostics.dms_settings import Signs, by_columns
from flink_app.diagnostics.second_loads import Builds, add, of_columns
from flink_app.diagnostics.similar_tables import SourceName
from flink_app.positions.generations import NONE
from flink_app.records.arrays import Mask, Rows, members, true
from flink_app.records.plan import DATA, REPLAY, TablePlan

_OPERATIONS: Final = pa.array(["load", "insert", "update", "delete"])
# As in the schema of a group, whatever says that it was replayed is read one by one.
_METADATA_SCHEMA: Final = ReadSchema(pa.schema([(REPLAY, pa.null()), ("metadata", METADATA_TYPE)]))


@dataclass
class ColumnarResult:
    """What the fast path made of a block."""

    parsed: list[tuple[TablePlan, pa.RecordBatch]] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)  # by CONTROL and UNDECLARED
    undeclared: Counter[SourceName] = field(default_factory=Counter)  # rows of undeclared tables
    control: list[Rows] = field(default_factory=list)  # control records of declared tables
    odd: list[Rows] = field(default_factory=list)
    shown: Signs = field(default_factory=Signs)
    kinds: frozenset[Positions] = frozenset()
    builds: Builds = field(default_factory=dict)
    generations: int | npt.NDArray[np.int64] = NONE  # one for all, or by row number

    def generation(self, rows: Rows) -> int | npt.NDArray[np.int64]:
        """The generation of records."""
        return self.generations if isinstance(self.generations, int) else self.generations[rows]


def parse_columns(lines: Lines, plan: DecodePlan, arrival: pa.TimestampArray) -> ColumnarResult:
    """Parses what can be parsed by columns; every record is in exactly one part of the result.

    `arrival` is that of the block's rows, by their numbers.
    """
    result = ColumnarResult(generations=plan.generations.of_column(arrival))
    whole = screen(lines)
    if plan.has_decimals:
        whole &= ~negative_exponents(lines)
    result.odd.append(lines.rows[~whole])
    lines = lines.take(np.flatnonzero(whole))
    if len(plan.groups) == 1:
        _take_group(lines, plan.groups[0], plan, result)
        return result
    reading = _read(lines, _METADATA_SCHEMA, result)
    metadata = _struct(reading.table, "metadata")
    left = np.ones(len(reading.lines), np.bool_)
    for group in plan.groups:
        mine = _any_of([_is_of(metadata, member) for member in group.tables])
        left &= ~mine
        _take_group(reading.lines.take(np.flatnonzero(mine)), group, plan, result)
    rest = _struct(reading.table.filter(pa.array(left)), "metadata")
    _pass_over(reading.lines.rows[left], rest, plan, result)
    return result


def _read(lines: Lines, schema: ReadSchema, result: ColumnarResult) -> Reading:
    reading = read(lines, schema)
    result.odd.append(reading.odd)
    return reading


def _struct(table: pa.Table, name: str) -> pa.StructArray:
    return (
        table[name].combine_chunks()
        if table.num_rows
        else pa.array([], table.schema.field(name).type)
    )


def _any_of(masks: list[Mask]) -> Mask:
    found: Mask = np.logical_or.reduce(masks)
    return found


def _is_of(metadata: pa.StructArray, table: TablePlan) -> Mask:
    """Where a record is a row of `table`."""
    is_row = true(pc.equal(pc.struct_field(metadata, "record-type"), "data"))
    return is_row & _is_named(metadata, table)


def _is_named(metadata: pa.StructArray, table: TablePlan) -> Mask:
    """Where a record is about `table`, whatever it says."""
    return true(pc.equal(pc.struct_field(metadata, "table-name"), table.source)) & true(
        pc.equal(pc.struct_field(metadata, "schema-name"), table.schema)
    )


def _take_group(lines: Lines, group: Group, plan: DecodePlan, result: ColumnarResult) -> None:
    reading = _read(lines, group.record_schema, result)
    lines, table = reading.lines, reading.table
    metadata = _struct(table, "metadata")
    left = np.ones(len(lines), np.bool_)
    for member in group.tables:
        mine = _is_of(metadata, member)
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
    control = true(pc.equal(kind, "control"))
    other = true(pc.equal(kind, "data")) & ~_any_of(
        [_is_of(metadata, table) for table in plan.tables.values()]
    )
    if control.any():
        named = _any_of([_is_named(metadata, table) for table in plan.tables.values()])
        result.control.append(rows[control & named])
    result.passed_over[CONTROL] += int(control.sum())
    if other.any():
        result.passed_over[UNDECLARED] += int(other.sum())
        result.undeclared += _source_names(metadata.filter(pa.array(other)))
    result.odd.append(rows[~(control | other)])


def _source_names(metadata: pa.StructArray) -> Counter[SourceName]:
    """How many records there are of each schema and table."""
    names = {part: pc.struct_field(metadata, f"{part}-name") for part in ("schema", "table")}
    grouped = pa.table(names).group_by(list(names), use_threads=False)
    counted: Counter[SourceName] = Counter()
    for row in grouped.aggregate([([], "count_all")]).to_pylist():
        counted[row["schema"] or "", row["table"] or ""] += row["count_all"]
    return counted


def _where(mask: pa.Array | None, values: pa.Array) -> pa.Array:
    """The values where the mask holds, NULL elsewhere; without a mask all values."""
    if mask is None or values.null_count == len(values):
        return values
    return pc.if_else(mask, values, pa.scalar(None, values.type))


def _take_table(
    rows: Rows, records: pa.Table, table: TablePlan, plan: DecodePlan, result: ColumnarResult
) -> None:
    """Turns the records of one table into parsed changes."""
    metadata = members(_struct(records, "metadata"))
    data, before = _struct(records, DATA), _struct(records, plan.before_image)
    values_of, earlier_of = members(data), members(before)
    operation = metadata["operation"]
    good = true(pc.is_in(operation, _OPERATIONS)) & true(data.is_valid())
    deleted = pc.fill_null(pc.equal(operation, "delete"), fill_value=False)
    has_row = pc.invert(deleted) if pc.any(deleted).as_py() else None
    is_update = pc.equal(operation, "update")
    arrays: list[pa.Array] = []
    old: list[pa.Array] = []
    unsent: dict[str, Mask] = {}
    for column in table.columns:
        values = values_of[column.source]
        if column.name in table.key:
            good &= true(values.is_valid())
            earlier = _where(is_update, earlier_of[plan.before_name(column.source)])
            old.append(checked(earlier, column, good))
        else:
            values = _where(has_row, values)
            if column.declared.unchanged:
                earlier = earlier_of[plan.before_name(column.source)]
                if sent := sent_column(values, earlier, true(is_update), column):
                    values, unsent[column.name] = sent.values, sent.unsent
                    good &= ~sent.odd
        arrays.append(checked(values, column, good))
    ordering = Ordering.of(metadata, true(pc.equal(operation, "load")))
    generation = result.generation(rows)
    positioned = positions(ordering, generation, plan.positions, plan.coarse_positions)
    good &= positioned.found
    own = unchanged_column_positions(table, positioned.positions, unsent)
    batch = pa.RecordBatch.from_arrays(
        [*arrays, *old, *own, positioned.positions, deleted], schema=table.parsed_schema
    )
    if unsent:  # the slow path says what is lost where the key has changed
        good &= ~(np.logical_or.reduce([*unsent.values()]) & true(moved(batch, table)))
    for one, built in of_columns(ordering.built, ordering.is_load, good, generation):
        add(result.builds, (table.name, one), built)
    result.kinds |= positioned.kinds
    result.shown += by_columns(
        metadata,
        before,
        operation,
        coarse=positioned.coarse,
        good=good,
        table=table,
        plan=plan,
    )
    if not good.all():
        result.odd.append(rows[~good])
        batch = batch.filter(pa.array(good))
    if len(batch):
        result.parsed.append((table, batch))

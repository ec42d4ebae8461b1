"""What the columnar reader needs to know of a declaration.

It parses a block against one schema, so every column name has one JSON type there. Tables whose
equally named columns differ in type go into separate *groups*, each of which is read on its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from connectors.floors import NO_FLOORS, Floors
from flink_app.declaration.dms_records import ZeroDates
from flink_app.declaration.star import Star
from flink_app.decode.presumed_tables import TableNames
from flink_app.decode.read_schema import ReadSchema
from flink_app.decode.time_columns import TimeForm
from flink_app.positions.generations import Generations
from flink_app.records.arrays import find_indices
from flink_app.records.parsed import Numbers
from flink_app.records.plan import (
    DATA,
    DOCUMENT,
    METADATA,
    REPAIR,
    REPLAY,
    ReadColumn,
    RecordPlan,
    TablePlan,
)

METADATA_TYPE: Final = pa.struct(
    [
        ("record-type", pa.string()),
        ("operation", pa.string()),
        ("schema-name", pa.string()),
        ("table-name", pa.string()),
        ("timestamp", pa.timestamp("us")),
        ("commit-timestamp", pa.timestamp("us")),
        ("stream-position", pa.string()),
        ("transaction-record-id", pa.int64()),
    ]
)

# Of null like a document: replayed records and those of a repair are read one by one.
ENVELOPE_FIELDS: Final = ((REPLAY, pa.null()), (REPAIR, pa.null()), (METADATA, METADATA_TYPE))

_RECORD_TYPES: Final = pa.array(["data", "control"])
# In the place of a table's number.
UNDECLARED: Final = -1
CONTROL: Final = -2
NO_ROW: Final = -3

_Types = dict[tuple[str, str], pa.DataType]  # by part of the record and name in it


# What reading costs, in units of one column that one record does not have (0.03 us): a call of the
# JSON reader, each column that it is given, and presuming tables for some records and for each.
_CALL: Final = 9_000
_CALL_COLUMN: Final = 300
_PRESUMING: Final = 3_000
_PRESUMING_ONE: Final = 5


@dataclass(frozen=True)
class Group:
    """Tables that are read together, and the schema of their records.

    Attributes:
        numbers: of the tables, in `DecodePlan.tables_by_number`.
        record_schema: with the columns of all of them.
        own_schemas: by number, with the columns of one table alone.
    """

    numbers: tuple[int, ...]
    record_schema: ReadSchema
    own_schemas: Mapping[int, ReadSchema]

    def absent(self, number: int) -> int:
        """How many columns the records of a table do not have."""
        return self.record_schema.width - self.own_schemas[number].width

    def choose_alone(self, counts: Mapping[int, int], *, with_others: bool) -> list[int]:
        """The tables whose records are read with a schema of their own: by what it costs.

        Args:
            counts: how many records of each table there are.
            with_others: whether further records are read with the schema of all.
        """
        calls = {n: _CALL + _CALL_COLUMN * self.own_schemas[n].width for n in counts}
        costs = {n: count * self.absent(n) for n, count in counts.items()}
        alone = [n for n in counts if costs[n] > calls[n]]
        together = [n for n in counts if n not in alone]
        call = _CALL + _CALL_COLUMN * self.record_schema.width
        saved = call + sum(costs[n] for n in together)
        if not with_others and sum(calls[n] for n in together) < saved:
            return [*counts]
        return alone


class DecodePlan(RecordPlan):
    """The declaration as decode reads it: the tables, and the groups that they are read in."""

    def __init__(self, star: Star, generations: Generations, floors: Floors = NO_FLOORS) -> None:
        super().__init__(star, generations, floors)
        self.tables_by_number = tuple(self.tables.values())
        self.groups = tuple(self._group(types, tables) for types, tables in self._group_tables())
        self.table_names = TableNames(self.tables_by_number)
        self.zero_is_null = any(
            column.zero_dates is ZeroDates.AS_NULL
            for table in self.tables.values()
            for column in table.columns
        )
        # The names under which every group has floating-point numbers only.
        float_names = [group.record_schema.float_names for group in self.groups]
        self.float_names = frozenset.intersection(*float_names)
        schemas = sorted({table.schema for table in self.tables_by_number})
        names = sorted({table.source for table in self.tables_by_number})
        self._schemas, self._names = pa.array(schemas), pa.array(names)
        # By schema and name; the last row and the last column are for any other.
        self._numbers = np.full((len(schemas) + 1, len(names) + 1), UNDECLARED, np.int64)
        for number, table in enumerate(self.tables_by_number):
            self._numbers[schemas.index(table.schema), names.index(table.source)] = number

    def sorts(self, count: int) -> bool:
        """Whether so many records may be sorted by table before they are read: by what it costs."""
        if len(self.groups) > 1:
            return True
        (group,) = self.groups
        most = max(map(group.absent, group.numbers))
        return most * (_CALL_COLUMN + count) > 2 * (_PRESUMING + _PRESUMING_ONE * count)

    def tables_of(self, metadata: Mapping[str, pa.Array]) -> Numbers:
        """Which table each record is a row of: its number, or CONTROL, UNDECLARED, NO_ROW."""
        kinds = find_indices(metadata["record-type"], _RECORD_TYPES)
        schemas = find_indices(metadata["schema-name"], self._schemas)
        names = find_indices(metadata["table-name"], self._names)
        numbers: Numbers = self._numbers[schemas, names]
        if self._with_partitions and (numbers == UNDECLARED).any():
            self._find_partitions(metadata, numbers)
        if kinds.any():
            numbers[kinds != 0] = NO_ROW
            numbers[kinds == 1] = CONTROL
        return numbers

    def _find_partitions(self, metadata: Mapping[str, pa.Array], numbers: Numbers) -> None:
        """Puts the numbers of partitions' tables in where `numbers` has none."""
        unknown = np.flatnonzero(numbers == UNDECLARED)
        schemas, names = (
            metadata[part].take(pa.array(unknown)).dictionary_encode(null_encoding="encode")
            for part in ("schema-name", "table-name")
        )
        pairs = schemas.indices.to_numpy().astype(np.int64) * len(names.dictionary)
        distinct, places = np.unique(pairs + names.indices.to_numpy(), return_inverse=True)
        tables = [
            self._number_of(schemas.dictionary[schema].as_py(), names.dictionary[name].as_py())
            for schema, name in zip(*np.divmod(distinct, len(names.dictionary)), strict=True)
        ]
        numbers[unknown] = np.array(tables, np.int64)[places]

    def _number_of(self, schema: str | None, name: str | None) -> int:
        table = self.table_of(schema, name)
        return UNDECLARED if table is None else self.tables_by_number.index(table)

    def _group_tables(self) -> list[tuple[_Types, list[TablePlan]]]:
        """Puts each table into the first group whose column types agree with its own."""
        groups: list[tuple[_Types, list[TablePlan]]] = []
        for table in self.tables.values():
            types = self._types(table)
            for together, members in groups:
                if all(together.get(column, kind) == kind for column, kind in types.items()):
                    together.update(types)
                    members.append(table)
                    break
            else:
                groups.append((types, [table]))
        return groups

    def _group(self, types: _Types, tables: Sequence[TablePlan]) -> Group:
        numbers = tuple(map(self.tables_by_number.index, tables))
        alone = {
            number: self._record_schema(self._types(table))
            for number, table in zip(numbers, tables, strict=True)
        }
        return Group(numbers, self._record_schema(types), alone)

    def _types(self, table: TablePlan) -> _Types:
        types = {(DATA, column.source): column.json_type for column in table.columns}
        keys = [column for column in table.columns if column.name in table.key]
        for name, column in zip(self.before_names(table), keys, strict=True):
            types[self.before_image, name] = column.json_type
        for column in table.unchanged_columns:
            types[self.before_image, self.before_name(column.source)] = column.json_type
        return types

    def _record_schema(self, types: _Types) -> ReadSchema:
        fields: dict[str, list[tuple[str, pa.DataType]]] = defaultdict(list)
        for (part, name), kind in types.items():
            fields[part].append((name, kind))
        if not self.reads_documents:
            fields[DATA].append((DOCUMENT, pa.null()))  # the reader refuses all but null
        parts = [(part, pa.struct(members)) for part, members in fields.items()]
        return ReadSchema(pa.schema([*parts, *ENVELOPE_FIELDS]), self._times())

    def _times(self) -> dict[tuple[str, str], TimeForm]:
        """What becomes of times that fit no timestamp, by part of the record and name in it."""
        columns: dict[str, list[ReadColumn]] = defaultdict(list)
        for table in self.tables.values():
            for column in table.columns:
                columns[column.source].append(column)
        before: dict[tuple[str, str], TimeForm] = {}
        now: dict[tuple[str, str], TimeForm] = {}
        for name, readers in columns.items():
            is_cut = not any(column.is_compared for column in readers)
            # What an update leaves out would look like it.
            zero_is_null = all(
                column.zero_dates is ZeroDates.AS_NULL and not column.declared.unchanged
                for column in readers
            )
            now[DATA, name] = TimeForm(is_cut, zero_is_null)
            before[self.before_image, self.before_name(name)] = TimeForm(is_cut)
        return before | now

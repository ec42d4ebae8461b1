"""Which records a declaration reads, and into which columns: derived from it once per worker."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pyarrow as pa

from connectors.floors import NO_FLOORS, Floors
from flink_app.declaration.collation import Collation
from flink_app.declaration.dms_records import DmsRecords, MissingColumns, RoundedNumbers, ZeroDates
from flink_app.declaration.model import Column, Table, TrailingBlanks, Treatment
from flink_app.declaration.star import DELETED, POSITION, Star, unchanged_position_column
from flink_app.declaration.version import fingerprint
from flink_app.positions.generations import Generations
from flink_app.positions.position import floor_position

# The members of a record.
METADATA: Final = "metadata"
DATA: Final = "data"
# Where the mapping rule map-record-to-document puts the row.
DOCUMENT: Final = "_doc"
# The member of a replayed record that says where it stood first.
REPLAY: Final = "starjoin-replay"
# That of a record of a repair, which says its position.
REPAIR: Final = "starjoin-repair"


def old_key(column: str) -> str:
    """Name of the parsed column with a key's value before the change."""
    return f"_old_{column}"


@dataclass(frozen=True)
class ReadColumn:
    """A column as it is read.

    Attributes:
        name: the declared name.
        source: the name in the records.
        declared: type and treatment.
        trailing_blanks: what happens to text that ends in a blank.
        zero_dates: what happens to dates with a zero month or day.
        rounded_numbers: what happens to long numbers in scientific notation.
        is_compared: whether it tells rows apart: a part of the key, or of a reference.
        ignored: what does not count where it is compared.
    """

    name: str
    source: str
    declared: Column
    trailing_blanks: TrailingBlanks | None
    zero_dates: ZeroDates
    rounded_numbers: RoundedNumbers
    is_compared: bool
    ignored: frozenset[Collation] = frozenset()

    @classmethod
    def of(cls, name: str, table: Table, stream: DmsRecords) -> ReadColumn:
        """The column `name` of a declared table, whose records the stream has."""
        declared = table.columns[name]
        zero_dates = declared.zero_dates or stream.zero_dates
        rounded_numbers = declared.rounded_numbers or stream.rounded_numbers
        is_compared = name in table.compared_columns
        return cls(
            name=name,
            source=declared.source or name,
            declared=declared,
            trailing_blanks=table.trailing_blanks(name),
            # A key cannot be NULL.
            zero_dates=ZeroDates.DEAD_LETTER if name in table.key else zero_dates,
            # Two rows would become one.
            rounded_numbers=RoundedNumbers.DEAD_LETTER if is_compared else rounded_numbers,
            is_compared=is_compared,
            ignored=declared.ignored,
        )

    @property
    def is_kept(self) -> bool:
        """Whether its values are stored as they are read."""
        return self.declared.treatment is Treatment.KEEP

    @property
    def json_type(self) -> pa.DataType:
        """The Arrow type to parse JSON into, before ranges are checked and dates are cast."""
        declared = self.declared.type
        if declared.is_integer:
            return pa.int64()
        if declared.name == "date" or declared.is_binary:
            return pa.string()  # the JSON reader takes no dates, and bytes come as digits
        if declared.name == "real":
            return pa.float64()  # what is too large becomes infinite in a float32
        if declared.name == "timestamptz":
            return pa.timestamp("us")
        return declared.arrow


@dataclass(frozen=True)
class TablePlan:
    """How the records of one table are read."""

    name: str
    schema: str
    source: str
    key: tuple[str, ...]
    columns: tuple[ReadColumn, ...]
    has_partitions: bool = False
    references: tuple[tuple[str, ...], ...] = ()  # columns that an update may leave out together

    @cached_property
    def integers(self) -> tuple[str, ...]:
        """The names of whole numbers in the records."""
        return tuple(c.source for c in self.columns if c.declared.type.is_integer)

    @cached_property
    def key_sources(self) -> tuple[str, ...]:
        """The names of the key's columns in the records, in the order of the columns."""
        return tuple(c.source for c in self.columns if c.name in self.key)

    @cached_property
    def unchanged_columns(self) -> tuple[ReadColumn, ...]:
        """The columns that an update may leave out."""
        return tuple(c for c in self.columns if c.declared.unchanged)

    @cached_property
    def parsed_schema(self) -> pa.Schema:
        """Parsed changes: stored columns in source types, old key, positions, delete flag."""
        types = {column.name: column.declared.type.arrow for column in self.columns}
        return pa.schema(
            [*types.items()]
            # In the order of the columns, which need not be that of the key.
            + [(old_key(name), kind) for name, kind in types.items() if name in self.key]
            + [
                (unchanged_position_column(column.name), pa.string())
                for column in self.unchanged_columns
            ]
            + [(POSITION, pa.string()), (DELETED, pa.bool_())]
        )


class RecordPlan:
    """The declaration as records are read with it.

    Args:
        star: the resolved declaration.
        generations: which generation a record belongs to.
        floors: the lowest generations that count; records of older ones are ignored.
    """

    def __init__(self, star: Star, generations: Generations, floors: Floors = NO_FLOORS) -> None:
        self.star = star
        self.fingerprint = fingerprint(star.declaration)
        self.generations = generations
        # By table, the least position that counts.
        self.floors = {name: floor_position(floors.of(name)) for name in star.used_tables}
        stream = star.declaration.stream
        # Where values before the change stand: among the row's own, or in an object.
        self.before_among_columns = stream.before_image_among_columns
        self.before_image = DATA if self.before_among_columns else stream.before_image
        self.positions = stream.positions
        self.coarse_positions = stream.coarse_positions
        self.refuses_missing = stream.missing_columns is MissingColumns.DEAD_LETTER
        self.tables: dict[str, TablePlan] = {}
        for name in star.used_tables:
            table = star.tables[name]
            plan = TablePlan(
                name=name,
                schema=star.declaration.schema_of(name),
                source=table.source or name,
                key=tuple(table.key),
                columns=tuple(
                    ReadColumn.of(column, table, stream) for column in star.stored_columns(name)
                ),
                has_partitions=bool(table.partitions),
                references=star.unchanged_references(name),
            )
            self.tables[name] = plan
        # By table, every name that the declaration has for a column of the source, used or not,
        # and for its value before a change.
        self.known_names: dict[str, frozenset[str]] = {}
        self._before_names: dict[str, str] = {}
        for name in self.tables:
            columns = star.tables[name].columns.items()
            sources = [declared.source or column for column, declared in columns]
            self._before_names |= {source: stream.before_name(source) for source in sources}
            self.known_names[name] = frozenset([*sources, *map(self.before_name, sources)])
        self._by_source = {(table.schema, table.source): table for table in self.tables.values()}
        self._with_partitions = tuple(t for t in self.tables.values() if t.has_partitions)
        self.has_decimals = any(
            column.declared.type.name == "decimal"
            for table in self.tables.values()
            for column in table.columns
        )
        self.reads_documents = any(
            column.source == DOCUMENT for table in self.tables.values() for column in table.columns
        )

    def table_of(self, schema: str | None, table: str | None) -> TablePlan | None:
        """The plan of a source table or partition; None when the declaration does not use it."""
        source = schema or "", table or ""
        return self._by_source.get(source) or self._find_parent(*source)

    def _find_parent(self, schema: str, name: str) -> TablePlan | None:
        """The plan of the table whose partition it is."""
        is_partition = self.star.declaration.is_partition
        return next((t for t in self._with_partitions if is_partition(t.name, schema, name)), None)

    def before_name(self, source: str) -> str:
        """The name under which the before-image has `source`, a declared column of some table."""
        return self._before_names[source]

    def before_names(self, table: TablePlan) -> tuple[str, ...]:
        """The names under which the before-image has the key."""
        return tuple(map(self.before_name, table.key_sources))

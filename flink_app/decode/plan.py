"""What decode needs to know of a declaration: which records it reads, and into which columns.

The columnar reader parses a block against one schema, so every column name has one JSON type there.
Tables whose equally named columns differ in type go into separate *groups*, each read on its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pyarrow as pa

from flink_app.declaration.model import Column
from flink_app.declaration.star import DELETED, POSITION, Star
from flink_app.decode.position import MAX_GENERATION

BEFORE_IMAGE: Final = "before-image"
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


def old_key(column: str) -> str:
    """Name of the parsed column with a key's value before the change."""
    return f"_old_{column}"


@dataclass(frozen=True)
class ReadColumn:
    """A column as it is read: its name in the records, its declared type and treatment."""

    name: str
    source: str
    declared: Column

    @property
    def json_type(self) -> pa.DataType:
        """The Arrow type to parse JSON into, before ranges are checked and dates are cast."""
        declared = self.declared.type
        if declared.is_integer:
            return pa.int64()
        if declared.name == "date":
            return pa.string()  # the JSON reader takes no dates
        return declared.arrow


@dataclass(frozen=True)
class TablePlan:
    """How the records of one table are read."""

    name: str
    source: str
    key: tuple[str, ...]
    columns: tuple[ReadColumn, ...]

    @cached_property
    def parsed_schema(self) -> pa.Schema:
        """Parsed changes: stored columns in source types, old key, position, delete flag."""
        types = {column.name: column.declared.type.arrow for column in self.columns}
        return pa.schema(
            [*types.items()]
            + [(old_key(name), types[name]) for name in self.key]
            + [(POSITION, pa.string()), (DELETED, pa.bool_())]
        )


@dataclass(frozen=True)
class Group:
    """Tables that are read together, and the schema of their records."""

    tables: tuple[TablePlan, ...]
    record_schema: pa.Schema


class DecodePlan:
    """The declaration as decode reads it, for one generation.

    Args:
        star: the resolved declaration.
        generation: 1 up to 65535, part of every position.
    """

    def __init__(self, star: Star, generation: int) -> None:
        if not 1 <= generation <= MAX_GENERATION:
            message = f"generation {generation} is not between 1 and {MAX_GENERATION}"
            raise ValueError(message)
        self.star = star
        self.generation = generation
        self.source_schema = star.declaration.source_schema
        self.tables: dict[str, TablePlan] = {}
        for name in star.used_tables:
            table = star.tables[name]
            plan = TablePlan(
                name=name,
                source=table.source or name,
                key=tuple(table.key),
                columns=tuple(
                    ReadColumn(column, declared.source or column, declared)
                    for column, declared in star.stored_columns(name).items()
                ),
            )
            self.tables[plan.source] = plan
        self.has_decimals = any(
            column.declared.type.name == "decimal"
            for table in self.tables.values()
            for column in table.columns
        )
        self.groups = _group(tuple(self.tables.values()))

    def table_of(self, schema: str | None, table: str | None) -> TablePlan | None:
        """The plan of a source table; None when the declaration does not use it."""
        return self.tables.get(table or "") if schema == self.source_schema else None


def _group(tables: tuple[TablePlan, ...]) -> tuple[Group, ...]:
    """Puts each table into the first group whose column types agree with its own."""
    members: list[tuple[dict[str, pa.DataType], list[TablePlan]]] = []
    for table in tables:
        types = {column.source: column.json_type for column in table.columns}
        for together, names in members:
            if all(together.get(name, kind) == kind for name, kind in types.items()):
                together.update(types)
                names.append(table)
                break
        else:
            members.append((types, [table]))
    return tuple(Group(tuple(found), _record_schema(found)) for _, found in members)


def _record_schema(tables: list[TablePlan]) -> pa.Schema:
    columns = {column.source: column for table in tables for column in table.columns}
    keys = {
        column.source: column
        for table in tables
        for column in table.columns
        if column.name in table.key
    }
    return pa.schema(
        [
            ("data", pa.struct([(name, c.json_type) for name, c in columns.items()])),
            (BEFORE_IMAGE, pa.struct([(name, c.json_type) for name, c in keys.items()])),
            ("metadata", METADATA_TYPE),
        ]
    )

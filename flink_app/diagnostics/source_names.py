"""The names under which records arrive: a declared table's own, a partition's, or others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flink_app.records.arrays import Mask, Rows
from flink_app.records.parsed import RecordColumns
from flink_app.records.plan import TablePlan

SourceName = tuple[str, str]  # a schema and a table, as records have them

_PARTS: Final = ("schema-name", "table-name")
_LONGEST_NAME: Final = 128  # no database has longer ones; what is longer is no name


def source_name(metadata: Mapping[str, Any]) -> SourceName:
    """The schema and table that a record's metadata names."""
    return metadata.get("schema-name") or "", metadata.get("table-name") or ""


def partition_of(table: TablePlan, source: SourceName) -> SourceName | None:
    """The partition that a record of `table` names; None where it names the table itself."""
    return None if source == (table.schema, table.source) else source


def partitions_of(columns: RecordColumns) -> Iterator[tuple[SourceName | None, Mask]]:
    """The partitions that records of a table name, None for the table itself, and which do."""
    if not columns.table.has_partitions:
        yield None, np.ones(len(columns.rows), np.bool_)
        return
    for source, rows in rows_by_source(columns.metadata):
        members = np.zeros(len(columns.rows), np.bool_)
        members[rows] = True
        yield partition_of(columns.table, source), members


def rows_by_source(metadata: Mapping[str, pa.Array]) -> Iterator[tuple[SourceName, Rows]]:
    """The names that records have, and the numbers of those that have them, ascending."""
    rows = len(metadata[_PARTS[0]])
    if not rows:
        return
    names = {part: pc.fill_null(metadata[part], "") for part in _PARTS}
    table = pa.table({**names, "row": np.arange(rows)})
    grouped = table.group_by(list(_PARTS), use_threads=False).aggregate([("row", "list")])
    for schema, name, members in zip(
        *(grouped[part].to_pylist() for part in _PARTS), grouped["row_list"], strict=True
    ):
        yield (schema, name), members.values.to_numpy()


def quote(source: SourceName) -> str:
    """A schema and a table as they may stand in a log."""
    return ".".join(f'"{printable(part)}"' for part in source)


def printable(name: str) -> str:
    """A name from a record as it may stand in a log: without line ends, without end."""
    return "".join(c if c.isprintable() else "?" for c in name[:_LONGEST_NAME])

"""Undeclared tables that have the columns of a declared one, as a partition of it has.

A source may write the changes of a partitioned table under the names of its partitions; where the
declaration does not say so, they are passed over. The columns of an undeclared table are read from
a few of its rows and from records that define it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection
from typing import Final

from flink_app.diagnostics.source_names import SourceName, printable, quote
from flink_app.records.plan import RecordPlan

_MOST_LOOKS: Final = 8  # at rows of one table, of which some may lack columns
_MOST_TABLES: Final = 1_000  # a stream of made-up tables must not fill the memory
# Fewer columns than these, such as an id and a name, are those of many tables.
_TELLING: Final = 3

ColumnsOf = Callable[[SourceName], Collection[str]]


class SimilarColumns:
    """What a subtask has seen of undeclared tables' columns since it started."""

    def __init__(self, plan: RecordPlan) -> None:
        declaration = plan.star.declaration
        self._plan = plan
        self._sources = {name: declaration.source_of(name) for name in plan.tables}
        self._columns = {
            name: frozenset(
                declared.source or column
                for column, declared in plan.star.tables[name].columns.items()
            )
            for name in plan.tables
        }
        self._looks: Counter[SourceName] = Counter()
        self._table_of: dict[SourceName, str] = {}

    def table_of(self, source: SourceName, columns_of: ColumnsOf) -> str | None:
        """The declared table with the columns of an undeclared one; None if there is none yet."""
        is_known = source in self._looks or len(self._looks) < _MOST_TABLES
        if source not in self._table_of and is_known and self._looks[source] < _MOST_LOOKS:
            self._looks[source] += 1
            table = self._with_columns(source, frozenset(columns_of(source)))
            if table is not None:
                self._table_of[source] = table
        return self._table_of.get(source)

    def _with_columns(self, source: SourceName, columns: frozenset[str]) -> str | None:
        """Names that begin with the table's may have more columns than are declared."""
        tables = [name for name, declared in self._columns.items() if declared <= columns]
        named = [name for name in tables if _begins_with(source[1], self._sources[name][1])]
        if named:
            return max(named, key=lambda name: len(self._sources[name][1]))
        equal = (
            name
            for name in tables
            if len(self._columns[name]) >= _TELLING and columns <= self._plan.known_names[name]
        )
        return next(equal, None)

    def warning(self, source: SourceName, table: str) -> str:
        """What to do about records that are passed over."""
        schema, name = self._sources[table]
        pattern = json.dumps(_pattern(source[1], name), ensure_ascii=False)
        other_schema = json.dumps(printable(source[0]), ensure_ascii=False)
        remedy = (
            f"partitions: {pattern}"
            if source[0] == schema
            else f"partitions: {{source: {pattern}, source_schema: {other_schema}}}"
        )
        return (
            f"records of {quote(source)} arrive and are passed over, and its columns are those of "
            f"table {table}. If it is a partition of it, set {remedy} on that table, with a "
            "pattern or a list of the names of all its partitions. If it is another table, declare "
            "it and use it in no target"
        )


def _begins_with(name: str, table: str) -> bool:
    return name.casefold().startswith(table.casefold()) and len(name) > len(table)


def _pattern(name: str, table: str) -> str:
    """A pattern that fits the name, and those of partitions that were named in the same way."""
    name = printable(name)
    if _begins_with(name, table):
        kept = len(table) + (0 if name[len(table)].isalnum() else 1)
        return f"{name[:kept]}%"
    return re.sub("[0-9]+", "%", name)

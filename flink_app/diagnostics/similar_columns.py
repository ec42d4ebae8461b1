"""Undeclared tables that have the columns of a declared one, as a partition of it has.

A source may write the changes of a partitioned table under the names of its partitions; where the
declaration does not say so, they are passed over. The columns of an undeclared table are read from
a few of its rows and from records that define it.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from flink_app.declaration.partitions import WILDCARDS, Partitions
from flink_app.diagnostics.source_names import SourceName, printable, quote
from flink_app.records.plan import RecordPlan

_MOST_LOOKS: Final = 8  # at rows of one table, of which some may lack columns
_MOST_TABLES: Final = 1_000  # a stream of made-up tables must not fill the memory
# Fewer columns than these, such as an id and a name, are those of many tables.
_TELLING: Final = 3
_UNKNOWN: Final = ""  # in the place of all columns that no table declares

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
        self._known = frozenset[str]().union(*plan.known_names.values())
        self._looks: Counter[SourceName] = Counter()
        self._seen: defaultdict[SourceName, set[str]] = defaultdict(set)
        self._table_of: dict[SourceName, str] = {}

    def table_of(self, source: SourceName, columns_of: ColumnsOf) -> str | None:
        """The declared table with the columns of an undeclared one; None if there is none yet."""
        is_known = source in self._looks or len(self._looks) < _MOST_TABLES
        if source not in self._table_of and is_known and self._looks[source] < _MOST_LOOKS:
            self._looks[source] += 1
            columns, seen = frozenset(columns_of(source)), self._seen[source]
            seen.update(columns & self._known, [_UNKNOWN] if columns - self._known else [])
            table = self._with_columns(source, seen)
            if table is not None:
                self._table_of[source] = table
        return self._table_of.get(source)

    def _with_columns(self, source: SourceName, columns: AbstractSet[str]) -> str | None:
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

    def warning(self, source: SourceName, table: str, reason: str = "") -> str:
        """What to do about records that are passed over; `reason` says why that may be wrong."""
        declared = self._plan.star.tables[table].partitions
        names = [(each.source, each.source_schema) for each in declared]
        schema, name = self._sources[table]
        pattern = next(
            (p for p in _list_patterns(source[1], name) if self._is_free(p, source[0], table)),
            printable(source[1]),
        )
        names.append((pattern, None if source[0] == schema else source[0]))
        written = [_in_yaml(*each) for each in names]
        remedy = written[0] if len(written) == 1 else f"[{', '.join(written)}]"
        reason = reason or f"its columns are those of table {table}"
        return (
            f"records of {quote(source)} arrive and are passed over, and {reason}. If it is a "
            f"partition of it, set partitions: {remedy} on that table, with a "
            "pattern or a list of the names of all its partitions. If it is another table, declare "
            "it and use it in no target"
        )

    def _is_free(self, pattern: str, schema: str, table: str) -> bool:
        """Whether a declaration could give the pattern to a table beside all that others have."""
        if not pattern.strip(WILDCARDS):
            return False
        declaration = self._plan.star.declaration
        partitions = Partitions(source=pattern)
        for other, declared in declaration.tables.items():
            if other == table:
                continue
            other_schema, name = declaration.source_of(other)
            fits = other_schema == schema and partitions.matches(name)
            if fits or any(
                schema == (each.source_schema or other_schema) and partitions.overlaps(each)
                for each in declared.partitions
            ):
                return False
        return True


def _in_yaml(pattern: str, schema: str | None) -> str:
    """Partitions as they are declared. In quotes, since YAML takes some names otherwise."""
    source, source_schema = (
        json.dumps(printable(text), ensure_ascii=False) for text in (pattern, schema or "")
    )
    return f"{{source: {source}, source_schema: {source_schema}}}" if schema else source


def _begins_with(name: str, table: str) -> bool:
    return name.casefold().startswith(table.casefold()) and len(name) > len(table)


def _list_patterns(name: str, table: str) -> Iterator[str]:
    """Patterns that fit the name, and those of partitions named in the same way; widest first."""
    name = printable(name)
    if _begins_with(name, table):
        kept = len(table) + (0 if name[len(table)].isalnum() else 1)
        yield f"{name[:kept]}%"
    yield re.sub("[0-9]+", "%", name)

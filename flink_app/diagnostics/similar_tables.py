"""Rows of undeclared tables that resemble a declared one: counted, with a warning.

Schemas and tables are compared letter by letter, so `public` declared for `Public` passes every
record over. A name that differs by case alone is always suspicious. The same name in another schema
may be another table that nobody wants, as in a database with a schema for each tenant: it is
suspicious only until a record of the declared table has come. Whoever wants to say that a table is
meant to be passed over declares it and uses it in no target. Tables of other names are judged by
their columns (`similar_columns`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from connectors.accounts import Account
from flink_app.declaration import Star
from flink_app.diagnostics.similar_columns import ColumnsOf, SimilarColumns
from flink_app.diagnostics.source_names import SourceName, printable, quote
from flink_app.records.plan import RecordPlan

_MOST_WARNINGS: Final = 100  # a stream of made-up schemas must not fill the log


@dataclass(frozen=True)
class Similar:
    """Declared tables that are in use and called like an undeclared one."""

    tables: tuple[str, ...]
    by_case: bool  # schema and table differ from theirs in case alone


class SimilarTables:
    """The names of a declaration's tables, to find those that another one is called like."""

    def __init__(self, star: Star) -> None:
        self.sources = {name: star.declaration.source_of(name) for name in star.tables}
        self._declared = frozenset(self.sources.values())
        self._star = star
        self._used: defaultdict[str, list[str]] = defaultdict(list)
        for name in star.used_tables:
            self._used[self.sources[name][1].casefold()].append(name)

    def is_declared(self, source: SourceName) -> bool:
        """Whether it is declared itself, or as a partition, although no target uses it."""
        is_partition = self._star.declaration.is_partition
        return source in self._declared or any(is_partition(n, *source) for n in self._star.tables)

    def find_parent(self, source: SourceName) -> str | None:
        """The table in use whose partition it would be, if case did not count."""
        schema, name = source
        declaration = self._star.declaration
        for table in self._star.used_tables:
            for partitions in self._star.tables[table].partitions:
                declared = partitions.source_schema or declaration.schema_of(table)
                is_of_schema = declared.casefold() == schema.casefold()
                if is_of_schema and partitions.matches_without_case(name):
                    return table
        return None

    def find_similar(self, source: SourceName) -> Similar | None:
        """What a table is called like; None for nothing."""
        schema, table = source
        same_name = self._used.get(table.casefold(), [])
        by_case = [n for n in same_name if self.sources[n][0].casefold() == schema.casefold()]
        if not same_name:
            return None
        return Similar(tuple(by_case or same_name), by_case=bool(by_case))


class SimilarTablesWatch:
    """What a subtask has seen of them since it started, block by block."""

    def __init__(self, plan: RecordPlan) -> None:
        self._names = SimilarTables(plan.star)
        self._columns = SimilarColumns(plan)
        self._arrived: set[str] = set()
        self._warned: set[SourceName] = set()

    def note_arrived(self, tables: Iterable[str]) -> None:
        """Records of these declared tables have come."""
        self._arrived.update(tables)

    def add(
        self, undeclared: Mapping[SourceName, int], accounts: Iterable[Account], columns: ColumnsOf
    ) -> tuple[int, list[str]]:
        """How many of a block's undeclared records are suspicious; a sentence for each new table.

        Args:
            undeclared: the block's records of undeclared tables; 0 for one that is only defined.
            accounts: of the block: which declared tables have come.
            columns: the columns of an undeclared table, as the block shows them.
        """
        self.note_arrived(account.table for account in accounts)
        suspicious, warnings = 0, []
        for source, count in undeclared.items():
            warning = None if self._names.is_declared(source) else self._suspect(source, columns)
            if warning is None:
                continue
            suspicious += count
            if source not in self._warned and len(self._warned) < _MOST_WARNINGS:
                self._warned.add(source)
                warnings.append(warning())
        return suspicious, warnings

    def _suspect(self, source: SourceName, columns: ColumnsOf) -> Callable[[], str] | None:
        """How to warn of an undeclared table; None where nothing is suspicious about it."""
        similar = self._names.find_similar(source)
        if similar is None:
            table = self._names.find_parent(source)
            if table is not None:
                reason = f"it differs from partitions of table {table} in case alone"
                return partial(self._columns.warning, source, table, reason)
            table = self._columns.table_of(source, columns)
            return None if table is None else partial(self._columns.warning, source, table)
        awaited = [name for name in similar.tables if name not in self._arrived]
        if not similar.by_case and not awaited:
            return None
        name = (awaited or similar.tables)[0]
        return partial(self._warning, source, name, by_case=similar.by_case)

    def _warning(self, source: SourceName, name: str, *, by_case: bool) -> str:
        arriving, declared = quote(source), quote(self._names.sources[name])
        remedy = self._remedy(source, name)
        if by_case:
            return (
                f"records of {arriving} arrive and are passed over: the declaration reads "
                f"{declared} for table {name}, and names are compared letter by letter. Set "
                f"{remedy} on that table. If {arriving} is another table, declare it and use it in "
                "no target"
            )
        return (
            f"records of {arriving} arrive and are passed over, and none of {declared}, which the "
            f"declaration reads for table {name}, has come to this subtask since it started. If "
            f"they are the same table, set {remedy} on it. If not, this ends with the first record "
            f"of {declared}; to end it now, declare {arriving} and use it in no target"
        )

    def _remedy(self, source: SourceName, name: str) -> str:
        """What to declare. In quotes, since YAML takes some names for something else."""
        written = zip(("source_schema", "source"), source, self._names.sources[name], strict=True)
        return " and ".join(
            f"{setting}: {_in_yaml(arriving)}"
            for setting, arriving, declared in written
            if arriving != declared
        )


def _in_yaml(name: str) -> str:
    return json.dumps(printable(name), ensure_ascii=False)

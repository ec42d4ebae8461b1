"""Rows of undeclared tables whose names resemble a declared one: counted, with a warning.

Schemas and tables are compared letter by letter, so `public` declared for `Public` passes every
record over. A name that differs by case alone is always suspicious. The same name in another schema
may be another table that nobody wants, as in a database with a schema for each tenant: it is
suspicious only until a record of the declared table has come. Whoever wants to say that a table is
meant to be passed over declares it and uses it in no target.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from connectors.accounts import Account
from flink_app.declaration import Star

SourceName = tuple[str, str]  # a schema and a table, as records have them

_LONGEST_NAME: Final = 128  # no database has longer ones; what is longer is no name
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
        self._used: defaultdict[str, list[str]] = defaultdict(list)
        for name in star.used_tables:
            self._used[self.sources[name][1].casefold()].append(name)

    def to(self, source: SourceName) -> Similar | None:
        """What a table is called like; None for nothing, or where it is declared itself."""
        if source in self._declared:
            return None
        schema, table = source
        same_name = self._used.get(table.casefold(), [])
        by_case = [n for n in same_name if self.sources[n][0].casefold() == schema.casefold()]
        if not same_name:
            return None
        return Similar(tuple(by_case or same_name), by_case=bool(by_case))


class SimilarTablesWatch:
    """What a subtask has seen of them since it started, block by block."""

    def __init__(self, star: Star) -> None:
        self._names = SimilarTables(star)
        self._arrived: set[str] = set()
        self._warned: set[SourceName] = set()

    def add(
        self, undeclared: Mapping[SourceName, int], accounts: Iterable[Account]
    ) -> tuple[int, list[str]]:
        """How many of a block's undeclared records are suspicious; a sentence for each new table.

        Args:
            undeclared: the block's records of undeclared tables.
            accounts: of the block: which declared tables have come.
        """
        self._arrived.update(account.table for account in accounts)
        suspicious, warnings = 0, []
        for source, count in undeclared.items():
            similar = self._names.to(source)
            if similar is None:
                continue
            awaited = [name for name in similar.tables if name not in self._arrived]
            if not similar.by_case and not awaited:
                continue
            suspicious += count
            if source not in self._warned and len(self._warned) < _MOST_WARNINGS:
                self._warned.add(source)
                name = (awaited or similar.tables)[0]
                warnings.append(self._warning(source, name, by_case=similar.by_case))
        return suspicious, warnings

    def _warning(self, source: SourceName, name: str, *, by_case: bool) -> str:
        arriving, declared = _quoted(source), _quoted(self._names.sources[name])
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


def _quoted(source: SourceName) -> str:
    return ".".join(f'"{printable(part)}"' for part in source)


def _in_yaml(name: str) -> str:
    return json.dumps(printable(name), ensure_ascii=False)


def printable(name: str) -> str:
    """A name from a record as it may stand in a log: without line ends, without end."""
    return "".join(c if c.isprintable() else "?" for c in name[:_LONGEST_NAME])

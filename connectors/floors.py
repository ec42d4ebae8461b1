"""Floors: the lowest generation that counts, of everything and of single tables.

A reload raises the floor; what is of an older generation is read no more and leaves the warehouse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

_ENTRY: Final = re.compile(r"(?P<table>\S+)\s+(?P<generation>[0-9]{1,6})")


@dataclass(frozen=True)
class TableFloors:
    """The floors of single tables. As text: `invoice 3, payment 4`.

    Args:
        entries: table and generation, in the order of the names.
    """

    entries: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError where a table is named twice."""
        names = [name for name, _ in self.entries]
        if names != sorted(set(names)):
            message = "name each table once, in alphabetical order"
            raise ValueError(message)

    @classmethod
    def parse(cls, text: str) -> TableFloors:
        """Reads the text form, in any order. Raises ValueError that says what is wrong."""
        entries = []
        for part in filter(None, map(str.strip, text.split(","))):
            entry = _ENTRY.fullmatch(part)
            if not entry:
                message = f"{part!r} is not a table's floor: write invoice 3"
                raise ValueError(message)
            entries.append((entry["table"], int(entry["generation"])))
        return cls(tuple(sorted(entries)))

    def raise_all(self, others: TableFloors) -> TableFloors:
        """For each table of either the higher floor."""
        raised = dict(self.entries)
        for table, generation in others.entries:
            raised[table] = max(generation, raised.get(table, 0))
        return TableFloors(tuple(sorted(raised.items())))

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.entries)

    def __str__(self) -> str:
        """The text form."""
        return ", ".join(f"{table} {generation}" for table, generation in self.entries)


@dataclass(frozen=True)
class Floors:
    """Below which generation nothing counts. 0: everything does.

    Args:
        everywhere: of every table.
        tables: of single ones; what is not above `everywhere` says nothing.
    """

    everywhere: int = 0
    tables: TableFloors = TableFloors()

    def of(self, table: str) -> int:
        """The floor of a table."""
        return max(self.everywhere, self._by_table.get(table, 0))

    def raise_to(self, generation: int, table: str = "") -> Floors:
        """These, with another floor of one table, or of everything."""
        if not table:
            return Floors(generation, self.tables)
        raised = self._by_table | {table: generation}
        return Floors(self.everywhere, TableFloors(tuple(sorted(raised.items()))))

    def find_lower(self, others: Floors, tables: Iterable[str]) -> list[str]:
        """Which of some tables have a lower floor here than there."""
        return [table for table in tables if self.of(table) < others.of(table)]

    @cached_property
    def _by_table(self) -> dict[str, int]:
        return dict(self.tables.entries)


NO_FLOORS: Final = Floors()
